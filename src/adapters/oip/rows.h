// Rows as JSON or CSV, the way MLflow's scoring and KServe's V1 protocol send them, into a call's features.
#pragma once

#include <string_view>

#include "adapters/oip/json_reader.h"
#include "domains/serving/call.h"

namespace treadle::oip {

// [{"temperature":21.5,…}, …]. `field` names the array in messages. Rows may leave out optional features only.
Status read_records(const JsonArray& rows, std::string_view field, serving::Call& call);
// [[1,2,3], …], each row in the order of `columns` (indices into the signature), or in the model's order when empty.
Status read_lists(const JsonArray& rows, std::string_view field, const std::vector<std::size_t>& columns,
                  serving::Call& call);
// Either of the two, or a plain number per row for a model of one feature: what `instances` may hold.
Status read_instances(const JsonArray& rows, std::string_view field, serving::Call& call);
// {"temperature":[21.5,…],…}: one array per feature.
Status read_columns(const JsonObject& columns, std::string_view field, serving::Call& call);
// {"columns":[…],"data":[[…]]}.
Status read_split(const JsonObject& split, serving::Call& call);

// Where each named column goes. Errors name an unknown, repeated or missing feature.
StatusOr<std::vector<std::size_t>> map_columns(const std::vector<std::string_view>& names,
                                               const serving::Signature& signature);

}  // namespace treadle::oip
