"""treadle import mlflow: what the real client wrote elsewhere is the same here, from each kind of source."""
import json
import math
import os
import pathlib
import shutil
import signal
import subprocess

import mlflow
import pytest
from mlflow import MlflowClient
from mlflow.entities import ViewType
from sample_store import fill
from treadle_server import binary

os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"


def client_of(uri):
    return MlflowClient(uri, uri)


@pytest.fixture(scope="module", params=["folder", "sqlite"])
def source(request, tmp_path_factory):
    """(what to import, a client of it)"""
    folder = tmp_path_factory.mktemp(request.param)
    uri = str(folder / "mlruns") if request.param == "folder" else f"sqlite:///{folder}/mlflow.db"
    old, before = pathlib.Path.cwd(), mlflow.get_tracking_uri()
    os.chdir(folder)  # where the SQLite store puts its artifacts
    try:
        mlflow.set_tracking_uri(uri)
        client = client_of(uri)
        fill(client)
    finally:
        os.chdir(old)
        mlflow.set_tracking_uri(before)
    return uri, client


def imported(server, uri, *words):
    return json.loads(server.treadle("import", "mlflow", uri, *words, "--json"))


def number(value):
    return "NaN" if math.isnan(value) else value


def run_form(client, run, experiment):
    history = {key: sorted((p.timestamp, p.step, str(number(p.value))) for p in client.get_metric_history(run.info.run_id, key))
               for key in run.data.metrics}
    return {
        "experiment": experiment, "name": run.info.run_name, "status": run.info.status, "stage": run.info.lifecycle_stage,
        "start": run.info.start_time, "end": run.info.end_time, "user": run.info.user_id, "params": run.data.params,
        "tags": run.data.tags, "latest": {key: number(value) for key, value in run.data.metrics.items()}, "history": history,
        "datasets": sorted((i.dataset.name, i.dataset.digest, i.dataset.source_type, i.dataset.source, i.dataset.schema or "", i.dataset.profile or "",
                            tuple(sorted((t.key, t.value) for t in i.tags))) for i in run.inputs.dataset_inputs),
        "models in": [i.model_id for i in run.inputs.model_inputs],
        "models out": [(o.model_id, o.step) for o in run.outputs.model_outputs] if run.outputs else [],
        "artifacts": artifacts(client, run.info.run_id),
    }


def artifacts(client, run_id, path=None):
    found = {}
    for entry in client.list_artifacts(run_id, path):
        if entry.is_dir:
            found.update(artifacts(client, run_id, entry.path))
        else:
            found[entry.path] = pathlib.Path(client.download_artifacts(run_id, entry.path)).read_bytes()
    return found


def model_form(client, model_id):
    model = client.get_logged_model(model_id)
    return (model.name, str(model.status), model.model_type, model.source_run_id, model.creation_timestamp, model.last_updated_timestamp,
            model.params, model.tags,
            sorted((m.key, m.value, m.timestamp, m.step, m.run_id, m.dataset_name or "", m.dataset_digest or "") for m in model.metrics or []))


def registry_form(client):
    models = {}
    for model in client.search_registered_models():
        versions = {}
        for version in client.search_model_versions(f"name='{model.name}'"):
            source = version.source.split("/artifacts/")[-1]
            versions[int(version.version)] = (version.run_id, source, version.description or "", version.current_stage, version.tags,
                                              version.creation_timestamp, version.last_updated_timestamp)
        models[model.name] = (model.description or "", model.tags, {k: int(v) for k, v in model.aliases.items()}, model.creation_timestamp, versions)
    return models


def everything(client):
    mlflow.set_tracking_uri(client.tracking_uri)  # MLflow's file registry asks the default client for logged models
    experiments = client.search_experiments(view_type=ViewType.ALL)
    names = {one.experiment_id: one.name for one in experiments}
    runs = client.search_runs(list(names), run_view_type=ViewType.ALL, max_results=1000)
    logged = client.search_logged_models(list(names))
    return {
        "experiments": {one.name: (one.lifecycle_stage, one.tags) for one in experiments},
        "runs": {run.info.run_id: run_form(client, client.get_run(run.info.run_id), names[run.info.experiment_id]) for run in runs},
        "logged": {model.model_id: model_form(client, model.model_id) for model in logged},
        "registry": registry_form(client),
    }


