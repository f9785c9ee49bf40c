// The words of serving: what is wanted, what is, what was.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "domains/serving/stats.h"

namespace treadle::serving {

enum class DeploymentState {
  kLoading,  // nothing serves yet, a version is being loaded
  kReady,    // serves; a failed newer version shows in `error`
  kFailed,   // nothing serves and the last load failed
  kStopped,  // taken offline on purpose
};
// "READY" and so on.
std::string_view to_string(DeploymentState state);

// What somebody asked for.
struct DeploymentSpec {
  std::string model;  // registered model's name
  std::int64_t version = 0;
  std::string reason = {};  // for the history; may be empty
  std::string run_id = {};  // the run that asked; "" for a person
};

// What is stored: one row per deployment.
struct DeploymentRow {
  std::string name;
  DeploymentSpec desired;
  bool stopped = false;
  std::int64_t generation = 0;  // grows with every request
  std::int64_t observed = 0;    // the generation that the reconciler last finished, well or badly
  std::string active_model;     // what serves, and what a restart loads first; "" before the first success
  std::int64_t active_version = 0;
  std::string error;  // of the generation observed; "" when it went well
  std::int64_t created_ms = 0;
  std::int64_t updated_ms = 0;
};

// What clients see.
struct Deployment {
  std::string name;
  std::string model;
  std::int64_t version = 0;  // serving, or wanted when nothing serves
  std::int64_t desired_version = 0;
  DeploymentState state = DeploymentState::kLoading;
  std::string error;
  std::int64_t created_ms = 0;
  std::int64_t updated_ms = 0;
  StatsSnapshot stats;
};

struct DeploymentChange {
  std::string model;
  std::int64_t version = 0;
  std::int64_t from_ms = 0;
  std::string reason;
  std::string run_id;
};

}  // namespace treadle::serving
