// The small YAML files of an `mlruns` folder.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/json.h"

namespace treadle::app::transfer {

// A mapping as a JSON object; scalars are texts, or null.
StatusOr<Json> read_yaml(const std::filesystem::path& file);
// The text of a scalar field; "" when it is missing or null.
std::string yaml_text(const Json& map, std::string_view field);
std::int64_t yaml_number(const Json& map, std::string_view field, std::int64_t fallback = 0);

// The value on one line, as MLflow's reader takes it back unchanged.
std::string yaml_of(const Json& value);

}  // namespace treadle::app::transfer
