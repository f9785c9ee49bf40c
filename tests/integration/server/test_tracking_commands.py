"""treadle experiment, run, artifact and model: everything the MLflow client can do, typed."""
import json
import pathlib
import urllib.request


def answer(server, *words):
    return json.loads(server.treadle(*words, "--json"))


def new_run(server, experiment, name, *log):
    run = answer(server, "run", "create", "--experiment", experiment, "--name", name)["id"]
    if log:
        server.treadle("run", "log", run, *log)
    return run


def test_an_experiment_lives_dies_and_comes_back(server):
    assert answer(server, "experiment", "create", "grid", "--tag", "team=north")["tags"] == {"team": "north"}
    assert "grid" in server.treadle("experiment", "show", "grid")
    assert [one["name"] for one in answer(server, "experiment", "list", "--filter", "tags.team = 'north'")["experiments"]] == ["grid"]
    assert "already exists" in server.treadle("experiment", "create", "grid", status=1)
    server.treadle("experiment", "delete", "grid")
    assert "grid" not in server.treadle("experiment", "list")
    assert "grid" in server.treadle("experiment", "list", "--deleted")
    server.treadle("experiment", "restore", "grid")
    assert answer(server, "experiment", "show", "grid")["deleted"] is False
    assert "no experiment" in server.treadle("experiment", "show", "nowhere", status=3)


def test_runs_are_found_by_the_search_grammar_in_the_order_asked_for(server):
    for name, loss in (("a", 0.3), ("b", 0.1), ("c", 0.2)):
        new_run(server, "search", name, "--metric", f"loss={loss}", "--param", f"name={name}", "--status", "FINISHED")
    listed = answer(server, "run", "list", "--experiment", "search", "--order-by", "metrics.loss ASC")["runs"]
    assert [run["name"] for run in listed] == ["b", "c", "a"]
    assert all(run["status"] == "FINISHED" and run["end_ms"] for run in listed)
    found = answer(server, "run", "list", "--filter", "metrics.loss > 0.15 AND params.name != 'a'", "--experiment", "search")["runs"]
    assert [run["name"] for run in found] == ["c"]
    assert len(answer(server, "run", "list", "--experiment", "search", "--limit", "2")["runs"]) == 2
    assert "loss=0.1" in server.treadle("run", "list", "--experiment", "search")
    server.treadle("run", "list", "--filter", "metrics.loss >", status=2)
    assert "nowhere" in server.treadle("run", "list", "--experiment", "nowhere", status=3)


def test_a_run_is_named_by_the_last_digits_of_its_id_or_the_first(server):
    run = new_run(server, "prefix", "one", "--param", "depth=5", "--tag", "why=test", "--metric", "loss=0.5@7")
    other = new_run(server, "other", "two")
    assert answer(server, "run", "show", run[:24])["id"] == run
    assert "give more digits" in server.treadle("run", "show", run[:4], status=2) and run[:4] == other[:4]
    shown = server.treadle("run", "show", run[-8:])
    assert "depth" in shown and "loss" in shown and "why" in shown
    assert "hex" in server.treadle("run", "show", "no", status=2)
    assert "no run" in server.treadle("run", "show", "0000000", status=3)
    server.treadle("run", "delete", run)
    assert answer(server, "run", "list", "--experiment", "prefix", "--deleted")["runs"][0]["id"] == run
    server.treadle("run", "restore", run)
    assert answer(server, "run", "list", "--experiment", "prefix")["runs"][0]["id"] == run


def test_what_cannot_be_logged_is_said(server):
    run = new_run(server, "log", "one", "--param", "depth=5")
    assert "--metric" in server.treadle("run", "log", run, "--metric", "loss=low", status=2)
    assert "nothing to log" in server.treadle("run", "log", run, status=2)
    assert "Changing param" in server.treadle("run", "log", run, "--param", "depth=6", status=2)
    server.treadle("run", "log", run, "--metric", "loss=nan@1")
    assert answer(server, "run", "show", run)["metrics"]["loss"] == "NaN"


