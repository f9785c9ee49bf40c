// Logged models: what `mlflow.<flavor>.log_model` of a 3.x client makes before anything is registered.
#include "adapters/mlflow/artifact_files.h"
#include "adapters/mlflow/groups.h"
#include "adapters/mlflow/run_forms.h"
#include "base/strings.h"

namespace treadle::mlflow {
namespace {

using net::Method;

Json model_form(const tracking::LoggedModel& model) {
  Json info = {{"model_id", model.id},
               {"experiment_id", model.experiment_id},
               {"name", model.name},
               {"creation_timestamp_ms", model.created_ms},
               {"last_updated_timestamp_ms", model.updated_ms},
               {"artifact_uri", tracking::Service::artifact_uri(model)},
               {"status", str_cat("LOGGED_MODEL_", tracking::to_string(model.status))}};
  if (!model.type.empty()) info["model_type"] = model.type;
  if (!model.run_id.empty()) info["source_run_id"] = model.run_id;
  if (!model.tags.empty()) info["tags"] = tags_form(model.tags);
  Json data = Json::object();
  if (!model.params.empty()) data["params"] = tags_form(model.params);
  for (const auto& [metric, run_id] : model.metrics) {
    Json form = metric_form(metric);
    form["run_id"] = run_id;
    data["metrics"].push_back(std::move(form));
  }
  return {{"info", info}, {"data", data}};
}

StatusOr<Json> wrapped(const StatusOr<tracking::LoggedModel>& model) {
  RETURN_IF_ERROR(model);
  return Json{{"model", model_form(*model)}};
}

StatusOr<Json> create(tracking::Service& tracking, const Json& arguments) {
  tracking::LoggedModel model;
  ASSIGN_OR_RETURN(model.experiment_id, required_string(arguments, "experiment_id"));
  ASSIGN_OR_RETURN(model.name, optional_string(arguments, "name"));
  ASSIGN_OR_RETURN(model.type, optional_string(arguments, "model_type"));
  ASSIGN_OR_RETURN(model.run_id, optional_string(arguments, "source_run_id"));
  ASSIGN_OR_RETURN(model.params, read_tags(arguments, "params"));
  ASSIGN_OR_RETURN(model.tags, read_tags(arguments, "tags"));
  return wrapped(tracking.create_logged_model(model));
}

StatusOr<tracking::ModelStatus> read_status(const Json& arguments) {
  using tracking::ModelStatus;
  const auto it = arguments.find("status");
  for (const ModelStatus status : {ModelStatus::kPending, ModelStatus::kReady, ModelStatus::kUploadFailed}) {
    if (it == arguments.end()) break;
    if (*it == str_cat("LOGGED_MODEL_", to_string(status)) || *it == static_cast<int>(status)) return status;
  }
  return invalid_field("status", "must be LOGGED_MODEL_PENDING, LOGGED_MODEL_READY or LOGGED_MODEL_UPLOAD_FAILED");
}

StatusOr<tracking::DatasetRef> read_dataset(const Json& item) {
  tracking::DatasetRef dataset;
  ASSIGN_OR_RETURN(dataset.name, optional_string(item, "dataset_name"));
  ASSIGN_OR_RETURN(dataset.digest, optional_string(item, "dataset_digest"));
  return dataset;
}

// [{"field_name": "metrics.rmse", "ascending": false, "dataset_name": "test"}]
StatusOr<std::vector<tracking::ModelOrder>> read_order(const Json& arguments) {
  std::vector<tracking::ModelOrder> orders;
  ASSIGN_OR_RETURN(const Json* list, optional_array(arguments, "order_by"));
  if (list == nullptr) return orders;
  for (const Json& item : *list) {
    tracking::ModelOrder& order = orders.emplace_back();
    ASSIGN_OR_RETURN(order.field, required_string(item, "field_name"));
    ASSIGN_OR_RETURN(order.ascending, optional_bool(item, "ascending", true));
    ASSIGN_OR_RETURN(order.dataset, read_dataset(item));
  }
  return orders;
}

StatusOr<Json> search(tracking::Service& tracking, const Json& arguments) {
  tracking::ModelQuery query;
  ASSIGN_OR_RETURN(query.experiment_ids, read_strings(arguments, "experiment_ids"));
  ASSIGN_OR_RETURN(query.filter, optional_string(arguments, "filter"));
  ASSIGN_OR_RETURN(query.order_by, read_order(arguments));
  ASSIGN_OR_RETURN(query.limit, page_limit(arguments, 100, 1000));
  ASSIGN_OR_RETURN(query.offset, page_offset(arguments));
  ASSIGN_OR_RETURN(const Json* datasets, optional_array(arguments, "datasets"));
  for (std::size_t i = 0; datasets != nullptr && i < datasets->size(); ++i) {
    ASSIGN_OR_RETURN(auto dataset, read_dataset((*datasets)[i]));
    query.datasets.push_back(std::move(dataset));
  }
  ASSIGN_OR_RETURN(const auto page, tracking.search_logged_models(query));
  Json answer = Json::object();
  for (const auto& model : page.items) answer["models"].push_back(model_form(model));
  if (page.more) answer["next_page_token"] = page_token(arguments, query.offset + query.limit);
  return answer;
}

StatusOr<Json> list_folder(tracking::Service& tracking, const std::string& id, const Json& arguments) {
  ASSIGN_OR_RETURN(const std::string given, optional_string(arguments, "artifact_directory_path"));
  ASSIGN_OR_RETURN(const std::string path, safe_path(given));
  ASSIGN_OR_RETURN(const auto model, tracking.get_logged_model(id));
  ASSIGN_OR_RETURN(const std::string folder, key_under(tracking::Service::artifact_root(model), path));
  Json answer = {{"root_uri", tracking::Service::artifact_uri(model)}};
  ASSIGN_OR_RETURN(Json files, list_files(tracking.blobs(), folder, path));
  if (!files.empty()) answer["files"] = std::move(files);
  return answer;
}

StatusOr<net::Response> get_file(tracking::Service& tracking, const net::Request& request) {
  ASSIGN_OR_RETURN(const std::string path, safe_path(request.query.get("artifact_file_path").value_or("")));
  if (path.empty()) return invalid("Request must include the \"artifact_file_path\" query parameter.");
  ASSIGN_OR_RETURN(const auto model, tracking.get_logged_model(std::string(request.param("model_id"))));
  return attachment(tracking.blobs(), str_cat(tracking::Service::artifact_root(model), "/", path));
}

}  // namespace

void add_logged_model_routes(net::Router& router, Routes& routes, tracking::Service& tracking) {
  // `work(tracking, id, arguments) -> StatusOr<Json>` for the routes of one model.
  const auto each = [&](Method method, std::string_view path, auto work) {
    routes.add(method, str_cat("logged-models/{model_id}", path),
               [&tracking, work](const Json& arguments) -> StatusOr<Json> {
                 ASSIGN_OR_RETURN(const std::string id, required_string(arguments, "model_id"));
                 return work(tracking, id, arguments);
               });
  };
  using Tracking = tracking::Service;
  routes.add(Method::kPost, "logged-models", [&](const Json& arguments) { return create(tracking, arguments); });
  routes.add(Method::kPost, "logged-models/search", [&](const Json& arguments) { return search(tracking, arguments); });
  each(Method::kGet, "", [](Tracking& service, const std::string& id, const Json& arguments) -> StatusOr<Json> {
    ASSIGN_OR_RETURN(const bool deleted_too, optional_bool(arguments, "allow_deleted", false));
    return wrapped(service.get_logged_model(id, deleted_too));
  });
  each(Method::kPatch, "", [](Tracking& service, const std::string& id, const Json& arguments) -> StatusOr<Json> {
    ASSIGN_OR_RETURN(const auto status, read_status(arguments));
    return wrapped(service.finalize_logged_model(id, status));
  });
  each(Method::kDelete, "", [](Tracking& service, const std::string& id, const Json&) -> StatusOr<Json> {
    RETURN_IF_ERROR(service.delete_logged_model(id));
    return Json::object();
  });
  each(Method::kPatch, "/tags", [](Tracking& service, const std::string& id, const Json& arguments) -> StatusOr<Json> {
    ASSIGN_OR_RETURN(const auto tags, read_tags(arguments, "tags"));
    return wrapped(service.set_logged_model_tags(id, tags));
  });
  each(Method::kDelete, "/tags/{tag_key}",
       [](Tracking& service, const std::string& id, const Json& arguments) -> StatusOr<Json> {
         ASSIGN_OR_RETURN(const std::string key, required_string(arguments, "tag_key"));
         RETURN_IF_ERROR(service.delete_logged_model_tag(id, key));
         return Json::object();
       });
  each(Method::kPost, "/params", [](Tracking& service, const std::string& id, const Json& arguments) -> StatusOr<Json> {
    ASSIGN_OR_RETURN(const auto params, read_tags(arguments, "params"));
    RETURN_IF_ERROR(service.log_logged_model_params(id, params));
    return Json::object();
  });
  each(Method::kGet, "/artifacts/directories", list_folder);
  // For MLflow's page: one file of a model.
  router.add(Method::kGet, "/ajax-api/2.0/mlflow/logged-models/{model_id}/artifacts/files",
             [&tracking](net::Request& request) {
               auto response = get_file(tracking, request);
               return response.ok() ? std::move(*response) : error_response(response.status());
             });
}

}  // namespace treadle::mlflow
