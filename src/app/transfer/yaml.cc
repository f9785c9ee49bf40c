#include "app/transfer/yaml.h"

#include <yaml-cpp/yaml.h>

#include <array>
#include <cstdio>

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

// What MLflow's YAML reader refuses (or folds, as a line's end) when it stands as it is: each as JSON's escape.
constexpr bool needs_escape(unsigned code) {
  return (code >= 0x7f && code <= 0x9f) || code == 0x2028 || code == 0x2029 || code == 0xfeff || code == 0xfffe ||
         code == 0xffff;
}

// JSON is YAML too, but for those characters, which can only be inside its strings. `json` is valid UTF-8.
std::string escaped(std::string_view json) {
  std::string text;
  for (std::size_t i = 0; i < json.size();) {
    const auto byte = [&](std::size_t at) { return static_cast<unsigned>(static_cast<unsigned char>(json[at])); };
    const std::size_t size = byte(i) < 0xc0 ? 1 : byte(i) < 0xe0 ? 2 : byte(i) < 0xf0 ? 3 : 4;
    unsigned code = byte(i);
    if (size == 2) code = (byte(i) & 0x1f) << 6 | (byte(i + 1) & 0x3f);
    if (size == 3) code = (byte(i) & 0x0f) << 12 | (byte(i + 1) & 0x3f) << 6 | (byte(i + 2) & 0x3f);
    if (size < 4 && needs_escape(code)) {
      std::array<char, 8> escape{};
      std::snprintf(escape.data(), escape.size(), "\\u%04x", code);
      text += escape.data();
    } else {
      text += json.substr(i, size);
    }
    i += size;
  }
  return text;
}

}  // namespace

std::string yaml_of(const Json& value) { return escaped(to_text(value)); }

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
