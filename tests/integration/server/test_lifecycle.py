"""`treadle up` as an operator meets it: starting, refusing to start, stopping, dying."""
import fcntl
import json
import subprocess
import threading
import time

import requests
from treadle_server import binary, free_ports


def up(*arguments):
    """Runs a `treadle up` that is expected to end by itself."""
    return subprocess.run([binary(), "up", *map(str, arguments)], capture_output=True, text=True, timeout=20, check=False)


def test_announces_what_clients_need(server):
    deadline = time.monotonic() + 5  # it is ready a moment before it says so
    while server.url not in (said := server.log.read_text()) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert server.url in said
    assert f"MLFLOW_TRACKING_URI={server.url}" in said
    assert server.grpc in said


def test_is_small_when_idle(server):
    status = open(f"/proc/{server.pid}/status", encoding="ascii").read()
    resident_kib = int(status.split("VmRSS:")[1].split()[0])
    assert resident_kib < 150 * 1024


def test_answers_health_metrics_and_page(server):
    assert requests.get(server.url + "/healthz").status_code == 200
    assert "# TYPE http_requests_total counter" in requests.get(server.url + "/metrics").text
    page = requests.get(server.url + "/")
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")


def test_second_server_on_the_same_data_is_refused(server):
    port, grpc = free_ports(2)
    second = up("--data", server.data, "--port", port, "--grpc-port", grpc)
    assert second.returncode == 1
    assert f"process {server.pid}" in second.stderr and "--data" in second.stderr
    assert server.is_ready()


def test_port_in_use_names_the_fix(server, tmp_path):
    second = up("--data", tmp_path / "data", "--port", server.port, "--grpc-port", free_ports(1)[0])
    assert second.returncode == 1
    assert f"port {server.port}" in second.stderr and "--port" in second.stderr


def test_sigterm_ends_cleanly_and_data_stays(new_server):
    server = new_server()
    requests.post(server.url + "/api/v1/experiments", json={"name": "kept"}).raise_for_status()
    assert server.stop() == 0
    server.start()
    names = [one["name"] for one in requests.get(server.url + "/api/v1/experiments").json()["experiments"]]
    assert "kept" in names


def test_down_returns_once_everything_is_closed(tmp_path):
    data = tmp_path / "data"
    started = up("--data", data, "--port", "0", "--grpc-port", "0", "--background", "--json")
    assert started.returncode == 0, started.stderr
    api = json.loads(started.stdout)["url"] + "/api/2.0/mlflow/runs"
    run = requests.post(f"{api}/create", json={"experiment_id": "0"}, timeout=10).json()["run"]["info"]["run_id"]
    for call in range(30):  # what the database has to put in order when it is closed
        tags = [{"key": f"{call}-{i}", "value": "x" * 5000} for i in range(100)]
        assert requests.post(f"{api}/log-batch", json={"run_id": run, "tags": tags}, timeout=10).status_code == 200
    stopped = subprocess.run([binary(), "down", "--data", data], capture_output=True, text=True, timeout=60, check=False)
    assert stopped.returncode == 0, stopped.stderr
    assert not (data / "treadle.db-wal").exists()
    with open(data / "lock", "rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # raises as long as the server has it


def test_kill_loses_nothing_acknowledged(new_server):
    """Four clients create runs and log to them until the server dies; whatever it confirmed is there afterwards."""
    server = new_server()
    confirmed = {}  # run id -> last value confirmed
    enough = threading.Event()

    def write():
        session = requests.Session()
        try:
            while True:
                run = session.post(server.url + "/api/v1/runs", json={"experiment": "0", "name": "k"}, timeout=10)
                run.raise_for_status()
                identity = run.json()["id"]
                confirmed[identity] = None
                for step in range(5):
                    metric = {"key": "m", "value": step, "step": step, "time_ms": 1000 + step}
                    session.post(f"{server.url}/api/v1/runs/{identity}/log", json={"metrics": [metric]}, timeout=10).raise_for_status()
                    confirmed[identity] = step
                if len(confirmed) >= 40:
                    enough.set()
        except requests.RequestException:
            return  # it died, as it should

    writers = [threading.Thread(target=write) for _ in range(4)]
    for one in writers:
        one.start()
    reached = enough.wait(60)
    server.kill9()
    for one in writers:
        one.join()
    assert reached, f"only {len(confirmed)} runs in a minute:\n{server.tail()}"

    server.start()
    for identity, step in confirmed.items():
        run = requests.get(f"{server.url}/api/v1/runs/{identity}")
        assert run.status_code == 200, f"run {identity} was confirmed and is gone"
        if step is not None:
            assert run.json()["metrics"]["m"] >= step
