#include "domains/pipelines/placeholders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace treadle::pipelines {
namespace {

using testing::ElementsAre;

class PlaceholdersTest : public testing::Test {
 protected:
  const Json input_ = {{"inputs",
                        {{"parameterValues", {{"n", 10.0}, {"s", "text"}, {"l", {1, 2}}, {"none", nullptr}}},
                         {"artifacts", {{"d", {{"artifacts", {{{"uri", "/data/x"}, {"metadata", {{"rows", 3}}}}}}}}}}}},
                       {"outputs",
                        {{"parameters", {{"o", {{"outputFile", "/w/o"}}}}},
                         {"artifacts", {{"m", {{"artifacts", {{{"uri", "/data/m"}}}}}}}},
                         {"outputFile", "/w/out.json"}}}};
  const PlaceholderScope scope_ = {&input_, {{"pipeline_job_uuid", "u-1"}}};

  std::string text(std::string_view from) {
    const auto out = resolve_text(from, scope_);
    return out.ok() ? *out : "error: " + out.status().message();
  }
};

TEST_F(PlaceholdersTest, Values) {
  EXPECT_EQ(text("a={{$.inputs.parameters['n']}};{{$.inputs.parameters[\"s\"]}}"), "a=10;text");
  EXPECT_EQ(text("{{$.inputs.parameters['l']}}"), "[1,2]");
  EXPECT_EQ(text("{{$.inputs.artifacts['d'].path}} {{$.inputs.artifacts['d'].metadata['rows']}}"), "/data/x 3");
  EXPECT_EQ(text("{{$.outputs.artifacts['m'].uri}} {{$.outputs.parameters['o'].output_file}}"), "/data/m /w/o");
  EXPECT_EQ(text("{{$.pipeline_job_uuid}}"), "u-1");
  EXPECT_EQ(text("{{$}}"), to_text(input_));
  EXPECT_EQ(text("no {{ placeholder }}"), "no {{ placeholder }}");
}

TEST_F(PlaceholdersTest, AnUnknownOneIsNamed) {
  EXPECT_THAT(text("{{$.inputs.parameters['gone']}}"), testing::HasSubstr("gone"));
  EXPECT_THAT(text("{{$.what}}"), testing::HasSubstr("error"));
}

TEST_F(PlaceholdersTest, IfPresentAndConcat) {
  const Json arguments = {
      R"({"IfPresent": {"InputName": "n", "Then": ["--n", "{{$.inputs.parameters['n']}}"], "Else": ["--no"]}})",
      R"({"IfPresent": {"InputName": "none", "Then": ["--none"]}})",
      R"({"Concat": ["a", "{{$.inputs.parameters['s']}}", {"IfPresent": {"InputName": "x", "Then": "y", "Else": "z"}}]})",
      "last"};
  const auto out = resolve_arguments(arguments, scope_);
  ASSERT_TRUE(out.ok()) << out.status().to_string();
  EXPECT_THAT(*out, ElementsAre("--n", "10", "atextz", "last"));
}

}  // namespace
}  // namespace treadle::pipelines
