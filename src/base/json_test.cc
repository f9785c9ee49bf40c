#include "base/json.h"

#include <gtest/gtest.h>

#include <chrono>

#include "base/strings.h"

namespace treadle {
namespace {

std::string nested(int levels) {
  return str_cat(std::string(static_cast<std::size_t>(levels), '['),
                 std::string(static_cast<std::size_t>(levels), ']'));
}

TEST(ParseJson, BoundsTheDepth) {
  EXPECT_TRUE(parse_json(nested(128)).ok());
  EXPECT_EQ(parse_json(nested(129)).status().message(), "the JSON is nested more than 128 levels deep");
  EXPECT_FALSE(parse_json(std::string(1 << 20, '[')).ok());
  // Brackets within texts are no levels.
  EXPECT_TRUE(parse_json(str_cat("[\"\\\"", std::string(500, '['), "\"]")).ok());
  EXPECT_FALSE(parse_json(str_cat("[\"\\\\\"", ",", nested(128), "]")).ok());
}

TEST(ParseJson, TakesTimeOnlyByTheLength) {
  std::string text = "[{}";
  for (int i = 0; i < 300'000; ++i) text += ",{}";
  text += ']';
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(parse_json(text)->size(), 300'001u);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
}

TEST(OrderedJson, KeepsTheOrderAndIsWrittenAsPythonWritesIt) {
  const auto read = parse_ordered_json(R"({"z":[1,2.5,true,null],"a":{"ü":"\"x\"\n"},"e":[],"o":{}})");
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(to_python_text(*read), R"({"z": [1, 2.5, true, null], "a": {"\u00fc": "\"x\"\n"}, "e": [], "o": {}})");
  EXPECT_EQ(ordered_text(*read), R"({"z":[1,2.5,true,null],"a":{"ü":"\"x\"\n"},"e":[],"o":{}})");
  EXPECT_FALSE(parse_ordered_json(nested(129)).ok());
  EXPECT_FALSE(parse_ordered_json("{").ok());
}

}  // namespace
}  // namespace treadle
