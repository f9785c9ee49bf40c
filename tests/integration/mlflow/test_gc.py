"""Deleting for good: what was deleted long enough ago is gone with its files, and nothing else is."""

import pathlib
import subprocess

import pytest
import requests
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from treadle_server import binary


@pytest.fixture
def client(new_server):
    server = new_server()
    client = MlflowClient(server.url, server.url)
    client.server = server
    return client


def logged_run(client, experiment, tmp_path, name):
    run = client.create_run(experiment, run_name=name).info.run_id
    client.log_batch(run, params=[], tags=[])
    for step in range(3):
        client.log_metric(run, "m", step, step=step)
    client.log_param(run, "p", name)
    (tmp_path / "file.txt").write_text(name)
    client.log_artifact(run, str(tmp_path / "file.txt"), "folder")
    return run


def gc(client, *options):
    command = [str(binary()), "gc", "--json", "--url", client.server.url, *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def purge(client, **body):
    answer = requests.post(f"{client.server.url}/api/v1/trash:purge", json=body, timeout=30)
    assert answer.status_code == 200, answer.text
    return answer.json()


def files(client, *under):
    folder = pathlib.Path(client.server.data, "blobs", "artifacts", *under)
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()) if folder.exists() else []


def test_deleted_runs_go_with_their_files_and_active_ones_stay(client, tmp_path):
    experiment = client.create_experiment("e")
    keep, gone, young = (logged_run(client, experiment, tmp_path, name) for name in ("keep", "gone", "young"))
    client.delete_run(gone)
    assert purge(client, older_than_s=3600)["runs"] == []
    assert purge(client, older_than_s=0, dry_run=True)["runs"] == [gone] and client.get_run(gone).info.lifecycle_stage == "deleted"
    client.delete_run(young)
    client.restore_run(young)
    before = client.get_run(keep).to_dictionary()
    assert purge(client, older_than_s=0)["runs"] == [gone]
    assert client.get_metric_history(gone, "m") == []
    for work in (lambda: client.get_run(gone), lambda: client.restore_run(gone)):
        with pytest.raises(MlflowException, match="not found"):
            work()
    assert files(client, experiment, gone) == [] and not pathlib.Path(client.server.data, "blobs", "artifacts", experiment, gone).exists()
    for run in (keep, young):
        assert files(client, experiment, run) == ["artifacts/folder/file.txt"]
        assert [m.value for m in client.get_metric_history(run, "m")] == [0, 1, 2]
    assert client.get_run(keep).to_dictionary() == before
    assert {r.info.run_id for r in client.search_runs([experiment], run_view_type=3)} == {keep, young}
    assert purge(client, older_than_s=0) == {"dry_run": False, "runs": [], "logged_models": [], "experiments": [], "kept": []}


def test_a_deleted_experiment_goes_with_all_in_it(client, tmp_path):
    experiment, other = client.create_experiment("gone"), client.create_experiment("stays")
    runs = [logged_run(client, experiment, tmp_path, str(i)) for i in range(3)]
    kept = logged_run(client, other, tmp_path, "kept")
    model = client.create_logged_model(experiment, name="model", params={"a": "b"}, tags={"t": "v"}, source_run_id=runs[0])
    client.log_metric(runs[0], "rmse", 1.0, model_id=model.model_id)
    client.log_outputs(runs[0], [__import__("mlflow").entities.LoggedModelOutput(model.model_id, 0)])
    client.log_model_artifacts(model.model_id, str(tmp_path))
    client.delete_experiment(experiment)
    client.restore_experiment(experiment)
    assert purge(client, older_than_s=0)["experiments"] == []
    client.delete_experiment(experiment)
    done = purge(client, older_than_s=0)
    assert (sorted(done["runs"]), done["logged_models"], done["experiments"]) == (sorted(runs), [model.model_id], [experiment])
    with pytest.raises(MlflowException):
        client.get_experiment(experiment)
    assert files(client, experiment) == [] and files(client, other) != [] and client.get_run(kept).data.params == {"p": "kept"}
    again = client.create_experiment("gone")  # the name is free
    assert client.get_experiment(again).name == "gone"


