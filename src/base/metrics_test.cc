#include "base/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <thread>

#include "base/strings.h"

namespace treadle {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Metrics, WritesTheTextForm) {
  MetricsRegistry registry;
  registry.counter("requests_total", "Requests.\nAll \\ of them.", {"path", "code"}).with({"/a\"b\\\n", "200"}).add(3);
  registry.gauge("level", "Level.").with({}).set(-2.5);
  registry.add_collector([](MetricsWriter& writer) { writer.sample("up", "gauge", "Up.", 1); });
  EXPECT_EQ(registry.text(),
            "# HELP requests_total Requests.\\nAll \\\\ of them.\n"
            "# TYPE requests_total counter\n"
            "requests_total{path=\"/a\\\"b\\\\\\n\",code=\"200\"} 3\n"
            "# HELP level Level.\n# TYPE level gauge\nlevel -2.5\n"
            "# HELP up Up.\n# TYPE up gauge\nup 1\n");
}

TEST(Metrics, HistogramBucketsAreCumulativeAndEndAtInfinity) {
  MetricsRegistry registry;
  auto& seconds = registry.histogram("seconds", "S.", {0.1, 1}, {"route"}).with({"/"});
  for (const double value : {0.1, 0.5, 7.0}) seconds.observe(value);
  EXPECT_THAT(registry.text(), HasSubstr("seconds_bucket{route=\"/\",le=\"0.1\"} 1\n"
                                         "seconds_bucket{route=\"/\",le=\"1\"} 2\n"
                                         "seconds_bucket{route=\"/\",le=\"+Inf\"} 3\n"
                                         "seconds_sum{route=\"/\"} 7.6\n"
                                         "seconds_count{route=\"/\"} 3\n"));
}

TEST(Metrics, NumbersThatAreNoneHaveTheirNames) {
  MetricsRegistry registry;
  auto& gauge = registry.gauge("g", "G.", {"k"});
  gauge.with({"nan"}).set(std::nan(""));
  gauge.with({"low"}).set(-HUGE_VAL);
  EXPECT_THAT(registry.text(), HasSubstr("g{k=\"nan\"} NaN"));
  EXPECT_THAT(registry.text(), HasSubstr("g{k=\"low\"} -Inf"));
}

TEST(Metrics, TheSameNameIsTheSameFamilyAndAnEmptyOneIsNotWritten) {
  MetricsRegistry registry;
  EXPECT_EQ(&registry.counter("a_total", "A.", {"x"}), &registry.counter("a_total", "A.", {"x"}));
  EXPECT_EQ(registry.text(), "");
}

TEST(MetricsDeathTest, MisuseAborts) {
  MetricsRegistry registry;
  registry.counter("a_total", "A.", {"x"});
  EXPECT_DEATH(registry.gauge("a_total", "A.", {"x"}), "twice");
  EXPECT_DEATH(registry.counter("a_total", "A.", {"y"}), "twice");
  EXPECT_DEATH(registry.counter("a-b", "A."), "not a metric name");
  EXPECT_DEATH(registry.counter("b_total", "B.", {"le"}), "not a label name");
  EXPECT_DEATH(registry.counter("a_total", "A.", {"x"}).with({"1", "2"}), "other labels");
}

TEST(Metrics, SeriesAreBoundedAndTheRestIsCountedTogether) {
  MetricsRegistry registry;
  auto& family = registry.counter("many_total", "M.", {"id"});
  constexpr std::size_t kExtra = 50;
  for (std::size_t i = 0; i < MetricFamily<Counter>::kMaxSeries + kExtra; ++i) family.with({str_cat(i)}).add();
  EXPECT_THAT(registry.text(), HasSubstr("many_total{id=\"other\"} 50\n"));
  EXPECT_THAT(registry.text(), Not(HasSubstr("{id=\"2049\"}")));
}

TEST(Metrics, ThreadsCountTogetherWhileSomebodyReads) {
  MetricsRegistry registry;
  auto& family = registry.counter("hits_total", "H.", {"k"});
  auto& seconds = registry.histogram("s", "S.", {1}).with({});
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 5000; ++i) {
          family.with({str_cat(i % 100)}).add();
          seconds.observe(0.5);
        }
      });
    }
    for (int i = 0; i < 20; ++i) EXPECT_FALSE(registry.text().find("hits_total{}") != std::string::npos);
  }
  EXPECT_EQ(family.with({"7"}).value(), 200u);
  EXPECT_EQ(seconds.sum(), 10'000);
}

}  // namespace
}  // namespace treadle
