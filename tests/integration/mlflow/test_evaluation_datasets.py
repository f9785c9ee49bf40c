"""Evaluation datasets and scorers of MLflow 3 by the real client; what is refused; what a killed server keeps."""

import json
import uuid

import mlflow
import pandas as pd
import pytest
import requests
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from mlflow.genai import datasets
from mlflow.genai.scorers import Guidelines, delete_scorer, get_scorer, list_scorers


def v3(server, method, path, **how):
    return requests.request(method, f"{server.url}/api/3.0/mlflow/{path}", timeout=30, **how)


def test_records_from_dicts_frames_and_traces(experiment):
    name = f"questions-{uuid.uuid4()}"
    dataset = datasets.create_dataset(name=name, experiment_id=experiment, tags={"team": "grid"})
    assert dataset.name == name
    assert dataset.dataset_id.startswith("d-")
    assert dataset.experiment_ids == [experiment]
    first = dataset.digest
    dataset.merge_records([
        {"inputs": {"q": "why?"}, "expectations": {"answer": "because"}, "tags": {"kind": "short"}},
        {"inputs": {"q": "how?", "n": 2}, "outputs": "so"},
    ])
    dataset.merge_records(pd.DataFrame([{"inputs": {"q": "why?"}, "expectations": {"long": True}}, {"inputs": {"q": "ü NaN \\\" NaN"}}]))
    with mlflow.start_span("answer") as span:
        span.set_inputs({"q": "traced?"})
        span.set_outputs({"answer": "yes"})
    dataset.merge_records([mlflow.get_trace(span.trace_id)])

    read = datasets.get_dataset(dataset_id=dataset.dataset_id)
    table = read.to_df()
    assert [inputs["q"] for inputs in table["inputs"]] == ["why?", "how?", "ü NaN \\\" NaN", "traced?"]
    assert table["expectations"][0] == {"answer": "because", "long": True}
    assert table["expectations"][2] is None  # a cell that the table lacks
    assert table["tags"][0]["kind"] == "short"
    assert table["outputs"][1] == "so"
    assert list(table["source_type"]) == ["HUMAN", "CODE", "HUMAN", "TRACE"]
    assert table["source_id"][3] == span.trace_id
    assert read.digest != first
    assert json.loads(read.profile) == {"num_records": 4}
    assert json.loads(read.schema)["inputs"] == {"q": "string", "n": "integer"}
    assert read.tags["team"] == "grid"
    assert datasets.get_dataset(name=name).dataset_id == read.dataset_id

    assert read.delete_records([table["dataset_record_id"][0]]) == 1
    assert len(datasets.get_dataset(dataset_id=read.dataset_id).to_df()) == 3


def test_all_records_come_page_by_page(experiment):
    dataset = datasets.create_dataset(name=f"many-{uuid.uuid4()}", experiment_id=experiment)
    dataset.merge_records([{"inputs": {"i": i}} for i in range(2500)])
    assert [inputs["i"] for inputs in dataset.to_df()["inputs"]] == list(range(2500))


def test_search_tags_and_experiments(experiment):
    client = MlflowClient()
    made = [datasets.create_dataset(name=f"{experiment}-{i}", experiment_id=experiment, tags={"rank": str(i)}) for i in range(4)]

    def found(**how):
        return [one.name[-1] for one in datasets.search_datasets(experiment_ids=[experiment], **how)]

    assert found(order_by=["name ASC"]) == ["0", "1", "2", "3"]
    assert found(order_by=["created_time ASC"], max_results=3) == ["0", "1", "2"]
    assert found(filter_string="tags.rank = '2'") == ["2"]
    assert found(filter_string=f"name LIKE '{experiment}-%' AND name != '{experiment}-1'", order_by=["name DESC"]) == ["3", "2", "0"]
    page = client.search_datasets(experiment_ids=[experiment], max_results=3, order_by=["name ASC"])
    rest = client.search_datasets(experiment_ids=[experiment], max_results=3, order_by=["name ASC"], page_token=page.token)
    assert [one.name[-1] for one in [*page, *rest]] == ["0", "1", "2", "3"]
    with pytest.raises(MlflowException, match="Invalid attribute key 'colour'"):
        found(filter_string="colour = 'red'")

    datasets.set_dataset_tags(dataset_id=made[0].dataset_id, tags={"rank": "9", "new": "x"})
    datasets.delete_dataset_tag(dataset_id=made[0].dataset_id, key="new")
    tags = datasets.get_dataset(dataset_id=made[0].dataset_id).tags
    assert tags["rank"] == "9" and "new" not in tags

    other = mlflow.create_experiment(f"evaluation-{uuid.uuid4()}")
    datasets.add_dataset_to_experiments(dataset_id=made[0].dataset_id, experiment_ids=[other])
    assert set(client.get_dataset(made[0].dataset_id).experiment_ids) == {experiment, other}
    datasets.remove_dataset_from_experiments(dataset_id=made[0].dataset_id, experiment_ids=[experiment])
    assert found(order_by=["name ASC"]) == ["1", "2", "3"]
    with pytest.raises(MlflowException, match="No Experiment with id=987654"):
        datasets.add_dataset_to_experiments(dataset_id=made[0].dataset_id, experiment_ids=["987654"])

    datasets.delete_dataset(dataset_id=made[1].dataset_id)
    with pytest.raises(MlflowException, match="not found"):
        datasets.get_dataset(dataset_id=made[1].dataset_id)


