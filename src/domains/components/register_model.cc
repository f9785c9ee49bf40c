// register-model: the model folder is uploaded to the run and becomes a version of a registered model.
#include "domains/components/catalogue.h"

namespace treadle::components {
namespace {

// The version that this run's model has already: a step that was interrupted after registering is run again. 0: none.
StatusOr<std::int64_t> registered(Server& server, const std::string& name, const std::string& path) {
  const auto shown = server.get(str_cat("/api/v1/models/", encode_segment(name)));
  if (shown.status().code() == StatusCode::kNotFound) return std::int64_t{0};
  RETURN_IF_ERROR(shown.status());
  ASSIGN_OR_RETURN(const Json* const versions, optional_array(*shown, "versions"));
  for (const Json& version : versions == nullptr ? Json(Json::array()) : *versions) {
    ASSIGN_OR_RETURN(const std::string run, optional_string(version, "run_id"));
    ASSIGN_OR_RETURN(const std::string source, optional_string(version, "source"));
    if (run == server.run_id() && source.ends_with("/artifacts/" + path)) return required_int(version, "version");
  }
  return std::int64_t{0};
}

Status run(Step& step, Server& server) {
  ASSIGN_OR_RETURN(const std::string name, step.text("name"));
  if (name.empty()) return invalid_field("name", "must not be empty");
  ASSIGN_OR_RETURN(const Json metadata, step.input_metadata("model"));
  ASSIGN_OR_RETURN(const std::string path, optional_string(metadata, "artifact_path", "model"));
  ASSIGN_OR_RETURN(const Json scores, step.object("scores"));
  ASSIGN_OR_RETURN(const std::string description, step.text("description", ""));
  if (server.run_id().empty()) return failed_precondition("TREADLE_RUN_ID is not set: a version belongs to a run");
  ASSIGN_OR_RETURN(std::int64_t number, registered(server, name, path));
  if (number == 0) {
    ASSIGN_OR_RETURN(
        const Json version,
        server.send(
            net::Method::kPost, str_cat("/api/v1/models/", encode_segment(name), "/versions"),
            {{"run_id", server.run_id()}, {"source", path}, {"description", description}, {"metrics", scores}}));
    ASSIGN_OR_RETURN(number, required_int(version, "version"));
  }
  RETURN_IF_ERROR(server.log({{"tags", {{"treadle.model_version", str_cat(name, "/", number)}}}}));
  return step.set_parameter("version", number);
}

}  // namespace

Component register_model() {
  return {.name = "register-model",
          .description = "Make the run's model a new version of a registered model",
          .inputs = {{"model", "system.Model", "a model folder of train-xgboost"},
                     {"name", "STRING", "the registered model; made when it is new"},
                     {"scores", "STRUCT", "numbers kept with the version", false},
                     {"description", "STRING", "for people", false}},
          .outputs = {{"version", "INTEGER", "the new version"}},
          .run = run};
}

}  // namespace treadle::components
