"""Paths that try to lead out of the artifacts, on every route that takes one: encoded, look-alikes, links, absolute, into other runs."""

import http.client
import json
import os
import pathlib
import urllib.parse

import pytest
import requests

SECRET = "TOPSECRET-outside-of-the-artifacts"

UP = ["../", "..%2f", "%2e%2e/", "%2e%2e%2f", "%252e%252e%252f", "%25252e%25252e%25252f", "..\\", "..%5c", "%c0%ae%c0%ae/", "%c0%ae%c0%ae%c0%af",
      "．．/", "..／", "․․/", "..∕", "%uff0e%uff0e/", ".%00./", "..%00/", "..;/", "....//", ".../", ". ./", "%e2%80%ae../", "..%0a/", "..%09/"]
DIRECT = ["/etc/passwd", "//etc/passwd", "%2fetc%2fpasswd", "file:///etc/passwd", "file:/etc/passwd", "/proc/self/environ", "C:/x", "~/x", "\\\\host\\share",
          "link", "folder/secret", "folder/../link", "loop/x", "a%00", "%00", ".", "./", "..", "%2e%2e", "secret%00.txt", "a/../../../../secret", "x" * 5000,
          "/".join(["d"] * 60), "d/" * 2000, "n" * 256]


def paths():
    for up in UP:
        for depth in (1, 3, 5, 8):
            yield up * depth + "secret"
            yield "a/" + up * depth + "etc/passwd"
    yield from DIRECT


def plant_links(server, folder):
    """One good file, and beside it links that lead out or round."""
    where = f"{server.url}/api/2.0/mlflow-artifacts/artifacts/{folder}"
    requests.put(f"{where}/good.txt", data="good", timeout=10).raise_for_status()
    inside = server.data / "blobs/artifacts" / folder
    for name, target in (("link", server.data.parent / "secret"), ("folder", server.data.parent), ("loop", inside)):
        (inside / name).unlink(missing_ok=True)
        (inside / name).symlink_to(target)


@pytest.fixture(scope="module")
def place(server):
    """A run, a logged model and a version whose artifacts hold links that lead out; a secret in every folder above them."""
    api = f"{server.url}/api/2.0/mlflow"
    run = requests.post(f"{api}/runs/create", json={"experiment_id": "0"}, timeout=10).json()["run"]["info"]["run_id"]
    other = requests.post(f"{api}/runs/create", json={"experiment_id": "0"}, timeout=10).json()["run"]["info"]["run_id"]
    model = requests.post(f"{api}/logged-models", json={"experiment_id": "0", "name": "m"}, timeout=10).json()["model"]["info"]["model_id"]
    requests.post(f"{api}/registered-models/create", json={"name": "v"}, timeout=10).raise_for_status()
    made = requests.post(f"{api}/model-versions/create", json={"name": "v", "source": f"runs:/{run}", "run_id": run}, timeout=10)
    assert made.status_code == 200, made.text
    for folder in (f"0/{run}/artifacts", f"0/models/{model}/artifacts"):
        plant_links(server, folder)
    for above in [server.data.parent, *[p for p in (server.data / "blobs/artifacts" / folder).parents if server.data in (p, *p.parents)]]:
        if above != server.data / "blobs/artifacts":
            (above / "secret").write_text(SECRET)
    return {"run": run, "other": other, "model": model}


