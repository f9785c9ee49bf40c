"""The real MLflow client against a running server: what its users do, and what they get wrong."""

import math
import os
import time

import mlflow
import pytest
import requests
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException


@pytest.fixture
def client(server):
    mlflow.set_tracking_uri(server.url)
    mlflow.set_registry_uri(server.url)
    return MlflowClient()


def test_fluent_api_keeps_everything(client, tmp_path):
    mlflow.set_experiment("fluent")
    with mlflow.start_run(run_name="first", tags={"team": "grid"}) as run:
        mlflow.log_params({"depth": 6, "eta": 0.3})
        mlflow.log_metric("rmse", 2.0, step=0)
        mlflow.log_metrics({"rmse": 1.5, "mae": 0.5}, step=1)
        mlflow.set_tag("note", "ünïcode ✓")
        (tmp_path / "report.txt").write_text("hello")
        mlflow.log_artifact(str(tmp_path / "report.txt"), "docs")
        mlflow.log_dict({"a": 1}, "config.json")
    read = client.get_run(run.info.run_id)
    assert read.info.status == "FINISHED" and read.info.run_name == "first"
    assert read.data.params == {"depth": "6", "eta": "0.3"}
    assert read.data.metrics == {"rmse": 1.5, "mae": 0.5}
    assert read.data.tags["note"] == "ünïcode ✓" and read.data.tags["team"] == "grid"
    assert [m.value for m in client.get_metric_history(run.info.run_id, "rmse")] == [2.0, 1.5]
    assert sorted(f.path for f in client.list_artifacts(run.info.run_id)) == ["config.json", "docs"]
    assert client.list_artifacts(run.info.run_id, "docs")[0].file_size == 5
    (tmp_path / "down").mkdir()
    local = client.download_artifacts(run.info.run_id, "docs/report.txt", str(tmp_path / "down"))
    assert open(local).read() == "hello"
    assert mlflow.artifacts.load_dict(f"{read.info.artifact_uri}/config.json") == {"a": 1}


def test_special_values_and_resume(client):
    mlflow.set_experiment("Default")  # MLflow itself refuses to resume a run of another experiment than the active one
    run = client.create_run("0")
    client.log_metric(run.info.run_id, "nan", float("nan"))
    client.log_metric(run.info.run_id, "inf", float("inf"))
    metrics = client.get_run(run.info.run_id).data.metrics
    assert math.isnan(metrics["nan"]) and metrics["inf"] == pytest.approx(1.7976931348623157e308)
    with mlflow.start_run(run_id=run.info.run_id):
        mlflow.log_metric("later", 1)
    assert client.get_run(run.info.run_id).info.status == "FINISHED"


def test_search_orders_pages_and_filters(client):
    experiment = client.create_experiment("search")
    for i in range(12):
        run = client.create_run(experiment, run_name=f"r{i}")
        client.log_metric(run.info.run_id, "m", i)
        client.log_param(run.info.run_id, "parity", "even" if i % 2 == 0 else "odd")
    found = client.search_runs([experiment], "metrics.m >= 4 and params.parity = 'even'", order_by=["metrics.m DESC"])
    assert [run.data.metrics["m"] for run in found] == [10, 8, 6, 4]
    first = client.search_runs([experiment], max_results=5, order_by=["metrics.m ASC"])
    rest = client.search_runs([experiment], max_results=50, order_by=["metrics.m ASC"], page_token=first.token)
    assert [r.info.run_name for r in list(first) + list(rest)] == [f"r{i}" for i in range(12)]
    frame = mlflow.search_runs([experiment], "attributes.run_name LIKE 'r1%'")
    assert sorted(frame["tags.mlflow.runName"]) == ["r1", "r10", "r11"]
    assert [e.name for e in client.search_experiments(filter_string="name = 'search'")] == ["search"]


def test_errors_are_mlflows(client, server):
    with pytest.raises(MlflowException) as unknown:
        client.get_run("0" * 32)
    assert unknown.value.error_code == "RESOURCE_DOES_NOT_EXIST"
    client.create_experiment("twice")
    with pytest.raises(MlflowException) as twice:
        client.create_experiment("twice")
    assert twice.value.error_code == "RESOURCE_ALREADY_EXISTS"
    run = client.create_run("0").info.run_id
    client.log_param(run, "p", "1")
    with pytest.raises(MlflowException) as changed:
        client.log_param(run, "p", "2")
    assert changed.value.error_code == "INVALID_PARAMETER_VALUE"
    with pytest.raises(MlflowException) as bad:
        client.search_runs(["0"], "metrics.m ~ 3")
    assert bad.value.error_code == "INVALID_PARAMETER_VALUE"
    api = f"{server.url}/api/2.0/mlflow"
    assert requests.post(f"{api}/runs/create", data="{not json").status_code == 400
    assert requests.post(f"{api}/runs/create", json={"start_time": "soon"}).json()["error_code"] == "INVALID_PARAMETER_VALUE"
    assert requests.post(f"{api}/runs/search", json={"experiment_ids": ["0"], "max_results": 99999}).status_code == 400
    assert requests.get(f"{api}/runs/create").status_code == 405
    assert requests.get(f"{api}/nothing/here").status_code == 404
    for path in ["..%2f..%2ftreadle.db", "0/%2e%2e/%2e%2e/treadle.db", "%2fetc/passwd"]:
        assert requests.get(f"{server.url}/api/2.0/mlflow-artifacts/artifacts/{path}").status_code in (400, 404)


