"""Evaluation by the real client: models by mlflow.models.evaluate, applications by mlflow.genai.evaluate with scorers of one's own."""

import uuid

import mlflow
import numpy
import pandas
import pytest
from mlflow import MlflowClient
from mlflow.genai import datasets, scorer
from mlflow.metrics import MetricValue
from mlflow.models import MetricThreshold, make_metric
from mlflow.models.evaluation.validation import ModelValidationFailedException
from sklearn.linear_model import LinearRegression, LogisticRegression

pytestmark = pytest.mark.usefixtures("experiment")

RANDOM = numpy.random.default_rng(7)
X = pandas.DataFrame({"a": RANDOM.normal(size=200), "b": RANDOM.normal(size=200)})


def artifacts(run_id, folder=""):
    return {file.path for file in MlflowClient().list_artifacts(run_id, folder)}


def test_a_classifier_with_its_plots():
    truth = (X["a"] + 0.3 * X["b"] > 0).astype(int)
    model = mlflow.sklearn.log_model(LogisticRegression().fit(X, truth), name="classifier")
    with mlflow.start_run() as run:
        result = mlflow.models.evaluate(model.model_uri, X.assign(truth=truth), targets="truth", model_type="classifier")
    kept = mlflow.get_run(run.info.run_id)
    for name in ("accuracy_score", "f1_score", "roc_auc", "log_loss"):
        assert kept.data.metrics[name] == pytest.approx(result.metrics[name])
    assert kept.inputs.dataset_inputs[0].dataset.name == "dataset"
    assert {"confusion_matrix.png", "roc_curve_plot.png", "precision_recall_curve_plot.png"} <= artifacts(run.info.run_id)
    assert result.artifacts["confusion_matrix"].uri.startswith("mlflow-artifacts:/")
    # The metrics belong to the model, too.
    assert "accuracy_score" in {metric.key for metric in mlflow.get_logged_model(model.model_id).metrics}


def test_a_regressor_with_metrics_of_ones_own_and_its_table():
    truth = 2 * X["a"] - X["b"]
    model = mlflow.sklearn.log_model(LinearRegression().fit(X, truth), name="regressor")
    worst = make_metric(eval_fn=lambda predictions, targets: float((predictions - targets).abs().max()), greater_is_better=False, name="worst")
    with mlflow.start_run() as run:
        result = mlflow.models.evaluate(model.model_uri, X.assign(truth=truth), targets="truth", model_type="regressor", extra_metrics=[worst])
    assert mlflow.get_run(run.info.run_id).data.metrics["worst"] == pytest.approx(result.metrics["worst"])
    assert result.metrics["r2_score"] == pytest.approx(1)
    mlflow.validate_evaluation_results(candidate_result=result, validation_thresholds={"r2_score": MetricThreshold(threshold=0.9, greater_is_better=True)})
    with pytest.raises(ModelValidationFailedException):
        mlflow.validate_evaluation_results(candidate_result=result, validation_thresholds={"r2_score": MetricThreshold(threshold=1.5, greater_is_better=True)})


def scored(predictions, targets):
    scores = [int(guess == truth) for guess, truth in zip(predictions, targets, strict=True)]
    return MetricValue(scores=scores, aggregate_results={"mean": sum(scores) / len(scores)})


def test_a_function_and_its_table_of_results():
    frame = pandas.DataFrame({"question": ["a", "bb"], "truth": ["A", "B"]})
    right = make_metric(eval_fn=scored, greater_is_better=True, name="right")
    with mlflow.start_run() as run:
        result = mlflow.models.evaluate(lambda table: table["question"].str.upper(), frame, targets="truth", extra_metrics=[right])
    assert mlflow.get_run(run.info.run_id).data.metrics["right/mean"] == 0.5
    table = mlflow.load_table("eval_results_table.json", run_ids=[run.info.run_id])
    assert list(table["outputs"]) == ["A", "BB"]
    assert list(table["right/score"]) == [1, 0]
    assert "eval_results_table" in result.tables


@scorer
def exact(outputs, expectations):
    return outputs == expectations["answer"]


@scorer
def length(outputs):
    return len(outputs)


def test_an_application_over_a_dataset(experiment):
    dataset = datasets.create_dataset(name=f"questions-{experiment}", experiment_id=experiment)
    dataset.merge_records([{"inputs": {"question": q}, "expectations": {"answer": q.upper()}} for q in ("a", "bb", "ß")])

    @mlflow.trace
    def application(question):
        return question.upper() if question != "bb" else "?"

    result = mlflow.genai.evaluate(data=dataset, predict_fn=application, scorers=[exact, length])
    kept = mlflow.get_run(result.run_id)
    assert kept.data.metrics["exact/mean"] == pytest.approx(2 / 3)
    assert kept.data.metrics["length/mean"] == pytest.approx(4 / 3)
    assert [one.dataset.name for one in kept.inputs.dataset_inputs] == [dataset.name]
