// A step's talk with its server: the tracking run it logs to ($TREADLE_URL, $TREADLE_RUN_ID), the registry,
// deployments.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "net/client.h"

namespace treadle::components {

class Server {
 public:
  // Without $TREADLE_URL there is no server: log() and upload() do nothing then, and what needs one says so.
  static StatusOr<Server> from_environment();
  const std::string& run_id() const { return run_id_; }

  // `body` as POST /api/v1/runs/{id}/log takes it.
  Status log(const Json& body);
  // A file as artifact `path` of the run.
  Status upload(std::string_view path, std::string_view content);
  // The files of a folder (not of folders in it).
  Status upload_folder(std::string_view path, const std::filesystem::path& folder);
  StatusOr<Json> get(std::string_view target);
  StatusOr<Json> send(net::Method method, std::string_view target, const Json& body);
  // A file below the source folder of a model version, from its run's artifacts.
  StatusOr<std::string> model_file(std::string_view model, std::int64_t version, std::string_view file);

 private:
  StatusOr<net::Client*> client();
  std::optional<net::Client> client_;
  std::string run_id_;
};

// One segment of a path, percent-encoded.
std::string encode_segment(std::string_view text);

}  // namespace treadle::components
