#include "app/transfer/mlflow_api.h"

#include <cstdlib>

#include "app/connection.h"
#include "base/strings.h"

namespace treadle::app::transfer {
namespace {

constexpr std::chrono::milliseconds kPatience{300'000};  // a real MLflow server may think long about a big page

Status status_of(const net::ClientResponse& response, std::string_view path) {
  if (response.status < 400) return ok_status();
  const auto body = parse_json_object(response.body);
  std::string code, message = str_cat("the server answered ", response.status, " to ", path);
  if (body.ok() && body->contains("error_code") && (*body)["error_code"].is_string()) {
    code = (*body)["error_code"].get<std::string>();
    if (body->contains("message") && (*body)["message"].is_string()) message = (*body)["message"].get<std::string>();
  }
  if (code == "RESOURCE_ALREADY_EXISTS") return already_exists(message);
  if (code == "RESOURCE_DOES_NOT_EXIST" || response.status == 404) return not_found(message);
  if (response.status == 401) return {StatusCode::kUnauthenticated, message};
  if (response.status == 403) return {StatusCode::kPermissionDenied, message};
  if (response.status < 500) return invalid(message);
  return internal_error(message);
}

std::string full_path(std::string_view path) { return str_cat("/api/2.0/mlflow/", path); }

std::string token_of(const Json& answer) {
  const auto token = optional_string(answer, "next_page_token");
  return token.ok() ? *token : "";
}

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// Who MLflow's own client would say that it is; empty for nobody.
std::string authorization() {
  const std::string user = variable("MLFLOW_TRACKING_USERNAME"), token = variable("MLFLOW_TRACKING_TOKEN");
  if (!user.empty()) return basic_authorization(user, variable("MLFLOW_TRACKING_PASSWORD"));
  return token.empty() ? "" : str_cat("Bearer ", token);
}

}  // namespace

StatusOr<MlflowApi> MlflowApi::connect(const std::string& url) {
  ASSIGN_OR_RETURN(net::Client client, net::Client::create(url));
  if (const std::string who = authorization(); !who.empty()) client.set_authorization(who);
  const auto answer = client.request(net::Method::kGet, "/health", {}, {}, std::chrono::seconds(30));
  if (!answer.ok()) return with_context(answer.status(), "no MLflow server answers at " + url);
  return MlflowApi(std::move(client));
}

StatusOr<Json> MlflowApi::get(std::string_view path, const std::vector<std::pair<std::string, std::string>>& query) {
  std::string target = full_path(path);
  char separator = '?';
  for (const auto& [name, value] : query) {
    str_append(&target, separator, name, "=", net::percent_encode(value));
    separator = '&';
  }
  ASSIGN_OR_RETURN(const auto response, client_.request(net::Method::kGet, target, {}, {}, kPatience));
  RETURN_IF_ERROR(status_of(response, path));
  return parse_json_object(response.body);
}

StatusOr<Json> MlflowApi::send(net::Method method, std::string_view path, const Json& body) {
  net::Headers headers;
  headers.set("Content-Type", "application/json");
  ASSIGN_OR_RETURN(const auto response, client_.request(method, full_path(path), to_text(body), headers, kPatience));
  RETURN_IF_ERROR(status_of(response, path));
  return parse_json_object(response.body);
}

Status MlflowApi::each_page(std::string_view path, Json body, const std::function<Status(const Json&)>& page) {
  for (;;) {
    ASSIGN_OR_RETURN(const Json answer, post(path, body));
    RETURN_IF_ERROR(page(answer));
    const std::string token = token_of(answer);
    if (token.empty()) return ok_status();
    body["page_token"] = token;
  }
}

Status MlflowApi::each_page(std::string_view path, std::vector<std::pair<std::string, std::string>> query,
                            const std::function<Status(const Json&)>& page) {
  query.emplace_back("page_token", "");
  for (;;) {
    auto asked = query;
    if (asked.back().second.empty()) asked.pop_back();
    ASSIGN_OR_RETURN(const Json answer, get(path, asked));
    RETURN_IF_ERROR(page(answer));
    const std::string token = token_of(answer);
    if (token.empty() || token == query.back().second) return ok_status();
    query.back().second = token;
  }
}

}  // namespace treadle::app::transfer
