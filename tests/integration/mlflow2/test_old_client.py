"""The MLflow 2.22 client, which many still have, against the same server: the suite of the 3.x client as far as it goes,
and what only the old one does."""

import importlib.util
import pathlib

import mlflow
import numpy
import pytest
from mlflow import MlflowClient

HERE = pathlib.Path(__file__).resolve().parent


def load(name):
    spec = importlib.util.spec_from_file_location(f"of_3x_{name}", HERE.parent / "mlflow" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# The same tests, collected here under their names; what needs a 3.x client or a flavour this environment has not is left out.
_client, _registry = load("test_client"), load("test_registry")
client = _client.client
for _module, _left_out in ((_client, {"test_a_registered_model_loads_and_predicts"}),
                           (_registry, {"test_prompts_are_kept_apart_from_models", "test_a_logged_model_tells_which_versions_it_became"})):
    for _name, _value in vars(_module).items():
        if (_name.startswith("test_") and _name not in _left_out) or _name == "many":
            globals()[_name] = _value


def test_this_is_the_old_client():
    assert mlflow.__version__.startswith("2.22.")


def test_models_are_logged_under_their_run_and_load_by_every_name(client, tmp_path):
    from sklearn.linear_model import LinearRegression

    x = numpy.arange(20.0).reshape(10, 2)
    model = LinearRegression().fit(x, x.sum(axis=1))
    mlflow.set_experiment("old-client")
    with mlflow.start_run() as run:
        info = mlflow.sklearn.log_model(model, "model", registered_model_name="old-model", input_example=x[:2])
    client.set_registered_model_alias("old-model", "champion", "1")
    for uri in (f"runs:/{run.info.run_id}/model", info.model_uri, "models:/old-model/1", "models:/old-model@champion", "models:/old-model/latest"):
        numpy.testing.assert_allclose(mlflow.pyfunc.load_model(uri).predict(x), x.sum(axis=1), rtol=1e-9, err_msg=uri)
    version = client.get_model_version("old-model", "1")
    assert version.run_id == run.info.run_id and version.source.endswith(f"/{run.info.run_id}/artifacts/model")
    assert "mlflow.log-model.history" in client.get_run(run.info.run_id).data.tags


def test_autologging_nested_runs_and_search(client):
    from sklearn.linear_model import Ridge

    experiment = mlflow.set_experiment("old-autolog").experiment_id
    mlflow.sklearn.autolog(log_models=False)
    try:
        with mlflow.start_run(run_name="parent") as parent:
            with mlflow.start_run(run_name="child", nested=True):
                Ridge(alpha=0.5).fit([[0.0], [1.0], [2.0]], [0.0, 1.0, 2.0])
    finally:
        mlflow.sklearn.autolog(disable=True)
    frame = mlflow.search_runs([experiment], "params.alpha = '0.5'")
    assert list(frame["tags.mlflow.parentRunId"]) == [parent.info.run_id]


def test_datasets_and_tables(client):
    import pandas

    mlflow.set_experiment("old-data")
    frame = pandas.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0]})
    with mlflow.start_run() as run:
        mlflow.log_input(mlflow.data.from_pandas(frame, name="small"), context="training")
        mlflow.log_table(frame, "table.json")
    inputs = client.get_run(run.info.run_id).inputs.dataset_inputs
    assert [(i.dataset.name, i.tags[0].value) for i in inputs] == [("small", "training")]
    assert mlflow.load_table("table.json", run_ids=[run.info.run_id])["b"].tolist() == [3.0, 4.0]



def test_traces_of_the_old_client(client):
    """The calls below the decorator, one by one; test_old_traces.py has the decorator itself."""
    from mlflow.entities import TraceData
    from mlflow.entities.trace_status import TraceStatus

    experiment = client.create_experiment("old traces")
    traced, store = client._tracking_client, client._tracking_client.store
    ids = []
    for at, status in ((1000, TraceStatus.OK), (2000, TraceStatus.ERROR)):
        begun = store.start_trace(experiment, at, {"mlflow.trace_schema.version": "2"}, {"mlflow.traceName": "old answer"})
        assert begun.status == TraceStatus.IN_PROGRESS and begun.timestamp_ms == at
        traced._upload_trace_data(begun, TraceData(spans=[]))
        ended = store.end_trace(begun.request_id, at + 250, status, {"more": "1"}, {"k": "v"})
        assert (ended.status, ended.execution_time_ms) == (status, 250)
        assert ended.request_metadata == {"mlflow.trace_schema.version": "2", "more": "1"} and ended.tags["k"] == "v"
        ids.append(begun.request_id)
    assert store.get_trace_info(ids[0]).tags["mlflow.traceName"] == "old answer"
    read = client.get_trace(ids[0])
    assert read.info.request_id == ids[0] and read.data.spans == []
    assert [one.info.request_id for one in client.search_traces([experiment])] == [ids[1], ids[0]]
    first = client.search_traces([experiment], max_results=1, order_by=["timestamp_ms ASC"])
    assert [one.info.request_id for one in first] == [ids[0]]
    rest = client.search_traces([experiment], max_results=1, order_by=["timestamp_ms ASC"], page_token=first.token)
    assert [one.info.request_id for one in rest] == [ids[1]] and rest.token is None
    assert [one.info.request_id for one in client.search_traces([experiment], filter_string="status = 'ERROR'")] == [ids[1]]
    client.set_trace_tag(ids[0], "seen", "yes")
    assert store.get_trace_info(ids[0]).tags["seen"] == "yes"
    client.delete_trace_tag(ids[0], "seen")
    assert "seen" not in store.get_trace_info(ids[0]).tags
    assert client.delete_traces(experiment, request_ids=ids[:1]) == 1
    with pytest.raises(mlflow.exceptions.MlflowException, match="not found"):
        store.get_trace_info(ids[0])
