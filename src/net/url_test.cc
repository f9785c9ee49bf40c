#include "net/url.h"

#include <gtest/gtest.h>

namespace treadle::net {
namespace {

TEST(Url, IsTakenApart) {
  const auto plain = parse_url("http://127.0.0.1:7070");
  ASSERT_TRUE(plain.ok());
  EXPECT_EQ(plain->host, "127.0.0.1");
  EXPECT_EQ(plain->port, "7070");
  EXPECT_EQ(plain->path, "/");
  EXPECT_FALSE(plain->secure);
  const auto whole = parse_url("HTTPS://[::1]:8443/a/b?c=d#e");
  ASSERT_TRUE(whole.ok());
  EXPECT_TRUE(whole->secure);
  EXPECT_EQ(whole->host, "::1");
  EXPECT_EQ(whole->port, "8443");
  EXPECT_EQ(whole->authority, "[::1]:8443");
  EXPECT_EQ(whole->path, "/a/b?c=d");
  EXPECT_EQ(parse_url("https://host")->port, "443");
  EXPECT_EQ(parse_url("http://host?q")->path, "/?q");
}

TEST(Url, IsRefusedByName) {
  for (const char* url : {"", "host", "ftp://host", "http://", "http://:80", "http://host:0", "http://host:65536",
                          "http://host:x", "http://[::1", "http://user:secret@host"}) {
    const auto parsed = parse_url(url);
    EXPECT_EQ(parsed.status().code(), StatusCode::kInvalidArgument) << url;
    EXPECT_EQ(parsed.status().field(), "url") << url;
  }
  EXPECT_EQ(parse_url("http://user:secret@host").status().message().find("secret"), std::string_view::npos);
}

}  // namespace
}  // namespace treadle::net
