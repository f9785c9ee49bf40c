"""Commands and imports speak to servers behind TLS, and to none whose certificate is not trusted."""

import json
import os
import socket
import ssl
import subprocess
import threading

import pytest
from mlflow import MlflowClient
from treadle_server import Server, binary

ADMIN = ("root", "the first administrator")


class Terminator:
    """What stands before a server to speak TLS for it: takes calls at /behind, as such do, and hands them on without that."""

    def __init__(self, port, certificate):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self._to = port
        self._listener = context.wrap_socket(socket.create_server(("127.0.0.1", 0)), server_side=True)
        self.url = f"https://localhost:{self._listener.getsockname()[1]}/behind"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                call, _ = self._listener.accept()
            except ssl.SSLError:
                continue  # somebody who does not trust us
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._to))
            threading.Thread(target=self._pipe, args=(call, server, True), daemon=True).start()
            threading.Thread(target=self._pipe, args=(server, call, False), daemon=True).start()

    @staticmethod
    def _pipe(source, sink, requests):
        try:
            while piece := source.recv(65536):
                sink.sendall(piece.replace(b" /behind/", b" /", 1) if requests else piece)
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self):
        self._listener.close()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    made = tmp_path_factory.mktemp("tls") / "localhost.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
                    "subjectAltName=DNS:localhost", "-keyout", str(made), "-out", f"{made}.crt"], check=True, capture_output=True)
    with open(made, "a", encoding="ascii") as both:
        both.write(made.with_suffix(".pem.crt").read_text(encoding="ascii"))
    return made


@pytest.fixture(scope="module")
def behind(database_of_a_server, tmp_path_factory, certificate):
    """A server with access control and what stands before it."""
    one = Server(tmp_path_factory.mktemp("behind") / "data", *database_of_a_server(), "--auth", "basic", "--admin-user", ADMIN[0],
                 env={"TREADLE_ADMIN_PASSWORD": ADMIN[1]}).start()
    front = Terminator(one.port, certificate)
    yield one, front
    front.close()
    assert one.stop() == 0


def said(*words, status=0, **env):
    keep = {name: value for name, value in os.environ.items() if not name.startswith(("TREADLE_", "MLFLOW_", "SSL_"))}
    done = subprocess.run([str(binary()), *map(str, words)], env={**keep, **env}, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == status, done.stderr or done.stdout
    return done.stdout if status == 0 else done.stderr


def test_commands_reach_a_server_behind_tls(behind, certificate):
    _, front = behind
    who = {"TREADLE_USER": ADMIN[0], "TREADLE_PASSWORD": ADMIN[1]}
    trust = {"SSL_CERT_FILE": str(certificate)}
    listed = json.loads(said("experiment", "list", "--url", front.url, "--json", **who, **trust))
    assert [one["name"] for one in listed["experiments"]] == ["Default"]
    assert "certificate" in said("experiment", "list", "--url", front.url, status=1, **who)
    other = front.url.replace("localhost", "127.0.0.1")  # for which the certificate is not
    assert "certificate" in said("experiment", "list", "--url", other, status=1, **who, **trust)
    assert "must not hold a user" in said("experiment", "list", "--url", "https://root:x@localhost", status=2, **trust)


def test_an_import_from_behind_tls_as_somebody(behind, certificate, server, monkeypatch, tmp_path):
    origin, front = behind
    for name, value in zip(("MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD"), ADMIN, strict=True):
        monkeypatch.setenv(name, value)
    client = MlflowClient(origin.url, origin.url)
    experiment = client.create_experiment("far away")
    run = client.create_run(experiment).info.run_id
    large = os.urandom(3_000_000)
    (tmp_path / "weights.bin").write_bytes(large)
    client.log_artifact(run, str(tmp_path / "weights.bin"))
    for step in range(300):
        client.log_metric(run, "loss", 1 / (step + 1), step=step)
    words = ["import", "mlflow", front.url, "--experiment", "far away", "--data", server.data]
    trust = {"SSL_CERT_FILE": str(certificate)}
    assert "authenticated" in said(*words, status=1, **trust)
    who = {"MLFLOW_TRACKING_USERNAME": ADMIN[0], "MLFLOW_TRACKING_PASSWORD": ADMIN[1]}
    assert json.loads(said(*words, "--json", **trust, **who))["runs"] == 1
    for name in ("MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD"):
        monkeypatch.delenv(name)
    here = MlflowClient(server.url, server.url)
    assert len(here.get_metric_history(run, "loss")) == 300
    with open(here.download_artifacts(run, "weights.bin", str(tmp_path)), "rb") as kept:
        assert kept.read() == large