def assert_same(here, there):
    assert here["experiments"] == there["experiments"]
    assert here["runs"].keys() == there["runs"].keys()
    for run_id, run in there["runs"].items():
        assert here["runs"][run_id] == run
    assert here["logged"] == there["logged"]
    assert here["registry"] == there["registry"]


def test_everything_is_carried_over_and_twice_is_once(source, new_server):
    uri, client = source
    server = new_server()
    here, there = client_of(server.url), everything(client)
    first = imported(server, uri)
    assert first["problem_count"] == 0, first["problems"]
    assert (first["runs"], first["logged_models"], first["models"], first["versions"]) == (5, 1, 2, 3)
    assert_same(everything(here), there)
    again = imported(server, uri)
    # The run that still runs is looked through again; nothing is there twice.
    assert (again["runs"], again["runs_already_there"], again["artifacts"], again["problem_count"]) == (1, 4, 0, 0)
    assert_same(everything(here), there)


def test_what_happened_since_comes_with_the_next_import(source, new_server):
    uri, client = source
    server = new_server()
    imported(server, uri)
    experiment = client.get_experiment_by_name("empty").experiment_id
    run = client.create_run(experiment, run_name="later").info.run_id
    client.log_metric(run, "loss", 1.5, timestamp=1700000000000, step=1)
    client.set_terminated(run, "FINISHED")
    assert imported(server, uri)["problem_count"] == 0
    assert client_of(server.url).get_run(run).data.metrics == {"loss": 1.5}


def test_one_experiment_alone(source, new_server):
    uri, _ = source
    server = new_server()
    done = imported(server, uri, "--experiment", "grid demand")
    assert (done["experiments"], done["models"]) == (1, 0)
    assert "no experiment named" in server.treadle("import", "mlflow", uri, "--experiment", "nowhere", status=3)


def test_a_server_is_imported_from_a_server(source, new_server):
    uri, _ = source
    first, second = new_server(), new_server()
    imported(first, uri)
    done = imported(second, first.url)
    assert done["problem_count"] == 0, done["problems"]
    assert_same(everything(client_of(second.url)), everything(client_of(first.url)))


def test_an_interrupted_import_goes_on(source, new_server):
    uri, client = source
    server = new_server()
    process = subprocess.Popen([str(binary()), "import", "mlflow", uri, "--data", str(server.data)], stdout=subprocess.DEVNULL)
    while not client_of(server.url).search_experiments(filter_string="name = 'grid demand'") and process.poll() is None:
        pass
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert imported(server, uri)["problem_count"] == 0
    assert_same(everything(client_of(server.url)), everything(client))


def test_what_cannot_be_imported_is_named_and_the_rest_comes(tmp_path, new_server):
    root = tmp_path / "mlruns"
    client = client_of(str(root))
    experiment = client.create_experiment("broken")
    good, bad, gone = (client.create_run(experiment, run_name=name).info.run_id for name in ("good", "bad", "gone"))
    client.log_param(good, "fine", "yes")
    (root / experiment / good / "params" / "tooLong").write_text("x" * 7000)
    (root / experiment / bad / "meta.yaml").write_text("status: [")
    client.log_metric(gone, "loss", 1.0)
    with open(root / experiment / gone / "metrics" / "loss", "a", encoding="utf-8") as file:
        file.write("not a point\n")
    server = new_server()
    done = imported(server, str(root))
    whats = " | ".join(problem["what"] for problem in done["problems"])
    assert done["problem_count"] == 3 and "tooLong" in whats and bad in whats and '"loss"' in whats
    runs = client_of(server.url).search_runs([client_of(server.url).get_experiment_by_name("broken").experiment_id])
    assert {run.info.run_id for run in runs} == {good, gone}
    assert client_of(server.url).get_run(good).data.params == {"fine": "yes"}


def test_a_source_that_is_none_is_said(tmp_path, new_server):
    server = new_server()
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.db").write_text("hello")
    assert "not an mlruns folder" in server.treadle("import", "mlflow", tmp_path / "empty", status=2)
    assert "there is no" in server.treadle("import", "mlflow", tmp_path / "none", status=2)
    assert "there is no file" in server.treadle("import", "mlflow", "sqlite:////nowhere/mlflow.db", status=2)
    assert "http(s)://" in server.treadle("import", "mlflow", "ftp://somewhere", status=2)
    server.treadle("import", "mlflow", f"sqlite:///{tmp_path}/text.db", status=1)
    shutil.rmtree(tmp_path / "empty")
