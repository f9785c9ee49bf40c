#include "adapters/access/resources.h"

#include "base/ids.h"

namespace treadle::access {
namespace {

constexpr std::size_t kRememberedRuns = 50'000;
using Found = StatusOr<Targets>;

Found on(std::string_view type, std::string id) { return Targets{{type, std::move(id)}}; }
Found nothing() { return Targets(); }

// "01" is read as 1 by who looks experiments up, so it must count as 1 here.
Found experiment(const std::string& id) {
  const auto number = parse_int(id);
  return on(auth::kExperiment, number ? str_cat(*number) : id);
}

// "EXPERIMENT/RUN/artifacts/…". Who reads artifact paths leaves out empty and "." segments.
Found artifact(const std::string& path) {
  for (const std::string_view segment : split(path, '/')) {
    if (!segment.empty() && segment != ".") return on(auth::kExperiment, std::string(segment));
  }
  return on("", "");
}

}  // namespace

Found Resources::find(Of of, const std::string& value) {
  switch (of) {
    case Of::kExperiment:
      return experiment(value);
    case Of::kExperimentName: {
      const auto found = tracking_.get_experiment_by_name(value);
      if (found.ok()) return experiment(found->id);
      return found.status().code() == StatusCode::kNotFound ? nothing() : Found(found.status());
    }
    case Of::kExperimentAny:
      return experiment_any(value);
    case Of::kRun:
      return run(value);
    case Of::kLoggedModel: {
      ASSIGN_OR_RETURN(const auto model, tracking_.get_logged_model(value, true));
      return experiment(model.experiment_id);
    }
    case Of::kTrace: {
      ASSIGN_OR_RETURN(const auto owner, traces_.experiment_of(value));
      return owner ? experiment(*owner) : nothing();
    }
    case Of::kEvaluationDataset:
      return evaluation_dataset(value);
    case Of::kModel:
      return on(auth::kModel, value);
    case Of::kNewModel:
      return new_model(value);
    case Of::kSource:
      return source(value);
    case Of::kArtifact:
      return artifact(value);
    case Of::kDeployment:
      return deployment(value, false);
    case Of::kNewDeployment:
      return deployment(value, true);
    case Of::kSubject:
      return subject(value);
    case Of::kPipelines:
      return on(auth::kPipeline, "*");
    case Of::kEverything:
    case Of::kSelf:
    case Of::kGrant:
      break;
  }
  return on("", "");
}

Found Resources::run(const std::string& id) {
  // A pipeline's run is a run of tracking, in KFP's form of the same id.
  const std::string hex = id.size() == 36 ? uuid_to_hex(id) : id;
  {
    const std::lock_guard lock(mutex_);
    const auto it = experiment_of_run_.find(hex);
    if (it != experiment_of_run_.end()) return experiment(it->second);
  }
  ASSIGN_OR_RETURN(const std::string found, tracking_.experiment_of_run(hex));
  const std::lock_guard lock(mutex_);
  if (experiment_of_run_.size() >= kRememberedRuns) experiment_of_run_.clear();
  experiment_of_run_.emplace(hex, found);
  return experiment(found);
}

// As tracking::Service::ensure_experiment reads it.
Found Resources::experiment_any(const std::string& value) {
  if (value.empty()) return experiment("0");
  if (parse_int(value)) {
    const auto found = tracking_.get_experiment(value);
    if (found.ok()) return experiment(value);
    if (found.status().code() != StatusCode::kNotFound) return found.status();
  }
  return find(Of::kExperimentName, value);
}

// What is in several experiments belongs to all of them; in none it is everything's.
Found Resources::evaluation_dataset(const std::string& id) {
  ASSIGN_OR_RETURN(const auto experiments, datasets_.experiments_of(id));
  if (!experiments) return nothing();
  if (experiments->empty()) return on("", "");
  Targets targets;
  for (const std::string& each : *experiments) {
    ASSIGN_OR_RETURN(const Targets one, experiment(each));
    targets.insert(targets.end(), one.begin(), one.end());
  }
  return targets;
}

Found Resources::new_model(const std::string& name) {
  const auto found = registry_.get_model(name);
  if (!found.ok() && found.status().code() == StatusCode::kNotFound) return nothing();
  return on(auth::kModel, name);
}

Found Resources::source(const std::string& uri) {
  constexpr std::string_view kRuns = "runs:/", kModels = "models:/", kFiles = "mlflow-artifacts:";
  const auto name_after = [&](std::string_view scheme) {
    return uri.substr(scheme.size(), uri.find_first_of("/@", scheme.size()) - scheme.size());
  };
  if (uri.starts_with(kRuns)) return run(name_after(kRuns));
  const bool is_version = uri.find_first_of("/@", kModels.size()) != std::string::npos;
  if (uri.starts_with("models:/m-") && !is_version) return find(Of::kLoggedModel, name_after(kModels));
  if (uri.starts_with(kModels)) return on(auth::kModel, name_after(kModels));
  // What this server does not keep it cannot show either.
  if (!uri.starts_with(kFiles)) return nothing();
  const auto folder = registry_.artifact_folder({.source = uri});
  const std::size_t slash = folder.ok() ? folder->find('/') : std::string::npos;
  return slash == std::string::npos ? on("", "") : artifact(folder->substr(slash + 1));
}

Found Resources::deployment(const std::string& name, bool may_be_new) {
  const auto found = serving_.get(name);
  if (found.ok()) return on(auth::kModel, found->model);
  return may_be_new && found.status().code() == StatusCode::kNotFound ? nothing() : Found(found.status());
}

Found Resources::subject(const std::string& text) {
  const std::size_t slash = text.find('/');
  const std::string kind = text.substr(0, slash), id = slash == std::string::npos ? "" : text.substr(slash + 1);
  if (kind == "run" || kind == "pipeline_run") return run(id);
  if (kind == "experiment") return experiment(id);
  if (kind == "trace") return find(Of::kTrace, id);
  if (kind == "logged_model") return find(Of::kLoggedModel, id);
  if (kind == "model") return on(auth::kModel, id);
  if (kind == "model_version") return on(auth::kModel, id.substr(0, id.rfind('/')));
  if (kind == "deployment") return deployment(id, false);
  if (kind == "pipeline") return nothing();
  return on("", "");
}

}  // namespace treadle::access
