#include "adapters/oip/grpc/server.h"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "domains/serving/test_world.h"
#include "inference.grpc.pb.h"

namespace treadle::oip {
namespace {

using ::testing::HasSubstr;

class GrpcTest : public ::testing::Test {
 protected:
  void SetUp() override {
    world_ = serving::testing::World::create();
    world_->source.add("demand", 1, "100");
    ASSERT_TRUE(world_->service->deploy("demand", {.model = "demand", .version = 1}).ok());
    server_ = std::make_unique<OipGrpcServer>(*world_->service);
    ASSERT_TRUE(server_->start("127.0.0.1", 0).ok());
    stub_ = inference::GRPCInferenceService::NewStub(
        grpc::CreateChannel(str_cat("127.0.0.1:", server_->port()), grpc::InsecureChannelCredentials()));
  }

  static inference::ModelInferRequest request() {
    inference::ModelInferRequest request;
    request.set_model_name("demand");
    request.set_id("r1");
    auto* input = request.add_inputs();
    input->set_name("x");
    input->set_datatype("FP32");
    input->add_shape(2);
    input->add_shape(3);
    for (const float value : {1, 2, 3, 4, 5, 6}) input->mutable_contents()->add_fp32_contents(value);
    return request;
  }
  grpc::Status infer(const inference::ModelInferRequest& request) {
    grpc::ClientContext context;
    response_.Clear();
    return stub_->ModelInfer(&context, request, &response_);
  }

  std::unique_ptr<serving::testing::World> world_;
  std::unique_ptr<OipGrpcServer> server_;
  std::unique_ptr<inference::GRPCInferenceService::Stub> stub_;
  inference::ModelInferResponse response_;
};

TEST_F(GrpcTest, TypedContents) {
  const grpc::Status status = infer(request());
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response_.id(), "r1");
  EXPECT_EQ(response_.model_version(), "1");
  EXPECT_EQ(response_.outputs(0).name(), "total");
  EXPECT_FLOAT_EQ(response_.outputs(0).contents().fp32_contents(0), 106);
  EXPECT_FLOAT_EQ(response_.outputs(0).contents().fp32_contents(1), 115);
}

TEST_F(GrpcTest, RawContentsPerColumn) {
  inference::ModelInferRequest request;
  request.set_model_name("demand");
  const double a = 1.5;
  const std::int64_t b = 2;
  for (const char* name : {"a", "b"}) {
    auto* input = request.add_inputs();
    input->set_name(name);
    input->set_datatype(name[0] == 'a' ? "FP64" : "INT64");
    input->add_shape(1);
  }
  request.add_raw_input_contents(&a, sizeof a);
  request.add_raw_input_contents(&b, sizeof b);
  const grpc::Status status = infer(request);
  ASSERT_TRUE(status.ok()) << status.error_message();
  ASSERT_EQ(response_.raw_output_contents_size(), 1);
  float value = 0;
  std::memcpy(&value, response_.raw_output_contents(0).data(), sizeof value);
  EXPECT_FLOAT_EQ(value, 103.5);
}

TEST_F(GrpcTest, ErrorsSayWhatIsWrong) {
  auto bad = request();
  bad.set_model_name("demnad");
  EXPECT_EQ(infer(bad).error_code(), grpc::StatusCode::NOT_FOUND);
  bad = request();
  bad.mutable_inputs(0)->mutable_contents()->add_fp32_contents(7);
  EXPECT_THAT(infer(bad).error_message(), HasSubstr("has 7 values"));
  bad = request();
  bad.add_raw_input_contents("1234");
  EXPECT_THAT(infer(bad).error_message(), HasSubstr("beside raw_input_contents"));
  bad = request();
  bad.mutable_inputs(0)->set_datatype("FP33");
  EXPECT_EQ(infer(bad).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  bad = request();
  bad.mutable_inputs(0)->set_shape(0, std::int64_t{1} << 62);
  EXPECT_EQ(infer(bad).error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  bad = request();
  bad.add_outputs()->set_name("nope");
  EXPECT_THAT(infer(bad).error_message(), HasSubstr("its output is 'total'"));
}

TEST_F(GrpcTest, DescribesItself) {
  {
    grpc::ClientContext context;
    inference::ModelReadyRequest request;
    inference::ModelReadyResponse response;
    request.set_name("unknown");
    ASSERT_TRUE(stub_->ModelReady(&context, request, &response).ok());
    EXPECT_FALSE(response.ready());
  }
  {
    grpc::ClientContext context;
    inference::ModelMetadataRequest request;
    inference::ModelMetadataResponse response;
    request.set_name("demand");
    ASSERT_TRUE(stub_->ModelMetadata(&context, request, &response).ok());
    EXPECT_EQ(response.inputs_size(), 3);
    EXPECT_EQ(response.inputs(1).datatype(), "INT64");
  }
  ASSERT_TRUE(infer(request()).ok());
  grpc::ClientContext context;
  inference::ModelStatisticsRequest request;
  inference::ModelStatisticsResponse response;
  ASSERT_TRUE(stub_->ModelStatistics(&context, request, &response).ok());
  EXPECT_EQ(response.model_stats(0).inference_count(), 2u);
}

TEST_F(GrpcTest, StreamAnswersEachRequest) {
  grpc::ClientContext context;
  auto stream = stub_->ModelStreamInfer(&context);
  auto bad = request();
  bad.set_model_name("nope");
  inference::ModelStreamInferResponse answer;
  stream->Write(bad);
  ASSERT_TRUE(stream->Read(&answer));
  EXPECT_THAT(answer.error_message(), HasSubstr("nope"));
  stream->Write(request());
  ASSERT_TRUE(stream->Read(&answer));
  EXPECT_FLOAT_EQ(answer.infer_response().outputs(0).contents().fp32_contents(0), 106);
  stream->WritesDone();
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(GrpcTest, APortInUseIsRefused) {
  OipGrpcServer second(*world_->service);
  const Status status = second.start("127.0.0.1", server_->port());
  EXPECT_EQ(status.code(), StatusCode::kAlreadyExists);
  EXPECT_THAT(status.message(), HasSubstr("--grpc-port"));
  server_->stop(std::chrono::milliseconds(100));
}

}  // namespace
}  // namespace treadle::oip
