#include "app/status_routes.h"

#include <unistd.h>

#include <fstream>

namespace treadle::app {

std::int64_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::int64_t total = 0, resident = 0;
  statm >> total >> resident;
  return resident * sysconf(_SC_PAGESIZE);
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
