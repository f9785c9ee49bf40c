// YAML as KFP's compiler writes it (YAML 1.1 by PyYAML), to JSON.
#include <yaml-cpp/yaml.h>

#include "domains/pipelines/service.h"

namespace treadle::pipelines {
namespace {

constexpr std::size_t kMaxText = 32u << 20;
constexpr std::size_t kMaxNodes = 500'000;
constexpr int kMaxDepth = 100;

// A plain scalar as PyYAML would read it: a float has a point, so "1e3" stays text.
Json plain_scalar(const std::string& text) {
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL") return nullptr;
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "False" || text == "FALSE") return false;
  if (text.find_first_not_of("+-0123456789.eE") != std::string::npos) return text;
  const std::string_view digits = text[0] == '+' ? std::string_view(text).substr(1) : std::string_view(text);
  if (const auto integer = parse_int(digits)) return *integer;
  if (text.find('.') == std::string::npos) return text;
  if (const auto number = parse_double(digits)) return *number;
  return text;
}

StatusOr<Json> to_json(const YAML::Node& node, int depth, std::size_t& nodes) {
  if (depth > kMaxDepth) return invalid("the YAML is nested deeper than ", kMaxDepth, " levels");
  if (++nodes > kMaxNodes) return invalid("the YAML has more than ", kMaxNodes, " values");
  if (node.IsMap()) {
    Json out = Json::object();
    for (const auto& entry : node) {
      if (!entry.first.IsScalar()) return invalid("a key in the YAML is not plain text");
      ASSIGN_OR_RETURN(out[entry.first.Scalar()], to_json(entry.second, depth + 1, nodes));
    }
    return out;
  }
  if (node.IsSequence()) {
    Json out = Json::array();
    for (const auto& entry : node) {
      ASSIGN_OR_RETURN(Json item, to_json(entry, depth + 1, nodes));
      out.push_back(std::move(item));
    }
    return out;
  }
  if (!node.IsScalar()) return Json(nullptr);
  return node.Tag() == "!" || node.Tag() == "tag:yaml.org,2002:str" ? Json(node.Scalar()) : plain_scalar(node.Scalar());
}

}  // namespace

StatusOr<Json> parse_spec_text(std::string_view text) {
  if (text.size() > kMaxText) return resource_exhausted("the pipeline is larger than 32 MiB");
  const std::string_view start = trim(text);
  if (start.starts_with('{')) return parse_json_object(start);
  // The parser recurses on flow brackets; real pipelines have none that deep.
  std::size_t open = 0;
  for (const char c : text) {
    open = c == '[' || c == '{' ? open + 1 : c == ']' || c == '}' ? (open > 0 ? open - 1 : 0) : open;
    if (open > 1000) return invalid("the YAML is nested too deep");
  }
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(std::string(text));
    if (documents.empty() || !documents[0].IsMap()) {
      return invalid_field("pipeline_spec", "is not a compiled pipeline: its first YAML document is no mapping");
    }
    std::size_t nodes = 0;
    return to_json(documents[0], 0, nodes);
  } catch (const YAML::Exception& error) {
    return invalid_field("pipeline_spec", "is not valid YAML: ", error.what());
  }
}

}  // namespace treadle::pipelines
