// Everything a running server consists of, made in the order of the layers and stopped in the reverse order. This is
// the only place that knows all of it.
#pragma once

#include <memory>

#include "app/config.h"
#include "app/data_dir.h"
#include "base/status.h"

namespace treadle::app {

class Application {
 public:
  // Ready to answer when it returns. Errors name the setting to change.
  static StatusOr<std::unique_ptr<Application>> start(const Config& config);
  ~Application();

  const ServerNote& note() const;
  const DataDir& data() const;
  // Stops accepting, finishes what was accepted, stops running steps (they go on after the next start), closes.
  void stop();

 private:
  struct Parts;
  explicit Application(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace treadle::app
