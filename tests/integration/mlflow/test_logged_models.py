"""log_model and load_model of the real MLflow client: a logged model, its registration, and what links them."""
import mlflow
import numpy
import pytest
import requests
import xgboost
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException


@pytest.fixture
def client(server):
    mlflow.set_tracking_uri(server.url)
    mlflow.set_registry_uri(server.url)
    return MlflowClient()


@pytest.fixture(scope="module")
def trained():
    x = numpy.random.default_rng(7).random((300, 4)).astype("float32")
    data = xgboost.DMatrix(x, x.sum(axis=1))
    booster = xgboost.train({"max_depth": 3, "nthread": 1}, data, 12)
    return booster, x, booster.predict(data)


def test_log_model_registers_and_loads_by_every_name(client, trained):
    booster, x, expected = trained
    mlflow.set_experiment("log-model")
    with mlflow.start_run() as run:
        info = mlflow.xgboost.log_model(booster, name="model", model_format="ubj", registered_model_name="logged")
    client.set_registered_model_alias("logged", "champion", "1")
    version = client.get_model_version("logged", "1")
    assert version.run_id == run.info.run_id
    uris = [info.model_uri, "models:/logged/1", "models:/logged@champion", "models:/logged/latest", f"runs:/{run.info.run_id}/model"]
    for uri in uris:
        loaded = mlflow.pyfunc.load_model(uri)
        numpy.testing.assert_allclose(loaded.predict(x), expected, rtol=1e-6, err_msg=uri)
    model = client.get_logged_model(info.model_id)
    assert str(model.status) == "READY" and model.source_run_id == run.info.run_id
    outputs = client.get_run(run.info.run_id).outputs.model_outputs
    assert [output.model_id for output in outputs] == [info.model_id]


def test_a_version_of_a_version_outlives_it(client, trained):
    booster, x, expected = trained
    with mlflow.start_run():
        mlflow.xgboost.log_model(booster, name="model", registered_model_name="original")
    client.copy_model_version("models:/original/1", "copy")
    client.delete_model_version("original", "1")
    numpy.testing.assert_allclose(mlflow.pyfunc.load_model("models:/copy/1").predict(x), expected, rtol=1e-6)


def test_logged_models_have_params_tags_and_a_search(client):
    experiment = client.create_experiment("logged-search")
    for name, depth in [("small", "3"), ("large", "9")]:
        model = client.create_logged_model(experiment, name=name, tags={"team": "grid"}, params={"depth": depth})
        client.finalize_logged_model(model.model_id, "READY")
    found = client.search_logged_models([experiment], filter_string="params.depth = '9'")
    assert [m.name for m in found] == ["large"] and found[0].params == {"depth": "9"}
    ordered = client.search_logged_models([experiment], order_by=[{"field_name": "name", "ascending": False}])
    assert [m.name for m in ordered] == ["small", "large"]
    first = client.search_logged_models([experiment], max_results=1)
    second = client.search_logged_models([experiment], max_results=1, page_token=first.token)
    assert {first[0].name, second[0].name} == {"small", "large"} and not second.token
    one = found[0].model_id
    client.set_logged_model_tags(one, {"stage": "test"})
    client.delete_logged_model_tag(one, "team")
    assert client.get_logged_model(one).tags == {"stage": "test"}
    client.delete_logged_model(one)
    with pytest.raises(MlflowException) as gone:
        client.get_logged_model(one)
    assert gone.value.error_code == "RESOURCE_DOES_NOT_EXIST"
    assert [m.name for m in client.search_logged_models([experiment])] == ["small"]


def test_params_may_be_what_an_estimator_was_made_with(client, server):
    params = {"k" * 251: "v", "long": "x" * 7000, "a//b": "c", "depth": "5"} | {f"p{i}": str(i) for i in range(150)}
    first, second = (client.create_logged_model("0", params=params) for _ in range(2))
    assert client.get_logged_model(first.model_id).params == params
    assert first.name != second.name
    found = client.search_logged_models(["0"], filter_string="params.depth = 5")
    assert {first.model_id, second.model_id} <= {model.model_id for model in found}


def test_what_is_wrong_is_refused_and_changes_nothing(client, server):
    api = f"{server.url}/api/2.0/mlflow"

    def code(method, path, **body):
        answer = requests.request(method, f"{api}/{path}", json=body, timeout=10)
        return answer.status_code, answer.json().get("error_code")

    assert code("POST", "logged-models") == (400, "INVALID_PARAMETER_VALUE")
    assert code("POST", "logged-models", experiment_id="12345")[0] == 404
    assert code("POST", "logged-models", experiment_id="0", name="a/b")[0] == 400
    assert code("POST", "logged-models", experiment_id="0", source_run_id="0" * 32)[0] == 200  # a run of another server
    assert code("PATCH", "logged-models/m-none", status="LOGGED_MODEL_READY")[0] == 404
    made = requests.post(f"{api}/logged-models", json={"experiment_id": "0"}, timeout=10).json()["model"]["info"]
    assert code("PATCH", f"logged-models/{made['model_id']}", status="DONE")[0] == 400
    for wrong in ("metrics.x LIKE '1'", "params.x > '1'", "datasets.name = 'x'", "bogus = 'x'", "metrics.x IS NULL", "metrics.x > 'a'"):
        assert code("POST", "logged-models/search", experiment_ids=["0"], filter=wrong)[0] == 400, wrong
    for wrong in ({"field_name": "bogus"}, {"field_name": "params.x"}, {}, {"field_name": 7}, {"field_name": "metrics."}, "name"):
        assert code("POST", "logged-models/search", experiment_ids=["0"], order_by=[wrong])[0] == 400, wrong
    assert code("POST", "logged-models/search", experiment_ids=["0"], datasets=[{}])[0] == 400
    run = client.create_run("0").info.run_id
    assert code("POST", "runs/outputs", run_id=run, models=[{"model_id": "m-none"}])[0] == 404
    assert not client.get_run(run).outputs.model_outputs
    client.create_registered_model("strict")
    for source in ("models:/m-none", "models:/nobody/1", "models:/strict@nobody"):
        assert code("POST", "model-versions/create", name="strict", source=source)[0] == 404
    assert client.search_model_versions("name='strict'") == []


