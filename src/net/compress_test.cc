#include "net/compress.h"

#include <gtest/gtest.h>
#include <zstd.h>

namespace treadle::net {
namespace {

std::string zstd(const std::string& text, int window_log = 0) {
  ZSTD_CCtx* context = ZSTD_createCCtx();
  if (window_log != 0) ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, window_log);
  std::string out(ZSTD_compressBound(text.size()), '\0');
  out.resize(ZSTD_compress2(context, out.data(), out.size(), text.data(), text.size()));
  ZSTD_freeCCtx(context);
  return out;
}

TEST(Compress, WhatUnpacksToMuchMoreThanItsSizeIsReadWholeUpToTheLimit) {
  for (const std::size_t size : {0u, 1u, 65'536u, 65'537u, 131'072u, 1'000'000u}) {
    const std::string text(size, 'x');
    const auto unpacked = decode_body("zstd", zstd(text), 1'000'000);
    ASSERT_TRUE(unpacked.ok()) << size << ": " << unpacked.status().to_string();
    EXPECT_EQ(*unpacked, text);
    EXPECT_EQ(decode_body("gzip", *gzip(text, 1), 1'000'000).value_or("failed"), text);
  }
  const std::string bomb(100'000'000, 'x');
  EXPECT_EQ(decode_body("zstd", zstd(bomb), 1'000'000).status().code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(decode_body("gzip", *gzip(bomb, 1), 1'000'000).status().code(), StatusCode::kResourceExhausted);
}

TEST(Compress, DamagedBodiesAreRefused) {
  const std::string packed = zstd(std::string(1000, 'x'));
  EXPECT_EQ(decode_body("zstd", packed.substr(0, packed.size() - 1), 10'000).status().code(),
            StatusCode::kInvalidArgument);
  EXPECT_EQ(decode_body("zstd", "nonsense", 10'000).status().code(), StatusCode::kInvalidArgument);
  const std::string zipped = *gzip("hello", 1);
  EXPECT_EQ(decode_body("gzip", zipped.substr(0, 10), 10'000).status().code(), StatusCode::kInvalidArgument);
}

// The sender chooses the window, and the window is our memory.
TEST(Compress, AZstdBodyThatAsksForALargeWindowIsRefused) {
  constexpr int kWindowLog128MiB = 27;
  std::string text;
  for (int i = 0; text.size() < (20u << 20); ++i) text += std::to_string(i);
  EXPECT_EQ(decode_body("zstd", zstd(text, kWindowLog128MiB), 1u << 30).status().code(), StatusCode::kInvalidArgument);
}

TEST(Compress, TheClientsWishIsFollowed) {
  const auto coding = [](std::string_view accepted) {
    Response response = Response::text(200, std::string(5000, 'x'));
    compress_response(accepted, response);
    EXPECT_EQ(response.headers.get("Vary"), "Accept-Encoding");
    return std::string(response.headers.get("Content-Encoding"));
  };
  EXPECT_EQ(coding("gzip, deflate, br, zstd"), "zstd");
  EXPECT_EQ(coding("gzip, deflate"), "gzip");
  EXPECT_EQ(coding("zstd;q=0, GZIP;q=0.5"), "gzip");
  EXPECT_EQ(coding("gzip;q=0"), "");
  EXPECT_EQ(coding(""), "");
}

}  // namespace
}  // namespace treadle::net
