#include "app/transfer/yaml.h"

#include <yaml-cpp/yaml.h>

#include "base/files.h"

namespace treadle::app::transfer {
namespace {

constexpr std::size_t kLargest = 64u << 20;  // a dataset's profile may be long

Json value_of(const YAML::Node& node, int depth) {
  if (depth > 16) return {};
  if (node.IsMap()) {
    Json map = Json::object();
    for (const auto& entry : node) map[entry.first.as<std::string>()] = value_of(entry.second, depth + 1);
    return map;
  }
  if (node.IsSequence()) {
    Json list = Json::array();
    for (const auto& item : node) list.push_back(value_of(item, depth + 1));
    return list;
  }
  return node.IsScalar() ? Json(node.as<std::string>()) : Json();
}

}  // namespace

StatusOr<Json> read_yaml(const std::filesystem::path& file) {
  ASSIGN_OR_RETURN(const std::string text, read_file(file, kLargest));
  try {
    Json map = value_of(YAML::Load(text), 0);
    if (!map.is_object()) return invalid(file.string(), " is not a YAML mapping");
    return map;
  } catch (const YAML::Exception& error) {
    return invalid(file.string(), " is not YAML: ", error.what());
  }
}

std::string yaml_text(const Json& map, std::string_view field) {
  const auto it = map.find(field);
  return it == map.end() || !it->is_string() ? "" : it->get<std::string>();
}

std::int64_t yaml_number(const Json& map, std::string_view field, std::int64_t fallback) {
  const std::string text = yaml_text(map, field);
  if (const auto number = parse_int(text)) return *number;
  // Old versions wrote times as floating-point numbers.
  const auto real = parse_double(text);
  return real && *real > -9e15 && *real < 9e15 ? static_cast<std::int64_t>(*real) : fallback;
}

}  // namespace treadle::app::transfer
