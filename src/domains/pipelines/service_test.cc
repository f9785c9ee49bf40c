#include "domains/pipelines/service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "domains/pipelines/test_world.h"

namespace treadle::pipelines {
namespace {

using testing::HasSubstr;

// make(n) -> number, data; use(data) after it when number > 4; always a "bye" that runs whatever happened.
constexpr const char* kSpec = R"(
pipelineInfo: {name: probe}
schemaVersion: 2.1.0
root:
  inputDefinitions:
    parameters:
      n: {parameterType: NUMBER_INTEGER, defaultValue: 3.0, isOptional: true}
      script: {parameterType: STRING, defaultValue: 'true', isOptional: true}
  dag:
    tasks:
      make:
        componentRef: {name: comp-make}
        cachingOptions: {enableCache: true}
        inputs: {parameters: {n: {componentInputParameter: n}, script: {componentInputParameter: script}}}
      condition-1:
        componentRef: {name: comp-condition-1}
        dependentTasks: [make]
        inputs:
          parameters: {number: {taskOutputParameter: {producerTask: make, outputParameterKey: number}}}
          artifacts: {data: {taskOutputArtifact: {producerTask: make, outputArtifactKey: data}}}
        triggerPolicy: {condition: "int(inputs.parameter_values['number']) > 4"}
      bye:
        componentRef: {name: comp-bye}
        dependentTasks: [condition-1]
        triggerPolicy: {strategy: ALL_UPSTREAM_TASKS_COMPLETED}
        inputs:
          parameters: {run: {runtimeValue: {constant: '{{$.pipeline_job_uuid}}'}}}
components:
  comp-make:
    executorLabel: exec-make
    inputDefinitions: {parameters: {n: {parameterType: NUMBER_INTEGER}, script: {parameterType: STRING}}}
    outputDefinitions:
      parameters: {number: {parameterType: NUMBER_INTEGER}}
      artifacts: {data: {artifactType: {schemaTitle: system.Dataset}}}
  comp-condition-1:
    inputDefinitions:
      parameters: {number: {parameterType: NUMBER_INTEGER}}
      artifacts: {data: {artifactType: {schemaTitle: system.Dataset}}}
    dag:
      tasks:
        use:
          componentRef: {name: comp-use}
          inputs: {artifacts: {data: {componentInputArtifact: data}}}
  comp-use:
    executorLabel: exec-use
    inputDefinitions: {artifacts: {data: {artifactType: {schemaTitle: system.Dataset}}}}
    outputDefinitions: {parameters: {text: {parameterType: STRING}}}
  comp-bye:
    executorLabel: exec-bye
    inputDefinitions: {parameters: {run: {parameterType: STRING}}}
deploymentSpec:
  executors:
    exec-make:
      container:
        image: any
        command: [sh, -ec]
        args:
          - 'eval "$3"; echo made; expr $0 \* 2 > $1; echo data-$0 > $2'
          - "{{$.inputs.parameters['n']}}"
          - "{{$.outputs.parameters['number'].output_file}}"
          - "{{$.outputs.artifacts['data'].path}}"
          - "{{$.inputs.parameters['script']}}"
    exec-use:
      container:
        image: any
        command: [sh, -ec, 'cat $0 > $1', "{{$.inputs.artifacts['data'].path}}", "{{$.outputs.parameters['text'].output_file}}"]
    exec-bye:
      container: {image: any, command: [sh, -c, 'echo bye $0', "{{$.inputs.parameters['run']}}"]}
)";

class ServiceTest : public World {
 protected:
  void SetUp() override {
    World::SetUp();
    const auto parsed = parse_spec_text(kSpec);
    ASSERT_TRUE(parsed.ok()) << parsed.status().to_string();
    spec_ = *parsed;
    ASSERT_TRUE(service_->start().ok());
  }
  Json spec_;
};

TEST_F(ServiceTest, RunsStepsAndMovesTheirOutputs) {
  const PipelineRun done = run(spec_);
  EXPECT_EQ(done.state, RunState::kSucceeded) << done.error;
  EXPECT_EQ(task(done.id, "make").outputs["parameters"]["number"], 6);
  EXPECT_EQ(task(done.id, "make").outputs["artifacts"]["data"]["sha256"].get<std::string>().size(), 64U);
  EXPECT_EQ(task(done.id, "condition-1.use").outputs["parameters"]["text"], "data-3\n");
  EXPECT_EQ(task(done.id, "condition-1.use").parent, "condition-1");
  EXPECT_EQ(service_->task_log(done.id, "make", 0).value_or(""), "made\n");
  EXPECT_EQ(service_->task_log(done.id, "bye", 0).value_or(""), "bye " + done.id + "\n");
  const auto tracked = tracking_->get_run(done.tracking_id());
  ASSERT_TRUE(tracked.ok());
  EXPECT_EQ(tracked->status, tracking::RunStatus::kFinished);
  EXPECT_THAT(tracked->params, testing::Contains(std::pair<std::string, std::string>("n", "3")));
  const auto upstream = graph_->upstream({"run", done.tracking_id()});
  ASSERT_TRUE(upstream.ok());
  EXPECT_GE(upstream->nodes.size(), 5U);
}

TEST_F(ServiceTest, AFalseConditionSkips) {
  const PipelineRun done = run(spec_, {{"n", 1}});
  EXPECT_EQ(done.state, RunState::kSucceeded);
  EXPECT_EQ(task(done.id, "condition-1").state, TaskState::kSkipped);
  EXPECT_EQ(task(done.id, "condition-1.use").state, TaskState::kSkipped);
  EXPECT_EQ(task(done.id, "bye").state, TaskState::kSucceeded);
}

TEST_F(ServiceTest, AFailingStepFailsTheRunButExitTasksRun) {
  const PipelineRun done = run(spec_, {{"script", "echo broken; exit 7"}});
  EXPECT_EQ(done.state, RunState::kFailed);
  EXPECT_THAT(done.error, HasSubstr("exit code 7: broken"));
  EXPECT_EQ(task(done.id, "condition-1").state, TaskState::kSkipped);
  EXPECT_EQ(task(done.id, "bye").state, TaskState::kSucceeded);
}

TEST_F(ServiceTest, TheSameStepAgainIsCached) {
  const PipelineRun first = run(spec_);
  const PipelineRun second = run(spec_);
  EXPECT_EQ(task(second.id, "make").state, TaskState::kCached);
  EXPECT_EQ(task(second.id, "make").outputs, task(first.id, "make").outputs);
  EXPECT_EQ(task(second.id, "condition-1.use").outputs["parameters"]["text"], "data-3\n");
  EXPECT_EQ(task(run(spec_, {{"n", 4}}).id, "make").state, TaskState::kSucceeded);
}

TEST_F(ServiceTest, RetriesAFailedStep) {
  spec_["root"]["dag"]["tasks"]["make"]["retryPolicy"] = {{"maxRetryCount", 2}, {"backoffDuration", "0s"}};
  const std::string mark = (folder_.path() / "mark").string();
  const PipelineRun done = run(spec_, {{"script", "test -e " + mark + " || { touch " + mark + "; exit 1; }"}});
  EXPECT_EQ(done.state, RunState::kSucceeded) << done.error;
  EXPECT_EQ(task(done.id, "make").attempts, 2);
}

TEST_F(ServiceTest, CancelEndsTheRunningStep) {
  Submission submission;
  submission.spec = spec_;
  submission.parameters = {{"script", "sleep 60"}};
  const PipelineRun submitted = *service_->submit(submission);
  while (task(submitted.id, "make").state != TaskState::kRunning) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  ASSERT_TRUE(service_->cancel(submitted.id).ok());
  const PipelineRun done = finish(submitted.id);
  EXPECT_EQ(done.state, RunState::kCanceled);
  EXPECT_EQ(task(done.id, "make").state, TaskState::kCanceled);
  EXPECT_EQ(tracking_->get_run(done.tracking_id())->status, tracking::RunStatus::kKilled);
  EXPECT_EQ(service_->cancel(done.id).code(), StatusCode::kFailedPrecondition);
}

TEST_F(ServiceTest, ARestartRunsAnInterruptedStepAgain) {
  const std::string mark = (folder_.path() / "mark").string();
  Submission submission;
  submission.spec = spec_;
  submission.id = "0123456789abcdef0123456789abcdef";
  submission.parameters = {{"script", "test -e " + mark + " || { touch " + mark + "; sleep 60; }"}};
  const PipelineRun submitted = *service_->submit(submission);
  while (!std::filesystem::exists(mark)) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  service_->stop();
  EXPECT_EQ(task(submitted.id, "make").state, TaskState::kRunning);
  make_service();
  ASSERT_TRUE(service_->start().ok());
  EXPECT_EQ(service_->submit(submission)->id, submitted.id);  // repeated by a caller that did not hear the answer
  const PipelineRun done = finish(submitted.id);
  EXPECT_EQ(done.state, RunState::kSucceeded) << done.error;
  EXPECT_EQ(task(done.id, "make").attempts, 2);
}

TEST_F(ServiceTest, LoopsRunTheirItems) {
  Json& tasks = spec_["root"]["dag"]["tasks"];
  tasks = {{"loop",
            {{"componentRef", {{"name", "comp-loop"}}},
             {"parameterIterator", {{"itemInput", "item"}, {"items", {{"raw", "[1, 2, 3]"}}}}}}}};
  spec_["components"]["comp-loop"] = {
      {"inputDefinitions", {{"parameters", {{"item", {{"parameterType", "NUMBER_INTEGER"}}}}}}},
      {"outputDefinitions", {{"parameters", {{"numbers", {{"parameterType", "LIST"}}}}}}},
      {"dag",
       {{"tasks",
         {{"make",
           {{"componentRef", {{"name", "comp-make"}}},
            {"inputs",
             {{"parameters",
               {{"n", {{"componentInputParameter", "item"}}},
                {"script", {{"runtimeValue", {{"constant", "true"}}}}}}}}}}}}},
        {"outputs",
         {{"parameters",
           {{"numbers",
             {{"valueFromParameter", {{"producerSubtask", "make"}, {"outputParameterKey", "number"}}}}}}}}}}}};
  const PipelineRun done = run(spec_);
  EXPECT_EQ(done.state, RunState::kSucceeded) << done.error;
  EXPECT_EQ(task(done.id, "loop").outputs["parameters"]["numbers"], Json({2, 4, 6}));
  EXPECT_EQ(task(done.id, "loop.1.make").state, TaskState::kSucceeded);
}

TEST_F(ServiceTest, BadSubmissionsChangeNothingAndSayWhat) {
  const auto refuse = [&](const Json& spec, const Json& parameters) {
    Submission submission;
    submission.spec = spec;
    submission.parameters = parameters;
    const auto run = service_->submit(submission);
    EXPECT_FALSE(run.ok());
    return run.status().message();
  };
  EXPECT_THAT(refuse(spec_, {{"m", 1}}), HasSubstr("parameters.m"));
  EXPECT_THAT(refuse(spec_, {{"n", "x"}}), HasSubstr("NUMBER_INTEGER"));
  EXPECT_THAT(refuse(spec_, {{"n", 1.5}}), HasSubstr("parameters.n"));
  Json broken = spec_;
  broken["root"]["dag"]["tasks"]["bye"]["dependentTasks"] = {"gone"};
  EXPECT_THAT(refuse(broken, Json::object()), HasSubstr("\"gone\""));
  broken["root"]["dag"]["tasks"]["bye"]["dependentTasks"] = {"bye"};
  EXPECT_THAT(refuse(broken, Json::object()), HasSubstr("circle"));
  broken = spec_;
  broken["root"]["dag"]["tasks"]["condition-1"]["triggerPolicy"]["condition"] = "1 >";
  EXPECT_THAT(refuse(broken, Json::object()), HasSubstr("condition"));
  broken = spec_;
  broken["components"].erase("comp-use");
  EXPECT_THAT(refuse(broken, Json::object()), HasSubstr("componentRef"));
  EXPECT_THAT(refuse(Json::array(), Json::object()), HasSubstr("pipeline_spec"));
  EXPECT_EQ(service_->list_runs({})->total, 0);
}

TEST_F(ServiceTest, ARunKnowsTheCodeItWasSubmittedFrom) {
  const std::string commit(40, 'a');
  const auto first = service_->put_pipeline("probe", "", spec_, {commit, true});
  ASSERT_TRUE(first.ok()) << first.status().to_string();
  EXPECT_EQ(service_->put_pipeline("probe", "", spec_, {commit, true})->id, first->id) << "nothing new";
  EXPECT_NE(service_->put_pipeline("probe", "", spec_, {commit, false})->id, first->id) << "other code";
  Submission submission;
  submission.version_id = first->id;
  const auto run = service_->submit(submission);
  ASSERT_TRUE(run.ok()) << run.status().to_string();
  finish(run->id);
  const auto read = service_->get_run(run->id);
  EXPECT_EQ(read->code.commit, commit);
  EXPECT_TRUE(read->code.dirty);
  const auto tracked = tracking_->get_run(run->tracking_id());
  ASSERT_TRUE(tracked.ok());
  EXPECT_THAT(tracked->tags,
              testing::IsSupersetOf({std::pair<std::string, std::string>("mlflow.source.git.commit", commit),
                                     {"mlflow.source.git.dirty", "true"}}));
  // What a submission says of itself counts more than what the stored version says.
  submission.code = {std::string(40, 'b'), false};
  EXPECT_EQ(service_->submit(submission)->code.commit, std::string(40, 'b'));
}

TEST_F(ServiceTest, StoresPipelinesAndTheirVersions) {
  const auto pipeline = service_->create_pipeline("probe", "", "about");
  ASSERT_TRUE(pipeline.ok());
  EXPECT_EQ(service_->create_pipeline("probe", "", "").status().code(), StatusCode::kAlreadyExists);
  ASSERT_TRUE(service_->create_version("probe", "v1", "", spec_).ok());
  EXPECT_FALSE(service_->create_version("probe", "v2", "", Json::object()).ok());
  Submission submission;
  submission.pipeline = "probe";
  const auto submitted = service_->submit(submission);
  ASSERT_TRUE(submitted.ok()) << submitted.status().to_string();
  EXPECT_EQ(submitted->pipeline_id, pipeline->id);
  EXPECT_EQ(finish(submitted->id).state, RunState::kSucceeded);
  EXPECT_FALSE(service_->delete_pipeline("probe", false).ok());
  EXPECT_TRUE(service_->delete_pipeline("probe", true).ok());
}

}  // namespace
}  // namespace treadle::pipelines
