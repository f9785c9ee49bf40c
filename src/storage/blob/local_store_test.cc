#include <gtest/gtest.h>

#include <filesystem>

#include "base/files.h"
#include "base/hash.h"
#include "storage/blob/blob_store.h"

namespace treadle::blob {
namespace {

class LocalStore : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = open_local(dir_->path() / "blobs");
    ASSERT_TRUE(opened.ok());
    store_ = std::move(*opened);
  }
  StatusOr<TempDir> dir_ = TempDir::create();
  std::unique_ptr<BlobStore> store_;
};

TEST_F(LocalStore, WhatGoesInComesOutWithItsHash) {
  const auto info = store_->put("a/b/c.txt", "hello");
  ASSERT_TRUE(info.ok()) << info.status().to_string();
  EXPECT_EQ(info->size, 5u);
  EXPECT_EQ(info->sha256, sha256_hex("hello"));
  EXPECT_EQ(*store_->get("a/b/c.txt"), "hello");
  ASSERT_TRUE(store_->put("a/b/c.txt", "again").ok());
  EXPECT_EQ(*store_->get("a/b/c.txt"), "again");
  EXPECT_EQ(store_->list("a")->front().name, "b");
  EXPECT_TRUE(store_->list("a")->front().is_folder);
  EXPECT_TRUE(store_->list("nowhere")->empty());
  ASSERT_TRUE(store_->remove("a").ok());
  EXPECT_EQ(store_->get("a/b/c.txt").status().code(), StatusCode::kNotFound);
}

TEST_F(LocalStore, ADroppedWriterLeavesNothing) {
  {
    auto writer = store_->create("x/y");
    ASSERT_TRUE(writer.ok());
    ASSERT_TRUE((*writer)->write("half").ok());
  }
  EXPECT_TRUE(store_->list("x")->empty());
  EXPECT_TRUE(std::filesystem::is_empty(dir_->path() / "blobs/x"));
}

TEST_F(LocalStore, NoKeyLeadsOut) {
  for (const char* key : {"", "/etc/passwd", "../x", "a/../../x", "a//b", "a/./b", "a\\b", "a/..", "x\n"}) {
    EXPECT_EQ(store_->put(key, "x").status().code(), StatusCode::kInvalidArgument) << key;
    EXPECT_FALSE(store_->get(key).ok()) << key;
  }
  ASSERT_TRUE(write_file_atomic(dir_->path() / "secret", "s").ok());
  std::filesystem::create_symlink(dir_->path(), dir_->path() / "blobs/link");
  EXPECT_EQ(store_->get("link/secret").status().code(), StatusCode::kInvalidArgument);
  EXPECT_FALSE(store_->put("link/other", "x").ok());
  EXPECT_FALSE(store_->local_path("link/secret").ok());
}

TEST_F(LocalStore, AFileInTheWayOfAFolderIsSaid) {
  ASSERT_TRUE(store_->put("a", "x").ok());
  EXPECT_EQ(store_->put("a/b", "x").status().code(), StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace treadle::blob
