"""What people log beside params and metrics: tables, figures, images by step, system metrics; runs that are taken up again."""

import time

import matplotlib
import mlflow
import numpy
import pandas
import pytest
from mlflow import MlflowClient

matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402


@pytest.fixture(autouse=True)
def experiment(server):
    mlflow.set_tracking_uri(server.url)
    mlflow.set_registry_uri(server.url)
    return mlflow.set_experiment("recording").experiment_id


def paths(run_id, folder=""):
    return [file.path for file in MlflowClient().list_artifacts(run_id, folder)]


def test_tables_grow_and_are_read_over_runs(experiment):
    runs = []
    for i in range(2):
        with mlflow.start_run() as run:
            mlflow.log_table({"q": [f"q{i}"], "n": [i]}, artifact_file="answers/table.json")
            mlflow.log_table(pandas.DataFrame({"q": ["ü"], "n": [9]}), artifact_file="answers/table.json")
        runs.append(run.info.run_id)
    table = mlflow.load_table("answers/table.json", run_ids=runs, extra_columns=["run_id"])
    assert sorted(zip(table["run_id"], table["q"], table["n"], strict=True)) == sorted(
        row for i, run in enumerate(runs) for row in ((run, f"q{i}", i), (run, "ü", 9)))


def test_datasets_come_in_the_order_in_which_they_were_logged(experiment):
    client = MlflowClient()
    run = client.create_run(experiment).info.run_id
    names = [("zz", "9"), ("aa", "5"), ("mm", "1"), ("zz", "1")]
    client.log_inputs(run, [mlflow.entities.DatasetInput(mlflow.entities.Dataset(name, digest, "local", "{}")) for name, digest in names])
    client.log_inputs(run, [mlflow.entities.DatasetInput(mlflow.entities.Dataset("bb", "0", "local", "{}"))])
    expected = [*names, ("bb", "0")]
    for read in (client.get_run(run), client.search_runs([experiment], f"run_id = '{run}'")[0]):
        assert [(one.dataset.name, one.dataset.digest) for one in read.inputs.dataset_inputs] == expected


def test_figures_images_texts_and_dicts():
    figure, axes = pyplot.subplots()
    axes.plot([1, 2])
    with mlflow.start_run() as run:
        mlflow.log_figure(figure, "plots/line.png")
        for step in range(3):
            mlflow.log_image(numpy.full((8, 8, 3), step * 100, dtype=numpy.uint8), key="sample", step=step, timestamp=1_000 + step)
        mlflow.log_text("hällo", "notes.txt")
        mlflow.log_dict({"a": [1, None]}, "settings.yaml")
    pyplot.close(figure)
    assert paths(run.info.run_id, "plots") == ["plots/line.png"]
    images = [name for name in paths(run.info.run_id, "images") if name.endswith(".png")]
    assert [name.split("step+")[1].split("+")[0] for name in sorted(images)] == ["0", "1", "2"]
    assert mlflow.artifacts.load_text(run.info.artifact_uri + "/notes.txt") == "hällo"
    first = mlflow.artifacts.load_image(run.info.artifact_uri + "/" + sorted(images)[2])
    assert first.size == (8, 8) and first.getpixel((0, 0)) == (200, 200, 200)


def test_a_run_is_taken_up_again():
    with mlflow.start_run() as run:
        mlflow.log_metric("loss", 2.0, step=0)
    with pytest.raises(RuntimeError), mlflow.start_run(run_id=run.info.run_id):
        assert mlflow.get_run(run.info.run_id).info.status == "RUNNING"
        mlflow.log_metric("loss", 1.0, step=1)
        raise RuntimeError
    read = mlflow.get_run(run.info.run_id)
    assert read.info.status == "FAILED"
    assert [point.value for point in MlflowClient().get_metric_history(run.info.run_id, "loss")] == [2.0, 1.0]


def test_system_metrics():
    mlflow.set_system_metrics_sampling_interval(0.2)
    mlflow.set_system_metrics_samples_before_logging(1)
    try:
        with mlflow.start_run(log_system_metrics=True) as run:
            time.sleep(2)
    finally:
        mlflow.set_system_metrics_sampling_interval(None)
        mlflow.set_system_metrics_samples_before_logging(None)
    read = mlflow.get_run(run.info.run_id).data.metrics
    assert read["system/system_memory_usage_megabytes"] > 0
    history = MlflowClient().get_metric_history(run.info.run_id, "system/cpu_utilization_percentage")
    assert len(history) >= 2
    assert [point.step for point in history] == list(range(len(history)))