def test_runs_are_compared_side_by_side(server):
    common = ("--param", "lr=0.1", "--tag", "mlflow.source.git.commit=abc")
    one = new_run(server, "compare", "one", *common, "--param", "depth=5", "--metric", "loss=0.5")
    two = new_run(server, "compare", "two", *common, "--param", "depth=6", "--metric", "loss=0.25", "--tag", "extra=yes")
    sections = answer(server, "run", "compare", one, two)["sections"]
    assert sections["params"]["depth"] == {"values": ["5", "6"], "differs": True}
    assert sections["params"]["lr"] == {"values": ["0.1", "0.1"], "differs": False}
    assert sections["code"]["mlflow.source.git.commit"]["differs"] is False
    assert sections["tags"]["extra"]["values"] == [None, "yes"]
    only = answer(server, "run", "compare", one, two, "--diff")["sections"]
    assert set(only["params"]) == {"depth"} and only["code"] == {}
    table = server.treadle("run", "compare", one, two, "--diff")
    assert "* depth" in table and "(-0.25)" in table and "lr" not in table
    assert one[-8:] in table and two[-8:] in table, "runs of the same minute begin alike"
    assert "do not differ" in server.treadle("run", "compare", one, one, "--diff")
    assert len(answer(server, "run", "compare", one, two, one)["runs"]) == 3


def test_artifacts_go_up_and_down_unchanged(server, tmp_path):
    folder = tmp_path / "plots"
    (folder / "deep").mkdir(parents=True)
    (folder / "a b%20ü.txt").write_text("text", encoding="utf-8")
    big = bytes(range(256)) * 20000
    (folder / "deep" / "big.bin").write_bytes(big)
    (folder / "empty").write_bytes(b"")
    run = new_run(server, "artifacts", "one")
    assert answer(server, "artifact", "upload", run, folder, "--path", "eval")["bytes"] == len(big) + 4
    assert [one["path"] for one in answer(server, "artifact", "list", run, "eval/plots")["artifacts"]] == [
        "eval/plots/a b%20ü.txt", "eval/plots/deep", "eval/plots/empty"]
    assert "eval/plots/deep/big.bin" in server.treadle("artifact", "list", run, "--recursive")
    back = tmp_path / "back"
    assert answer(server, "artifact", "download", run, "eval/plots", "--to", back)["files"] == 3
    for file in ("a b%20ü.txt", "deep/big.bin", "empty"):
        assert (back / "plots" / file).read_bytes() == (folder / file).read_bytes()
    server.treadle("artifact", "download", run, "eval/plots/deep/big.bin", "--to", back)
    assert (back / "big.bin").read_bytes() == big
    assert "no artifact" in server.treadle("artifact", "download", run, "eval/none", status=3)
    assert "no file or folder" in server.treadle("artifact", "upload", run, tmp_path / "none", status=2)
    assert not list(pathlib.Path(back).rglob("*.part"))


def post(server, path, body, headers=()):
    request = urllib.request.Request(server.url + path, method="POST", data=json.dumps(body).encode(),
                                     headers={"Content-Type": "application/json", **dict(headers)})
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as made:
        return json.load(made)


def run_with_model(server, tmp_path, experiment):
    run = new_run(server, experiment, "one")
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "MLmodel").write_text("flavors: {}")
    server.treadle("artifact", "upload", run, folder)
    return run


def test_models_are_made_described_renamed_and_deleted(server, tmp_path):
    run = run_with_model(server, tmp_path, "register")
    made = answer(server, "model", "create", "heat", "--description", "day ahead", "--tag", "team=grid")
    assert (made["name"], made["description"], made["tags"]) == ("heat", "day ahead", {"team": "grid"})
    assert "already exists" in server.treadle("model", "create", "heat", status=1)
    first = answer(server, "model", "register", "heat", f"runs:/{run}/model", "--tag", "k=v")
    assert (first["version"], first["run_id"], first["tags"]) == (1, run, {"k": "v"}) and first["source"].endswith(f"{run}/artifacts/model")
    assert answer(server, "model", "register", "heat", "model", "--run", run[-10:])["source"] == first["source"]
    assert answer(server, "model", "register", "copy", "models:/heat/1")["source"] == "models:/heat/1"
    assert "neither files nor a logged model" in server.treadle("model", "register", "heat", f"runs:/{run}/nothing", status=3)
    assert "runs:/RUN/PATH" in server.treadle("model", "register", "heat", f"runs:/{run}", status=2)
    assert answer(server, "model", "update", "heat", "2", "--description", "better")["description"] == "better"
    assert answer(server, "model", "update", "heat", "--tag", "stage=test")["tags"] == {"team": "grid", "stage": "test"}
    assert "nothing to change" in server.treadle("model", "update", "heat", status=2)
    server.treadle("model", "alias", "heat", "champion", "2")
    assert answer(server, "model", "unalias", "heat", "champion")["aliases"] == {}
    assert answer(server, "model", "rename", "heat", "heating")["name"] == "heating"
    assert [one["name"] for one in answer(server, "model", "list", "--filter", "name LIKE 'heat%'")["models"]] == ["heating"]
    assert "gone for good" in server.treadle("model", "delete", "heating", "1", status=2)
    server.treadle("model", "delete", "heating", "1", "--yes")
    assert [one["version"] for one in answer(server, "model", "show", "heating")["versions"]] == [2]
    server.treadle("model", "delete", "heating", "--yes")
    server.treadle("model", "show", "heating", status=3)
    server.treadle("model", "delete", "heating", "--yes", status=3)