def requests_with(path, place):
    """Method, raw target and body of each request that takes the path as it is or, a second time, encoded once more."""
    run, model = place["run"], place["model"]
    query, quoted = urllib.parse.quote(path, safe="%/"), urllib.parse.quote(path, safe="")
    proxied = "/api/2.0/mlflow-artifacts"
    for each in (query, quoted):
        each = each.replace(" ", "%20")
        yield "GET", f"/api/2.0/mlflow/artifacts/list?run_id={run}&path={each}", None
        yield "GET", f"/get-artifact?run_id={run}&path={each}", None
        yield "GET", f"/model-versions/get-artifact?name=v&version=1&path={each}", None
        yield "GET", f"{proxied}/artifacts?path=0/{run}/artifacts/{each}", None
        yield "GET", f"{proxied}/artifacts?path={each}", None
        for folder in ("", f"0/{run}/artifacts/"):
            yield "GET", f"{proxied}/artifacts/{folder}{each}", None
            yield "PUT", f"{proxied}/artifacts/{folder}{each}", b"PLANTED"
            if path.strip("./"):  # "." is the folder itself, which its owner may delete
                yield "DELETE", f"{proxied}/artifacts/{folder}{each}", None
            yield "GET", f"{proxied}/presigned/{folder}{each}", None
            yield "PUT", f"{proxied}/signed/{folder}{each}?expires=9999999999&signature=0", b"PLANTED"
            yield "POST", f"{proxied}/mpu/create/{folder}{each}", {"path": "f", "num_parts": 1}
        yield "POST", f"/ajax-api/2.0/mlflow/upload-artifact?run_uuid={run}&path={each}", b"PLANTED"
        yield "GET", f"/api/2.0/mlflow/logged-models/{model}/artifacts/directories?artifact_directory_path={each}", None
        yield "GET", f"/ajax-api/2.0/mlflow/logged-models/{model}/artifacts/files?artifact_file_path={each}", None
        for keeper in (f"runs/{run}", f"logged-models/{model}"):
            yield "GET", f"/api/v1/{keeper}/artifacts/{each}", None
            yield "GET", f"/api/v1/{keeper}/artifacts?path={each}", None
        yield "PUT", f"/api/v1/runs/{run}/artifacts/{each}", b"PLANTED"
    yield "POST", f"{proxied}/mpu/create/0/{run}/artifacts", {"path": path, "num_parts": 1}
    yield "POST", f"{proxied}/mpu/complete/0/{run}/artifacts", {"path": path, "upload_id": path, "parts": [{"part_number": 1, "etag": "x"}]}
    yield "POST", f"{proxied}/mpu/abort/0/{run}/artifacts", {"path": path, "upload_id": path}
    for which in ("upload", "download"):
        yield "POST", f"/api/2.0/mlflow/artifacts/presigned-{which}-url", {"run_id": run, "path": path}
        yield "POST", f"/api/2.0/mlflow/artifacts/presigned-{which}-url", {"model_id": model, "path": path}


def planted(server):
    """Every file with the text that was sent, wherever it came to lie."""
    found = []
    for folder, _, names in os.walk(server.data.parent):  # which follows no links
        for name in names:
            file = pathlib.Path(folder, name)
            if not file.is_symlink() and file.stat().st_size == 7 and file.read_bytes() == b"PLANTED":
                found.append(file)
    return found


def test_no_path_leads_out(server, place):
    artifacts = server.data / "blobs/artifacts"
    before = {f.relative_to(server.data.parent) for f in server.data.parent.glob("*")}
    asked = 0
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    for path in paths():
        for method, target, body in requests_with(path, place):
            if len(target) > 15_000:
                continue
            headers = {}
            if isinstance(body, dict):
                body, headers = json.dumps(body).encode(), {"Content-Type": "application/json"}
            try:
                connection.putrequest(method, target.encode("ascii", "ignore").decode(), skip_accept_encoding=True)
                for name, value in headers.items():
                    connection.putheader(name, value)
                connection.putheader("Content-Length", str(len(body or b"")))
                connection.endheaders(body)
                answer = connection.getresponse()
                content, status = answer.read(), answer.status
            except (http.client.HTTPException, OSError):
                connection.close()
                continue
            asked += 1
            assert status < 500, (method, target, status, content)
            for leak in (SECRET.encode(), b"root:x:", b"PATH="):
                assert leak not in content, (method, target)
    assert asked > 3000
    for file in planted(server):
        assert file.resolve().is_relative_to(artifacts), file
    assert {f.relative_to(server.data.parent) for f in server.data.parent.glob("*")} == before
    # Nothing outside was removed or written over, and the links are as they were.
    assert (server.data.parent / "secret").read_text() == SECRET and (server.data / "secret").read_text() == SECRET
    assert requests.get(f"{server.url}/api/2.0/mlflow/runs/get", params={"run_id": place["other"]}, timeout=10).status_code == 200


def test_lists_and_downloads_leave_links_out(server, place, tmp_path):
    plant_links(server, f"0/{place['run']}/artifacts")  # an upload may have taken a link's place
    listed = requests.get(f"{server.url}/api/2.0/mlflow/artifacts/list", params={"run_id": place["run"]}, timeout=10).json()["files"]
    names = {f["path"] for f in listed}
    assert "good.txt" in names and not names & {"link", "folder", "loop"}
    for name, status in (("link", 3), ("folder/secret", 2), ("loop/good.txt", 2)):
        server.treadle("artifact", "download", place["run"], name, "--to", tmp_path / "out", status=status)
    server.treadle("artifact", "download", place["run"], "--to", tmp_path / "all")
    assert not [f for f in (tmp_path / "all").rglob("*") if f.is_file() and SECRET in f.read_text(errors="replace")]
    for bad in ("../x", "/etc/passwd", "a/../../x"):
        server.treadle("artifact", "download", place["run"], bad, "--to", tmp_path / "bad", status=2)
