#include "domains/components/environment.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <thread>

#include "base/build_info.h"
#include "runtimes/xgboost/trainer.h"

namespace treadle::components {

Json describe_environment(int threads) {
  Json host = {{"cpus", std::thread::hardware_concurrency()}};
  utsname system{};
  if (uname(&system) == 0) {
    host["name"] = system.nodename;
    host["system"] = system.sysname;
    host["release"] = system.release;
    host["machine"] = system.machine;
  }
  const long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
  if (pages > 0 && page > 0) host["memory_bytes"] = static_cast<std::int64_t>(pages) * page;
  Json libraries = Json::object();
  if (const auto version = xgboost::library_version(); version.ok()) libraries["xgboost"] = *version;
  return {{"treadle", {{"version", TREADLE_VERSION}, {"build_id", build_id()}}},
          {"libraries", libraries},
          {"host", host},
          {"threads", threads}};
}

Json environment_tags(const Json& environment) {
  Json tags = {{"treadle.version", environment["treadle"]["version"]},
               {"treadle.build_id", environment["treadle"]["build_id"]}};
  const Json& host = environment["host"];
  if (host.contains("name")) {
    tags["treadle.host"] = host["name"];
    tags["treadle.system"] = str_cat(host["system"].get<std::string>(), " ", host["release"].get<std::string>(), " ",
                                     host["machine"].get<std::string>());
  }
  if (environment["libraries"].contains("xgboost")) tags["treadle.xgboost"] = environment["libraries"]["xgboost"];
  return tags;
}

}  // namespace treadle::components
