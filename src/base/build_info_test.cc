#include "base/build_info.h"

#include <gtest/gtest.h>

#include "base/files.h"

namespace treadle {
namespace {

TEST(BuildId, IsTheOneInTheProgramsFile) {
  ASSERT_GE(build_id().size(), 16U);
  const auto file = read_file("/proc/self/exe", 1u << 30);
  ASSERT_TRUE(file.ok());
  std::string raw;
  for (std::size_t i = 0; i < build_id().size(); i += 2) {
    raw.push_back(static_cast<char>(std::stoi(build_id().substr(i, 2), nullptr, 16)));
  }
  EXPECT_NE(file->find(raw), std::string::npos);
}

}  // namespace
}  // namespace treadle
