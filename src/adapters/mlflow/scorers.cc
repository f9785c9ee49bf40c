#include "adapters/mlflow/evaluation.h"
#include "adapters/mlflow/versioned_routes.h"
#include "base/strings.h"

namespace treadle::mlflow {
namespace {

using evaluation::Scorers;
using evaluation::ScorerVersion;
using net::Method;

constexpr std::uint64_t kMostBytes = 4u << 20;

Json form(const ScorerVersion& scorer) {
  return {{"experiment_id", parse_int(scorer.experiment_id).value_or(0)},  // a number in MLflow's protocol
          {"scorer_name", scorer.name},
          {"scorer_version", scorer.version},
          {"serialized_scorer", scorer.body},
          {"creation_time", scorer.created_ms},
          {"scorer_id", scorer.scorer_id}};
}

Json list_form(const std::vector<ScorerVersion>& scorers) {
  Json list = Json::array();
  for (const ScorerVersion& scorer : scorers) list.push_back(form(scorer));
  return {{"scorers", list}};
}

struct Name {
  std::string experiment_id, name;
  std::optional<std::int64_t> version;
};

StatusOr<Name> read_name(const Json& arguments) {
  Name name;
  ASSIGN_OR_RETURN(name.experiment_id, required_string(arguments, "experiment_id"));
  ASSIGN_OR_RETURN(name.name, required_string(arguments, "name"));
  const auto version = arguments.find("version");
  if (version == arguments.end() || version->is_null()) return name;
  ASSIGN_OR_RETURN(name.version, required_int(arguments, "version"));
  return name;
}

StatusOr<Json> add(Scorers& scorers, const Json& arguments) {
  ASSIGN_OR_RETURN(const Name name, read_name(arguments));
  ASSIGN_OR_RETURN(const std::string body, required_string(arguments, "serialized_scorer"));
  ASSIGN_OR_RETURN(const auto made, scorers.add(name.experiment_id, name.name, body));
  return Json{{"version", made.version}, {"scorer_id", made.scorer_id},    {"experiment_id", made.experiment_id},
              {"name", made.name},       {"serialized_scorer", made.body}, {"creation_time", made.created_ms}};
}

StatusOr<Json> list(Scorers& scorers, const Json& arguments) {
  ASSIGN_OR_RETURN(const std::string one, optional_string(arguments, "experiment_id"));
  ASSIGN_OR_RETURN(const auto many, read_strings(arguments, "experiment_ids"));
  if (!one.empty() && arguments.contains("experiment_ids"))
    return invalid("Cannot specify both 'experiment_id' and 'experiment_ids'. Use one of them.");
  // An empty list asks for the scorers of no experiment, no list for those of all.
  if (many.empty() && arguments.contains("experiment_ids")) return list_form({});
  ASSIGN_OR_RETURN(const auto found, one.empty() ? scorers.list_of(many) : scorers.list(one));
  return list_form(found);
}

StatusOr<Json> versions(Scorers& scorers, const Json& arguments) {
  ASSIGN_OR_RETURN(const Name name, read_name(arguments));
  ASSIGN_OR_RETURN(const auto found, scorers.versions(name.experiment_id, name.name));
  return list_form(found);
}

StatusOr<Json> get(Scorers& scorers, const Json& arguments) {
  ASSIGN_OR_RETURN(const Name name, read_name(arguments));
  ASSIGN_OR_RETURN(const auto found, scorers.get(name.experiment_id, name.name, name.version));
  return Json{{"scorer", form(found)}};
}

StatusOr<Json> remove(Scorers& scorers, const Json& arguments) {
  ASSIGN_OR_RETURN(const Name name, read_name(arguments));
  RETURN_IF_ERROR(scorers.remove(name.experiment_id, name.name, name.version));
  return Json::object();
}

// Clients ask with every list; as no scoring can be switched on here, none is configured.
StatusOr<Json> online_configs(Scorers&, const Json&) { return Json{{"configs", Json::array()}}; }

StatusOr<Json> no_online_scoring(Scorers&, const Json&) {
  return unimplemented("this server keeps scorers and does not run them: run mlflow.genai.evaluate in a client");
}

}  // namespace

void add_scorer_routes(net::Router& router, Scorers& scorers) {
  const auto route = [&](Method method, std::string_view path, const Schema& schema, auto work) {
    add_versioned_route(router, method, "3.0", path, schema, kMostBytes,
                        [&scorers, work](const Json& arguments) { return work(scorers, arguments); });
  };
  const Parameter experiment{"experiment_id", Kind::kString, true}, name{"name", Kind::kString, true};
  const Parameter version{"version", Kind::kInt};
  route(Method::kPost, "scorers/register", {experiment, name, {"serialized_scorer", Kind::kString, true}}, add);
  route(Method::kGet, "scorers/list", {{"experiment_id"}, {"experiment_ids", Kind::kStrings}}, list);
  route(Method::kGet, "scorers/versions", {experiment, name}, versions);
  route(Method::kGet, "scorers/get", {experiment, name, version}, get);
  route(Method::kDelete, "scorers/delete", {experiment, name, version}, remove);
  route(Method::kGet, "scorers/online-configs", {}, online_configs);
  route(Method::kPut, "scorers/online-config", {}, no_online_scoring);
}

}  // namespace treadle::mlflow
