"""What MLflow's page asks through GraphQL."""

import mlflow
import pytest
import requests
from mlflow import MlflowClient


@pytest.fixture(scope="module")
def logged(server):
    mlflow.set_tracking_uri(server.url)
    client = MlflowClient(server.url, server.url)
    experiment = client.create_experiment("Graphql", tags={"a": "b"})
    client.create_registered_model("GraphqlModel")
    runs = []
    for value in (1.5, float("nan")):
        run = client.create_run(experiment, start_time=1700000000000 + len(runs)).info.run_id
        client.log_metric(run, "m", value, step=3, timestamp=5)
        client.log_param(run, "p", "x")
        runs.append(run)
    client.create_model_version("GraphqlModel", f"runs:/{runs[0]}/model", runs[0])
    client.log_inputs(runs[0], [mlflow.entities.DatasetInput(mlflow.entities.Dataset("d", "1", "local", "{}"), [mlflow.entities.InputTag("mlflow.data.context", "training")])])
    return experiment, runs


@pytest.fixture
def ask(server):
    def send(query, status=200, **variables):
        answer = requests.post(f"{server.url}/graphql", json={"query": query, "variables": variables, "operationName": None}, timeout=10)
        assert answer.status_code == status, answer.text
        return answer.json()

    return send


def test_an_echo_and_an_experiment(ask, logged):
    assert ask('query testQuery {test(inputString: "abc") { output }}') == {"data": {"test": {"output": "abc"}}, "errors": None}
    experiment, _ = logged
    found = ask("{mlflowGetExperiment(input: {experimentId: \"%s\"}) { experiment { name tags { key value } __typename } }}" % experiment)
    assert found["data"]["mlflowGetExperiment"]["experiment"] == {"name": "Graphql", "tags": [{"key": "a", "value": "b"}], "__typename": "MlflowExperiment"}


def test_a_run_with_its_experiment_and_versions(ask, logged):
    _, (run, other) = logged
    query = """
      query GetRun($data: MlflowGetRunInput!) @component(name: "Test") {
        found: mlflowGetRun(input: $data) {
          apiError { code message }
          run {
            info { runId status startTime endTime lifecycleStage }
            data { metrics { key value step timestamp } params { key value } }
            inputs { datasetInputs { dataset { name digest } tags { key value } } modelInputs { modelId } }
            outputs { modelOutputs { modelId step } }
            ...Neighbours
          }
        }
      }
      fragment Neighbours on MlflowRunExtension { experiment { name experimentId } modelVersions { name version } }
    """
    told = ask(query, data={"runId": run})
    assert told["errors"] is None
    found = told["data"]["found"]["run"]
    assert told["data"]["found"]["apiError"] is None
    assert found["info"] == {"runId": run, "status": "RUNNING", "startTime": "1700000000000", "endTime": "0", "lifecycleStage": "active"}
    assert found["data"] == {"metrics": [{"key": "m", "value": 1.5, "step": "3", "timestamp": "5"}], "params": [{"key": "p", "value": "x"}]}
    assert found["inputs"]["datasetInputs"][0]["dataset"] == {"name": "d", "digest": "1"} and found["outputs"] == {"modelOutputs": []}
    assert found["experiment"]["name"] == "Graphql" and found["modelVersions"] == [{"name": "GraphqlModel", "version": "1"}]
    nan = ask(query, data={"runId": other})["data"]["found"]["run"]
    assert nan["data"]["metrics"][0]["value"] is None and nan["modelVersions"] == []


def test_searches(ask, logged):
    experiment, (run, other) = logged
    query = """query SearchRuns($data: MlflowSearchRunsInput!, $with: Boolean = true) { mlflowSearchRuns(input: $data) {
        runs { info { runId } modelVersions @include(if: $with) { name } experiment { name } } nextPageToken } }"""
    data = {"experimentIds": [experiment], "orderBy": ["start_time ASC"], "maxResults": 1, "runViewType": "ACTIVE_ONLY"}
    first = ask(query, data=data)["data"]["mlflowSearchRuns"]
    assert first["runs"] == [{"info": {"runId": run}, "modelVersions": [{"name": "GraphqlModel"}], "experiment": {"name": "Graphql"}}]
    second = ask(query, data={**data, "pageToken": first["nextPageToken"]}, **{"with": False})["data"]["mlflowSearchRuns"]
    assert second == {"runs": [{"info": {"runId": other}, "experiment": {"name": "Graphql"}}], "nextPageToken": ""}
    history = ask('{mlflowGetMetricHistoryBulkInterval(input: {runIds: ["%s"], metricKey: "m", maxResults: 3}) {metrics {key value step runId}}}' % run)
    assert history["data"]["mlflowGetMetricHistoryBulkInterval"]["metrics"] == [{"key": "m", "value": 1.5, "step": "3", "runId": run}]
    datasets = ask('mutation {mlflowSearchDatasets(input: {experimentIds: ["%s"]}) {datasetSummaries {name context}}}' % experiment)
    assert datasets["data"]["mlflowSearchDatasets"]["datasetSummaries"] == [{"name": "d", "context": "training"}]
    versions = ask("""{mlflowSearchModelVersions(input: {filter: "name = 'GraphqlModel'"}) {modelVersions {name runId creationTimestamp}}}""")
    assert versions["data"]["mlflowSearchModelVersions"]["modelVersions"][0]["runId"] == run
    files = ask('{mlflowListArtifacts(input: {runId: "%s"}) {rootUri files {path}}}' % run)
    assert files["data"]["mlflowListArtifacts"]["files"] == []


def test_what_fails_is_told_beside_what_does_not(ask, logged):
    experiment, _ = logged
    told = ask('{a: mlflowGetRun(input: {runId: "none"}) {run {info {runId}}} mlflowGetExperiment(input: {experimentId: "%s"}) {experiment {name}}}' % experiment)
    assert told["data"] == {"a": None, "mlflowGetExperiment": {"experiment": {"name": "Graphql"}}}
    assert told["errors"] == ["Run with id=none not found"]
    for query in ("{nothing}", "{mlflowGetExperiment(input: {experimentId: \"0\"}) {experiment {bogus}}}", "{mlflowGetExperiment(input: {experimentId: \"0\"}) {experiment}}",
                  "{mlflowGetExperiment(input: {experimentId: \"0\"}) {experiment {name {x}}}}"):
        told = ask(query)
        assert told["data"] is None and len(told["errors"]) == 1, query
    ten = " ".join(f'a{i}: test(inputString: "x") {{output}}' for i in range(11))
    deep = "{test" * 12 + "}" * 12
    for query in ("", "{", "{}", "query", "{test(inputString: \"a) {output}}", "{...f} fragment f on Query {...f}", "{...g}", "{a{b}} {c{d}}", "{test(x: [[[[[["):
        assert ask(query, status=400)["data"] is None, query
    # A query that is too large is understood and answered: 200, as MLflow's server has it.
    for query, words in ((f"{{{ten}}}", "GraphQL queries should have at most 10 "), (deep, "Query exceeds maximum depth of 10")):
        told = ask(query)
        assert told["data"] is None and words in told["errors"][0], told
