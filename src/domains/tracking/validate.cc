#include "domains/tracking/validate.h"

#include <algorithm>
#include <cctype>
#include <map>

#include "base/json.h"
#include "base/strings.h"
#include "domains/tracking/service.h"

namespace treadle::tracking {
namespace {

// MLflow counts characters, not bytes.
std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

Status check_text(std::string_view field, std::string_view text, std::size_t limit) {
  if (text.find('\0') != std::string_view::npos) {
    return {StatusCode::kInvalidArgument, str_cat("'", field, "' must not contain the character NUL"),
            std::string(field)};
  }
  if (text.size() <= limit || characters(text) <= limit) return ok_status();
  return {StatusCode::kInvalidArgument, str_cat("'", field, "' exceeds the maximum length of ", limit, " characters"),
          std::string(field)};
}

Status wrong(std::string_view field, const std::string& value, std::string_view why) {
  return {StatusCode::kInvalidArgument,
          str_cat("Invalid value ", to_text(value), " for parameter '", field, "' supplied: ", why),
          std::string(field)};
}

// The shortest path that leads to the same place.
std::string normal_path(std::string_view path) {
  std::vector<std::string> kept;
  const bool absolute = path.starts_with('/');
  for (const std::string_view segment : split(path, '/')) {
    if (segment.empty() || segment == ".") continue;
    if (segment == ".." && !kept.empty() && kept.back() != "..")
      kept.pop_back();
    else if (segment != ".." || !absolute)
      kept.emplace_back(segment);
  }
  const std::string joined = join(kept, "/");
  return absolute ? str_cat("/", joined) : joined.empty() ? "." : joined;
}

bool leads_elsewhere(const std::string& key, const std::string& normal) {
  return normal != key || normal == "." || normal.starts_with("..") || normal.starts_with('/');
}

Status check_limit(std::string_view what, std::size_t count, std::size_t limit) {
  if (count <= limit) return ok_status();
  return {StatusCode::kInvalidArgument,
          str_cat("A batch logging request can contain at most ", limit, " ", what, ". Got ", count, " ", what,
                  ". Please split up ", what, " across multiple requests and try again."),
          std::string(what)};
}

std::string item(std::string_view list, std::size_t index, std::string_view field) {
  return str_cat(list, "[", index, "].", field);
}

Status check_params(const Tags& params) {
  std::map<std::string_view, std::string_view> seen;
  for (std::size_t i = 0; i < params.size(); ++i) {
    const auto& [key, value] = params[i];
    RETURN_IF_ERROR(check_key(item("params", i, "key"), key));
    RETURN_IF_ERROR(check_text(item("params", i, "value"), value, Limits::kParamValue));
    const auto [it, fresh] = seen.emplace(key, value);
    if (!fresh && it->second != value) {
      return invalid("Duplicate parameter keys have been submitted: ['", key,
                     "']. Please ensure the request contains only one param value per param key.");
    }
  }
  return ok_status();
}

Status check_inputs(const std::vector<DatasetInput>& inputs) {
  for (const DatasetInput& input : inputs) {
    if (input.name.empty()) return invalid_field("datasets.name", "Dataset name cannot be None");
    if (input.digest.empty()) return invalid_field("datasets.digest", "Dataset digest cannot be None");
    RETURN_IF_ERROR(check_text("name", input.name, 500));
    // Longer than MLflow's 36: our own pipelines name data by its SHA-256.
    RETURN_IF_ERROR(check_text("digest", input.digest, 100));
    RETURN_IF_ERROR(check_text("source_type", input.source_type, 500));
    RETURN_IF_ERROR(check_text("source", input.source, 65'535));
    RETURN_IF_ERROR(check_text("schema", input.schema, 1'048'575));
    RETURN_IF_ERROR(check_text("profile", input.profile, 16'777'215));
    for (const auto& [key, value] : input.tags) {
      RETURN_IF_ERROR(check_text("key", key, 255));
      RETURN_IF_ERROR(check_text("value", value, 500));
    }
  }
  return ok_status();
}

// The first `limit` characters.
void cut(std::string& text, std::size_t limit) {
  if (text.size() <= limit) return;
  std::size_t at = 0;
  for (std::size_t count = 0; at < text.size(); ++at) {
    if ((text[at] & 0xc0) != 0x80 && count++ == limit) break;
  }
  text.resize(at);
}

}  // namespace

Status check_experiment_name(const std::string& name) {
  if (trim(name).empty()) return invalid_field("name", "Invalid experiment name: '", name, "'");
  return check_text("name", name, Limits::kExperimentName);
}

Status check_run_name(const std::string& name) { return check_text("run_name", name, Limits::kTagValue); }

Status check_experiment_tag(const std::string& key, const std::string& value) {
  RETURN_IF_ERROR(check_key("key", key));
  return check_text("value", value, Limits::kExperimentTagValue);
}

Status check_key(std::string_view field, const std::string& key) {
  const auto allowed = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) ||
           std::string_view("_-. :/").find(c) != std::string_view::npos || (c & 0x80) != 0;
  };
  if (!std::all_of(key.begin(), key.end(), allowed)) {
    return wrong(field, key,
                 "Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), colon(:)"
                 " and slashes (/).");
  }
  if (const std::string normal = normal_path(key); leads_elsewhere(key, normal)) {
    return wrong(field, key,
                 str_cat("Names may be treated as files in certain cases, and must not resolve to other names when"
                         " treated as such. This name would resolve to '",
                         normal, "'"));
  }
  return check_text(field, key, Limits::kKey);
}

Status check_tags(const Tags& tags) {
  for (std::size_t i = 0; i < tags.size(); ++i) {
    RETURN_IF_ERROR(check_key(item("tags", i, "key"), tags[i].first));
    RETURN_IF_ERROR(check_text(item("tags", i, "value"), tags[i].second, Limits::kTagValue));
  }
  return ok_status();
}

Status check_batch(const Batch& batch) {
  RETURN_IF_ERROR(check_limit("metrics", batch.metrics.size(), Limits::kBatchMetrics));
  RETURN_IF_ERROR(check_limit("params", batch.params.size(), Limits::kBatchParams));
  RETURN_IF_ERROR(check_limit("tags", batch.tags.size(), Limits::kBatchTags));
  RETURN_IF_ERROR(check_limit("metrics, params, and tags",
                              batch.metrics.size() + batch.params.size() + batch.tags.size(), Limits::kBatchEntities));
  for (std::size_t i = 0; i < batch.metrics.size(); ++i) {
    const Metric& metric = batch.metrics[i];
    RETURN_IF_ERROR(check_key(item("metrics", i, "name"), metric.key));
    if (metric.time_ms < 0) {
      return wrong(item("metrics", i, "timestamp"), str_cat(metric.time_ms),
                   "Timestamp must be a nonnegative long (64-bit integer)");
    }
    RETURN_IF_ERROR(check_text(item("metrics", i, "dataset_name"), metric.dataset_name, 500));
    RETURN_IF_ERROR(check_text(item("metrics", i, "dataset_digest"), metric.dataset_digest, 100));
  }
  RETURN_IF_ERROR(check_params(batch.params));
  RETURN_IF_ERROR(check_tags(batch.tags));
  return check_inputs(batch.inputs);
}

void shorten_values(Tags& pairs, std::size_t limit) {
  for (auto& [key, value] : pairs) cut(value, limit);
}

}  // namespace treadle::tracking
