#include "domains/pipelines/cel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace treadle::pipelines {
namespace {

const Json kValues = {{"n", 5.0}, {"name", "yes"}, {"flag", true}, {"pipelinechannel--a-Output", "7"}};

bool holds(const std::string& expression) {
  const auto value = evaluate_condition(expression, kValues);
  EXPECT_TRUE(value.ok()) << expression << ": " << value.status().to_string();
  return value.ok() && *value;
}

TEST(Cel, WhatTheCompilerWrites) {
  EXPECT_TRUE(holds("int(inputs.parameter_values['n']) > 4"));
  EXPECT_FALSE(holds("!(int(inputs.parameter_values['n']) > 4)"));
  EXPECT_TRUE(holds("inputs.parameter_values['name'] == 'yes'"));
  EXPECT_TRUE(holds("int(inputs.parameter_values['pipelinechannel--a-Output']) == 7"));
  EXPECT_TRUE(holds("!(inputs.parameter_values['name'] == 'no') && inputs.parameter_values['flag'] == true"));
  EXPECT_TRUE(holds("double(inputs.parameter_values['n']) >= 4.5"));
  EXPECT_TRUE(holds("string(inputs.parameter_values[\"flag\"]) == 'true'"));
}

TEST(Cel, PrecedenceAndShortCircuit) {
  EXPECT_TRUE(holds("true || inputs.parameter_values['missing'] == 1"));
  EXPECT_FALSE(holds("false && inputs.parameter_values['missing'] == 1"));
  EXPECT_TRUE(holds("1 + 2 * 3 == 7 && -2 < 1 && 7 % 4 == 3"));
  EXPECT_TRUE(holds("2 in [1, 2] && !('x' in ['y'])"));
}

TEST(Cel, SelectsPartsOfAValue) {
  const auto part = evaluate_cel("parseJson(string_value)[\"a\"][1]", {{"string_value", R"({"a":[1,"two"]})"}});
  ASSERT_TRUE(part.ok());
  EXPECT_EQ(*part, "two");
}

TEST(Cel, ErrorsSayWhere) {
  EXPECT_THAT(check_cel("1 +").message(), testing::HasSubstr("character 4"));
  EXPECT_FALSE(check_cel("'open").ok());
  EXPECT_FALSE(check_cel("a b").ok());
  EXPECT_FALSE(check_cel(std::string(1000, '(')).ok());
  EXPECT_FALSE(evaluate_condition("1", {}).ok());
  EXPECT_FALSE(evaluate_condition("1 / 0 == 1", {}).ok());
  EXPECT_FALSE(evaluate_condition("'a' < 1", {}).ok());
  EXPECT_THAT(evaluate_condition("inputs.parameter_values['gone'] == 1", Json::object()).status().message(),
              testing::HasSubstr("gone"));
}

}  // namespace
}  // namespace treadle::pipelines
