#include "adapters/prometheus/routes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "base/strings.h"
#include "net/client.h"

namespace treadle::prometheus {
namespace {

using testing::HasSubstr;
using testing::Not;

// The value of the sample that begins with `name`, which must be there.
double sample(const std::string& text, std::string_view name) {
  for (const std::string_view line : split(text, '\n')) {
    if (line.starts_with(str_cat(name, " "))) return parse_double(line.substr(name.size() + 1)).value_or(-1);
  }
  ADD_FAILURE() << "no " << name << " in\n" << text;
  return -1;
}

TEST(Prometheus, ARealServerReportsItsRequestsByRoute) {
  MetricsRegistry metrics;
  HttpMetrics http(metrics);
  net::Router router;
  add_routes(router, metrics);
  router.add(net::Method::kGet, "/runs/{id}", [](net::Request&) { return net::Response::text(200, "run"); });
  net::ServerOptions options;
  options.on_access = [&](const net::ServerOptions::Access& access) { http.record(access); };
  auto server = net::Server::start(std::move(options), std::move(router));
  ASSERT_TRUE(server.ok()) << server.status().to_string();
  auto client = net::Client::create(str_cat("http://127.0.0.1:", (*server)->port()));
  for (const char* path : {"/runs/1", "/runs/2", "/secret-path"}) {
    ASSERT_TRUE(client->request(net::Method::kGet, path).ok());
  }
  const auto scraped = client->request(net::Method::kGet, "/metrics");
  ASSERT_TRUE(scraped.ok());
  EXPECT_EQ(scraped->headers.get("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(sample(scraped->body, "http_requests_total{method=\"GET\",route=\"/runs/{id}\",status=\"200\"}"), 2);
  EXPECT_EQ(sample(scraped->body, "http_requests_total{method=\"GET\",route=\"unmatched\",status=\"404\"}"), 1);
  EXPECT_EQ(sample(scraped->body, "http_request_duration_seconds_count{method=\"GET\",route=\"/runs/{id}\"}"), 2);
  EXPECT_GT(sample(scraped->body, "http_response_bytes_total"), 0);
  EXPECT_THAT(scraped->body, Not(HasSubstr("secret-path")));
}

TEST(Prometheus, TheProcessReportsItself) {
  MetricsRegistry metrics;
  add_process_metrics(metrics);
  const std::string text = metrics.text();
  EXPECT_GT(sample(text, "process_resident_memory_bytes"), 1e6);
  EXPECT_GT(sample(text, "process_virtual_memory_bytes"), sample(text, "process_resident_memory_bytes"));
  EXPECT_GE(sample(text, "process_open_fds"), 3);
  EXPECT_GE(sample(text, "process_max_fds"), sample(text, "process_open_fds"));
  EXPECT_GE(sample(text, "process_cpu_seconds_total"), 0);
  const double now = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  constexpr double kADay = 86'400;
  EXPECT_NEAR(sample(text, "process_start_time_seconds"), now, kADay);
}

}  // namespace
}  // namespace treadle::prometheus
