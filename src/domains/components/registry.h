// The built-in steps, usable three ways: as C++ functions, as `treadle component run NAME --executor-input JSON`, and
// as components of a KFP pipeline (image `treadle/components`).
#pragma once

#include <string_view>
#include <vector>

#include "base/status.h"
#include "domains/components/server.h"
#include "domains/components/step.h"

namespace treadle::components {

struct Port {
  std::string_view name;
  std::string_view type;  // STRING, INTEGER, DOUBLE, BOOLEAN, LIST, STRUCT, or system.Dataset, …
  std::string_view description;
  bool required = true;
};

struct Component {
  std::string_view name;
  std::string_view description;
  std::vector<Port> inputs;
  std::vector<Port> outputs;
  Status (*run)(Step& step, Server& server);
};

const std::vector<Component>& all_components();
// Errors: kNotFound with the nearest name.
StatusOr<const Component*> find_component(std::string_view name);
// Name, description and typed ports, as `treadle component list --json` prints them.
Json describe(const Component& component);
// Runs one, and writes KFP's output files when it succeeds.
Status run_component(std::string_view name, std::string_view executor_input_json);

}  // namespace treadle::components