def test_a_model_that_a_run_logged_is_registered_by_the_runs_uri(server):
    run = new_run(server, "logged", "one")
    experiment = answer(server, "run", "show", run)["experiment_id"]
    model = post(server, "/api/2.0/mlflow/logged-models", {"experiment_id": experiment, "name": "forest", "source_run_id": run})
    version = answer(server, "model", "register", "wood", f"runs:/{run}/forest")
    assert version["model_id"] == model["model"]["info"]["model_id"] and version["run_id"] == run


def test_traces_are_listed_shown_and_deleted(server):
    experiment = answer(server, "experiment", "create", "talk")["id"]
    assert "no trace matches" in server.treadle("trace", "list", "talk")
    for at in range(3):
        post(server, "/api/3.0/mlflow/traces", {"trace": {"trace_info": {
            "trace_id": f"tr-{at}", "trace_location": {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": experiment}},
            "request_time": f"2026-01-01T00:00:0{at}Z", "execution_duration": "1.5s", "state": "ERROR" if at == 1 else "OK",
            "request_preview": "how warm?", "tags": {"room": str(at)}}}})
    assert [one["id"] for one in answer(server, "trace", "list", "talk")["traces"]] == ["tr-2", "tr-1", "tr-0"]
    assert [one["id"] for one in answer(server, "trace", "list", "talk", "--filter", "status = 'ERROR'")["traces"]] == ["tr-1"]
    assert [one["id"] for one in answer(server, "trace", "list", "talk", "--order-by", "timestamp_ms ASC", "--limit", "2")["traces"]] == ["tr-0", "tr-1"]
    listed = server.treadle("trace", "list", "talk")
    assert "how warm?" in listed and "1.5 s" in listed
    assert "room" in server.treadle("trace", "show", "tr-0") and answer(server, "trace", "show", "tr-0")["spans"] == []
    spans = [{"traceId": "ab" * 16, "spanId": number * 16, "parentSpanId": parent * 16, "name": name, "status": {"code": code},
              "startTimeUnixNano": f"{start}000000", "endTimeUnixNano": "9000000"}
             for number, parent, name, start, code in (("1", "", "ask", 1, 1), ("3", "1", "think", 4, 2), ("2", "1", "look up", 2, 0))]
    post(server, "/v1/traces", {"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}, {"x-mlflow-experiment-id": experiment})
    shown = server.treadle("trace", "show", "tr-" + "ab" * 16)
    assert [line.split()[:2] for line in shown.splitlines() if line.endswith(" ms")] == [["ask", "OK"], ["look", "up"], ["think", "ERROR"]]
    assert "\n  look up  UNSET   7 ms" in shown, shown
    server.treadle("trace", "show", "tr-none", status=3)
    server.treadle("trace", "list", "nowhere", status=3)
    server.treadle("trace", "list", "talk", "--filter", "status =", status=2)
    assert "gone for good" in server.treadle("trace", "delete", "tr-0", status=2)
    server.treadle("trace", "delete", "tr-0", "--yes")
    server.treadle("trace", "delete", "tr-0", "--yes", status=3)


def test_versions_move_between_aliases_and_stages(server, tmp_path):
    run = run_with_model(server, tmp_path, "models")
    for _ in range(2):
        server.treadle("model", "register", "demand", "model", "--run", run)
    server.treadle("model", "stage", "demand", "1", "production")
    assert answer(server, "model", "stage", "demand", "2", "Production", "--archive-others")["stage"] == "Production"
    server.treadle("model", "alias", "demand", "champion", "2")
    stages = {one["version"]: (one["stage"], one["aliases"]) for one in answer(server, "model", "show", "demand")["versions"]}
    assert stages == {1: ("Archived", []), 2: ("Production", ["champion"])}
    assert "must be one of" in server.treadle("model", "stage", "demand", "1", "Prod", status=2)
