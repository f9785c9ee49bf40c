// Assessments: what people, code and judges say of a trace or of one of its spans. Feedback says how good it was, an
// expectation what it should have been, an issue names a known problem it shows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "storage/sql/database.h"

namespace treadle::traces {

struct Assessment {
  std::string id;  // "a-…"; given by the server when it is empty
  std::string trace_id;
  std::string name;
  std::string kind;                         // "feedback", "expectation" or "issue"
  std::string value = "null";               // JSON text; of an issue its name as a JSON string
  std::optional<std::string> error = {};    // JSON text: why there is no value
  std::string source_type, source_id = {};  // HUMAN, CODE, LLM_JUDGE …, and who
  std::optional<std::string> span_id = {}, rationale = {};
  std::string overrides = {};                   // the assessment that this one replaces
  bool valid = true;                            // false once it is replaced
  std::int64_t created_ms = 0, updated_ms = 0;  // 0: now
  std::vector<std::pair<std::string, std::string>> metadata = {};
};

// What is not set stays; metadata is added to what is there.
struct AssessmentChange {
  std::string kind = {};  // of the value, when there is one
  std::optional<std::string> value = {}, error = {}, name = {}, rationale = {};
  std::vector<std::pair<std::string, std::string>> metadata = {};
};

namespace store {

// kInvalidArgument naming the field.
Status check_assessment(const Assessment& assessment);
// One that is there already under this id, of the same trace, stays as it is.
Status put_assessment(sql::Connection& tx, const Assessment& assessment);
// Of these traces, oldest first.
StatusOr<std::vector<Assessment>> load_assessments(sql::Connection& connection, const std::vector<std::string>& traces);
StatusOr<std::optional<Assessment>> find_assessment(sql::Connection& connection, const std::string& trace,
                                                    const std::string& id);
Status replace_assessment(sql::Connection& tx, const Assessment& assessment);
// What it replaced counts again.
Status remove_assessment(sql::Connection& tx, const Assessment& assessment);
// False when the trace has no such assessment.
StatusOr<bool> set_valid(sql::Connection& tx, const std::string& trace, const std::string& id, bool valid);

}  // namespace store
}  // namespace treadle::traces