def test_what_a_version_came_from_stays(client, tmp_path):
    experiment = client.create_experiment("registered")
    run = logged_run(client, experiment, tmp_path, "used")
    model = client.create_logged_model(experiment, name="model")
    client.create_registered_model("m")
    client.create_model_version("m", f"runs:/{run}/folder", run)
    client.create_model_version("m", f"models:/{model.model_id}", model_id=model.model_id)
    client.delete_experiment(experiment)
    done = purge(client, older_than_s=0)
    assert sorted(done["kept"]) == sorted([run, model.model_id]) and not done["runs"] and not done["logged_models"] and not done["experiments"]
    assert requests.get(f"{client.server.url}/model-versions/get-artifact", params={"name": "m", "version": "1", "path": "file.txt"}, timeout=10).text == "used"
    client.delete_registered_model("m")
    done = purge(client, older_than_s=0)
    assert (done["runs"], done["logged_models"], done["experiments"]) == ([run], [model.model_id], [experiment])


def test_the_command(client, tmp_path):
    run = logged_run(client, "0", tmp_path, "r")
    client.delete_run(run)
    assert run not in gc(client).stdout and client.get_run(run)
    assert run in gc(client, "--older-than", "0s", "--dry-run").stdout and client.get_run(run)
    wrong = gc(client, "--older-than", "soon")
    assert wrong.returncode != 0 and "30d" in wrong.stderr + wrong.stdout
    assert gc(client, "--older-than", "0s").returncode == 0
    with pytest.raises(MlflowException):
        client.get_run(run)
    for body in ({}, {"older_than_s": -1}, {"older_than_s": "x"}, {"older_than_s": 1e30}):
        assert requests.post(f"{client.server.url}/api/v1/trash:purge", json=body, timeout=10).status_code == 400, body


def test_traces_go_with_their_experiment(client):
    experiment, other = client.create_experiment("traced"), client.create_experiment("kept")
    url = client.server.url + "/api/3.0/mlflow/traces"
    for owner in (experiment, other):
        info = {"trace_id": f"tr-{owner}", "request_time": "2026-01-01T00:00:00Z", "state": "OK",
                "trace_location": {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": owner}}}
        assert requests.post(url, json={"trace": {"trace_info": info}}, timeout=10).status_code == 200
    client.delete_experiment(experiment)
    assert requests.get(f"{url}/tr-{experiment}", timeout=10).status_code == 200
    assert purge(client, older_than_s=0)["experiments"] == [experiment]
    assert requests.get(f"{url}/tr-{experiment}", timeout=10).status_code == 404
    assert requests.get(f"{url}/tr-{other}", timeout=10).status_code == 200


def test_scorers_go_with_their_experiment_and_datasets_leave_it(client):
    experiment, other = client.create_experiment("judged"), client.create_experiment("judged too")
    url = client.server.url + "/api/3.0/mlflow/"
    for owner in (experiment, other):
        body = {"experiment_id": owner, "name": "s", "serialized_scorer": "{}"}
        assert requests.post(url + "scorers/register", json=body, timeout=10).status_code == 200
    body = {"name": "d", "experiment_ids": [experiment, other]}
    dataset = requests.post(url + "datasets/create", json=body, timeout=10).json()["dataset"]["dataset_id"]
    client.delete_experiment(experiment)
    assert purge(client, older_than_s=0)["experiments"] == [experiment]
    read = requests.get(f"{url}datasets/{dataset}", timeout=10).json()["dataset"]
    assert read["experiment_ids"] == [other]
    assert [one["experiment_id"] for one in requests.get(url + "scorers/list", timeout=10).json()["scorers"]] == [int(other)]
