// How the native API writes the domains' types. Times are milliseconds; names are snake_case.
#pragma once

#include "base/json.h"
#include "domains/registry/types.h"
#include "domains/tracking/types.h"

namespace treadle::native {

// NaN cannot be a JSON number: it travels as text.
Json number_form(double value);
// The reverse: a number, or its text ("NaN", "Infinity").
StatusOr<double> read_number(const Json& object, std::string_view field);
// Pairs as {"key": "value", …}.
Json pairs_form(const std::vector<std::pair<std::string, std::string>>& pairs);
Json to_json(const tracking::Experiment& experiment);
Json to_json(const tracking::Run& run);
Json to_json(const registry::Model& model);
Json to_json(const registry::Version& version);

// {"key": "value", …} as pairs; values that are numbers or booleans become their text.
StatusOr<std::vector<std::pair<std::string, std::string>>> read_pairs(const Json& object, std::string_view field);

// {key, value, step, time_ms} and, of a logged model, {model_id, dataset_name, dataset_digest}.
StatusOr<tracking::Metric> read_metric(const Json& item, std::int64_t now_ms);
// {name, digest, source_type, source, schema, profile, context, tags}.
StatusOr<tracking::DatasetInput> read_dataset(const Json& item);

}  // namespace treadle::native