def test_batches_have_limits_and_are_atomic(client):
    run = client.create_run("0").info.run_id
    metrics = [mlflow.entities.Metric(f"k{i % 10}", i, i, i) for i in range(1000)]
    client.log_batch(run, metrics=metrics)
    assert len(client.get_metric_history(run, "k3")) == 100
    with pytest.raises(MlflowException):
        client.log_batch(run, tags=[mlflow.entities.RunTag("ok", "1"), mlflow.entities.RunTag("x" * 300, "1")])
    assert "ok" not in client.get_run(run).data.tags


def test_large_artifacts_stream_both_ways(client, tmp_path):
    run = client.create_run("0").info.run_id
    blob = os.urandom(50_000_000)
    (tmp_path / "big.bin").write_bytes(blob)
    client.log_artifact(run, str(tmp_path / "big.bin"))
    (tmp_path / "back").mkdir()
    back = client.download_artifacts(run, "big.bin", str(tmp_path / "back"))
    assert open(back, "rb").read() == blob


def test_registry_versions_aliases_and_stages(client):
    client.create_registered_model("demand", tags={"a": "b"}, description="half-hourly")
    run = client.create_run("0").info
    for _ in range(2):
        client.create_model_version("demand", f"{run.artifact_uri}/model", run.run_id)
    client.set_registered_model_alias("demand", "champion", "2")
    assert client.get_model_version_by_alias("demand", "champion").version == "2"
    client.transition_model_version_stage("demand", "1", "Production")
    assert client.get_latest_versions("demand", ["Production"])[0].version == "1"
    client.set_model_version_tag("demand", "1", "k", "v")
    assert client.get_model_version("demand", "1").tags == {"k": "v"}
    assert client.get_registered_model("demand").aliases == {"champion": "2"}
    assert {v.version for v in client.search_model_versions("name='demand'")} == {"1", "2"}
    assert [m.name for m in client.search_registered_models("name LIKE 'dem%'")] == ["demand"]
    with pytest.raises(MlflowException):
        client.get_model_version_by_alias("demand", "nobody")
    client.delete_registered_model_alias("demand", "champion")
    client.delete_model_version("demand", "1")
    client.rename_registered_model("demand", "demand2")
    client.delete_registered_model("demand2")
    with pytest.raises(MlflowException):
        client.get_registered_model("demand")


def test_a_registered_model_loads_and_predicts(client, tmp_path):
    import numpy
    import xgboost

    x = numpy.random.default_rng(0).random((200, 3))
    booster = xgboost.train({"max_depth": 3}, xgboost.DMatrix(x, x.sum(axis=1)), 10)
    folder = tmp_path / "model"
    mlflow.xgboost.save_model(booster, str(folder), model_format="ubj")
    with mlflow.start_run() as run:
        mlflow.log_artifacts(str(folder), "model")
    client.create_registered_model("loaded")
    client.create_model_version("loaded", f"{run.info.artifact_uri}/model", run.info.run_id)
    client.set_registered_model_alias("loaded", "champion", "1")
    for uri in ("models:/loaded/1", "models:/loaded@champion", f"runs:/{run.info.run_id}/model"):
        model = mlflow.pyfunc.load_model(uri)
        numpy.testing.assert_allclose(model.predict(x[:5]), booster.predict(xgboost.DMatrix(x[:5])), rtol=1e-6)


def test_an_acknowledged_write_survives_a_kill(client, server):
    run = client.create_run("0").info.run_id
    for i in range(50):
        client.log_metric(run, "m", i, step=i)
    server.kill9()
    server.restart()
    mlflow.set_tracking_uri(server.url)
    assert [m.value for m in MlflowClient().get_metric_history(run, "m")] == list(range(50))


def test_experiments_come_newest_first_whatever_was_changed_since(client):
    ids = []
    for name in ("older", "newer"):
        time.sleep(0.002)
        ids.append(client.create_experiment(f"order {name}"))
    client.delete_experiment(ids[0])
    client.restore_experiment(ids[0])
    assert [e.experiment_id for e in client.search_experiments(filter_string="name LIKE 'order %'")] == ids[::-1]
