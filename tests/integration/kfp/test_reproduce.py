"""Pipeline runs made again: what is compared before and after, and how it ends."""
import json
import subprocess

import pytest
import requests
from kfp import compiler, dsl
from treadle_server import binary


@dsl.component(base_image="python:3.11")
def measure(seed: int, path: str, scores: dsl.Output[dsl.Metrics]):
    scores.log_metric("score", float(seed * 2 + len(open(path).read())))


@dsl.pipeline(name="measuring")
def measuring(path: str, seed: int = 3):
    measure(seed=seed, path=path)


def treadle(server, *words):
    return subprocess.run([binary(), *words, "--url", server.url], capture_output=True, text=True, timeout=300)


@pytest.fixture
def finished(server, tmp_path):
    package = str(tmp_path / "measuring.yaml")
    compiler.Compiler().compile(measuring, package)
    data = tmp_path / "data.txt"
    data.write_text("four")
    run = treadle(server, "run", package, "--param", f"path={data}", "--json")
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)["run_id"], data


def test_a_pipeline_run_again(server, finished):
    run, data = finished
    made = requests.get(f"{server.url}/api/v1/runs/{run}/provenance").json()
    assert made["host"] and made["environment"]["treadle"] and made["pipeline"]["spec_sha256"]
    assert made["seed"] == {"seed": "3"}
    assert any(layer.startswith("python3") and "kfp==" in layer for layer in made["environment"]["steps"].values())
    planned = treadle(server, "reproduce", run, "--dry-run")
    assert planned.returncode == 0, planned.stderr
    assert "the inputs are what they were" in planned.stdout and "would submit pipeline measuring" in planned.stdout
    again = treadle(server, "reproduce", run[:12], "--json")
    assert again.returncode == 0, again.stderr
    result = json.loads(again.stdout)
    assert result["reproduced_by"] != run and result["first_difference"] is None
    assert [each["same"] for each in result["outputs"] if each["kind"] == "metric"] == [True]
    # What the pipeline does not declare as data can still change the outcome: it is told.
    data.write_text("eleven char")
    different = treadle(server, "reproduce", run)
    assert different.returncode == 4
    assert "1 of 1 metrics differ" in different.stderr and "none that is recorded" in different.stderr
    assert treadle(server, "reproduce", run, "--ignore", "score").returncode == 0
    assert treadle(server, "reproduce", run, "--tolerance", "1").returncode == 0
    assert treadle(server, "reproduce", run, "--tolerance", "x").returncode == 2
