#include "adapters/mlflow/graphql_types.h"

#include <cctype>
#include <map>
#include <vector>

namespace treadle::mlflow::graphql {
namespace {

using Fields = std::vector<FieldType>;

const std::map<std::string_view, Fields>& types() {
  static const Fields kKeyValue = {{"key", "String"}, {"value", "String"}};
  static const FieldType kApiError = {"apiError", "ApiError"};
  static const std::map<std::string_view, Fields> all = {
      {"Query",
       {{"mlflowGetExperiment", "MlflowGetExperimentResponse"},
        {"mlflowGetMetricHistoryBulkInterval", "MlflowGetMetricHistoryBulkIntervalResponse"},
        {"mlflowGetRun", "MlflowGetRunResponse"},
        {"mlflowListArtifacts", "MlflowListArtifactsResponse"},
        {"mlflowSearchModelVersions", "MlflowSearchModelVersionsResponse"},
        {"mlflowSearchRuns", "MlflowSearchRunsResponse"},
        {"test", "Test"}}},
      {"Mutation",
       {{"mlflowSearchDatasets", "MlflowSearchDatasetsResponse"},
        {"mlflowSearchRuns", "MlflowSearchRunsResponse"},
        {"testMutation", "TestMutation"}}},
      {"Test", {{"output", "String"}}},
      {"TestMutation", {{"output", "String"}}},
      {"ApiError", {{"code", "String"}, {"message", "String"}, {"helpUrl", "String"}, {"traceId", "String"}}},
      {"MlflowGetExperimentResponse", {{"experiment", "MlflowExperiment"}, kApiError}},
      {"MlflowExperiment",
       {{"experimentId", "String"},
        {"name", "String"},
        {"artifactLocation", "String"},
        {"lifecycleStage", "String"},
        {"lastUpdateTime", "Long"},
        {"creationTime", "Long"},
        {"effectiveTraceArchivalRetention", "String"},
        {"workspace", "String"},
        {"tags", "MlflowExperimentTag"}}},
      {"MlflowExperimentTag", kKeyValue},
      {"MlflowGetRunResponse", {{"run", "MlflowRunExtension"}, kApiError}},
      {"MlflowSearchRunsResponse", {{"runs", "MlflowRunExtension"}, {"nextPageToken", "String"}, kApiError}},
      {"MlflowRunExtension",
       {{"info", "MlflowRunInfo"},
        {"data", "MlflowRunData"},
        {"inputs", "MlflowRunInputs"},
        {"outputs", "MlflowRunOutputs"},
        {"experiment", "MlflowExperiment"},
        {"modelVersions", "MlflowModelVersion"}}},
      {"MlflowRunInfo",
       {{"runId", "String"},
        {"runUuid", "String"},
        {"runName", "String"},
        {"experimentId", "String"},
        {"userId", "String"},
        {"status", "String"},
        {"startTime", "Long"},
        {"endTime", "Long"},
        {"artifactUri", "String"},
        {"lifecycleStage", "String"}}},
      {"MlflowRunData", {{"metrics", "MlflowMetricExtension"}, {"params", "MlflowParam"}, {"tags", "MlflowRunTag"}}},
      {"MlflowMetricExtension",
       {{"key", "String"},
        {"value", "Float"},
        {"timestamp", "Long"},
        {"step", "Long"},
        {"datasetName", "String"},
        {"datasetDigest", "String"},
        {"modelId", "String"},
        {"runId", "String"}}},
      {"MlflowParam", kKeyValue},
      {"MlflowRunTag", kKeyValue},
      {"MlflowRunInputs", {{"datasetInputs", "MlflowDatasetInput"}, {"modelInputs", "MlflowModelInput"}}},
      {"MlflowDatasetInput", {{"tags", "MlflowInputTag"}, {"dataset", "MlflowDataset"}}},
      {"MlflowInputTag", kKeyValue},
      {"MlflowDataset",
       {{"name", "String"},
        {"digest", "String"},
        {"sourceType", "String"},
        {"source", "String"},
        {"schema", "String"},
        {"profile", "String"}}},
      {"MlflowModelInput", {{"modelId", "String"}}},
      {"MlflowRunOutputs", {{"modelOutputs", "MlflowModelOutput"}}},
      {"MlflowModelOutput", {{"modelId", "String"}, {"step", "Long"}}},
      {"MlflowSearchModelVersionsResponse",
       {{"modelVersions", "MlflowModelVersion"}, {"nextPageToken", "String"}, kApiError}},
      {"MlflowModelVersion",
       {{"name", "String"},
        {"version", "String"},
        {"creationTimestamp", "Long"},
        {"lastUpdatedTimestamp", "Long"},
        {"userId", "String"},
        {"currentStage", "String"},
        {"description", "String"},
        {"source", "String"},
        {"runId", "String"},
        {"status", "String"},
        {"statusMessage", "String"},
        {"runLink", "String"},
        {"aliases", "String"},
        {"modelId", "String"},
        {"tags", "MlflowModelVersionTag"}}},
      {"MlflowModelVersionTag", kKeyValue},
      {"MlflowSearchDatasetsResponse", {{"datasetSummaries", "MlflowDatasetSummary"}, kApiError}},
      {"MlflowDatasetSummary",
       {{"experimentId", "String"}, {"name", "String"}, {"digest", "String"}, {"context", "String"}}},
      {"MlflowGetMetricHistoryBulkIntervalResponse", {{"metrics", "MlflowMetricWithRunId"}, kApiError}},
      {"MlflowMetricWithRunId",
       {{"key", "String"}, {"value", "Float"}, {"timestamp", "Long"}, {"step", "Long"}, {"runId", "String"}}},
      {"MlflowListArtifactsResponse",
       {{"rootUri", "String"}, {"files", "MlflowFileInfo"}, {"nextPageToken", "String"}, kApiError}},
      {"MlflowFileInfo", {{"path", "String"}, {"isDir", "Boolean"}, {"fileSize", "Long"}}},
  };
  return all;
}

}  // namespace

const FieldType* find_field(std::string_view type, std::string_view field) {
  const auto it = types().find(type);
  if (it == types().end()) return nullptr;
  for (const FieldType& known : it->second) {
    if (known.name == field) return &known;
  }
  return nullptr;
}

bool is_object(std::string_view type) { return types().contains(type); }

std::string snake_case(std::string_view name) {
  std::string snake;
  for (const char c : name) {
    if (std::isupper(static_cast<unsigned char>(c))) snake += '_';
    snake += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return snake;
}

}  // namespace treadle::mlflow::graphql
