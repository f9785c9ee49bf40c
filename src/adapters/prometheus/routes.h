// `GET /metrics` for Prometheus, and the numbers that every server has: its requests and its process.
//
//   MetricsRegistry metrics;
//   prometheus::HttpMetrics http(metrics);
//   options.on_access = [&](const auto& access) { http.record(access); };
//   prometheus::add_process_metrics(metrics);
//   prometheus::add_routes(router, metrics);
#pragma once

#include "base/metrics.h"
#include "net/router.h"
#include "net/server.h"

namespace treadle::prometheus {

// http_requests_total{method,route,status}, http_request_duration_seconds{method,route} and the bytes each way. `route`
// is the pattern, never the path, so that there are as many series as routes; what matched none is "unmatched".
class HttpMetrics {
 public:
  explicit HttpMetrics(MetricsRegistry& metrics);
  // Thread-safe and without locks.
  void record(const net::ServerOptions::Access& access);

 private:
  MetricFamily<Counter>& requests_;
  MetricFamily<Histogram>& seconds_;
  Counter& bytes_in_;
  Counter& bytes_out_;
};

// Prometheus' usual process_* metrics, read from /proc at each scrape.
void add_process_metrics(MetricsRegistry& metrics);

// GET /metrics. `metrics` must outlive the server.
void add_routes(net::Router& router, const MetricsRegistry& metrics);

}  // namespace treadle::prometheus
