"""A store with one of everything that an import must carry, written by the real MLflow client."""
import math
import pathlib
import tempfile

from mlflow import MlflowClient
from mlflow.entities import (Dataset, DatasetInput, InputTag, LoggedModelInput, LoggedModelOutput, LoggedModelParameter, LoggedModelStatus,
                             Metric, Param, RunTag)

POINTS = 2500  # of one series: more than a batch


def fill(client: MlflowClient):
    """Writes it; returns nothing: what is there is asked from the client."""
    first = client.create_experiment("grid demand", tags={"team": "north", "note": "two\nlines: \"quoted\" ü"})
    client.create_experiment("empty")
    gone = client.create_experiment("gone")
    main = _run_with_everything(client, first)
    _small_runs(client, first, gone)
    model = _logged_model(client, first, main)
    client.log_outputs(main, [LoggedModelOutput(model.model_id, 3)])
    reader = client.create_run(first, run_name="reader")
    client.log_inputs(reader.info.run_id, models=[LoggedModelInput(model.model_id)])
    # Step 0: MLflow's file store writes the step of a point that names a dataset, and reads it as 0.
    client.log_metric(reader.info.run_id, "eval mae", 0.125, timestamp=1700000000500, step=0, model_id=model.model_id,
                      dataset_name="valid", dataset_digest="d2")
    client.set_terminated(reader.info.run_id, "FINISHED", end_time=1700000009000)
    _registry(client, main, model)
    client.delete_experiment(gone)


def _run_with_everything(client, experiment):
    run = client.create_run(experiment, start_time=1700000000000, run_name="everything", tags={"mlflow.user": "ada", "stage": "dev"}).info.run_id
    params = [Param(f"p{i:03}", f"value {i}") for i in range(150)] + [Param("long", "x" * 5000), Param("text", "ü ' \" % \\ {}")]
    for at in range(0, len(params), 100):
        client.log_batch(run, params=params[at:at + 100])
    metrics = [Metric("loss/train", 1.0 / (i + 1), 1700000000000 + i, i) for i in range(POINTS)]
    for at in range(0, len(metrics), 1000):
        client.log_batch(run, metrics=metrics[at:at + 1000])
    client.log_batch(run, metrics=[Metric("odd", math.nan, 1700000000001, 0), Metric("odd", -1e300, 1700000000002, -5),
                                   Metric("same step", 1, 1700000000005, 1), Metric("same step", 2, 1700000000004, 1)],
                     tags=[RunTag("mlflow.source.git.commit", "a" * 40), RunTag("empty", ""), RunTag("lines", "a\nb\n")])
    client.log_inputs(run, [
        DatasetInput(Dataset("train", "d1", "local", '{"uri": "train.csv"}', '{"columns": []}', '{"rows": 5}'), [InputTag("mlflow.data.context", "training")]),
        DatasetInput(Dataset("valid", "d2", "http", '{"url": "http://x/valid"}'), [InputTag("mlflow.data.context", "eval"), InputTag("more", "1")])])
    client.log_text(run, "hello ü", "notes/deep er/hello.txt")
    client.log_text(run, "", "empty.txt")
    with tempfile.TemporaryDirectory() as folder:
        big = pathlib.Path(folder) / "big.bin"
        big.write_bytes(bytes(range(256)) * 8000)
        client.log_artifact(run, str(big), "data")
    client.set_terminated(run, "FINISHED", end_time=1700000005000)
    return run


def _small_runs(client, experiment, gone):
    client.create_run(experiment, run_name="still running", start_time=1700000001000)
    failed = client.create_run(experiment, run_name="failed", start_time=1700000002000).info.run_id
    client.log_param(failed, "depth", 3)
    client.set_terminated(failed, "FAILED", end_time=1700000003000)
    client.delete_run(failed)
    lost = client.create_run(gone, run_name="in a deleted experiment", start_time=1700000004000).info.run_id
    client.log_metric(lost, "loss", 2.5, timestamp=1700000004500, step=1)
    client.set_terminated(lost, "KILLED", end_time=1700000006000)


def _logged_model(client, experiment, run):
    model = client.create_logged_model(experiment, name="forest", source_run_id=run, tags={"kind": "tree"},
                                       params={"depth": "5"}, model_type="xgb")
    client.log_model_params(model.model_id, {"lr": "0.1"})
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "MLmodel").write_text("flavors: {}\n", encoding="utf-8")
        (pathlib.Path(folder) / "sub").mkdir()
        (pathlib.Path(folder) / "sub" / "weights").write_bytes(b"\x00\x01" * 500)
        client.log_model_artifacts(model.model_id, folder)
    client.log_metric(run, "mae", 0.25, timestamp=1700000000400, step=3, model_id=model.model_id)
    return client.finalize_logged_model(model.model_id, LoggedModelStatus.READY)


def _registry(client, run, model):
    client.create_registered_model("demand", tags={"owner": "grid"}, description="day ahead\n\"demand\"")
    folder = f"{client.get_run(run).info.artifact_uri}/notes"
    client.create_model_version("demand", folder, run, tags={"test_mae": "0.25"}, description="first")
    client.create_model_version("demand", f"models:/{model.model_id}", run)
    client.create_model_version("demand", folder, run)
    client.delete_model_version("demand", "2")
    client.create_model_version("demand", f"models:/{model.model_id}", run, model_id=model.model_id)
    client.transition_model_version_stage("demand", "1", "Archived")
    client.transition_model_version_stage("demand", "4", "Production")
    client.set_registered_model_alias("demand", "champion", "4")
    client.set_registered_model_alias("demand", "old", "1")
    client.create_registered_model("no versions")