def test_logged_models_are_searched_by_what_was_measured_on_which_data(client):
    experiment = client.create_experiment("measured")
    run = client.create_run(experiment).info.run_id
    models = {}
    for name, on_test, on_train in [("a", 0.5, 0.1), ("b", 0.3, 0.2), ("c", None, 0.3), ("d", None, None)]:
        models[name] = client.create_logged_model(experiment, name=name, params={"p": name}).model_id
        for at, dataset, value in ((1, "test", on_test), (3, "train", on_train)):
            if value is not None:
                client.log_metric(run, "rmse", value + 9, timestamp=at, model_id=models[name], dataset_name=dataset, dataset_digest=f"{dataset}-1")
                client.log_metric(run, "rmse", value, timestamp=at + 1, model_id=models[name], dataset_name=dataset, dataset_digest=f"{dataset}-1")

    def names(**query):
        return [m.name for m in client.search_logged_models([experiment], **query)]

    by_test = {"field_name": "metrics.rmse", "ascending": True, "dataset_name": "test"}
    assert names(order_by=[by_test, {"field_name": "name"}]) == ["b", "a", "c", "d"]
    assert names(order_by=[{**by_test, "ascending": False}, {"field_name": "name"}]) == ["a", "b", "c", "d"]
    assert names(order_by=[{**by_test, "dataset_digest": "other"}, {"field_name": "name"}]) == ["a", "b", "c", "d"]
    assert names(filter_string="metrics.rmse < 0.25", order_by=[{"field_name": "name"}]) == ["a", "b"]
    assert names(filter_string="metrics.rmse < 0.35 AND params.p != 'c'", datasets=[{"dataset_name": "test"}]) == ["b"]
    assert sorted(names(datasets=[{"dataset_name": "test"}])) == ["a", "b"]
    assert sorted(names(datasets=[{"dataset_name": "test", "dataset_digest": "other"}, {"dataset_name": "train", "dataset_digest": "train-1"}])) == ["a", "b", "c"]
    assert names(filter_string="name IN ('c', 'd') AND creation_timestamp > 0", order_by=[{"field_name": "creation_timestamp"}]) == ["c", "d"]
    found, token = [], None
    while token != "":
        page = client.search_logged_models([experiment], max_results=3, order_by=[by_test, {"field_name": "name"}], page_token=token)
        found, token = found + [m.name for m in page], page.token or ""
    assert found == ["b", "a", "c", "d"]
    read = client.get_logged_model(models["a"])
    assert {(m.dataset_name, m.value) for m in read.metrics} == {("test", 9.5), ("test", 0.5), ("train", 9.1), ("train", 0.1)}


def test_the_files_of_a_logged_model(client, server, tmp_path):
    model = client.create_logged_model("0", name="with-files")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/weights.txt").write_text("w")
    (tmp_path / "MLmodel").write_text("m")
    client.log_model_artifacts(model.model_id, str(tmp_path))
    api = f"{server.url}/ajax-api/2.0/mlflow/logged-models/{model.model_id}/artifacts"
    listed = requests.get(f"{api}/directories", timeout=10).json()
    assert [f["path"] for f in listed["files"]] == ["MLmodel", "sub"] and listed["root_uri"] == model.artifact_location
    assert requests.get(f"{api}/directories", params={"artifact_directory_path": "sub"}, timeout=10).json()["files"][0]["path"] == "sub/weights.txt"
    assert requests.get(f"{api}/files", params={"artifact_file_path": "sub/weights.txt"}, timeout=10).text == "w"
    for wrong in ({}, {"artifact_file_path": "../MLmodel"}, {"artifact_file_path": "sub"}):
        assert requests.get(f"{api}/files", params=wrong, timeout=10).status_code == 400
    client.delete_logged_model(model.model_id)
    kept = requests.get(f"{server.url}/api/2.0/mlflow/logged-models/{model.model_id}", params={"allow_deleted": "true"}, timeout=10)
    assert kept.json()["model"]["info"]["name"] == "with-files"
    assert requests.get(f"{server.url}/api/2.0/mlflow/logged-models/{model.model_id}", timeout=10).status_code == 404
