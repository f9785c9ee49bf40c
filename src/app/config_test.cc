#include "app/config.h"

#include <gtest/gtest.h>

namespace treadle::app {
namespace {

TEST(Config, APasswordIsNotShown) {
  EXPECT_EQ(without_password("postgresql://me:s3:cr@t@host:5432/name"), "postgresql://me:***@host:5432/name");
  EXPECT_EQ(without_password("postgresql://me@host/name"), "postgresql://me@host/name");
  EXPECT_EQ(without_password("postgresql://host:5432/name"), "postgresql://host:5432/name");
  EXPECT_EQ(without_password("postgresql:///name?user=me&password=s3cret&host=/tmp"),
            "postgresql:///name?user=me&password=***&host=/tmp");
  EXPECT_EQ(without_password("postgresql:///name?password=s3cret"), "postgresql:///name?password=***");
  EXPECT_EQ(without_password(""), "");
}

}  // namespace
}  // namespace treadle::app
