"""kill -9 while 64 writers are at work: whatever was acknowledged is there afterwards, and nothing is there by half."""

import collections
import itertools
import threading
import time

import requests

WRITERS = 64
KILLS = 2


class Writer(threading.Thread):
    """Writes until told to stop and notes what was acknowledged. A refused connection is a server that is gone."""

    def __init__(self, server, number, stop):
        super().__init__(daemon=True)
        self.server, self.number, self.stop = server, number, stop
        self.session = requests.Session()
        self.runs = []
        self.points, self.batches, self.params, self.tags, self.files = (collections.defaultdict(list) for _ in range(5))
        self.surprises = []

    def post(self, path, body):
        answer = self.session.post(f"{self.server.url}/api/2.0/mlflow/{path}", json=body, timeout=30)
        if answer.status_code != 200:
            self.surprises.append((path, answer.status_code, answer.text))
        answer.raise_for_status()
        return answer.json()

    def run(self):
        for step in itertools.count():
            if self.stop.is_set():
                return
            try:
                if not self.runs or step % 25 == 0:
                    self.runs.append(self.post("runs/create", {"experiment_id": "0", "run_name": f"w{self.number}"})["run"]["info"]["run_id"])
                self.write(self.runs[-1], step)
            except requests.HTTPError:
                return
            except requests.RequestException:
                time.sleep(0.05)  # killed, or not up again

    def write(self, run, step):
        kind = step % 5
        if kind == 0:
            self.post("runs/log-metric", {"run_id": run, "key": "m", "value": step, "timestamp": step, "step": step})
            self.points[run].append(step)
        elif kind == 1:
            points = [{"key": f"b{i}", "value": step + i, "timestamp": step, "step": step} for i in range(10)]
            self.post("runs/log-batch", {"run_id": run, "metrics": points, "params": [{"key": f"p{step}", "value": "x"}]})
            self.batches[run].append(step)
        elif kind == 2:
            self.post("runs/log-parameter", {"run_id": run, "key": f"q{step}", "value": f"v{step}"})
            self.params[run].append(step)
        elif kind == 3:
            self.post("runs/set-tag", {"run_id": run, "key": f"t{step}", "value": f"v{step}"})
            self.tags[run].append(step)
        else:
            where = f"{self.server.url}/api/2.0/mlflow-artifacts/artifacts/0/{run}/artifacts/{step}.bin"
            self.session.put(where, data=content(run, step), timeout=30).raise_for_status()
            self.files[run].append(step)


def content(run, step):
    return f"{run} {step} ".encode() * 400


def history(server, run, key):
    asked = {"run_id": run, "metric_key": key}
    return requests.get(f"{server.url}/api/2.0/mlflow/metrics/get-history", params=asked, timeout=30).json().get("metrics", [])


def check(server, writer):
    for run in writer.runs:
        answer = requests.get(f"{server.url}/api/2.0/mlflow/runs/get", params={"run_id": run}, timeout=30)
        assert answer.status_code == 200, (run, answer.text)
        data = answer.json()["run"]["data"]
        params = {p["key"]: p["value"] for p in data.get("params", [])}
        tags = {t["key"]: t["value"] for t in data.get("tags", [])}
        assert {f"q{s}": f"v{s}" for s in writer.params[run]}.items() <= params.items()
        assert {f"t{s}": f"v{s}" for s in writer.tags[run]}.items() <= tags.items()
        assert set(writer.points[run]) <= {p["step"] for p in history(server, run, "m")}
        # A batch is there as a whole or not at all, acknowledged or not.
        steps = [{p["step"]: p["value"] for p in history(server, run, f"b{i}")} for i in range(10)]
        assert set(writer.batches[run]) <= set(steps[0]) and all(set(each) == set(steps[0]) for each in steps)
        assert all(each[s] == s + i for i, each in enumerate(steps) for s in each)
        assert {f"p{s}" for s in steps[0]} == {key for key in params if key.startswith("p")}
        for step in writer.files[run]:
            where = f"{server.url}/get-artifact?run_id={run}&path={step}.bin"
            assert requests.get(where, timeout=30).content == content(run, step), where


def test_what_was_acknowledged_survives_kill_9(new_server):
    server, stop = new_server(), threading.Event()
    writers = [Writer(server, number, stop) for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    for _ in range(KILLS):
        time.sleep(1.5)
        server.kill9()
        server.start()
    time.sleep(0.5)
    server.kill9()
    stop.set()
    for writer in writers:
        writer.join(60)
    server.start()
    assert not any(writer.surprises for writer in writers), [w.surprises for w in writers if w.surprises][:3]
    done = sum(len(steps) for w in writers for kind in (w.points, w.batches, w.params, w.tags, w.files) for steps in kind.values())
    assert done > WRITERS * 5  # else nothing was tried
    for writer in writers:
        check(server, writer)
    assert not list((server.data / "blobs").rglob(".part-*/*"))  # of uploads that were cut off
