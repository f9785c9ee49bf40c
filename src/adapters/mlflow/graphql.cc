// POST /graphql: what MLflow's page asks of experiments, runs and versions in one request. Each field at the top is one
// of the REST calls; of its answer the fields that were asked for are told.
#include <algorithm>
#include <map>

#include "adapters/mlflow/graphql_parse.h"
#include "adapters/mlflow/graphql_types.h"
#include "adapters/mlflow/groups.h"
#include "base/strings.h"

namespace treadle::mlflow {
namespace {

using graphql::Field;

// Runs per search for their versions: the filter has a bound.
constexpr std::size_t kChunk = 100;
constexpr std::int64_t kVersions = 10'000;

std::string_view call_of(const std::string& field) {
  if (field == "mlflowGetExperiment") return "experiments/get";
  if (field == "mlflowGetMetricHistoryBulkInterval") return "metrics/get-history-bulk-interval";
  if (field == "mlflowGetRun") return "runs/get";
  if (field == "mlflowListArtifacts") return "artifacts/list";
  if (field == "mlflowSearchModelVersions") return "model-versions/search";
  if (field == "mlflowSearchRuns") return "runs/search";
  if (field == "mlflowSearchDatasets") return "experiments/search-datasets";
  return "";
}

// {"runId": …} -> {"run_id": …}; what is null is left out.
Json call_arguments(const Json& input) {
  Json arguments = Json::object();
  for (const auto& [name, value] : input.items()) {
    if (!value.is_null()) arguments[graphql::snake_case(name)] = value;
  }
  return arguments;
}

const Field* asked_for(const std::vector<Field>& fields, std::string_view name) {
  const auto it = std::find_if(fields.begin(), fields.end(), [&](const Field& field) { return field.name == name; });
  return it == fields.end() ? nullptr : &*it;
}

// What a field is told as. NaN is null, as in MLflow: GraphQL's numbers have none.
Json scalar(std::string_view type, const Json& value) {
  if (value.is_array()) {
    Json list = Json::array();
    for (const Json& item : value) list.push_back(scalar(type, item));
    return list;
  }
  if (type == "Long" && value.is_number()) return to_text(value);
  if (type == "Float" && value.is_string()) return nullptr;
  return value;
}

class Answer {
 public:
  Answer(const Calls& calls, const net::Request& asker) : calls_(calls), asker_(asker) {}

  Json of(const graphql::Operation& operation) {
    const std::string_view root = operation.mutation ? "Mutation" : "Query";
    Json data = Json::object();
    for (const Field& field : operation.fields) {
      const graphql::FieldType* type = graphql::find_field(root, field.name);
      if (field.name == "__typename") {
        data[field.alias] = root;
        continue;
      }
      if (type == nullptr) {
        fail(invalid("Cannot query field '", field.name, "' on type '", root, "'."));
        return nullptr;
      }
      const auto found = resolve(field);
      if (!found.ok()) fail(found.status());
      data[field.alias] = found.ok() ? project(*found, type->type, field.fields) : Json();
    }
    return invalid_ ? Json() : data;
  }

  const Json& errors() const { return errors_; }

 private:
  void fail(const Status& status) {
    if (errors_.size() < 20) errors_.push_back(status.message());
  }

  StatusOr<Json> resolve(const Field& field) {
    if (field.name.starts_with("test")) return Json{{"output", field.arguments.value("inputString", Json())}};
    const auto input = field.arguments.find("input");
    Json arguments = call_arguments(input == field.arguments.end() ? Json::object() : *input);
    ASSIGN_OR_RETURN(Json answer, calls_.call(call_of(field.name), arguments, asker_));
    if (field.name == "mlflowGetRun") {
      if (const Field* run = asked_for(field.fields, "run")) {
        Json runs = Json::array({answer["run"]});
        RETURN_IF_ERROR(add_neighbours(runs, run->fields));
        answer["run"] = runs.front();
      }
    }
    const Field* runs = asked_for(field.fields, "runs");
    if (field.name == "mlflowSearchRuns" && runs != nullptr && answer.contains("runs"))
      RETURN_IF_ERROR(add_neighbours(answer["runs"], runs->fields));
    return answer;
  }

