#include "storage/blob/multipart.h"

#include <gtest/gtest.h>

#include "base/files.h"
#include "base/hash.h"

namespace treadle::blob {
namespace {

class Multipart : public ::testing::Test {
 protected:
  Multipart() : folder_(*TempDir::create()), blobs_(*open_local(folder_.path())), uploads_(*blobs_, clock_) {}

  std::string put(const std::string& id, std::int64_t part, const std::string& text) {
    std::size_t at = 0;
    const auto hash = uploads_.put(id, part, [&](char* buffer, std::size_t size) -> StatusOr<std::size_t> {
      const std::size_t count = text.copy(buffer, size, at);
      at += count;
      return count;
    });
    return hash.ok() ? *hash : hash.status().to_string();
  }

  TempDir folder_;
  std::unique_ptr<BlobStore> blobs_;
  ManualClock clock_{1'000'000};
  MultipartUploads uploads_;
};

TEST_F(Multipart, PartsInAnyOrderBecomeOneBlob) {
  const std::string id = *uploads_.begin("a/b.bin", 3);
  const std::string third = put(id, 3, "c"), first = put(id, 1, "aaa");
  put(id, 2, "wrong");
  const std::string second = put(id, 2, "bb");  // a retry replaces it
  EXPECT_EQ(second, sha256_hex("bb"));
  EXPECT_FALSE(blobs_->stat("a/b.bin").ok());
  const auto info = uploads_.complete(id, "a/b.bin", {{1, first}, {2, second}, {3, third}});
  ASSERT_TRUE(info.ok()) << info.status().to_string();
  EXPECT_EQ(*blobs_->get("a/b.bin"), "aaabbc");
  EXPECT_EQ(info->sha256, sha256_hex("aaabbc"));
  EXPECT_TRUE(blobs_->list("uploads")->empty());
  EXPECT_EQ(uploads_.complete(id, "a/b.bin", {}).status().code(), StatusCode::kNotFound);
}

TEST_F(Multipart, WhatIsNotWholeIsRefusedAndLeavesTheOldBlob) {
  ASSERT_TRUE(blobs_->put("a", "old").ok());
  const std::string id = *uploads_.begin("a", 2);
  const std::string first = put(id, 1, "x");
  EXPECT_FALSE(uploads_.complete(id, "a", {{1, first}}).ok());
  EXPECT_FALSE(uploads_.complete(id, "a", {{1, first}, {2, first}}).ok());
  const std::string second = put(id, 2, "y");
  EXPECT_FALSE(uploads_.complete(id, "a", {{2, second}, {1, first}}).ok());
  EXPECT_FALSE(uploads_.complete(id, "a", {{1, first}, {2, "beef"}}).ok());
  EXPECT_FALSE(uploads_.complete(id, "b", {{1, first}, {2, second}}).ok());
  EXPECT_EQ(*blobs_->get("a"), "old");
  EXPECT_TRUE(uploads_.complete(id, "a", {{1, first}, {2, second}}).ok());
  EXPECT_EQ(*blobs_->get("a"), "xy");
}

TEST_F(Multipart, BoundsAreHeldAndUnknownUploadsAreRefused) {
  EXPECT_FALSE(uploads_.begin("a", 0).ok());
  EXPECT_FALSE(uploads_.begin("a", MultipartUploads::kMaxParts + 1).ok());
  EXPECT_FALSE(uploads_.begin("../a", 1).ok());
  const std::string id = *uploads_.begin("a", 1);
  EXPECT_NE(put(id, 2, "x").find("part_number"), std::string::npos);
  for (const char* other : {"", "..", "0123456789abcdef0123456789abcdef"}) {
    EXPECT_EQ(uploads_.abort(other, "a").code(), StatusCode::kNotFound) << other;
  }
}

TEST_F(Multipart, AbortedAndForgottenUploadsLeaveNothing) {
  const std::string aborted = *uploads_.begin("a", 1), forgotten = *uploads_.begin("b", 1);
  put(aborted, 1, "x");
  put(forgotten, 1, "x");
  ASSERT_TRUE(uploads_.abort(aborted, "a").ok());
  EXPECT_EQ(blobs_->list("uploads")->size(), 1u);
  clock_.advance(MultipartUploads::kLifetimeMs + 1);
  const std::string fresh = *uploads_.begin("c", 1);  // sweeps
  ASSERT_EQ(blobs_->list("uploads")->size(), 1u);
  EXPECT_EQ(blobs_->list("uploads")->front().name, fresh);
}

}  // namespace
}  // namespace treadle::blob
