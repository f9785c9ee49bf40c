"""A disk without room, and a database that another program holds: clients are told, nothing acknowledged is lost, and it passes."""

import concurrent.futures
import pathlib
import sqlite3
import subprocess
import time

import pytest
import requests
from treadle_server import Server


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 24 MB."""
    place = tmp_path / "small"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "none", place], check=False, capture_output=True).returncode != 0:
        pytest.skip("mounting a small file system needs root")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def fill(place):
    filler = place / "filler"
    try:
        with open(filler, "wb", buffering=0) as file:
            while True:
                file.write(b"x" * 4096)
    except OSError:
        return filler


def call(server, path, body):
    return requests.post(f"{server.url}/api/2.0/mlflow/{path}", json=body, timeout=60)


def new_run(server):
    return call(server, "runs/create", {"experiment_id": "0"}).json()["run"]["info"]["run_id"]


def batch(run, step):
    return {"run_id": run, "metrics": [{"key": "m", "value": step, "timestamp": step, "step": step}], "params": [{"key": f"p{step}", "value": "x" * 500}]}


def params(server, run):
    data = requests.get(f"{server.url}/api/2.0/mlflow/runs/get", params={"run_id": run}, timeout=30).json()["run"]["data"]
    return {p["key"] for p in data.get("params", [])}


def told_of_the_disk(answer):
    body = answer.json()
    return answer.status_code == 507 and body["error_code"] == "RESOURCE_EXHAUSTED" and "free some space" in body["message"]


def test_a_full_disk(small_disk):
    server = Server(small_disk / "data")
    server.log = small_disk.parent / "log"
    server.start()
    run = new_run(server)
    where = f"{server.url}/api/2.0/mlflow-artifacts/artifacts/0/{run}/artifacts/f.bin"
    requests.put(where, data=b"old" * 1000, timeout=30).raise_for_status()
    (small_disk / "room").write_bytes(b"x" * 400_000)
    filler = fill(small_disk)
    (small_disk / "room").unlink()
    kept, refused = [], []
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        for step, answer in enumerate(pool.map(lambda step: call(server, "runs/log-batch", batch(run, step)), range(600))):
            (kept if answer.status_code == 200 else refused).append((step, answer))
    assert kept and refused and all(told_of_the_disk(answer) for _, answer in refused), refused[-1][1].text
    assert told_of_the_disk(requests.put(where, data=b"new" * 300_000, timeout=30))
    native = requests.post(f"{server.url}/api/v1/experiments", json={"name": "n" * 400, "tags": {"d": "d" * 5000}}, timeout=30)
    assert native.status_code == 507 and "field" not in native.json()["error"], native.text
    # What is there can be read all the while.
    assert {f"p{step}" for step, _ in kept} == params(server, run)
    assert requests.get(where, timeout=30).content == b"old" * 1000
    assert requests.get(f"{server.url}/readyz", timeout=30).status_code == 200
    filler.unlink()
    assert call(server, "runs/log-batch", batch(run, 1000)).status_code == 200
    requests.put(where, data=b"new" * 300_000, timeout=30).raise_for_status()
    server.kill9()
    server.start()
    assert {f"p{step}" for step, _ in kept} | {"p1000"} == params(server, run)
    assert requests.get(where, timeout=30).content == b"new" * 300_000
    assert not list((small_disk / "data/blobs").rglob(".part-*/*"))
    assert server.stop() == 0


@pytest.fixture
def sqlite_server(tmp_path):
    server = Server(pathlib.Path(tmp_path) / "data").start()  # SQLite whatever the suite runs on
    yield server
    server.stop()


def test_a_database_that_another_program_holds(sqlite_server):
    server = sqlite_server
    run = new_run(server)
    other = sqlite3.connect(server.data / "treadle.db", isolation_level=None)
    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        other.execute("BEGIN EXCLUSIVE")
        waiting = [pool.submit(call, server, "runs/log-batch", batch(run, step)) for step in range(20)]
        time.sleep(2)
        assert not any(one.done() for one in waiting)
        other.execute("ROLLBACK")
        assert [one.result().status_code for one in waiting] == [200] * 20

        other.execute("BEGIN EXCLUSIVE")
        began = time.monotonic()
        waiting = [pool.submit(call, server, "runs/log-batch", batch(run, step)) for step in range(20, 40)]
        assert params(server, run) == {f"p{step}" for step in range(20)}  # what is there can be read all the while
        for answer in (one.result() for one in waiting):
            assert answer.status_code == 503 and answer.json()["error_code"] == "TEMPORARILY_UNAVAILABLE"
            assert "another program holds the database" in answer.json()["message"]
        assert time.monotonic() - began < 10
        began = time.monotonic()
        assert call(server, "runs/log-batch", batch(run, 60)).status_code == 503 and time.monotonic() - began < 2
        other.execute("ROLLBACK")
    assert params(server, run) == {f"p{step}" for step in range(20)}  # what was refused was not kept
    assert call(server, "runs/log-batch", batch(run, 50)).status_code == 200