  // The experiments and the versions of runs, where they were asked for.
  Status add_neighbours(Json& runs, const std::vector<Field>& fields) {
    if (asked_for(fields, "experiment") != nullptr) {
      std::map<std::string, Json> experiments;
      for (Json& run : runs) {
        const std::string id = run["info"].value("experiment_id", "");
        if (!experiments.contains(id)) {
          ASSIGN_OR_RETURN(Json found, calls_.call("experiments/get", {{"experiment_id", id}}, asker_));
          experiments[id] = std::move(found["experiment"]);
        }
        run["experiment"] = experiments[id];
      }
    }
    if (asked_for(fields, "modelVersions") == nullptr) return ok_status();
    std::map<std::string, Json> versions;
    for (std::size_t first = 0; first < runs.size(); first += kChunk) {
      std::vector<std::string> ids;
      for (std::size_t i = first; i < std::min(runs.size(), first + kChunk); ++i)
        ids.push_back(str_cat("'", runs[i]["info"].value("run_id", ""), "'"));
      const Json asked = {{"filter", str_cat("run_id IN (", join(ids, ", "), ")")}, {"max_results", kVersions}};
      ASSIGN_OR_RETURN(Json page, calls_.call("model-versions/search", asked, asker_));
      for (Json& version : page["model_versions"]) versions[version.value("run_id", "")].push_back(std::move(version));
    }
    for (Json& run : runs) {
      const auto it = versions.find(run["info"].value("run_id", ""));
      run["model_versions"] = it == versions.end() ? Json::array() : it->second;
    }
    return ok_status();
  }

  Json project(const Json& value, std::string_view type, const std::vector<Field>& fields) {
    if (value.is_null()) return value;
    if (!graphql::is_object(type)) {
      if (!fields.empty()) return misused("Field of type '", type, "' must not have a selection of subfields.");
      return scalar(type, value);
    }
    if (fields.empty()) return misused("Field of type '", type, "' must have a selection of subfields.");
    if (value.is_array()) {
      Json list = Json::array();
      for (const Json& item : value) list.push_back(project(item, type, fields));
      return list;
    }
    Json told = Json::object();
    for (const Field& field : fields) {
      if (field.name == "__typename") {
        told[field.alias] = type;
        continue;
      }
      const graphql::FieldType* known = graphql::find_field(type, field.name);
      if (known == nullptr) return misused("Cannot query field '", field.name, "' on type '", type, "'.");
      const auto it = value.find(graphql::snake_case(field.name));
      told[field.alias] = it == value.end() ? missing(*known) : project(*it, known->type, field.fields);
    }
    return told;
  }

  // REST leaves out what is empty; here a list is empty, a scalar has protobuf's default and an object is null.
  static Json missing(const graphql::FieldType& field) {
    if (field.name == "output") return nullptr;  // of the test queries, which no message stands behind
    if (field.name == "workspace") return "default";
    if (field.type == "String" && field.name != "aliases") return "";
    if (field.type == "Long") return "0";
    if (field.type == "Float") return 0.0;
    if (field.type == "Boolean") return false;
    const bool list = field.name.ends_with("s") && field.name != "inputs" && field.name != "outputs" &&
                      (graphql::is_object(field.type) || field.name == "aliases");
    return list ? Json::array() : Json();
  }

  // The request itself is wrong: no data at all, as GraphQL has it.
  template <typename... Parts>
  Json misused(const Parts&... parts) {
    if (!invalid_) fail(invalid(parts...));
    invalid_ = true;
    return nullptr;
  }

  const Calls& calls_;
  const net::Request& asker_;
  Json errors_ = Json::array();
  bool invalid_ = false;
};

net::Response told(const Json& data, const Json& errors, int status = 200) {
  return net::Response::json({{"data", data}, {"errors", errors}}, status);
}

}  // namespace

void add_graphql_routes(net::Router& router, const Routes& routes) {
  const auto answer = [calls = routes.calls()](net::Request& request) {
    const auto body = arguments(request);
    if (!body.ok()) return error_response(body.status());
    const auto text_of = [&](const char* name) {
      const auto it = body->find(name);
      return it != body->end() && it->is_string() ? it->get<std::string>() : std::string();
    };
    const auto given = body->find("variables");
    const Json variables = given != body->end() && given->is_object() ? *given : Json::object();
    const auto operation = graphql::parse(text_of("query"), variables, text_of("operationName"));
    if (!operation.ok()) {
      const bool too_much = operation.status().code() == StatusCode::kResourceExhausted;
      return told(nullptr, Json::array({operation.status().message()}), too_much ? 200 : 400);
    }
    Answer found(*calls, request);
    const Json data = found.of(*operation);
    const Json errors = found.errors();
    return told(data, errors.empty() ? Json() : errors);
  };
  router.add(net::Method::kPost, "/graphql", answer);
  router.add(net::Method::kGet, "/graphql", answer);
}

}  // namespace treadle::mlflow
