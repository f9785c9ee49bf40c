// resolve-model: what the deployed model was trained with, so that inference makes the same features.
#include "base/files.h"
#include "domains/components/catalogue.h"

namespace treadle::components {
namespace {

Status run(Step& step, Server& server) {
  ASSIGN_OR_RETURN(const std::string deployment, step.text("deployment"));
  ASSIGN_OR_RETURN(const Json shown, server.get(str_cat("/api/v1/deployments/", encode_segment(deployment))));
  ASSIGN_OR_RETURN(const std::string model, required_string(shown, "model"));
  ASSIGN_OR_RETURN(const std::int64_t version, required_int(shown, "version"));
  ASSIGN_OR_RETURN(const std::string text, server.model_file(model, version, "features.json"));
  ASSIGN_OR_RETURN(const Json features, parse_json_object(text));
  ASSIGN_OR_RETURN(const Json* const config, optional_object(features, "feature_config"));
  if (config == nullptr) return invalid("features.json of ", model, " ", version, " holds no feature_config");
  ASSIGN_OR_RETURN(const std::string reference, server.model_file(model, version, "reference.parquet"));
  RETURN_IF_ERROR(step.write_text("reference", reference));
  step.set_metadata("reference", "model", model);
  step.set_metadata("reference", "version", version);
  RETURN_IF_ERROR(server.log({{"tags", {{"treadle.model_version", str_cat(model, "/", version)}}}}));
  ASSIGN_OR_RETURN(const Json* const thresholds, optional_object(features, "drift_thresholds"));
  RETURN_IF_ERROR(step.set_parameter("drift_thresholds", thresholds == nullptr ? Json(Json::object()) : *thresholds));
  RETURN_IF_ERROR(step.set_parameter("feature_config", *config));
  return step.set_parameter("version", version);
}

}  // namespace

Component resolve_model() {
  return {.name = "resolve-model",
          .description = "Look up what a deployment's model was trained with: feature configuration and reference rows",
          .inputs = {{"deployment", "STRING", "the deployment"}},
          .outputs = {{"feature_config", "STRUCT", "recorded with the model"},
                      {"drift_thresholds", "STRUCT", "by column, of the training data's own history"},
                      {"version", "INTEGER", "the deployed version"},
                      {"reference", "system.Dataset", "what drift is measured against"}},
          .run = run};
}

}  // namespace treadle::components
