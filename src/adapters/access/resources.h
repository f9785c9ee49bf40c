// From what a request names to what permissions are given on: a run counts as its experiment, a deployment as its
// model.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "adapters/access/rules.h"
#include "domains/evaluation/datasets.h"
#include "domains/registry/service.h"
#include "domains/serving/service.h"
#include "domains/traces/service.h"
#include "domains/tracking/service.h"

namespace treadle::access {

struct Target {
  std::string_view type;  // auth::kExperiment …; "" for everything
  std::string id;
};

// All of them count. None: it needs nothing.
using Targets = std::vector<Target>;

class Resources {
 public:
  Resources(tracking::Service& tracking, traces::Service& traces, evaluation::Datasets& datasets,
            registry::Service& registry, serving::Service& serving)
      : tracking_(tracking), traces_(traces), datasets_(datasets), registry_(registry), serving_(serving) {}

  // Nothing when there is no such thing yet; kNotFound when there should be one.
  StatusOr<Targets> find(Of of, const std::string& value);

 private:
  StatusOr<Targets> run(const std::string& id);
  StatusOr<Targets> experiment_any(const std::string& value);
  StatusOr<Targets> evaluation_dataset(const std::string& id);
  StatusOr<Targets> new_model(const std::string& name);
  StatusOr<Targets> source(const std::string& uri);
  StatusOr<Targets> deployment(const std::string& name, bool may_be_new);
  StatusOr<Targets> subject(const std::string& text);

  tracking::Service& tracking_;
  traces::Service& traces_;
  evaluation::Datasets& datasets_;
  registry::Service& registry_;
  serving::Service& serving_;
  std::mutex mutex_;
  std::map<std::string, std::string, std::less<>> experiment_of_run_;  // a run never moves
};

}  // namespace treadle::access
