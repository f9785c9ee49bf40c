#include "app/transfer/treadle_sink.h"

#include <fcntl.h>
#include <unistd.h>

#include "app/transfer/portable.h"
#include "base/files.h"

namespace treadle::app::transfer {
namespace {

namespace fs = std::filesystem;
using net::Method;

constexpr std::size_t kModelMetrics = 1000;

Json object_form(const tracking::Tags& pairs) {
  Json object = Json::object();
  for (const auto& [key, value] : pairs) object[key] = value;
  return object;
}

Json metric_json(const tracking::Metric& metric) {
  return {
      {"key", metric.key}, {"value", number_form(metric.value)}, {"step", metric.step}, {"time_ms", metric.time_ms}};
}

Json links_form(const std::vector<tracking::ModelLink>& links) {
  Json list = Json::array();
  for (const auto& link : links) list.push_back({{"model_id", link.model_id}, {"step", link.step}});
  return list;
}

Json experiment_body(const tracking::Experiment& experiment, bool deleted) {
  return {{"name", experiment.name},
          {"deleted", deleted},
          {"created_ms", experiment.created_ms},
          {"updated_ms", experiment.updated_ms},
          {"tags", object_form(experiment.tags)}};
}

}  // namespace

StatusOr<std::string> TreadleSink::begin_experiment(const tracking::Experiment& experiment) {
  ASSIGN_OR_RETURN(const Json answer,
                   client_.send_json(Method::kPost, "/api/v1/import/experiments", experiment_body(experiment, false)));
  return required_string(answer, "id");
}

Status TreadleSink::end_experiment(const tracking::Experiment& experiment, const std::string& /*id*/) {
  if (!experiment.deleted) return ok_status();
  return client_.send_json(Method::kPost, "/api/v1/import/experiments", experiment_body(experiment, true)).status();
}

StatusOr<bool> TreadleSink::has_run(const tracking::Run& run, const std::string& experiment_id) {
  const auto found = there_.run(experiment_id, run.id);
  if (found.status().code() == StatusCode::kNotFound) return false;
  RETURN_IF_ERROR(found);
  // The last state is written last: a run that is in it was copied to its end.
  const bool ended = tracking::has_ended(run.status);
  return ended && found->record.experiment_id == experiment_id && !first_difference(run, found->record);
}

Status TreadleSink::put_run(const tracking::Run& run, const std::string& experiment_id, bool last) {
  Json body = {{"experiment_id", experiment_id},
               {"name", run.name},
               {"status", to_string(last ? run.status : tracking::RunStatus::kRunning)},
               {"deleted", last && run.deleted},
               {"start_ms", run.start_ms},
               {"user", run.user}};
  if (last && run.end_ms) body["end_ms"] = *run.end_ms;
  return client_.send_json(Method::kPut, "/api/v1/import/runs/" + run.id, body).status();
}

Status TreadleSink::begin_run(const tracking::Run& run, const std::string& experiment_id) {
  return put_run(run, experiment_id, false);
}

Status TreadleSink::end_run(const tracking::Run& run, const std::string& experiment_id) {
  return put_run(run, experiment_id, true);
}

Status TreadleSink::log(const tracking::Run& run, const tracking::Batch& batch) {
  Json body = Json::object();
  if (!batch.params.empty()) body["params"] = object_form(batch.params);
  if (!batch.tags.empty()) body["tags"] = object_form(batch.tags);
  for (const auto& metric : batch.metrics) body["metrics"].push_back(metric_json(metric));
  for (const auto& input : batch.inputs) {
    body["datasets"].push_back({{"name", input.name},
                                {"digest", input.digest},
                                {"source_type", input.source_type},
                                {"source", input.source},
                                {"schema", input.schema},
                                {"profile", input.profile},
                                {"tags", object_form(input.tags)}});
  }
  if (!batch.model_inputs.empty()) body["model_inputs"] = links_form(batch.model_inputs);
  if (!batch.model_outputs.empty()) body["model_outputs"] = links_form(batch.model_outputs);
  return client_.send_json(Method::kPost, str_cat("/api/v1/runs/", run.id, "/log"), body).status();
}

Status TreadleSink::put_logged_model(const tracking::LoggedModel& model, const std::string& experiment_id) {
  std::size_t sent = 0;
  do {
    Json body = {{"experiment_id", experiment_id},
                 {"name", model.name},
                 {"type", model.type},
                 {"run_id", model.run_id},
                 {"status", static_cast<int>(model.status)},
                 {"deleted", model.deleted},
                 {"created_ms", model.created_ms},
                 {"updated_ms", model.updated_ms},
                 {"params", object_form(model.params)},
                 {"tags", object_form(model.tags)}};
    for (std::size_t end = std::min(model.metrics.size(), sent + kModelMetrics); sent < end; ++sent) {
      Json metric = metric_json(model.metrics[sent].metric);
      metric["run_id"] = model.metrics[sent].run_id;
      metric["dataset_name"] = model.metrics[sent].metric.dataset_name;
      metric["dataset_digest"] = model.metrics[sent].metric.dataset_digest;
      body["metrics"].push_back(std::move(metric));
    }
    RETURN_IF_ERROR(client_.send_json(Method::kPut, "/api/v1/import/logged-models/" + model.id, body));
  } while (sent < model.metrics.size());
  return ok_status();
}

Status TreadleSink::put_registered_model(const registry::Model& model) {
  return client_
      .send_json(Method::kPut, "/api/v1/import/models/" + net::percent_encode(model.name),
                 {{"description", model.description},
                  {"created_ms", model.created_ms},
                  {"updated_ms", model.updated_ms},
                  {"tags", object_form(model.tags)}})
      .status();
}

// A run's folder by the address that this server gives it.
StatusOr<std::string> TreadleSink::source_here(const std::string& portable) {
  if (!portable.starts_with("runs:/")) return portable;
  const std::string rest = portable.substr(6);
  const auto run = there_.run("", rest.substr(0, rest.find('/')));
  if (!run.ok()) return portable;  // of a run that is gone: the source is only a name
  const std::size_t slash = rest.find('/');
  return run->artifact_uri + (slash == std::string::npos ? "" : rest.substr(slash));
}

Status TreadleSink::put_version(const registry::Version& version) {
  ASSIGN_OR_RETURN(const std::string source, source_here(version.source));
  return client_
      .send_json(Method::kPut,
                 str_cat("/api/v1/import/models/", net::percent_encode(version.model), "/versions/", version.version),
                 {{"run_id", version.run_id},
                  {"source", source},
                  {"description", version.description},
                  {"stage", version.stage},
                  {"user", version.user},
                  {"created_ms", version.created_ms},
                  {"updated_ms", version.updated_ms},
                  {"tags", object_form(version.tags)}})
      .status();
}

Status TreadleSink::put_alias(const std::string& model, const registry::Alias& alias) {
  return client_
      .send_json(Method::kPut,
                 str_cat("/api/v1/models/", net::percent_encode(model), "/aliases/", net::percent_encode(alias.alias)),
                 {{"version", alias.version}})
      .status();
}

StatusOr<std::map<std::string, std::uint64_t>> TreadleSink::artifacts(const Owner& owner,
                                                                      const std::string& /*experiment_id*/) {
  ASSIGN_OR_RETURN(const auto files, there_.artifacts(owner));
  std::map<std::string, std::uint64_t> sizes;
  for (const ArtifactFile& file : files) sizes[file.path] = file.size;
  return sizes;
}

Status TreadleSink::put_artifact(const Owner& owner, const std::string& experiment_id, const std::string& path,
                                 const fs::path& file) {
  const FileDescriptor descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!descriptor.valid()) return failed_precondition("cannot read ", file.string(), ": ", errno_text());
  const auto read = [&](char* buffer, std::size_t room) -> StatusOr<std::size_t> {
    const ssize_t count = ::read(descriptor.get(), buffer, room);
    if (count < 0) return failed_precondition("cannot read ", file.string(), ": ", errno_text());
    return static_cast<std::size_t>(count);
  };
  const std::string key = str_cat(experiment_id, owner.is_model ? "/models/" : "/", owner.id, "/artifacts/", path);
  const std::string target = "/api/2.0/mlflow-artifacts/artifacts/" + net::percent_encode(key, "/");
  ASSIGN_OR_RETURN(const auto answer, client_.upload(Method::kPut, target, fs::file_size(file), read));
  if (answer.status < 400) return ok_status();
  return failed_precondition("the server answered ", answer.status, " to its upload");
}

}  // namespace treadle::app::transfer
