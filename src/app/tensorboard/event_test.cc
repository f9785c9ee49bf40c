#include "app/tensorboard/event.h"

#include <gtest/gtest.h>

#include <random>

#include "app/tensorboard/event_file.h"
#include "base/files.h"

namespace treadle::app::tensorboard {
namespace {

// wall_time 1.5, step 7, summary { value { tag "a", simple_value 0.5 } }.
const std::string kEvent(
    "\x09\x00\x00\x00\x00\x00\x00\xf8\x3f\x10\x07\x2a\x0a\x0a\x08\x0a\x01"
    "a\x15\x00\x00\x00\x3f",
    23);

TEST(TensorboardEvent, HoldsTimeStepAndNumbers) {
  const auto event = parse_event(kEvent);
  ASSERT_TRUE(event.ok()) << event.status().to_string();
  EXPECT_EQ(event->time_ms, 1500);
  EXPECT_EQ(event->step, 7);
  ASSERT_EQ(event->scalars.size(), 1u);
  EXPECT_EQ(event->scalars[0], (std::pair<std::string, double>("a", 0.5)));
}

TEST(TensorboardEvent, DamageIsAnErrorOrAnotherEventButNoCrash) {
  std::mt19937 random(7);  // NOLINT(cert-msc51-cpp): the same every time
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes = kEvent;
    for (int n = 0; n < 1 + i % 4; ++n) bytes[random() % bytes.size()] = static_cast<char>(random());
    if (i % 3 == 0) bytes.resize(random() % bytes.size());
    const auto event = parse_event(bytes);
    EXPECT_TRUE(event.ok() || event.status().code() == StatusCode::kDataLoss);
  }
}

TEST(TensorboardEventFile, AnEmptyOrShortFileHasNoRecordYetAndRubbishIsDamage) {
  const auto folder = TempDir::create();
  ASSERT_TRUE(folder.ok());
  const auto path = folder->path() / "events.out.tfevents.1";
  ASSERT_TRUE(write_file_atomic(path, "").ok());
  EventFile file(path);
  EXPECT_FALSE(file.next()->has_value());
  ASSERT_TRUE(write_file_atomic(path, std::string(11, 'x')).ok());
  EXPECT_FALSE(EventFile(path).next()->has_value());
  ASSERT_TRUE(write_file_atomic(path, std::string(100, '\xff')).ok());
  EXPECT_EQ(EventFile(path).next().status().code(), StatusCode::kDataLoss);
  EXPECT_FALSE(EventFile(folder->path() / "none").next().ok());
}

}  // namespace
}  // namespace treadle::app::tensorboard
