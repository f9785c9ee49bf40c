// What becomes of records that come for a dataset, and of its schema.
#pragma once

#include <map>

#include "base/status.h"
#include "domains/evaluation/types.h"

namespace treadle::evaluation {

// The name that the inputs go by: equal inputs have equal ones, whatever the order of their keys.
std::string hash_of(const Json& inputs);
// Types and sizes; an error names the record's place in the list.
Status check(const std::vector<NewRecord>& records);

struct Merged {
  std::vector<Record> records;  // new ones and those that changed, each once
  Upserted counts;
  std::optional<std::string> user;  // the last of their tags "mlflow.user"
};
// `there`: the records of the dataset that have one of these inputs, by hash. New ones follow `last_position`.
Merged merge(std::map<std::string, Record> there, const std::vector<NewRecord>& records, std::int64_t last_position,
             std::int64_t now_ms);

// `schema` ("" for none yet) with the fields that `records` bring.
StatusOr<std::string> extended(const std::string& schema, const std::vector<NewRecord>& records);

}  // namespace treadle::evaluation
