// deploy-model: a deployment serves a model version; the old one answers until the new one is ready.
#include "domains/components/catalogue.h"

namespace treadle::components {
namespace {

Status run(Step& step, Server& server) {
  ASSIGN_OR_RETURN(const std::string deployment, step.text("deployment"));
  ASSIGN_OR_RETURN(const std::string model, step.text("model_name"));
  ASSIGN_OR_RETURN(const std::int64_t version, step.integer("version", 0));
  if (version < 1) return invalid_field("version", "must be a version number from 1 on");
  ASSIGN_OR_RETURN(const std::string alias, step.text("alias", "champion"));
  ASSIGN_OR_RETURN(const std::string reason, step.text("reason", ""));
  ASSIGN_OR_RETURN(
      const Json shown,
      server.send(net::Method::kPut, str_cat("/api/v1/deployments/", encode_segment(deployment)),
                  {{"model", model}, {"version", version}, {"reason", reason}, {"run_id", server.run_id()}}));
  ASSIGN_OR_RETURN(const std::string state, required_string(shown, "state"));
  if (state != "READY") {
    ASSIGN_OR_RETURN(const std::string error, optional_string(shown, "error"));
    return internal_error("deployment ", deployment, " is ", state, ": ", error);
  }
  if (!alias.empty()) {
    RETURN_IF_ERROR(server.send(net::Method::kPut,
                                str_cat("/api/v1/models/", encode_segment(model), "/aliases/", encode_segment(alias)),
                                {{"version", version}}));
  }
  RETURN_IF_ERROR(server.log({{"tags", {{"treadle.outcome", "promoted"}}}}));
  return step.set_parameter("endpoint", shown.value("endpoint", ""));
}

}  // namespace

Component deploy_model() {
  return {.name = "deploy-model",
          .description = "Serve a model version under a deployment's name, without dropping a request",
          .inputs = {{"deployment", "STRING", "the deployment; made when it is new"},
                     {"model_name", "STRING", "the registered model"},
                     {"version", "INTEGER", "its version"},
                     {"alias", "STRING", "alias to set on it (champion); empty for none", false},
                     {"reason", "STRING", "kept in the deployment's history", false}},
          .outputs = {{"endpoint", "STRING", "path of the inference endpoint"}},
          .run = run};
}

}  // namespace treadle::components
