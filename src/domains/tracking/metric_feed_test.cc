#include "domains/tracking/metric_feed.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <semaphore>
#include <thread>

#include "base/strings.h"

namespace treadle::tracking {
namespace {

constexpr std::size_t kMany = 1'000'000;

std::vector<Metric> loss(std::int64_t first, std::int64_t count) {
  std::vector<Metric> points;
  for (std::int64_t step = first; step < first + count; ++step)
    points.push_back({"loss", 1.0 / double(step + 1), 0, step});
  return points;
}

std::vector<std::int64_t> steps(const MetricFeed::News& news) {
  std::vector<std::int64_t> found;
  for (const auto& point : news.points) found.push_back(point.point.step);
  return found;
}

const std::function<void()> kNoWake = [] {};

TEST(MetricFeed, TellsWhatIsLoggedFromNowOn) {
  MetricFeed feed;
  feed.logged("run", loss(0, 3));
  const auto follower = feed.follow("run", "");
  const auto hello = follower->next(kMany, kNoWake);
  EXPECT_FALSE(hello.place.empty());
  EXPECT_FALSE(hello.gap);
  EXPECT_TRUE(hello.points.empty());
  int woken = 0;
  EXPECT_TRUE(follower->next(kMany, [&] { ++woken; }).place.empty());
  feed.logged("other", loss(0, 3));
  EXPECT_EQ(woken, 0);
  feed.logged("run", loss(3, 2));
  feed.logged("run", loss(5, 1));
  EXPECT_EQ(woken, 1);
  EXPECT_EQ(steps(follower->next(2, kNoWake)), (std::vector<std::int64_t>{3, 4}));
  EXPECT_EQ(steps(follower->next(2, kNoWake)), (std::vector<std::int64_t>{5}));
  EXPECT_TRUE(follower->next(2, kNoWake).place.empty());
}

TEST(MetricFeed, AFollowerGoesOnWhereAnEarlierOneWas) {
  MetricFeed feed;
  std::string place;
  {
    const auto first = feed.follow("run", "");
    (void)first->next(kMany, kNoWake);
    feed.logged("run", loss(0, 2));
    place = first->next(kMany, kNoWake).place;
  }
  feed.logged("run", loss(2, 2));
  const auto second = feed.follow("run", place);
  EXPECT_FALSE(second->next(kMany, kNoWake).gap);
  EXPECT_EQ(steps(second->next(kMany, kNoWake)), (std::vector<std::int64_t>{2, 3}));
}

TEST(MetricFeed, WhatIsNoLongerKeptIsAGap) {
  MetricFeed feed;
  const auto slow = feed.follow("run", "");
  (void)slow->next(kMany, kNoWake);
  for (int i = 0; i < 30; ++i) feed.logged("run", loss(i * 1000, 1000));
  const auto news = slow->next(kMany, kNoWake);
  EXPECT_TRUE(news.gap);
  EXPECT_EQ(news.points.size(), 20'000u);
  EXPECT_EQ(news.points.front().point.step, 10'000);
  EXPECT_FALSE(slow->next(kMany, kNoWake).gap);
  for (const char* place : {"0123456789ab.5", "nonsense", ".", "0123456789ab.-1"}) {
    EXPECT_TRUE(feed.follow("run", place)->next(kMany, kNoWake).gap) << place;
  }
}

TEST(MetricFeed, TheEndComesAfterEverything) {
  MetricFeed feed;
  const auto follower = feed.follow("run", "");
  (void)follower->next(kMany, kNoWake);
  feed.logged("run", loss(0, 3));
  feed.status_changed("run", RunStatus::kFinished);
  EXPECT_FALSE(follower->next(2, kNoWake).ended);
  const auto last = follower->next(2, kNoWake);
  EXPECT_EQ(last.points.size(), 1u);
  EXPECT_TRUE(last.ended);
  EXPECT_TRUE(follower->next(2, kNoWake).place.empty());
}

TEST(MetricFeed, ForgetsRunsThatNobodyFollows) {
  MetricFeed feed;
  const auto kept = feed.follow("kept", "");
  const std::string place = kept->next(1, kNoWake).place;
  const std::string left = feed.follow("left", "")->next(1, kNoWake).place;
  for (int i = 0; i < 50; ++i) (void)feed.follow(str_cat("run-", i), "");
  EXPECT_FALSE(feed.follow("kept", place)->next(1, kNoWake).gap);
  EXPECT_TRUE(feed.follow("left", left)->next(1, kNoWake).gap);
}

TEST(MetricFeed, ManyFollowersMissNothingWhileOthersLog) {
  MetricFeed feed;
  constexpr std::int64_t kPoints = 5000;
  std::vector<std::unique_ptr<MetricFeed::Follower>> followers;
  for (int i = 0; i < 4; ++i) followers.push_back(feed.follow("run", ""));
  std::vector<std::vector<std::int64_t>> seen(followers.size());
  {
    std::vector<std::jthread> threads;
    threads.emplace_back([&] {
      for (std::int64_t step = 0; step < kPoints; ++step) feed.logged("run", loss(step, 1));
      feed.status_changed("run", RunStatus::kFinished);
    });
    for (std::size_t i = 0; i < followers.size(); ++i) {
      threads.emplace_back([&, i] {
        std::binary_semaphore woken{0};
        while (true) {
          const auto news = followers[i]->next(64, [&] { woken.release(); });
          for (const std::int64_t step : steps(news)) seen[i].push_back(step);
          if (news.ended) return;
          if (news.place.empty()) woken.acquire();
        }
      });
    }
  }
  for (const auto& list : seen) {
    ASSERT_EQ(list.size(), std::size_t(kPoints));
    EXPECT_TRUE(std::is_sorted(list.begin(), list.end()));
  }
}

}  // namespace
}  // namespace treadle::tracking
