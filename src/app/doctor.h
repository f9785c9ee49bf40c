// `treadle doctor`: what this machine has, and what to do about what it lacks.
#pragma once

#include <string>
#include <vector>

#include "app/config.h"
#include "base/status.h"

namespace treadle::app {

struct Check {
  std::string name;
  Status status;       // not ok: what is wrong and how to mend it
  std::string detail;  // when ok
};

std::vector<Check> diagnose(const Config& config);

}  // namespace treadle::app
