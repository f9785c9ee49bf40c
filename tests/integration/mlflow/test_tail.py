"""A run's metrics while the real client logs them: the stream of the native API and `treadle run tail`."""
import json
import subprocess
import threading

import mlflow
import pytest
import requests
from treadle_server import binary

pytestmark = pytest.mark.usefixtures("experiment")


class Tail:
    """Reads the stream until it ends, or until it has so many events."""

    def __init__(self, server, run, most=None, last=None, **query):
        headers = {"Last-Event-ID": last} if last else {}
        self.answer = requests.get(f"{server.url}/api/v1/runs/{run}/metrics:tail", params=query, headers=headers, stream=True, timeout=20)
        assert self.answer.status_code == 200, self.answer.text
        self.lines = self.answer.iter_lines(chunk_size=1, decode_unicode=True)
        self.points, self.names, self.last = [], [], None
        self.ready = self.event()
        self.most = most

    def event(self):
        fields = {"event": "message"}
        for line in self.lines:
            if not line and "data" in fields:
                self.last = fields.get("id", self.last)
                self.names.append(fields["event"])
                data = json.loads(fields["data"])
                self.points += data.get("points", [])
                return data
            if line and not line.startswith(":"):
                name, _, value = line.partition(": ")
                fields[name] = value
        return None

    def read(self):
        while self.names[-1] != "end" and (self.most is None or len(self.points) < self.most) and self.event() is not None:
            pass
        return self

    def close(self):
        self.answer.close()


def test_every_point_comes_once_and_in_order(server):
    with mlflow.start_run() as run:
        mlflow.log_metric("loss", 9.0, step=0)
        tail = Tail(server, run.info.run_id)
        assert tail.ready == {"gap": False}
        reader = threading.Thread(target=tail.read)
        reader.start()
        for step in range(1, 200):
            mlflow.log_metrics({"loss": 1 / step, "acc/top-1": step / 200}, step=step)
        mlflow.log_metric("loss", float("nan"), step=200)
    reader.join(20)
    assert tail.names[-1] == "end"
    assert [point["step"] for point in tail.points if point["key"] == "loss"] == list(range(1, 201))
    assert [point["value"] for point in tail.points if point["key"] == "acc/top-1"] == [step / 200 for step in range(1, 200)]
    assert tail.points[-1]["value"] == "NaN"


def test_who_comes_back_misses_nothing_and_sees_nothing_twice(server):
    client = mlflow.MlflowClient()
    run = mlflow.start_run().info.run_id
    first = Tail(server, run, most=1, key="loss")
    client.log_metric(run, "loss", 1.0, step=1)
    client.log_metric(run, "other", 1.0, step=1)
    first.read().close()
    for step in (2, 3):
        client.log_metric(run, "loss", 1.0, step=step)
    second = Tail(server, run, last=first.last, key="loss")
    client.log_metric(run, "loss", 1.0, step=4)
    mlflow.end_run()
    second.read()
    assert second.ready == {"gap": False}
    assert [point["step"] for point in first.points] == [1]
    assert [point["step"] for point in second.points] == [2, 3, 4]


def test_after_a_restart_there_is_a_gap_and_the_history_has_it(new_server, monkeypatch):
    server = new_server()
    mlflow.set_tracking_uri(server.url)
    mlflow.set_experiment("restarted")
    client = mlflow.MlflowClient()
    run = mlflow.start_run().info.run_id
    first = Tail(server, run, most=1)
    client.log_metric(run, "loss", 1.0, step=1)
    first.read().close()
    client.log_metric(run, "loss", 1.0, step=2)
    server.restart()
    client = mlflow.MlflowClient(server.url)
    second = Tail(server, run, last=first.last)
    assert second.ready == {"gap": True}
    client.log_metric(run, "loss", 1.0, step=3)
    client.set_terminated(run)
    assert [point["step"] for point in second.read().points] == [3]
    history = requests.get(f"{server.url}/api/v1/runs/{run}/metrics/loss", timeout=10).json()["points"]
    assert [point[0] for point in history] == [1, 2, 3]
    mlflow.end_run()


def test_a_run_that_has_ended_ends_the_stream_at_once(server):
    with mlflow.start_run() as run:
        mlflow.log_metric("loss", 1.0)
    assert Tail(server, run.info.run_id).read().names == ["ready", "end"]


def test_what_cannot_be_followed_is_refused(server):
    url = f"{server.url}/api/v1/runs"
    assert requests.get(f"{url}/{'0' * 32}/metrics:tail", timeout=10).status_code == 404
    run = mlflow.start_run().info.run_id
    many = requests.get(f"{url}/{run}/metrics:tail", params={"key": [f"k{i}" for i in range(101)]}, timeout=10)
    assert many.status_code == 400 and many.json()["error"]["field"] == "key"
    mlflow.end_run()


@pytest.mark.parametrize("json_lines", [False, True])
def test_the_command_follows_a_run_to_its_end(server, json_lines):
    client = mlflow.MlflowClient()
    run = client.create_run(mlflow.tracking.fluent._get_experiment_id()).info.run_id
    words = [binary(), "run", "tail", run, "--url", server.url, "--key", "loss"] + (["--json"] if json_lines else [])
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as tail:
        lines = []
        reader = threading.Thread(target=lambda: lines.extend(tail.stdout))
        reader.start()
        step = 0
        while not lines and tail.poll() is None:  # it is connected once it shows something
            step += 1
            client.log_metric(run, "loss", 0.5, step=step)
        client.log_metric(run, "loss", 0.25, step=1000)
        client.set_terminated(run)
        assert tail.wait(20) == 0, tail.stderr.read()
        reader.join(10)
    if json_lines:
        assert json.loads(lines[-1]) | {"time_ms": 0} == {"key": "loss", "step": 1000, "time_ms": 0, "value": 0.25}
    else:
        assert lines[-2].startswith("step 1000  loss=0.25")
        assert "FINISHED" in lines[-1]
