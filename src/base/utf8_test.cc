#include "base/utf8.h"

#include <gtest/gtest.h>

namespace treadle {
namespace {

TEST(Utf8, TellsTextFromOtherBytes) {
  for (const std::string_view text : {"", "plain", "ü", "€", "😀", "\xf4\x8f\xbf\xbf", "\xee\x80\x80"}) {
    EXPECT_TRUE(is_utf8(text)) << text;
  }
  for (const std::string_view bytes :
       {"\x80", "\xc0\xae", "\xc1\xbf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf0\x80\x80\xaf", "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80", "\xff", "a\xc3", "\xe2\x82", "\xe2(\xa1"}) {
    EXPECT_FALSE(is_utf8(bytes));
  }
}

}  // namespace
}  // namespace treadle
