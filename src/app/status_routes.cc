#include "app/status_routes.h"

#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <string>

namespace treadle::app {

std::int64_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::int64_t total = 0, resident = 0;
  statm >> total >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

Json memory_peaks() {
  std::int64_t server = 0;
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) server = std::strtoll(line.c_str() + 6, nullptr, 10) * 1024;
  }
  rusage steps{};
  getrusage(RUSAGE_CHILDREN, &steps);
  return {{"memory_peak_bytes", server}, {"step_memory_peak_bytes", steps.ru_maxrss * 1024}};
}

void add_status_routes(net::Router& router, std::function<bool()> ready, std::function<StatusOr<Json>()> overview) {
  router.add(net::Method::kGet, "/healthz",
             [](net::Request&) {
               return net::Response::json({{"status", "ok"}});
             },
             {.execution = net::Execution::kInline});
  router.add(net::Method::kGet, "/readyz",
             [ready = std::move(ready)](net::Request&) {
               const bool is_ready = ready();
               return net::Response::json({{"ready", is_ready}}, is_ready ? 200 : 503);
             },
             {.execution = net::Execution::kInline});
  router.add(net::Method::kGet, "/api/v1/status", [overview = std::move(overview)](net::Request&) {
    auto answer = overview();
    return answer.ok() ? net::Response::json(*answer) : net::error_response(answer.status());
  });
}

}  // namespace treadle::app
