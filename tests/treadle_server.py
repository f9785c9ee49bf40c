"""A real Treadle server for tests: its own data directory, free ports, started from the built program.

  def test_health(server):
      assert requests.get(server.url + "/healthz").ok

`server` is shared by the tests of one file. A test that stops, kills or fills it takes `new_server`, which starts one (or
several) for that test alone. $TREADLE_BINARY names another program than build/release/treadle.
"""
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

import pytest
from private_postgres import PrivatePostgres

# What starts in the background of a script has SIGINT ignored, and so would the commands that tests interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)

ROOT = pathlib.Path(__file__).resolve().parent.parent
READY_SECONDS = 20
STOP_SECONDS = 30

# A server under test is reached directly: a proxy of this machine must not come between.
_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def binary():
    path = pathlib.Path(os.environ.get("TREADLE_BINARY", ROOT / "build/release/treadle"))
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing: run script/build, or set TREADLE_BINARY")
    return path.resolve()


def free_ports(count):
    """Ports that nobody has now. All are held until all are chosen, so that no two are the same."""
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


class Server:
    """One `treadle up`. Ports and data stay the same over restart(), so clients simply go on."""

    def __init__(self, data, *arguments, env=None):
        self.data = pathlib.Path(data)
        self.port, self.grpc_port = free_ports(2)
        self.url = f"http://127.0.0.1:{self.port}"
        self.grpc = f"127.0.0.1:{self.grpc_port}"
        self.log = self.data.parent / f"{self.data.name}.log"
        self._arguments = arguments
        self._env = {**os.environ, **(env or {})}
        for name in ("TREADLE_URL", "TREADLE_DATA", "TREADLE_PORT", "TREADLE_GRPC_PORT"):
            self._env.pop(name, None)  # of the developer's own server
        self._process = None

    @property
    def pid(self):
        return self._process.pid

    def start(self):
        command = [str(binary()), "up", "--data", str(self.data), "--port", str(self.port), "--grpc-port", str(self.grpc_port)]
        with open(self.log, "ab") as log:
            self._process = subprocess.Popen([*command, *self._arguments], cwd=ROOT, env=self._env,
                                             stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
        deadline = time.monotonic() + READY_SECONDS
        while not self.is_ready():
            if self._process.poll() is not None:
                raise RuntimeError(f"treadle up ended with {self._process.returncode}:\n{self.tail()}")
            if time.monotonic() > deadline:
                self.kill9()
                raise TimeoutError(f"treadle up was not ready after {READY_SECONDS} s:\n{self.tail()}")
            time.sleep(0.02)
        return self

    def is_ready(self):
        try:
            with _direct.open(self.url + "/readyz", timeout=2) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def tail(self, lines=40):
        """The end of what the server wrote."""
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])

    def stop(self):
        """SIGTERM, as an operator does it; returns the exit status. Nothing to do when it is not running."""
        if self._process is None:
            return None
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill9()
                raise TimeoutError(f"treadle did not end {STOP_SECONDS} s after SIGTERM:\n{self.tail()}") from None
        return self._process.returncode

    def kill9(self):
        """Dies at once, as in a power cut: nothing in it gets to clean up. start() brings it back."""
        self._process.kill()
        self._process.wait()

    def treadle(self, *words, status=0):
        """A command against this server, as typed: what it printed, or what it complained with that exit status."""
        done = subprocess.run([str(binary()), *map(str, words), "--data", str(self.data)], cwd=ROOT, check=False,
                              capture_output=True, text=True, timeout=120)
        assert done.returncode == status, f"{words} ended with {done.returncode}: {done.stderr or done.stdout}"
        return done.stdout if status == 0 else done.stderr

    def restart(self):
        self.stop()
        return self.start()


@pytest.fixture(scope="session")
def database_of_a_server(request):
    """Makes the arguments that give a server its database: none (SQLite), or with --postgres an empty one there."""
    if not request.config.getoption("--postgres"):
        yield lambda: []
        return
    postgres = PrivatePostgres()
    yield lambda: ["--database", postgres.new_database()]
    postgres.stop()


@pytest.fixture(scope="module")
def server(database_of_a_server):
    with tempfile.TemporaryDirectory(prefix="treadle-test-") as folder:
        one = Server(pathlib.Path(folder) / "data", *database_of_a_server())
        try:
            yield one.start()
        finally:
            status = one.stop()
        assert status in (0, None), f"treadle up ended with {status}:\n{one.tail()}"


@pytest.fixture
def new_server(database_of_a_server):
    """new_server(*arguments, env={…}) starts a server; all are stopped and their data removed when the test ends."""
    servers, folders = [], []

    def start(*arguments, env=None):
        folders.append(tempfile.mkdtemp(prefix="treadle-test-"))
        servers.append(Server(pathlib.Path(folders[-1]) / "data", *database_of_a_server(), *arguments, env=env))
        return servers[-1].start()

    yield start
    try:
        for one in servers:
            one.stop()
    finally:
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)
