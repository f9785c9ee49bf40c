#include "app/doctor.h"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>

#include "app/data_dir.h"
#include "base/files.h"
#include "net/client.h"

namespace treadle::app {
namespace {

Check check_data(const Config& config) {
  Check check{"data directory", {}, ""};
  const auto data = DataDir::open(config.get("data"));
  if (!data.ok()) {
    check.status = data.status();
    return check;
  }
  const auto space = std::filesystem::space(data->path());
  check.detail = str_cat(data->path().string(), ", ", space.available >> 30, " GiB free");
  if (space.available < (1ull << 30)) {
    check.status = resource_exhausted("only ", space.available >> 20, " MiB free at ", data->path().string(),
                                      "; free some space or use another --data");
  }
  return check;
}

Check check_server(const Config& config) {
  Check check{"server", {}, "none running on this data directory; `treadle up` starts one"};
  const auto data = DataDir::open(config.get("data"));
  if (!data.ok()) return check;
  if (const auto note = data->running()) check.detail = str_cat("running at ", note->url, ", process ", note->pid);
  return check;
}

Check check_files() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  Check check{"open files", {}, str_cat("up to ", limit.rlim_max)};
  if (limit.rlim_max < 4096) {
    check.status = resource_exhausted("only ", limit.rlim_max, " open files allowed; raise it with `ulimit -n 65536`");
  }
  return check;
}

Check check_python() {
  Check check{"Python for Python steps", {}, "python3 found"};
  for (const char* path : {"/usr/bin/python3", "/usr/local/bin/python3"}) {
    if (::access(path, X_OK) == 0) {
      check.detail = path;
      return check;
    }
  }
  check.status = not_found(
      "no python3; pipeline steps written in Python cannot run until it is installed "
      "(`apt-get install python3 python3-pip`)");
  return check;
}

}  // namespace

std::vector<Check> diagnose(const Config& config) {
  return {check_data(config), check_server(config), check_files(), check_python()};
}

}  // namespace treadle::app
