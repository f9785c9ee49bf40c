#include "net/sse.h"

#include <gtest/gtest.h>

#include <vector>

namespace treadle::net {
namespace {

TEST(Sse, WritesOneEventAndKeepsFieldsInTheirLines) {
  EXPECT_EQ(sse_event("{}", "7", "run"), "id: 7\nevent: run\ndata: {}\n\n");
  EXPECT_EQ(sse_event("a\r\nb"), "data: a\ndata: b\n\n");
  EXPECT_EQ(sse_event("x", "1\ndata: forged"), "id: 1data: forged\ndata: x\n\n");
}

TEST(Sse, ReadsWhatArrivesByteByByte) {
  const std::string stream =
      ": hello\n\nid: 7\r\nevent:run\r\ndata: a\r\ndata:  b\r\n\r\ndata\n\n" + sse_event("c\nd", "8");
  SseParser parser;
  std::vector<SseEvent> seen;
  for (const char byte : stream) {
    EXPECT_TRUE(parser.feed(std::string_view(&byte, 1), [&](const SseEvent& event) {
      seen.push_back(event);
      return true;
    }));
  }
  ASSERT_EQ(seen.size(), 3u);
  EXPECT_EQ(seen[0].id, "7");
  EXPECT_EQ(seen[0].event, "run");
  EXPECT_EQ(seen[0].data, "a\n b");
  EXPECT_EQ(seen[1].data, "");
  EXPECT_EQ(seen[2].event, "message");
  EXPECT_EQ(seen[2].data, "c\nd");
}

TEST(Sse, StopsWhenToldTo) {
  SseParser parser;
  int count = 0;
  EXPECT_FALSE(parser.feed(sse_event("1") + sse_event("2"), [&](const SseEvent&) { return ++count < 1; }));
  EXPECT_EQ(count, 1);
}

}  // namespace
}  // namespace treadle::net
