"""treadle export mlflow: MLflow's own file store shows what the server shows, and --verify says what differs."""
import json
import os
import pathlib
import signal
import subprocess
import time

import mlflow
import pytest
from mlflow import MlflowClient
from sample_store import fill
from test_import import assert_same, client_of, everything
from treadle_server import Server, binary

os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"


@pytest.fixture(scope="module")
def filled(new_server_for_module):
    mlflow.set_tracking_uri(new_server_for_module.url)
    fill(client_of(new_server_for_module.url))
    return new_server_for_module


@pytest.fixture(scope="module")
def new_server_for_module(database_of_a_server, tmp_path_factory):
    one = Server(tmp_path_factory.mktemp("exported") / "data", *database_of_a_server())
    one.start()
    yield one
    assert one.stop() == 0


def exported(server, folder, *words):
    return json.loads(server.treadle("export", "mlflow", str(folder), *words, "--json"))


def verified(server, folder, status=0):
    done = subprocess.run([str(binary()), "export", "mlflow", str(folder), "--verify", "--json", "--url", server.url],
                          capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode == 0) == (status == 0), done.stderr
    return json.loads(done.stdout)


def test_mlflow_opens_what_was_written_and_sees_the_same(filled, tmp_path):
    folder = tmp_path / "mlruns"
    done = exported(filled, folder)
    assert done["problem_count"] == 0, done["problems"]
    assert (done["runs"], done["logged_models"], done["models"], done["versions"]) == (5, 1, 2, 3)
    there, here = everything(client_of(str(folder))), everything(client_of(filled.url))
    there["experiments"].setdefault("Default", here["experiments"]["Default"])
    assert_same(there, here)
    again = exported(filled, folder)
    assert (again["runs"], again["runs_already_there"], again["artifacts"], again["problem_count"]) == (1, 4, 0, 0)
    assert_same(everything(client_of(str(folder))), here)
    compared = verified(filled, folder)
    assert compared["difference_count"] == 0 and compared["runs"] == 5 and compared["points"] > 2500, compared


def test_an_export_imported_again_is_the_same(filled, tmp_path, new_server):
    exported(filled, tmp_path / "mlruns")
    second = new_server()
    done = json.loads(second.treadle("import", "mlflow", str(tmp_path / "mlruns"), "--json"))
    assert done["problem_count"] == 0, done["problems"]
    assert_same(everything(client_of(second.url)), everything(client_of(filled.url)))


def test_each_difference_is_named(filled, tmp_path):
    folder = tmp_path / "mlruns"
    exported(filled, folder)
    client = client_of(str(folder))
    experiment = client.get_experiment_by_name("grid demand").experiment_id
    run = next(one.info.run_id for one in client.search_runs([experiment]) if one.info.run_name == "everything")
    (folder / experiment / run / "params" / "p001").write_text("changed")
    with (folder / experiment / run / "metrics" / "loss" / "train").open("a") as lines:
        lines.write("1 2.0 3\n")
    (folder / experiment / run / "artifacts" / "empty.txt").unlink()
    client.set_registered_model_alias(client.search_registered_models()[0].name, "new", "1")
    found = [f"{one['what']}: {one['difference']}" for one in verified(filled, folder, status=1)["differences"]]
    for what in ("p001", "loss/train", "empty.txt", "alias new"):
        assert any(what in text for text in found), (what, found)
    exported(filled, folder)
    assert verified(filled, folder)["difference_count"] == 0


def test_one_experiment_alone(filled, tmp_path):
    done = exported(filled, tmp_path / "one", "--experiment", "grid demand")
    assert (done["experiments"], done["models"]) == (1, 0)
    assert "no experiment named" in filled.treadle("export", "mlflow", str(tmp_path / "two"), "--experiment", "nowhere", status=3)


def test_a_folder_with_something_else_is_left_alone(filled, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    filled.treadle("export", "mlflow", str(tmp_path), status=1)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
    filled.treadle("export", "mlflow", str(tmp_path / "mine.txt"), status=1)


def test_an_interrupted_export_goes_on(new_server, tmp_path):
    server = new_server()
    client = MlflowClient(server.url, server.url)
    for i in range(150):
        run = client.create_run("0", run_name=f"r{i}").info.run_id
        client.log_metric(run, "m", i, timestamp=1, step=0)
        client.set_terminated(run)
    folder = tmp_path / "mlruns"
    writer = subprocess.Popen([str(binary()), "export", "mlflow", str(folder), "--url", server.url], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 20
    while len(list(pathlib.Path(folder, "0").glob("*/meta.yaml"))) < 20 and writer.poll() is None and time.monotonic() < deadline:
        time.sleep(0.002)
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    done = exported(server, folder)
    assert done["runs"] + done["runs_already_there"] == 150 and done["problem_count"] == 0
    assert verified(server, folder)["difference_count"] == 0


# What YAML refuses or takes for a line's end, and what an address would take for its own signs.
@pytest.mark.parametrize(("name", "folder"), [("del\x7f c1\x80 nel\x85 end\u2028 bom\ufeff non\ufffe \U0001f600 q\"'\\: #{}\n\r", "mlruns"), ("plain", 'a b#c?d%20e"ü')])
def test_mlflow_opens_an_export_with_any_name_in_any_folder(new_server, tmp_path, name, folder):
    server = new_server()
    client = client_of(server.url)
    run = client.create_run(client.create_experiment(name), run_name=name, tags={"t": name}).info.run_id
    client.log_text(run, "hello", "notes.txt")
    client.set_terminated(run)
    assert exported(server, tmp_path / folder)["problem_count"] == 0
    store = client_of((tmp_path / folder).as_uri())
    assert name in [one.name for one in store.search_experiments()]
    there = store.get_run(run)
    assert (there.info.run_name, there.data.tags["t"]) == (name, name)
    assert pathlib.Path(store.download_artifacts(run, "notes.txt", str(tmp_path))).read_text() == "hello"
    assert verified(server, tmp_path / folder)["difference_count"] == 0


def test_a_tag_that_has_no_place_in_a_folder_stays_behind_alone(new_server, tmp_path):
    server = new_server()
    client = client_of(server.url)
    client.create_registered_model("demand")
    run = client.create_run("0").info.run_id
    for key in ("a", "a/b"):
        client.set_experiment_tag("0", key, "v")
        client.set_registered_model_tag("demand", key, "v")
        client.set_tag(run, key, "v")
    client.set_terminated(run)
    done = exported(server, tmp_path / "mlruns")
    assert (done["runs"], done["models"], done["problem_count"]) == (1, 1, 3), done["problems"]
    assert all('"a/b"' in one["what"] for one in done["problems"]), done["problems"]
    store = client_of(str(tmp_path / "mlruns"))
    assert store.get_run(run).data.tags["a"] == store.get_experiment("0").tags["a"] == "v"
    assert store.get_registered_model("demand").tags == {"a": "v"}
    assert any("a/b" in one["difference"] for one in verified(server, tmp_path / "mlruns", status=1)["differences"])
