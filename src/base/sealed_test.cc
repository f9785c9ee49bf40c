#include "base/sealed.h"

#include <gtest/gtest.h>

#include "base/files.h"

namespace treadle {
namespace {

TEST(Sealed, OpensForItsOwnerOnly) {
  const Sealer sealer("a key that nobody guesses");
  for (const std::string text : {"", "hunter2", "a secret of some length, ü"}) {
    const std::string sealed = *sealer.seal(text, "owner");
    EXPECT_EQ(sealed.find(text.empty() ? "-" : text), std::string::npos);
    EXPECT_NE(sealed, *sealer.seal(text, "owner"));
    EXPECT_EQ(*sealer.open(sealed, "owner"), text);
    EXPECT_EQ(sealer.open(sealed, "another").status().code(), StatusCode::kDataLoss);
    EXPECT_EQ(Sealer("another key").open(sealed, "owner").status().code(), StatusCode::kDataLoss);
    for (std::size_t i = 0; i + 4 < sealed.size(); ++i) {  // the last letters hold unused bits
      std::string changed = sealed;
      changed[i] = changed[i] == 'A' ? 'B' : 'A';
      EXPECT_FALSE(sealer.open(changed, "owner").ok()) << i;
    }
  }
  for (const std::string& text : std::vector<std::string>{"", "0", "zz", "00", std::string(56, 'g')})
    EXPECT_FALSE(sealer.open(text, "").ok());
}

TEST(Sealed, AKeyFileIsMadeOnceAndForItsOwnerOnly) {
  const auto folder = TempDir::create();
  const auto path = folder->path() / "key";
  const std::string sealed = *Sealer::from_file(path)->seal("s", "o");
  EXPECT_EQ(*Sealer::from_file(path)->open(sealed, "o"), "s");
  EXPECT_EQ(std::filesystem::status(path).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  ASSERT_TRUE(write_file_atomic(path, "short").ok());
  EXPECT_EQ(Sealer::from_file(path).status().code(), StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace treadle
