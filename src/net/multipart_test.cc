#include "net/multipart.h"

#include <gtest/gtest.h>

namespace treadle::net {
namespace {

constexpr std::string_view kType = "multipart/form-data; boundary=xyz";

TEST(Multipart, FindsNamesFilesAndContents) {
  const std::string body =
      "--xyz\r\nContent-Disposition: form-data; name=\"uploadfile\"; filename=\"p.yaml\"\r\nContent-Type: "
      "text/x\r\n\r\n"
      "a: 1\r\n--not the boundary\r\n"
      "\r\n--xyz\r\ncontent-disposition: form-data; name=tag\r\n\r\nnew\r\n--xyz--\r\n";
  const auto parts = parse_multipart(kType, body);
  ASSERT_TRUE(parts.ok()) << parts.status().to_string();
  ASSERT_EQ(parts->size(), 2u);
  EXPECT_EQ((*parts)[0].name, "uploadfile");
  EXPECT_EQ((*parts)[0].file_name, "p.yaml");
  EXPECT_EQ((*parts)[0].content, "a: 1\r\n--not the boundary\r\n");
  EXPECT_EQ((*parts)[1].name, "tag");
  EXPECT_EQ((*parts)[1].content, "new");
}

TEST(Multipart, AnEmptyFileAndNoPartsAreFine) {
  const auto parts = parse_multipart("Multipart/Form-Data; charset=utf-8; boundary=\"xyz\"",
                                     "--xyz\r\nContent-Disposition: form-data; name=\"f\"\r\n\r\n\r\n--xyz--");
  ASSERT_TRUE(parts.ok()) << parts.status().to_string();
  EXPECT_EQ(parts->at(0).content, "");
  EXPECT_TRUE(parse_multipart(kType, "--xyz--")->empty());
}

TEST(Multipart, WhatIsBrokenIsSaid) {
  EXPECT_FALSE(parse_multipart("application/json", "--xyz--").ok());
  EXPECT_FALSE(parse_multipart("multipart/form-data", "--xyz--").ok());
  for (const std::string body :
       {"", "nothing", "--xyz", "--xyz\r\n", "--xyz\r\nContent-Disposition: form-data; name=\"f\"\r\n\r\ncut",
        "--xyz\r\n\r\n--xyz"}) {
    EXPECT_FALSE(parse_multipart(kType, body).ok()) << body;
  }
  std::string many = "--xyz";
  for (int i = 0; i < 100; ++i) many += "\r\nContent-Disposition: form-data; name=f\r\n\r\nx\r\n--xyz";
  EXPECT_FALSE(parse_multipart(kType, many + "--").ok());
}

}  // namespace
}  // namespace treadle::net
