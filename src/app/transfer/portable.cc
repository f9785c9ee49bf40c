#include "app/transfer/portable.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/ids.h"
#include "base/strings.h"

namespace treadle::app::transfer {
namespace {

constexpr std::string_view kFolder = "/artifacts";

std::string shown(const std::string* text) {
  if (text == nullptr) return "nothing";
  return str_cat("\"", text->substr(0, 80), text->size() > 80 ? "…\"" : "\"");
}

template <typename T>
std::optional<std::string> unequal(std::string_view what, const T& a, const T& b) {
  if (a == b) return std::nullopt;
  return str_cat(what, ": ", a, " here, ", b, " there");
}

using Texts = std::map<std::string, std::string>;

// Datasets and links as texts by key, so that order does not matter.
Texts inputs_of(const tracking::Run& run) {
  Texts texts;
  for (const auto& input : run.inputs) {
    std::map<std::string, std::string> tags(input.tags.begin(), input.tags.end());
    std::string text = str_cat(input.source_type, "|", input.source, "|", input.schema, "|", input.profile);
    for (const auto& [key, value] : tags) str_append(&text, "|", key, "=", value);
    texts[str_cat("dataset ", input.name, " ", input.digest)] = text;
  }
  for (const auto& link : run.model_inputs) texts["model input " + link.model_id] = "";
  for (const auto& link : run.model_outputs) texts["model output " + link.model_id] = str_cat("step ", link.step);
  return texts;
}

std::optional<std::string> compare_texts(std::string_view what, const Texts& a, const Texts& b) {
  std::set<std::string> keys;
  for (const auto& [key, value] : a) keys.insert(key);
  for (const auto& [key, value] : b) keys.insert(key);
  for (const std::string& key : keys) {
    const auto in_a = a.find(key), in_b = b.find(key);
    const std::string* left = in_a == a.end() ? nullptr : &in_a->second;
    const std::string* right = in_b == b.end() ? nullptr : &in_b->second;
    if (left != nullptr && right != nullptr && *left == *right) continue;
    return str_cat(what, what.empty() ? "" : " ", key, ": ", shown(left), " here, ", shown(right), " there");
  }
  return std::nullopt;
}

Texts metric_keys(const tracking::Run& run) {
  Texts keys;
  for (const auto& metric : run.metrics) keys[metric.key];
  return keys;
}

}  // namespace

std::string proxied_path(std::string_view uri) {
  uri.remove_prefix(std::min(uri.size(), uri.find(':') + 1));
  if (uri.starts_with("//")) uri.remove_prefix(std::min(uri.size(), uri.find('/', 2)));
  while (uri.starts_with('/')) uri.remove_prefix(1);
  return std::string(uri);
}

std::string portable_source(std::string_view source) {
  for (std::size_t at = source.find(kFolder); at != std::string_view::npos; at = source.find(kFolder, at + 1)) {
    const std::string_view rest = source.substr(at + kFolder.size());
    if (!rest.empty() && rest.front() != '/') continue;
    const std::size_t slash = source.rfind('/', at == 0 ? 0 : at - 1);
    if (slash == std::string_view::npos || slash >= at) continue;
    const std::string_view id = source.substr(slash + 1, at - slash - 1);
    if (is_hex_id(id)) return str_cat("runs:/", id, rest == "/" ? "" : rest);
    if (id.starts_with("m-") && is_hex_id(id.substr(2)) && (rest.empty() || rest == "/"))
      return str_cat("models:/", id);
  }
  return std::string(source);
}

std::optional<std::string> first_difference(std::string_view what, const tracking::Tags& a, const tracking::Tags& b) {
  return compare_texts(what, Texts(a.begin(), a.end()), Texts(b.begin(), b.end()));
}

std::optional<std::string> first_difference(const tracking::Run& a, const tracking::Run& b) {
  if (auto found = unequal("name", a.name, b.name)) return found;
  if (auto found = unequal("status", to_string(a.status), to_string(b.status))) return found;
  if (auto found = unequal("deleted", a.deleted, b.deleted)) return found;
  if (auto found = unequal("start", a.start_ms, b.start_ms)) return found;
  if (auto found = unequal("end", a.end_ms.value_or(0), b.end_ms.value_or(0))) return found;
  if (auto found = unequal("user", a.user, b.user)) return found;
  if (auto found = first_difference("param", a.params, b.params)) return found;
  if (auto found = first_difference("tag", a.tags, b.tags)) return found;
  if (auto found = compare_texts("", inputs_of(a), inputs_of(b))) return found;
  return compare_texts("metric", metric_keys(a), metric_keys(b));
}

}  // namespace treadle::app::transfer
