#include "domains/components/registry.h"

#include "base/clock.h"
#include "domains/components/catalogue.h"

namespace treadle::components {
namespace {

Json describe_ports(const std::vector<Port>& ports) {
  Json list = Json::array();
  for (const Port& port : ports) {
    list.push_back(
        {{"name", port.name}, {"type", port.type}, {"description", port.description}, {"required", port.required}});
  }
  return list;
}

}  // namespace

const std::vector<Component>& all_components() {
  static const std::vector<Component> components = {import_data(),        validate_data(), calendar_features(),
                                                    add_lags_component(), make_features(), time_split(),
                                                    train_xgboost(),      evaluate(),      gate(),
                                                    register_model(),     deploy_model(),  resolve_model(),
                                                    drift_report(),       batch_predict()};
  return components;
}

StatusOr<const Component*> find_component(std::string_view name) {
  std::vector<std::string> names;
  for (const Component& component : all_components()) {
    if (component.name == name) return &component;
    names.emplace_back(component.name);
  }
  const std::string meant = nearest_word(name, names);
  return not_found(
      "there is no component '", name, "'",
      meant.empty() ? str_cat("; there are ", join(names, ", ")) : str_cat(", did you mean '", meant, "'?"));
}

Json describe(const Component& component) {
  return {{"name", component.name},
          {"description", component.description},
          {"inputs", describe_ports(component.inputs)},
          {"outputs", describe_ports(component.outputs)}};
}

Status run_component(std::string_view name, std::string_view executor_input_json) {
  ASSIGN_OR_RETURN(const Component* const component, find_component(name));
  ASSIGN_OR_RETURN(Step step, Step::parse(executor_input_json));
  ASSIGN_OR_RETURN(Server server, Server::from_environment());
  const std::int64_t started = monotonic_ns();
  const Status status = component->run(step, server);
  if (!status.ok()) return with_context(status, name);
  RETURN_IF_ERROR(step.finish());
  Step::note(str_cat(name, " is done after ", (monotonic_ns() - started) / 1'000'000, " ms"));
  return ok_status();
}

}  // namespace treadle::components
