#include "domains/tracking/validate.h"

#include <algorithm>
#include <cctype>
#include <map>

#include "base/strings.h"
#include "domains/tracking/service.h"

namespace treadle::tracking {
namespace {

Status check_length(std::string_view field, std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return ok_status();
  return invalid_field(field, "has ", text.size(), " characters, more than the limit of ", limit);
}

bool leads_elsewhere(std::string_view key) {
  if (key.starts_with('/')) return true;
  for (const std::string_view segment : split(key, '/')) {
    if (segment.empty() || segment == "." || segment == "..") return true;
  }
  return false;
}

}  // namespace

Status check_experiment_name(const std::string& name) {
  if (trim(name).empty()) return invalid_field("name", "must not be empty");
  return check_length("name", name, Limits::kExperimentName);
}

Status check_key(std::string_view field, const std::string& key) {
  if (key.empty()) return invalid_field(field, "must not be empty");
  RETURN_IF_ERROR(check_length(field, key, Limits::kKey));
  const auto allowed = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) ||
           std::string_view("_-. :/").find(c) != std::string_view::npos || (c & 0x80) != 0;
  };
  if (!std::all_of(key.begin(), key.end(), allowed)) {
    return invalid_field(field, "\"", key,
                         "\" may hold only letters, digits, underscores, dashes, periods, spaces, colons and slashes");
  }
  if (leads_elsewhere(key)) return invalid_field(field, "\"", key, "\" would resolve to another path");
  return ok_status();
}

Status check_tags(const Tags& tags) {
  for (const auto& [key, value] : tags) {
    RETURN_IF_ERROR(check_key("tags.key", key));
    RETURN_IF_ERROR(check_length("tags.value", value, Limits::kTagValue));
  }
  return ok_status();
}

Status check_batch(const Batch& batch) {
  const auto at_most = [](std::string_view field, std::size_t count, std::size_t limit) {
    return count <= limit ? ok_status() : invalid_field(field, "holds ", count, ", more than the limit of ", limit);
  };
  RETURN_IF_ERROR(at_most("metrics", batch.metrics.size(), Limits::kBatchMetrics));
  RETURN_IF_ERROR(at_most("params", batch.params.size(), Limits::kBatchParams));
  RETURN_IF_ERROR(at_most("tags", batch.tags.size(), Limits::kBatchTags));
  RETURN_IF_ERROR(
      at_most("batch", batch.metrics.size() + batch.params.size() + batch.tags.size(), Limits::kBatchEntities));
  std::map<std::string_view, std::string_view> seen;
  for (const auto& [key, value] : batch.params) {
    RETURN_IF_ERROR(check_key("params.key", key));
    RETURN_IF_ERROR(check_length("params.value", value, Limits::kParamValue));
    const auto [it, fresh] = seen.emplace(key, value);
    if (!fresh && it->second != value)
      return invalid_field("params", "\"", key, "\" is given twice with different values");
  }
  RETURN_IF_ERROR(check_tags(batch.tags));
  for (const Metric& metric : batch.metrics) RETURN_IF_ERROR(check_key("metrics.key", metric.key));
  for (const DatasetInput& input : batch.inputs) {
    if (input.name.empty()) return invalid_field("datasets.name", "must not be empty");
    if (input.digest.empty()) return invalid_field("datasets.digest", "must not be empty");
    RETURN_IF_ERROR(check_length("datasets.name", input.name, 500));
    RETURN_IF_ERROR(check_length("datasets.digest", input.digest, 100));
    RETURN_IF_ERROR(check_length("datasets.source", input.source, 65'535));
    RETURN_IF_ERROR(check_length("datasets.schema", input.schema, 1'048'575));
    RETURN_IF_ERROR(check_length("datasets.profile", input.profile, 16'777'215));
  }
  return ok_status();
}

}  // namespace treadle::tracking
