#include "domains/tracking/metric_points.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

namespace treadle::tracking {
namespace {

constexpr auto kLow = std::numeric_limits<std::int64_t>::min();
constexpr auto kHigh = std::numeric_limits<std::int64_t>::max();

std::vector<Series> unpacked(const std::string& bytes, std::string_view only = "") {
  std::vector<Series> series;
  const Status status = unpack(bytes, only, [&](std::string_view key, std::vector<Point> points) {
    series.push_back({std::string(key), std::move(points)});
  });
  EXPECT_TRUE(status.ok()) << status.to_string();
  return series;
}

TEST(Segment, HoldsEveryPointOfEverySeries) {
  const std::vector<Series> series = {
      {"loss", {{0, 1000, 0.5}, {1, 1010, std::nan("")}, {kLow, kHigh, -0.0}, {kHigh, kLow, INFINITY}}},
      {"", {}},
      {"ключ", {{-5, -6, 1e-300}}}};
  const std::string bytes = pack(series);
  const auto read = unpacked(bytes);
  ASSERT_EQ(read.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(read[i].key, series[i].key);
    EXPECT_EQ(read[i].points, series[i].points);
  }
  const auto one = unpacked(bytes, "ключ");
  ASSERT_EQ(one.size(), 1u);
  EXPECT_EQ(one[0].points, series[2].points);
}

TEST(Segment, TakesElevenBytesAPointOfAnOrdinarySeries) {
  Series series{"loss", {}};
  for (std::int64_t i = 0; i < 1000; ++i) series.points.push_back({i, 1'700'000'000'000 + 40 * i, 1.0 / double(i + 1)});
  EXPECT_LT(pack({series}).size(), 11'100u);
}

// Whatever is cut off or changed, it is an error or other points: never a crash, never an endless allocation.
TEST(Segment, DamagedBytesAreRefused) {
  const std::string bytes = pack({{"a", {{1, 2, 3}, {4, 5, 6}}}, {"b", {{7, 8, 9}}}});
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(unpack(bytes.substr(0, size), "", [](auto, auto) {}).ok()) << size;
  EXPECT_FALSE(unpack(bytes + "x", "", [](auto, auto) {}).ok());
  std::mt19937 random(7);
  for (int i = 0; i < 20'000; ++i) {
    std::string changed = bytes;
    for (int n = 0; n < 3; ++n) changed[random() % changed.size()] = static_cast<char>(random());
    const Status status = unpack(changed, "", [](auto, const auto& points) { EXPECT_LT(points.size(), 100u); });
    EXPECT_TRUE(status.ok() || status.code() == StatusCode::kInternal);
  }
}

TEST(Points, AreArrangedAndKeptOnce) {
  std::vector<Point> points = {{2, 10, 1}, {1, 20, 1}, {2, 10, 1}, {1, 20, std::nan("")}, {1, 20, std::nan("")}};
  arrange(points, PointOrder::kTime);
  EXPECT_EQ(points, (std::vector<Point>{{2, 10, 1}, {1, 20, std::nan("")}, {1, 20, 1}}));
  arrange(points, PointOrder::kStep);
  EXPECT_EQ(points, (std::vector<Point>{{1, 20, std::nan("")}, {1, 20, 1}, {2, 10, 1}}));
}

TEST(Points, HaveNanWhereZeroWouldBe) {
  std::vector<Point> points = {{0, 1, 2}, {0, 1, std::nan("")}, {0, 1, 0}, {0, 1, -1}, {0, 1, 0}, {0, 1, std::nan("")}};
  arrange(points, PointOrder::kStep);
  EXPECT_EQ(points, (std::vector<Point>{{0, 1, -1}, {0, 1, 0}, {0, 1, std::nan("")}, {0, 1, 2}}));
}

TEST(Points, ThinnedOutKeepTheirSpikesAndEnds) {
  std::vector<Point> points;
  for (std::int64_t i = 0; i < 100'000; ++i) points.push_back({i, i, 1});
  points[54'321].value = 1000;
  points[54'322].value = -1000;
  points[77'777].value = std::nan("");
  const auto extremes = keep_extremes(points, 500);
  EXPECT_LE(extremes.size(), 500u);
  const auto has = [&](const Point& wanted) {
    return std::find(extremes.begin(), extremes.end(), wanted) != extremes.end();
  };
  EXPECT_TRUE(has(points[54'321]));
  EXPECT_TRUE(has(points[54'322]));
  EXPECT_TRUE(has(points[77'777]));
  EXPECT_EQ(keep_extremes({points.begin(), points.begin() + 10}, 10).size(), 10u);

  const auto spread = spread_evenly(points, 320);
  ASSERT_EQ(spread.size(), 320u);
  EXPECT_EQ(spread.front(), points.front());
  EXPECT_EQ(spread.back(), points.back());
  EXPECT_EQ(spread_evenly(points, 1), (std::vector<Point>{points.back()}));
  // As the real server answered for 23 points: NTILE's buckets, and the end.
  const auto steps = [&](std::size_t limit) {
    std::vector<std::int64_t> list;
    for (const Point& point : spread_evenly({points.begin(), points.begin() + 23}, limit)) list.push_back(point.step);
    return list;
  };
  EXPECT_EQ(steps(3), (std::vector<std::int64_t>{0, 8, 22}));
  EXPECT_EQ(steps(5), (std::vector<std::int64_t>{0, 5, 10, 15, 22}));
  EXPECT_EQ(steps(7), (std::vector<std::int64_t>{0, 4, 8, 11, 14, 17, 22}));
}

}  // namespace
}  // namespace treadle::tracking
