// The answer that MLflow's scoring server and KServe V1 share: {"predictions":[…]}, one number per row.
#pragma once

#include "base/status.h"
#include "domains/serving/service.h"
#include "net/http.h"

namespace treadle::oip {

// Runs the model on the rows read into `call`, ends the call and answers. Errors are the model's.
StatusOr<net::Response> answer_predictions(serving::Service& serving, serving::Call& call);

}  // namespace treadle::oip
