#include "domains/tracking/trash.h"

#include <gtest/gtest.h>

#include "domains/tracking/testing/tracking_test.h"

namespace treadle::tracking {
namespace {

// Forgets to remove while `broken`: what a crash between rows and files looks like.
class BrokenBlobs final : public blob::BlobStore {
 public:
  explicit BrokenBlobs(blob::BlobStore& real) : real_(real) {}
  StatusOr<std::unique_ptr<blob::BlobWriter>> create(std::string_view key) override { return real_.create(key); }
  StatusOr<std::unique_ptr<blob::BlobReader>> open(std::string_view key) const override { return real_.open(key); }
  StatusOr<blob::BlobInfo> stat(std::string_view key) const override { return real_.stat(key); }
  StatusOr<std::vector<blob::BlobEntry>> list(std::string_view folder) const override { return real_.list(folder); }
  Status remove(std::string_view key) override { return broken ? internal_error("disk") : real_.remove(key); }
  StatusOr<std::filesystem::path> local_path(std::string_view key) const override { return real_.local_path(key); }
  bool broken = false;

 private:
  blob::BlobStore& real_;
};

using TrashTest = testing::TrackingTest;

TEST_P(TrashTest, FilesThatOutliveTheirRowsGoWithTheNextPurge) {
  BrokenBlobs blobs(tracking().blobs());
  Trash trash(database(), blobs);
  const auto run = tracking().create_run({});
  const std::string key = Service::artifact_root(*run) + "/f";
  ASSERT_TRUE(tracking().blobs().put(key, "x").ok());
  ASSERT_TRUE(tracking().delete_run(run->id).ok());
  blobs.broken = true;
  EXPECT_FALSE(trash.purge({.before_ms = INT64_MAX}).ok());
  EXPECT_EQ(tracking().get_run(run->id).status().code(), StatusCode::kNotFound);
  EXPECT_TRUE(tracking().blobs().stat(key).ok());
  blobs.broken = false;
  EXPECT_TRUE(trash.purge({.before_ms = INT64_MAX})->runs.empty());
  EXPECT_FALSE(tracking().blobs().stat(key).ok());
}

TEST_P(TrashTest, AgeCountsFromTheFirstDeletionSinceTheLastRestore) {
  const auto run = tracking().create_run({});
  const std::int64_t start = clock_.now_ms();
  ASSERT_TRUE(tracking().delete_run(run->id).ok());
  ASSERT_TRUE(tracking().restore_run(run->id).ok());
  clock_.advance(1000);
  ASSERT_TRUE(tracking().delete_run(run->id).ok());
  clock_.advance(1000);
  ASSERT_TRUE(tracking().delete_run(run->id).ok());
  EXPECT_TRUE(tracking().purge({.before_ms = start + 1000})->runs.empty());
  EXPECT_EQ(tracking().purge({.before_ms = start + 1001, .dry_run = true})->runs.size(), 1u);
  EXPECT_EQ(tracking().purge({.before_ms = start + 1001})->runs.size(), 1u);
}

TREADLE_ON_BOTH_ENGINES(TrashTest);

}  // namespace
}  // namespace treadle::tracking
