// Two records of what runs were made with, input by input.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/json.h"

namespace treadle::app {

// (section, name, value) of every input, in the order in which a difference matters: code, environment, data, params,
// seed. From GET /api/v1/runs/{id}/provenance.
struct Input {
  std::string section, name, value;
};
std::vector<Input> inputs_of(const Json& provenance);

struct InputChange {
  std::string section, name, before, after;  // "-": there was none
};
// In the same order: the first is the one to look at.
std::vector<InputChange> changed_inputs(const Json& before, const Json& after);
Json to_json(const std::vector<InputChange>& changes);

}  // namespace treadle::app
