"""Malformed requests change nothing, are answered with a 4xx that names the fault, and leave the server well."""
import socket

import pytest
import requests


@pytest.fixture(autouse=True)
def still_well(server):
    before = server.pid
    yield
    assert server.is_ready() and server.pid == before


def experiments(server):
    return requests.get(server.url + "/api/v1/experiments").json()["experiments"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"null", b'{"name": 5}', b'{"name": ""}', b"\xff\xfe", b"[" * 100_000])
def test_bad_body(server, body):
    before = experiments(server)
    answer = requests.post(server.url + "/api/v1/experiments", data=body)
    assert answer.status_code == 400, answer.text[:300]
    assert answer.json()["error"]["message"]
    assert experiments(server) == before


def test_wrong_type_names_its_field(server):
    answer = requests.post(server.url + "/api/v1/experiments", json={"name": 5})
    assert answer.json()["error"]["field"] == "name"


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/api/v1/runs/ffffffffffffffffffffffffffffffff", "/api/v1/models/nobody"])
def test_unknown_name(server, path):
    assert requests.get(server.url + path).status_code == 404


def test_wrong_method(server):
    answer = requests.delete(server.url + "/healthz")
    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]


def raw(server, head, body=b""):
    """The status line that answers bytes no HTTP library would send."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.sendall(head + body)
        return connection.makefile("rb").readline().decode()


@pytest.mark.parametrize("target", ["/../../etc/passwd", "/assets/../../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/assets/%2e%2e%2f%2e%2e%2fetc/passwd"])
def test_path_traversal(server, target):
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.sendall(f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
        answer = connection.makefile("rb").read()
    assert b"root:" not in answer


def test_artifact_path_cannot_leave_its_run(server, tmp_path):
    run = requests.post(server.url + "/api/v1/runs", json={"experiment": "0", "name": "r"}).json()["id"]
    line = raw(server, f"PUT /api/v1/runs/{run}/artifacts/..%2f..%2f..%2fescaped HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1\r\n\r\n".encode(), b"x")
    assert line.split()[1] in ("400", "404"), line
    assert not list(server.data.parent.rglob("escaped"))


def test_huge_body_is_refused_by_its_declared_length(server):
    line = raw(server, b"POST /api/v1/experiments HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000000000\r\n\r\n")
    assert line.split()[1] == "413", line


def test_not_http(server):
    assert raw(server, b"\x16\x03\x01 this is not HTTP\r\n\r\n").split()[1:2] in (["400"], [])


def test_many_idle_connections(server):
    idle = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(500)]
    try:
        assert requests.get(server.url + "/healthz", timeout=5).ok
    finally:
        for one in idle:
            one.close()
