#include "domains/serving/model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "domains/serving/stats.h"

namespace treadle::serving {
namespace {

using ::testing::HasSubstr;

TEST(MlModel, ReadsFlavoursAndSignature) {
  const auto model = parse_mlmodel(R"(artifact_path: model
flavors:
  python_function:
    env: {conda: conda.yaml}
    loader_module: mlflow.xgboost
  xgboost:
    data: model.ubj
    model_format: ubj
    xgb_version: 3.4.1
run_id: 4f00
signature:
  inputs: '[{"type": "double", "name": "temperature", "required": true}, {"type": "long", "name": "workday", "required": false}]'
  outputs: '[{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1]}}]'
  params: null
)");
  ASSERT_TRUE(model.ok()) << model.status().message();
  EXPECT_EQ(model->flavours.at("xgboost").at("data"), "model.ubj");
  ASSERT_EQ(model->inputs.size(), 2u);
  EXPECT_EQ(model->inputs[1].name, "workday");
  EXPECT_FALSE(model->inputs[1].required);
  EXPECT_EQ(model->inputs[1].type, FeatureType::kLong);
  EXPECT_EQ(model->output_name, "");
  EXPECT_EQ(model->run_id, "4f00");
}

TEST(MlModel, ErrorsNameTheField) {
  EXPECT_FALSE(parse_mlmodel("flavors: [").ok());
  EXPECT_FALSE(parse_mlmodel("- 1").ok());
  EXPECT_EQ(parse_mlmodel("run_id: x").status().field(), "flavors");
  const auto text = parse_mlmodel("flavors: {a: {}}\nsignature: {inputs: '[{\"type\":\"string\",\"name\":\"city\"}]'}");
  EXPECT_EQ(text.status().code(), StatusCode::kUnimplemented);
  EXPECT_THAT(text.status().message(), HasSubstr("'city'"));
  EXPECT_FALSE(parse_mlmodel("flavors: {a: {}}\nsignature: {inputs: 'nope'}").ok());
}

TEST(Signature, NamesWhatIsMissingOrUnknown) {
  const auto signature = Signature::create({{"temperature"}, {"workday"}, {"lag_48"}}, true, "y");
  ASSERT_TRUE(signature.ok());
  EXPECT_EQ(signature->find("lag_48", 0), 2u);
  EXPECT_THAT(signature->unknown("tempreature").message(), HasSubstr("did you mean 'temperature'"));
  EXPECT_THAT(signature->check_complete({1, 0, 0}).message(), HasSubstr("missing features workday, lag_48"));
  EXPECT_FALSE(Signature::create({{"a"}, {"a"}}, true, "y").ok());
}

TEST(LatencyHistogram, QuantilesAreClose) {
  LatencyHistogram histogram;
  EXPECT_EQ(histogram.quantile(0.5), 0);
  for (int i = 1; i <= 1000; ++i) histogram.record(i * 1000);
  EXPECT_NEAR(static_cast<double>(histogram.quantile(0.5)), 500e3, 500e3 * 0.13);
  EXPECT_NEAR(static_cast<double>(histogram.quantile(0.99)), 990e3, 990e3 * 0.13);
  histogram.record(INT64_MAX);
  histogram.record(-5);
}

}  // namespace
}  // namespace treadle::serving
