"""Large artifacts in parts and by signed URLs, as MLflow's own client moves them."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import mlflow
import pytest
import requests
from mlflow import MlflowClient

MIB = 1024 * 1024


@pytest.fixture
def client(server, monkeypatch):
    monkeypatch.setenv("MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE", str(11 * MIB))
    monkeypatch.setenv("MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE", str(5 * MIB))
    monkeypatch.setenv("MLFLOW_MULTIPART_DOWNLOAD_MINIMUM_FILE_SIZE", str(11 * MIB))
    monkeypatch.setenv("MLFLOW_MULTIPART_DOWNLOAD_CHUNK_SIZE", str(5 * MIB))
    mlflow.set_tracking_uri(server.url)
    mlflow.set_registry_uri(server.url)  # else that of another file's server, which is gone
    return MlflowClient()


@pytest.mark.parametrize("setting", ["asked", "told by the server"])
def test_a_large_file_goes_up_and_down_in_parts(client, server, tmp_path, monkeypatch, setting):
    if setting == "asked":
        monkeypatch.setenv("MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD", "true")
        monkeypatch.setenv("MLFLOW_ENABLE_PROXY_MULTIPART_DOWNLOAD", "true")
    sent = []
    plain = requests.Session.request

    def watched(session, method, url, **options):
        sent.append((method, url))
        return plain(session, method, url, **options)

    monkeypatch.setattr(requests.Session, "request", watched)
    blob = os.urandom(17 * MIB + 123)
    (tmp_path / "big file.bin").write_bytes(blob)
    run = client.create_run("0").info.run_id
    client.log_artifact(run, str(tmp_path / "big file.bin"), "some dir")
    assert len([url for method, url in sent if method.upper() == "PUT" and "/mpu/part/" in url]) == 4
    back = client.download_artifacts(run, "some dir/big file.bin", str(tmp_path))
    assert open(back, "rb").read() == blob
    assert len([url for method, url in sent if method.upper() == "GET" and "/signed/" in url]) >= 4
    assert not any((server.data / "blobs" / "uploads").iterdir())


def begin(server, run, parts, name="f.bin"):
    folder = f"{server.url}/api/2.0/mlflow-artifacts/mpu/{{}}/0/{run}/artifacts"
    answer = requests.post(folder.format("create"), json={"path": f"/home/me/{name}", "num_parts": parts}).json()
    return folder, answer["upload_id"], [credential["url"] for credential in answer["credentials"]]


def test_parts_may_come_at_once_again_and_out_of_order(client, server):
    run = client.create_run("0").info.run_id
    folder, upload, urls = begin(server, run, 12)
    blobs = [bytes([i]) * (MIB + i) for i in range(12)]
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda i: requests.put(urls[i % 12], data=blobs[i % 12]), reversed(range(24))))
    tags = {i % 12: answer.headers["ETag"] for i, answer in zip(reversed(range(24)), answers)}
    parts = [{"part_number": i + 1, "etag": tags[i], "url": urls[i]} for i in range(12)]
    body = {"path": "/home/me/f.bin", "upload_id": upload, "parts": parts}
    assert client.list_artifacts(run) == []
    for wrong in (parts[:-1], parts[::-1], [{**parts[0], "etag": "beef"}, *parts[1:]], []):
        refused = requests.post(folder.format("complete"), json={**body, "parts": wrong})
        assert refused.status_code == 400 and refused.json()["error_code"] == "INVALID_PARAMETER_VALUE", refused.text
    assert requests.post(folder.format("complete"), json={**body, "path": "other"}).status_code == 400
    assert requests.post(folder.format("complete"), json=body).json() == {}
    assert requests.get(f"{server.url}/get-artifact", params={"run_id": run, "path": "f.bin"}).content == b"".join(blobs)
    assert requests.post(folder.format("complete"), json=body).status_code == 404


def test_an_upload_survives_a_restart_and_an_aborted_one_is_gone(new_server, tmp_path):
    server = new_server()
    run = MlflowClient(server.url).create_run("0").info.run_id
    folder, upload, urls = begin(server, run, 2)
    first = requests.put(urls[0], data=b"abc").headers["ETag"]
    server.kill9()
    server.start()
    second = requests.put(urls[1], data=b"def").headers["ETag"]
    body = {"path": "f.bin", "upload_id": upload, "parts": [{"part_number": 1, "etag": first}, {"part_number": 2, "etag": second}]}
    assert requests.post(folder.format("complete"), json=body).status_code == 200
    assert requests.get(f"{server.url}/get-artifact", params={"run_id": run, "path": "f.bin"}).content == b"abcdef"
    folder, upload, urls = begin(server, run, 1, "g.bin")
    requests.put(urls[0], data=b"abc")
    assert requests.post(folder.format("abort"), json={"path": "g.bin", "upload_id": upload}).status_code == 200
    assert requests.put(urls[0], data=b"abc").status_code == 404
    assert requests.post(folder.format("abort"), json={"path": "g.bin", "upload_id": upload}).status_code == 404


def test_wrong_uploads_are_refused(client, server):
    folder = f"{server.url}/api/2.0/mlflow-artifacts/mpu/create/0"
    for body in ({}, {"path": ""}, {"path": "f", "num_parts": 0}, {"path": "f", "num_parts": 10_001}, {"path": 7}, {"path": ".."}):
        assert requests.post(folder, json=body).status_code == 400, body
    assert requests.post(f"{server.url}/api/2.0/mlflow-artifacts/mpu/create/%2e%2e/x", json={"path": "f"}).status_code == 400
    run = client.create_run("0").info.run_id
    _, _, urls = begin(server, run, 2)
    assert requests.put(urls[0].replace("/1?", "/2?"), data=b"x").status_code == 403
    assert requests.put(urls[0].split("?")[0], data=b"x").status_code == 403
    assert requests.put(urls[0].replace("signature=", "signature=0"), data=b"x").status_code == 403
    assert requests.get(urls[0]).status_code == 405


@pytest.mark.parametrize("name", ["t.txt", "a b/ü%20#.txt"])
def test_signed_urls_allow_one_thing_for_a_while(client, server, name):
    run = client.create_run("0").info.run_id
    name = name.replace("#", "")
    api = f"{server.url}/api/2.0/mlflow/artifacts/presigned"
    upload = requests.post(f"{api}-upload-url", json={"run_id": run, "path": name}).json()["presigned_url"]
    assert requests.put(upload, data=b"hello").status_code == 200
    answer = requests.post(f"{api}-download-url", json={"run_id": run, "path": name, "expiration": 2}).json()
    assert answer["file_size"] == 5 and requests.get(answer["presigned_url"]).content == b"hello"
    assert requests.get(answer["presigned_url"], headers={"Range": "bytes=1-2"}).content == b"el"
    assert requests.put(answer["presigned_url"], data=b"x").status_code == 403  # for reading only
    assert requests.get(upload).status_code == 403
    time.sleep(2.1)
    ended = requests.get(answer["presigned_url"])
    assert ended.status_code == 403 and "has ended" in ended.json()["message"]
    of_path = requests.get(f"{server.url}/api/2.0/mlflow-artifacts/presigned/0/{run}/artifacts/{quote(name)}").json()
    assert of_path["file_size"] == 5 and requests.get(of_path["url"]).content == b"hello"
    for body in ({"path": "x"}, {"run_id": run}, {"run_id": run, "path": "../x"}, {"run_id": run, "path": name, "expiration": 604801}):
        assert requests.post(f"{api}-download-url", json=body).status_code == 400, body
    both = requests.post(f"{api}-upload-url", json={"run_id": run, "model_id": "m", "path": "x"})
    assert both.status_code == 400 and "Exactly one of run_id and model_id" in both.json()["message"]
    assert requests.post(f"{api}-download-url", json={"run_id": run, "path": "none"}).status_code == 404


def test_the_server_says_what_it_can_do(server):
    info = requests.get(f"{server.url}/api/3.0/mlflow/server-info").json()
    assert info["store_type"] == "SqlStore" and info["multipart_uploads_enabled"] and not info["workspaces_enabled"]
    workspaces = requests.get(f"{server.url}/api/3.0/mlflow/workspaces")
    assert workspaces.status_code == 503 and "without workspaces support" in workspaces.text
