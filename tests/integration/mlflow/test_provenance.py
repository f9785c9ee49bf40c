"""What a run was made with, what a version is made of, and MLflow projects run again."""

import json
import os
import pathlib
import subprocess
import sys
import uuid

import mlflow
import pytest
import requests
from mlflow import MlflowClient
from treadle_server import binary

PROJECT = """name: adding
entry_points:
  main:
    parameters:
      a: {type: float, default: 1}
      seed: {type: float, default: 7}
    command: "python add.py {a} {seed}"
"""
PROGRAM = """import sys, mlflow
mlflow.log_metric("sum", float(sys.argv[1]) + float(sys.argv[2]))
mlflow.log_param("of_the_program", "x")
"""


@pytest.fixture
def client(server):
    mlflow.set_tracking_uri(server.url)
    mlflow.set_registry_uri(server.url)
    return MlflowClient()


def treadle(server, *words, **options):
    return subprocess.run([binary(), *words, "--url", server.url], capture_output=True, text=True, timeout=180, **options)


def provenance(server, run):
    answer = requests.get(f"{server.url}/api/v1/runs/{run}/provenance")
    assert answer.status_code == 200, answer.text
    return answer.json()


def new_run(client, tmp_path, numpy, digest):
    run = client.create_run("0", tags={"mlflow.source.git.commit": "a" * 40, "mlflow.source.type": "LOCAL"}).info.run_id
    client.log_param(run, "random_state", 42)
    client.log_metric(run, "mae", 0.5)
    (tmp_path / "requirements.txt").write_text(f"numpy=={numpy}\n# a comment\nmlflow<4 ; python_version > '3'\n")
    (tmp_path / "python_env.yaml").write_text("python: 3.11.2\nbuild_dependencies:\n- pip==23.0\n")
    for name in ("requirements.txt", "python_env.yaml"):
        client.log_artifact(run, str(tmp_path / name), "model")
    client.log_inputs(run, [mlflow.entities.DatasetInput(
        mlflow.entities.Dataset("rows", digest, "local", "{}"),
        [mlflow.entities.InputTag("mlflow.data.context", "training")])])
    return run


def test_one_record_of_what_a_run_was_made_with(server, client, tmp_path):
    run = new_run(client, tmp_path, "1.26.4", "d1")
    made = provenance(server, run)
    assert made["code"]["commit"] == "a" * 40
    assert made["environment"]["python"] == "3.11.2"
    assert made["environment"]["packages"] == {"numpy": "==1.26.4", "mlflow": "<4 ; python_version > '3'"}
    assert {each["path"] for each in made["environment"]["files"]} == {"model/requirements.txt", "model/python_env.yaml"}
    assert made["data"] == [{"name": "rows", "digest": "d1", "source": "{}", "context": "training"}]
    assert made["seed"] == {"random_state": "42"}
    other = new_run(client, tmp_path, "2.0.0", "d2")
    sections = json.loads(treadle(server, "run", "compare", run, other, "--diff", "--json").stdout)["sections"]
    assert sections["environment"]["package numpy"]["values"] == ["==1.26.4", "==2.0.0"]
    assert sections["data"]["rows (training)"]["values"] == ["d1", "d2"]
    assert "package mlflow" not in sections["environment"]
    assert requests.get(f"{server.url}/api/v1/runs/{'0' * 32}/provenance").status_code == 404
    assert "package numpy" in treadle(server, "run", "show", run).stdout


def test_a_version_knows_what_it_is_made_of(server, client, tmp_path):
    run = new_run(client, tmp_path, "1.26.4", "d1")
    name = f"known-{uuid.uuid4().hex[:8]}"
    client.create_registered_model(name)
    client.create_model_version(name, f"runs:/{run}/model", run)
    client.set_registered_model_alias(name, "champion", 1)
    shown = json.loads(treadle(server, "model", "show", name, "1", "--json").stdout)
    assert shown["version"]["aliases"] == ["champion"]
    assert shown["run"]["id"] == run
    assert shown["provenance"]["code"]["commit"] == "a" * 40
    assert shown["provenance"]["data"][0]["digest"] == "d1"
    assert {"metric": "mae", "value": 0.5, "dataset": None} in shown["evaluation"]
    assert [each["kind"] for each in shown["history"]] == ["alias.set", "version.created"]
    assert shown["deployments"] == [] and shown["missing"] == {}
    text = treadle(server, "model", "show", name, "1").stdout
    assert "a" * 40 in text and "champion" in text


def test_what_cannot_be_run_again_is_refused_with_the_reason(server, client):
    run = client.create_run("0").info.run_id
    refused = treadle(server, "reproduce", run)
    assert refused.returncode == 1 and "neither a pipeline's run nor that of an MLflow project" in refused.stderr
    client.set_tag(run, "mlflow.project.entryPoint", "main")
    assert "no commit is recorded" in treadle(server, "reproduce", run).stderr
    client.set_tag(run, "mlflow.source.git.commit", "--upload-pack=x")
    assert "is no commit" in treadle(server, "reproduce", run).stderr
    client.set_tag(run, "mlflow.source.git.commit", "b" * 40)
    client.set_tag(run, "mlflow.source.name", "https://example.org/project")
    assert "is not a folder of this machine" in treadle(server, "reproduce", run).stderr
    assert treadle(server, "reproduce", "0" * 32).returncode == 3


def git(folder, *words):
    subprocess.run(["git", "-C", folder, "-c", "user.name=t", "-c", "user.email=t@t", *words], check=True,
                   capture_output=True)


@pytest.fixture
def programs():
    """With the programs of this environment (mlflow, python) first on the path."""
    return dict(os.environ, PATH=f"{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}")


def test_a_project_is_run_again_from_its_commit(server, client, tmp_path, programs):
    folder = tmp_path / "adding"
    folder.mkdir()
    (folder / "MLproject").write_text(PROJECT)
    (folder / "add.py").write_text(PROGRAM)
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "first")
    made = subprocess.run(["mlflow", "run", str(folder), "-P", "a=2", "--env-manager", "local"], text=True,
                          env={**programs, "MLFLOW_TRACKING_URI": server.url}, capture_output=True, timeout=180)
    assert made.returncode == 0, made.stderr
    run = client.search_runs(["0"], "tags.`mlflow.project.entryPoint` = 'main'", max_results=1)[0]
    assert run.data.metrics == {"sum": 9.0}
    # The checkout goes on; the run is made again from what it was.
    (folder / "add.py").write_text(PROGRAM.replace("+", "*"))
    git(folder, "commit", "-qam", "second")
    planned = treadle(server, "reproduce", run.info.run_id, "--dry-run", env=programs)
    assert planned.returncode == 0 and "-P a=2" in planned.stdout and "of_the_program" not in planned.stdout
    again = treadle(server, "reproduce", run.info.run_id, "--json", env=programs)
    assert again.returncode == 0, again.stderr
    result = json.loads(again.stdout)
    assert result["first_difference"] is None, result
    assert {each["name"]: each["same"] for each in result["outputs"]} == {"sum": True}
    assert client.get_run(result["reproduced_by"]).data.tags["treadle.reproduces"] == run.info.run_id
