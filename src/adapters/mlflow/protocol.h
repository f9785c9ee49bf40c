// What all of MLflow's REST routes share: where they lie, how arguments come, what errors look like.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "adapters/mlflow/request_schema.h"
#include "base/json.h"
#include "domains/tracking/types.h"
#include "net/router.h"

namespace treadle::mlflow {

// {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "…"} with MLflow's HTTP status for it.
net::Response error_response(const Status& status);

// The arguments of a call as one object: a POST's JSON body, a GET's query (a repeated name becomes an array). What
// `schema` says of them holds, when there is one.
StatusOr<Json> arguments(const net::Request& request, const Schema* schema = nullptr);

using Call = std::function<StatusOr<Json>(const Json& arguments)>;
// Answers with the JSON's text: for answers too large to be built as a value first.
using TextCall = std::function<StatusOr<std::string>(const Json& arguments)>;

// The calls by their path, for who answers several of them at once (graphql.cc). Each is made as its route is, through
// the guard before it, so that whoever asks gets what they would get there.
class Calls {
 public:
  // Arguments are checked as a body would be; "runs/search" and so on. Credentials are those of `asker`.
  StatusOr<Json> call(std::string_view path, const Json& arguments, const net::Request& asker) const;
  // The first of a path stays. Routes live as long as their router, wherever that is moved.
  void add(std::string_view path, const net::Router::Route* route) { routes_.emplace(path, route); }

 private:
  std::map<std::string, const net::Router::Route*, std::less<>> routes_;
};

// Adds a route under /api/2.0/mlflow and, for browsers, under /ajax-api/2.0/mlflow. Arguments are checked against the
// path's schema (request_schema.h) before `call` sees them.
class Routes {
 public:
  explicit Routes(net::Router& router) : router_(router) {}
  void add(net::Method method, std::string_view path, const Call& call);
  void add_text(net::Method method, std::string_view path, const TextCall& call);
  // All that were added; grows with them. Shared with the handlers that use it.
  std::shared_ptr<const Calls> calls() const { return calls_; }

 private:
  void route(net::Method method, std::string_view path, const TextCall& call);

  net::Router& router_;
  std::shared_ptr<Calls> calls_ = std::make_shared<Calls>();
};

// [{"key": …, "value": …}]; a missing field is empty.
StatusOr<tracking::Tags> read_tags(const Json& arguments, std::string_view field);
Json tags_form(const tracking::Tags& tags);
// {"key": "value"}, as MLflow 3 sends tags; a missing field is empty.
StatusOr<tracking::Tags> read_map(const Json& owner, std::string_view field);
Json map_form(const tracking::Tags& pairs);
// A text that may be missing or null.
StatusOr<std::optional<std::string>> read_text(const Json& owner, std::string_view field);
// Strings of an array; a single string counts as one.
StatusOr<std::vector<std::string>> read_strings(const Json& arguments, std::string_view field);
// Where the next page begins, and a mark of what was asked: "40.9f3c…". Clients treat tokens as opaque.
std::string page_token(const Json& arguments, std::int64_t offset);
// 0 without a token. One that another query was given is refused; the size of a page may change on the way.
StatusOr<std::int64_t> page_offset(const Json& arguments);
// An id that could be one, as MLflow refuses others.
Status check_experiment_id(const std::string& id);
StatusOr<std::int64_t> page_limit(const Json& arguments, std::int64_t fallback, std::int64_t most);
Json number_form(double value);

}  // namespace treadle::mlflow
