// Calls of MLflow's REST API, and its records as ours.
#pragma once

#include "app/transfer/source.h"
#include "net/client.h"

namespace treadle::app::transfer {

class MlflowApi {
 public:
  // As the user of MLFLOW_TRACKING_USERNAME and _PASSWORD, or with MLFLOW_TRACKING_TOKEN, if they are set.
  static StatusOr<MlflowApi> connect(const std::string& url);
  explicit MlflowApi(net::Client client) : client_(std::move(client)) {}

  // `path` such as "runs/search" (below /api/2.0/mlflow/). An MLflow error becomes its Status.
  StatusOr<Json> get(std::string_view path, const std::vector<std::pair<std::string, std::string>>& query);
  StatusOr<Json> send(net::Method method, std::string_view path, const Json& body);
  StatusOr<Json> post(std::string_view path, const Json& body) { return send(net::Method::kPost, path, body); }
  // Pages until there is no token: POST with the token in the body, or GET with it in the query.
  Status each_page(std::string_view path, Json body, const std::function<Status(const Json&)>& page);
  Status each_page(std::string_view path, std::vector<std::pair<std::string, std::string>> query,
                   const std::function<Status(const Json&)>& page);

  net::Client& client() { return client_; }

 private:
  net::Client client_;
};

// Missing fields are empty; a wrong type is an error.
StatusOr<tracking::Experiment> experiment_from(const Json& form);
StatusOr<Run> run_from(const Json& form);
StatusOr<tracking::Metric> metric_from(const Json& form);
StatusOr<LoggedModel> logged_model_from(const Json& form);
StatusOr<registry::Model> model_from(const Json& form);
StatusOr<registry::Version> version_from(const Json& form);
// [{"key": …, "value": …}].
Json pairs_form(const tracking::Tags& pairs);
Json number_form(double value);

}  // namespace treadle::app::transfer
