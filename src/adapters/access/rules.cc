#include "adapters/access/rules.h"

#include <map>

namespace treadle::access {
namespace {

std::map<std::string, const Rule*, std::less<>> make_index() {
  std::map<std::string, const Rule*, std::less<>> index;
  for (const auto* rules : {&mlflow_rules(), &other_rules()}) {
    for (const RouteRule& entry : *rules) index.emplace(std::string(entry.route), &entry.rule);
  }
  return index;
}

std::string_view name_of(Of of) {
  switch (of) {
    case Of::kExperiment:
    case Of::kExperimentName:
    case Of::kExperimentAny:
      return "the experiment in ";
    case Of::kRun:
      return "the run in ";
    case Of::kLoggedModel:
      return "the logged model in ";
    case Of::kTrace:
      return "the experiment of the trace in ";
    case Of::kEvaluationDataset:
      return "all experiments of the evaluation dataset in ";
    case Of::kModel:
    case Of::kNewModel:
      return "the registered model in ";
    case Of::kSource:
      return "what is behind ";
    case Of::kArtifact:
      return "the experiment that begins ";
    case Of::kDeployment:
    case Of::kNewDeployment:
      return "the model of the deployment in ";
    case Of::kPipelines:
      return "pipelines";
    case Of::kEverything:
      return "all experiments and models";
    case Of::kSelf:
      return "the caller's own name in ";
    case Of::kGrant:
      return "what resource_type and resource_id name";
    case Of::kSubject:
      return "the subject in ";
  }
  return "";
}

}  // namespace

std::string rule_name(const net::Router::Route& route) {
  if (route.fallback) return str_cat("* ", route.pattern);
  std::string_view path = route.pattern;
  for (const std::string_view prefix : {"/api/2.0/", "/api/3.0/", "/ajax-api/2.0/", "/ajax-api/3.0/"}) {
    if (path.starts_with(prefix)) {
      path.remove_prefix(prefix.size());
      break;
    }
  }
  return str_cat(net::to_string(route.method), " ", path);
}

const Rule& rule_for(const net::Router::Route& route) {
  static const auto index = make_index();
  static const Rule closed;
  const auto it = index.find(rule_name(route));
  return it == index.end() ? closed : *it->second;
}

std::string describe(const Rule& rule) {
  switch (rule.who) {
    case Who::kPublic:
      return "nothing";
    case Who::kSignedIn:
      return "a user";
    case Who::kAdmin:
      return "an administrator";
    case Who::kChecked:
      break;
  }
  if (rule.lineage) return "READ of the model that predicted";
  std::string text;
  for (const Need& need : rule.needs) {
    str_append(&text, text.empty() ? "" : ", ");
    if (need.of != Of::kSelf) str_append(&text, auth::to_string(need.level), " of ");
    str_append(&text, name_of(need.of), need.field);
  }
  return text;
}

}  // namespace treadle::access
