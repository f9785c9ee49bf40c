// Assessments of traces as MLflow's JSON has them.
#pragma once

#include "base/json.h"
#include "base/status.h"
#include "domains/traces/assessments.h"

namespace treadle::mlflow {

Json assessment_form(const traces::Assessment& assessment);
// Without the trace, which the call names.
StatusOr<traces::Assessment> read_assessment(const Json& json);
// What `update_mask` of the call's arguments says of the assessment `json` in it.
StatusOr<traces::AssessmentChange> read_assessment_change(const Json& json, const Json& arguments);

}  // namespace treadle::mlflow
