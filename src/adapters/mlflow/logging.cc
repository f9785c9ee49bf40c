#include "adapters/mlflow/groups.h"
#include "base/strings.h"
#include "domains/tracking/validate.h"

namespace treadle::mlflow {
namespace {

using net::Method;

// As MLflow's database has room for. Our own pipelines name data by its SHA-256, which is longer.
constexpr std::size_t kLongestDigest = 36;

StatusOr<tracking::Metric> read_metric(const Json& item) {
  tracking::Metric metric;
  ASSIGN_OR_RETURN(metric.key, required_string(item, "key"));
  ASSIGN_OR_RETURN(metric.value, required_double(item, "value"));
  ASSIGN_OR_RETURN(metric.time_ms, required_int(item, "timestamp"));
  ASSIGN_OR_RETURN(metric.step, optional_int(item, "step", 0));
  ASSIGN_OR_RETURN(metric.model_id, optional_string(item, "model_id"));
  ASSIGN_OR_RETURN(metric.dataset_name, optional_string(item, "dataset_name"));
  ASSIGN_OR_RETURN(metric.dataset_digest, optional_string(item, "dataset_digest"));
  if (metric.dataset_name.empty() != metric.dataset_digest.empty())
    return invalid("Both dataset_name and dataset_digest must be provided if one is provided");
  return metric;
}

StatusOr<std::vector<tracking::DatasetInput>> read_inputs(const Json& arguments) {
  std::vector<tracking::DatasetInput> inputs;
  ASSIGN_OR_RETURN(const Json* list, optional_array(arguments, "datasets"));
  if (list == nullptr) return inputs;
  for (const Json& item : *list) {
    ASSIGN_OR_RETURN(const Json* dataset, optional_object(item, "dataset"));
    if (dataset == nullptr) return invalid_field("datasets.dataset", "is required");
    tracking::DatasetInput input;
    ASSIGN_OR_RETURN(input.name, required_string(*dataset, "name"));
    ASSIGN_OR_RETURN(input.digest, required_string(*dataset, "digest"));
    if (input.digest.size() > kLongestDigest) {
      return wrong_parameter(str_cat("datasets[", inputs.size(), "].dataset.digest"), input.digest,
                             str_cat("'digest' exceeds the maximum length of ", kLongestDigest, " characters"));
    }
    ASSIGN_OR_RETURN(input.source_type, required_string(*dataset, "source_type"));
    ASSIGN_OR_RETURN(input.source, required_string(*dataset, "source"));
    ASSIGN_OR_RETURN(input.schema, optional_string(*dataset, "schema"));
    ASSIGN_OR_RETURN(input.profile, optional_string(*dataset, "profile"));
    ASSIGN_OR_RETURN(input.tags, read_tags(item, "tags"));
    inputs.push_back(std::move(input));
  }
  return inputs;
}

StatusOr<tracking::Batch> read_batch(const Json& arguments) {
  tracking::Batch batch;
  ASSIGN_OR_RETURN(batch.params, read_tags(arguments, "params"));
  ASSIGN_OR_RETURN(batch.tags, read_tags(arguments, "tags"));
  ASSIGN_OR_RETURN(const Json* metrics, optional_array(arguments, "metrics"));
  if (metrics == nullptr) return batch;
  for (const Json& item : *metrics) {
    ASSIGN_OR_RETURN(tracking::Metric metric, read_metric(item));
    batch.metrics.push_back(std::move(metric));
  }
  return batch;
}

StatusOr<std::vector<tracking::ModelLink>> read_models(const Json& arguments) {
  std::vector<tracking::ModelLink> links;
  ASSIGN_OR_RETURN(const Json* list, optional_array(arguments, "models"));
  if (list == nullptr) return links;
  for (const Json& item : *list) {
    tracking::ModelLink link;
    ASSIGN_OR_RETURN(link.model_id, required_string(item, "model_id"));
    ASSIGN_OR_RETURN(link.step, optional_int(item, "step", 0));
    links.push_back(std::move(link));
  }
  return links;
}

// What a 2.x client tells of a model it logged: of "model_json" the part that MLflow keeps in the run's tag.
StatusOr<Json> read_model(const Json& arguments) {
  ASSIGN_OR_RETURN(const std::string text, required_string(arguments, "model_json"));
  const auto model = parse_json(text);
  if (!model.ok()) return invalid("Malformed model info. \n ", text, " \n is not a valid JSON.");
  std::vector<std::string> missing;
  for (const char* field : {"artifact_path", "flavors", "run_id", "utc_time_created"}) {
    if (!model->is_object() || !model->contains(field)) missing.emplace_back(str_cat("'", field, "'"));
  }
  if (!missing.empty()) return invalid("Model json is missing mandatory fields: {", join(missing, ", "), "}");
  Json kept = Json::object();
  for (const char* field : {"artifact_path", "model_uuid", "run_id", "utc_time_created"}) {
    if (model->contains(field)) kept[field] = (*model)[field];
  }
  kept["flavors"] = (*model)["flavors"];
  if (!kept["flavors"].is_object())
    return wrong_parameter("model_json.flavors", kept["flavors"], "it must be an object");
  for (auto& [name, flavor] : kept["flavors"].items()) {
    if (flavor.is_object()) flavor.erase("config");
  }
  return kept;
}

// One key and value, for log-parameter and set-tag.
StatusOr<tracking::Tags> read_pair(const Json& arguments) {
  ASSIGN_OR_RETURN(const std::string key, required_string(arguments, "key"));
  ASSIGN_OR_RETURN(const std::string value, optional_string(arguments, "value"));
  return tracking::Tags{{key, value}};
}

}  // namespace

void add_log_routes(Routes& routes, tracking::Service& tracking) {
  // `read(arguments) -> StatusOr<Batch>`; everything is logged as a batch.
  const auto log = [&](std::string_view path, auto read) {
    routes.add(Method::kPost, path, [&tracking, read](const Json& arguments) -> StatusOr<Json> {
      const bool old_name = !arguments.contains("run_id") && arguments.contains("run_uuid");
      ASSIGN_OR_RETURN(const std::string id, required_string(arguments, old_name ? "run_uuid" : "run_id"));
      ASSIGN_OR_RETURN(tracking::Batch batch, read(arguments));
      tracking::shorten_values(batch.params, tracking::Limits::kParamValue);
      tracking::shorten_values(batch.tags, tracking::Limits::kTagValue);
      RETURN_IF_ERROR(tracking.log_batch(id, batch));
      return Json::object();
    });
  };
  log("runs/log-batch", read_batch);
  log("runs/log-metric", [](const Json& arguments) -> StatusOr<tracking::Batch> {
    ASSIGN_OR_RETURN(tracking::Metric metric, read_metric(arguments));
    return tracking::Batch{.metrics = {std::move(metric)}};
  });
  log("runs/log-parameter", [](const Json& arguments) -> StatusOr<tracking::Batch> {
    ASSIGN_OR_RETURN(tracking::Tags pair, read_pair(arguments));
    return tracking::Batch{.params = std::move(pair)};
  });
  log("runs/set-tag", [](const Json& arguments) -> StatusOr<tracking::Batch> {
    ASSIGN_OR_RETURN(tracking::Tags pair, read_pair(arguments));
    return tracking::Batch{.tags = std::move(pair)};
  });
  log("runs/log-inputs", [](const Json& arguments) -> StatusOr<tracking::Batch> {
    ASSIGN_OR_RETURN(auto inputs, read_inputs(arguments));
    ASSIGN_OR_RETURN(auto models, read_models(arguments));
    return tracking::Batch{.inputs = std::move(inputs), .model_inputs = std::move(models)};
  });
  log("runs/outputs", [](const Json& arguments) -> StatusOr<tracking::Batch> {
    ASSIGN_OR_RETURN(auto models, read_models(arguments));
    return tracking::Batch{.model_outputs = std::move(models)};
  });
  routes.add(Method::kPost, "runs/log-model", [&](const Json& arguments) -> StatusOr<Json> {
    ASSIGN_OR_RETURN(const std::string id, required_string(arguments, "run_id"));
    ASSIGN_OR_RETURN(const Json model, read_model(arguments));
    RETURN_IF_ERROR(tracking.note_model(id, model));
    return Json::object();
  });
  routes.add(Method::kPost, "runs/delete-tag", [&](const Json& arguments) -> StatusOr<Json> {
    ASSIGN_OR_RETURN(const std::string id, required_string(arguments, "run_id"));
    ASSIGN_OR_RETURN(const std::string key, required_string(arguments, "key"));
    RETURN_IF_ERROR(tracking.delete_tag(id, key));
    return Json::object();
  });
}

}  // namespace treadle::mlflow
