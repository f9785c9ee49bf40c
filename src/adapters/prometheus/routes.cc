#include "adapters/prometheus/routes.h"

#include "base/strings.h"

namespace treadle::prometheus {
namespace {

constexpr std::string_view kContentType = "text/plain; version=0.0.4; charset=utf-8";

const std::vector<double> kSeconds = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};

}  // namespace

HttpMetrics::HttpMetrics(MetricsRegistry& metrics)
    : requests_(metrics.counter("http_requests_total", "Requests answered.", {"method", "route", "status"})),
      seconds_(metrics.histogram("http_request_duration_seconds",
                                 "Seconds from the end of a request's headers to the end of its answer.", kSeconds,
                                 {"method", "route"})),
      bytes_in_(metrics.counter("http_request_bytes_total", "Bytes received in requests.").with({})),
      bytes_out_(metrics.counter("http_response_bytes_total", "Bytes sent in answers.").with({})) {}

void HttpMetrics::record(const net::ServerOptions::Access& access) {
  constexpr double kNanosecondsPerSecond = 1e9;
  const std::string_view method = net::to_string(access.request->method);
  const std::string_view route = access.pattern.empty() ? "unmatched" : access.pattern;
  requests_.with({method, route, str_cat(access.status)}).add();
  seconds_.with({method, route}).observe(static_cast<double>(access.duration_ns) / kNanosecondsPerSecond);
  bytes_in_.add(access.bytes_in);
  bytes_out_.add(access.bytes_out);
}

void add_routes(net::Router& router, const MetricsRegistry& metrics) {
  router.add(net::Method::kGet, "/metrics",
             [&metrics](net::Request&) { return net::Response::text(200, metrics.text(), kContentType); });
}

}  // namespace treadle::prometheus
