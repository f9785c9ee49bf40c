"""Commands against a running server, as somebody at a terminal uses them."""
import json
import subprocess

from treadle_server import ROOT, binary

TRAINING = ROOT / "examples/energy/compiled/energy-training.yaml"


def test_a_stored_pipeline_is_listed_with_its_versions(server):
    assert "no pipelines yet" in server.treadle("pipeline", "list")
    for _ in range(2):  # the same file again is the same version
        server.treadle("pipeline", "create", str(TRAINING))
    listed = json.loads(server.treadle("pipeline", "list", "--json"))["pipelines"]
    assert [(one["name"], one["versions"], one["latest_version"]) for one in listed] == [("energy-training", 1, "1")]
    assert listed[0]["description"] == "Day-ahead electricity demand: train, judge, deploy"
    table = server.treadle("pipeline", "list")
    assert "energy-training" in table and "Day-ahead" in table


def test_status_says_what_runs_and_what_needs_attention(server):
    text = server.treadle("status")
    for part in ("deployments", "0 ready", "pipeline runs", "0 running", "open alerts"):
        assert part in text


def test_what_is_not_there_and_what_is_mistyped_have_their_exit_codes(server):
    assert "not found" in server.treadle("model", "show", "none", status=3)
    assert "model list" in server.treadle("modle", "list", status=2)
    assert "version" in server.treadle("deployment", "create", "x", "--model", "none", "--version", "one", status=2)


def test_the_database_password_is_not_shown(server):
    shown = subprocess.run([binary(), "config", "--json"], cwd=ROOT, check=True, capture_output=True, text=True, timeout=30,
                           env={"TREADLE_DATABASE": "postgresql://me:s3cret@host/name", "HOME": "/nonexistent"}).stdout
    assert json.loads(shown)["database"]["value"] == "postgresql://me:***@host/name"
