"""What users of autologging, nested runs and evaluation get without writing a line for the server."""

import lightgbm
import mlflow
import numpy
import pandas
import pytest
import xgboost
from mlflow import MlflowClient
from sklearn.linear_model import LinearRegression

X = numpy.arange(40.0).reshape(-1, 2)
Y = X.sum(axis=1)


@pytest.fixture
def experiment(server):
    mlflow.set_tracking_uri(server.url)
    mlflow.set_registry_uri(server.url)
    return mlflow.set_experiment("autolog").experiment_id


def test_scikit_learn(experiment):
    mlflow.sklearn.autolog()
    try:
        with mlflow.start_run() as run:
            model = LinearRegression().fit(X, Y)
    finally:
        mlflow.sklearn.autolog(disable=True)
    read = mlflow.get_run(run.info.run_id)
    assert read.data.params["fit_intercept"] == "True"
    assert read.data.metrics["training_r2_score"] == pytest.approx(1)
    assert read.data.tags["estimator_name"] == "LinearRegression"
    assert read.inputs.dataset_inputs[0].dataset.name == "dataset"
    loaded = mlflow.pyfunc.load_model(f"runs:/{run.info.run_id}/model")
    assert loaded.predict(X) == pytest.approx(model.predict(X))


def test_xgboost(experiment):
    mlflow.xgboost.autolog()
    try:
        with mlflow.start_run() as run:
            matrix = xgboost.DMatrix(X, label=Y)
            booster = xgboost.train({"max_depth": 2}, matrix, 5, evals=[(matrix, "train")], verbose_eval=False)
    finally:
        mlflow.xgboost.autolog(disable=True)
    history = MlflowClient().get_metric_history(run.info.run_id, "train-rmse")
    assert [point.step for point in history] == [0, 1, 2, 3, 4]
    assert history[-1].value < history[0].value
    assert mlflow.get_run(run.info.run_id).data.params["max_depth"] == "2"
    assert "feature_importance_weight.json" in [f.path for f in MlflowClient().list_artifacts(run.info.run_id)]
    loaded = mlflow.pyfunc.load_model(f"runs:/{run.info.run_id}/model")
    assert loaded.predict(X) == pytest.approx(booster.predict(matrix))


def test_lightgbm(experiment):
    mlflow.lightgbm.autolog()
    try:
        with mlflow.start_run() as run:
            data = lightgbm.Dataset(X, label=Y)
            booster = lightgbm.train({"objective": "regression", "min_data_in_leaf": 1, "verbose": -1}, data, 5, valid_sets=[data], valid_names=["train"])
    finally:
        mlflow.lightgbm.autolog(disable=True)
    history = MlflowClient().get_metric_history(run.info.run_id, "train-l2")
    assert [point.step for point in history] == [0, 1, 2, 3, 4]
    assert mlflow.get_run(run.info.run_id).data.params["min_data_in_leaf"] == "1"
    assert "feature_importance_gain.json" in [f.path for f in MlflowClient().list_artifacts(run.info.run_id)]
    loaded = mlflow.pyfunc.load_model(f"runs:/{run.info.run_id}/model")
    assert loaded.predict(X) == pytest.approx(booster.predict(X))


def test_nested_runs_are_found_by_their_parent(experiment):
    with mlflow.start_run() as parent:
        with mlflow.start_run(nested=True) as child:
            mlflow.log_metric("x", 1)
    found = mlflow.search_runs([experiment], filter_string=f"tags.mlflow.parentRunId = '{parent.info.run_id}'")
    assert list(found.run_id) == [child.info.run_id]
    assert mlflow.get_parent_run(child.info.run_id).info.run_id == parent.info.run_id


def test_evaluation_of_predictions(experiment):
    frame = pandas.DataFrame({"x": [1, 2, 3], "truth": [1, 2, 3], "guess": [1, 2, 5]})
    data = mlflow.data.from_pandas(frame, targets="truth", predictions="guess")
    with mlflow.start_run() as run:
        mlflow.models.evaluate(data=data, model_type="regressor")
    assert mlflow.get_run(run.info.run_id).data.metrics["mean_absolute_error"] == pytest.approx(2 / 3)


def test_runs_are_found_by_where_their_artifacts_are(experiment):
    with mlflow.start_run() as run:
        pass
    found = MlflowClient().search_runs([experiment], f"artifact_uri = '{run.info.artifact_uri}'")
    assert [r.info.run_id for r in found] == [run.info.run_id]
