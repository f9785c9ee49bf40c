// Lightweight Python components install their packages before every step. Here the same packages are installed once
// per set, into a folder that steps then put on their path.
#pragma once

#include <filesystem>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/json.h"
#include "executors/executor.h"

namespace treadle::pipelines {

// The arguments of each `pip install` of KFP's bootstrap; nullopt unless `command` is exactly that bootstrap.
std::optional<std::vector<std::vector<std::string>>> recognise_bootstrap(const std::vector<std::string>& command);

class PythonLayers {
 public:
  // `wheels` may be empty.
  PythonLayers(executors::Executor& executor, std::filesystem::path folder, std::filesystem::path wheels)
      : executor_(executor), folder_(std::move(folder)), wheels_(std::move(wheels)) {}

  // The layer's folder; made when it is not there, by pip: from the wheels alone when they suffice, else from pip's
  // index. pip's output goes to `log`. One at a time.
  StatusOr<std::filesystem::path> ensure(const std::vector<std::vector<std::string>>& installs,
                                         const std::filesystem::path& log, const std::stop_token& stop);

  // What a layer holds: "python3.11" and "name==version" of each package, in order.
  static std::vector<std::string> packages(const std::filesystem::path& layer);

 private:
  Status build(const std::vector<std::vector<std::string>>& installs, const std::filesystem::path& target,
               const std::filesystem::path& log, bool offline, const std::stop_token& stop);

  executors::Executor& executor_;
  std::filesystem::path folder_, wheels_;
  std::mutex mutex_;
};

}  // namespace treadle::pipelines