@pytest.mark.parametrize(("path", "body"), [
    ("datasets/create", {}), ("datasets/create", {"name": 5}), ("datasets/create", {"name": "n", "tags": "["}),
    ("datasets/create", {"name": "n", "tags": "[1]"}), ("datasets/create", {"name": "n", "experiment_ids": "x"}),
    ("datasets/create", {"name": "n", "tags": "{\"k\": \"a\\u0000b\"}"}),
    ("datasets/search", {"max_results": 0}), ("datasets/search", {"order_by": ["tags.a"]}),
    ("datasets/search", {"filter_string": "name = 'a' OR name = 'b'"}), ("datasets/search", {"page_token": "-1"}),
    ("datasets/{id}/records", {}), ("datasets/{id}/records", {"records": "{}"}), ("datasets/{id}/records", {"records": "[1]"}),
    ("datasets/{id}/records", {"records": "[{\"inputs\": [1]}]"}), ("datasets/{id}/records", {"records": "[{\"inputs\": {\"a\": Infinity}}]"}),
    ("datasets/{id}/records", {"records": "[{\"inputs\": {}, \"source\": {\"source_type\": \"MOON\"}}]"}),
    ("datasets/{id}/records", {"records": "[" * 5000}), ("datasets/{id}/add-experiments", {"experiment_ids": [1]}),
    ("scorers/register", {"experiment_id": "0", "name": "s"}), ("scorers/register", {"experiment_id": "0", "name": " ", "serialized_scorer": "{}"}),
    ("scorers/register", {"experiment_id": "0", "name": "s", "serialized_scorer": "no"})])
def test_what_is_wrong_is_named_and_changes_nothing(experiment, server, path, body):
    dataset = v3(server, "POST", "datasets/create", json={"name": "d", "experiment_ids": [experiment]}).json()["dataset"]
    answer = v3(server, "POST", path.replace("{id}", dataset["dataset_id"]), json=body)
    assert answer.status_code == 400, answer.text
    assert answer.json()["error_code"] == "INVALID_PARAMETER_VALUE"
    assert v3(server, "GET", f"datasets/{dataset['dataset_id']}").json()["dataset"] == dataset


def test_what_is_not_there(experiment, server):
    for method, path, body in [("GET", "datasets/d-none", None), ("GET", "datasets/d-none/records", None), ("PATCH", "datasets/d-none/tags", {"tags": "{}"}),
                               ("POST", "datasets/d-none/records", {"records": "[]"}), ("POST", "datasets/d-none/add-experiments", {"experiment_ids": [experiment]})]:
        answer = v3(server, method, path, json=body)
        assert (answer.status_code, answer.json()["error_code"]) == (404, "RESOURCE_DOES_NOT_EXIST"), path
    assert v3(server, "DELETE", "datasets/d-none").status_code == 200


def test_an_acknowledged_record_survives_a_kill(experiment, server):
    dataset = datasets.create_dataset(name="kept", experiment_id=experiment)
    dataset.merge_records([{"inputs": {"i": i}} for i in range(10)])
    server.kill9()
    server.restart()
    mlflow.set_tracking_uri(server.url)
    assert len(datasets.get_dataset(dataset_id=dataset.dataset_id).to_df()) == 10


def test_scorers_are_registered_listed_read_and_deleted(experiment, server):
    judge = Guidelines(name="polite", guidelines="The answer is polite.", model="openai:/gpt-4o")
    assert judge.register(experiment_id=experiment).name == "polite"
    Guidelines(name="polite", guidelines="The answer is very polite.", model="openai:/gpt-4o").register(experiment_id=experiment)
    Guidelines(name="brief", guidelines="The answer is brief.", model="openai:/gpt-4o").register(experiment_id=experiment)
    assert [one.name for one in list_scorers(experiment_id=experiment)] == ["brief", "polite"]
    assert get_scorer(name="polite", experiment_id=experiment).guidelines == "The answer is very polite."
    assert get_scorer(name="polite", experiment_id=experiment, version=1).guidelines == "The answer is polite."
    delete_scorer(name="polite", experiment_id=experiment, version="all")
    with pytest.raises(MlflowException, match="Scorer with name 'polite' not found"):
        get_scorer(name="polite", experiment_id=experiment)
    # What is not ours says so.
    answer = v3(server, "PUT", "scorers/online-config", json={"experiment_id": experiment, "name": "brief", "sample_rate": 1})
    assert (answer.status_code, answer.json()["error_code"]) == (501, "NOT_IMPLEMENTED")
