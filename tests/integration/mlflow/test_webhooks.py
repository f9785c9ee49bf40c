"""Webhooks: the real client makes them, a receiver checks what arrives and how it is signed."""

import base64
import hashlib
import hmac
import http.server
import json
import re
import ssl
import subprocess
import threading
import time
import uuid

import mlflow
import pytest
import requests
from mlflow import MlflowClient
from mlflow.entities.webhook import WebhookAction, WebhookEntity, WebhookEvent
from mlflow.exceptions import MlflowException
from treadle_server import Server

SECRET = "a secret of both sides"  # noqa: S105
LOCAL = {"TREADLE_WEBHOOK_SCHEMES": "http,https", "TREADLE_WEBHOOK_PRIVATE_ADDRESSES": "true"}


class Receiver:
    """An HTTP server that keeps what it is sent; `answers` are the statuses it gives, then 200 for ever."""

    def __init__(self, certificate=None, port=0):
        self.received, self.answers, self.delay = [], [], 0
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                time.sleep(receiver.delay)
                status = receiver.answers.pop(0) if receiver.answers else 200
                receiver.received.append({"path": self.path, "headers": dict(self.headers), "text": body.decode(),
                                          "status": status, **json.loads(body)})
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", "/elsewhere")
                self.end_headers()
                self.wfile.write(b"thanks")

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.port = self._server.server_address[1]
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.url = f"{'https' if certificate else 'http'}://localhost:{self.port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def wait(self, count, seconds=10):
        deadline = time.monotonic() + seconds
        while len(self.received) < count:
            assert time.monotonic() < deadline, f"{len(self.received)} of {count} came: {self.received}"
            time.sleep(0.01)
        return self.received

    def close(self):
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def receiver():
    one = Receiver()
    yield one
    one.close()


@pytest.fixture(scope="module")
def hooked(database_of_a_server, tmp_path_factory):
    one = Server(tmp_path_factory.mktemp("webhooks") / "data", *database_of_a_server(), env=LOCAL)
    one.start()
    yield one
    assert one.stop() == 0


@pytest.fixture
def client(hooked):
    mlflow.set_tracking_uri(hooked.url)
    mlflow.set_registry_uri(hooked.url)
    client = MlflowClient()
    yield client
    for webhook in client.list_webhooks():
        client.delete_webhook(webhook.webhook_id)


def name():
    return f"m-{uuid.uuid4().hex}"


def test_a_webhook_is_made_shown_changed_and_deleted(client, receiver):
    made = client.create_webhook(name="first", url=receiver.url, events=["model_version.created", "registered_model.created"],
                                 description="what for", secret=SECRET)
    assert made.status == "ACTIVE" and made.description == "what for" and made.creation_timestamp > 0
    assert sorted(map(str, made.events)) == ["model_version.created", "registered_model.created"]
    read = client.get_webhook(made.webhook_id)
    assert (read.name, read.url, read.events) == (made.name, made.url, made.events)
    changed = client.update_webhook(made.webhook_id, name="second", status="DISABLED", events=["prompt.created"])
    assert (changed.name, changed.status, changed.url) == ("second", "DISABLED", made.url)
    assert [str(event) for event in changed.events] == ["prompt.created"] and changed.description == "what for"
    assert changed.last_updated_timestamp >= made.last_updated_timestamp
    client.delete_webhook(made.webhook_id)
    with pytest.raises(MlflowException, match=f"Webhook with ID {made.webhook_id} not found") as error:
        client.get_webhook(made.webhook_id)
    assert error.value.error_code == "RESOURCE_DOES_NOT_EXIST"
    for call in (lambda: client.delete_webhook(made.webhook_id), lambda: client.test_webhook(made.webhook_id),
                 lambda: client.update_webhook(made.webhook_id, name="x")):
        with pytest.raises(MlflowException, match="not found"):
            call()


def test_the_secret_is_never_shown(client, hooked, receiver):
    made = client.create_webhook(name="hush", url=receiver.url, events=["prompt.created"], secret=SECRET)
    for path in ("webhooks", f"webhooks/{made.webhook_id}"):
        answer = requests.get(f"{hooked.url}/api/2.0/mlflow/{path}")
        assert "hush" in answer.text and SECRET not in answer.text
    assert SECRET not in requests.get(hooked.url + "/api/v1/events", params={"limit": 10000}).text


def test_webhooks_are_listed_page_by_page_the_newest_first(client, receiver):
    made = []
    for i in range(7):
        made.append(client.create_webhook(name=f"w{i}", url=receiver.url, events=["prompt.created"]).webhook_id)
        time.sleep(0.002)
    found, token = [], None
    while True:
        page = client.list_webhooks(max_results=3, page_token=token)
        found.extend(webhook.webhook_id for webhook in page)
        token = page.token
        if not token:
            break
    assert found == made[::-1]
    with pytest.raises(MlflowException, match="max_results must be between 1 and 1000"):
        client.list_webhooks(max_results=1001)


def test_what_is_told_of_models(client, receiver):
    client.create_webhook(name="all", url=receiver.url + "/hook?x=1", events=[
        "registered_model.created", "model_version.created", "model_version_tag.set", "model_version_tag.deleted",
        "model_version_alias.created", "model_version_alias.deleted"])
    model = name()
    client.create_registered_model(model, tags={"team": "grid"}, description="what it is")
    version = client.create_model_version(model, "s3://bucket/model", tags={"a": "b"}, description="first").version
    client.set_model_version_tag(model, version, "k", "v")
    client.set_registered_model_tag(model, "not", "told")
    client.delete_model_version_tag(model, version, "k")
    client.set_registered_model_alias(model, "champion", version)
    client.delete_registered_model_alias(model, "champion")
    got = receiver.wait(6)
    told = {(each["entity"], each["action"]): each["data"] for each in got}
    assert told == {
        ("registered_model", "created"): {"name": model, "tags": {"team": "grid"}, "description": "what it is"},
        ("model_version", "created"): {"name": model, "version": version, "source": "s3://bucket/model", "run_id": None,
                                       "tags": {"a": "b"}, "description": "first"},
        ("model_version_tag", "set"): {"name": model, "version": version, "key": "k", "value": "v"},
        ("model_version_tag", "deleted"): {"name": model, "version": version, "key": "k"},
        ("model_version_alias", "created"): {"name": model, "alias": "champion", "version": version},
        ("model_version_alias", "deleted"): {"name": model, "alias": "champion"}}
    # Receivers see the fields in MLflow's order, and a time that every Python reads.
    bodies = [json.loads(each["text"]) for each in got]
    assert {tuple(body) for body in bodies} == {("entity", "action", "timestamp", "data")}
    [version_body] = [body for body in bodies if (body["entity"], body["action"]) == ("model_version", "created")]
    assert list(version_body["data"]) == ["name", "version", "source", "run_id", "tags", "description"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?\+00:00", version_body["timestamp"])
    assert {each["path"] for each in got} == {"/hook?x=1"}
    assert len({each["headers"]["X-MLflow-Delivery-Id"] for each in got}) == 6
    assert "X-MLflow-Signature" not in got[0]["headers"] and got[0]["headers"]["Content-Type"] == "application/json"
    time.sleep(0.2)
    assert len(receiver.received) == 6  # and nothing else


def test_what_is_told_of_prompts(client, receiver):
    client.create_webhook(name="prompts", url=receiver.url, events=[
        "prompt.created", "prompt_version.created", "prompt_tag.set", "prompt_tag.deleted", "prompt_version_tag.set",
        "prompt_version_tag.deleted", "prompt_alias.created", "prompt_alias.deleted"])
    client.create_webhook(name="models", url=receiver.url + "/models",
                          events=["registered_model.created", "model_version.created", "model_version_tag.set"])
    prompt = name()
    client.create_prompt(prompt, description="greets", tags={"team": "words"})
    version = client.create_prompt_version(prompt, "Hello {{name}}!", description="first", tags={"a": "b"}).version
    client.set_prompt_tag(prompt, "k", "v")
    client.delete_prompt_tag(prompt, "k")
    client.set_prompt_version_tag(prompt, version, "vk", "vv")
    client.delete_prompt_version_tag(prompt, version, "vk")
    client.set_prompt_alias(prompt, "live", version)
    client.delete_prompt_alias(prompt, "live")
    got = receiver.wait(8)
    time.sleep(0.2)
    assert {each["path"] for each in got} == {"/"}
    told = {f"{each['entity']}.{each['action']}": each["data"] for each in got}
    assert told["prompt.created"] == {"name": prompt, "tags": {"team": "words"}, "description": "greets"}
    assert told["prompt_version.created"]["template"] == "Hello {{name}}!"
    assert told["prompt_version.created"]["version"] == str(version)
    assert told["prompt_version.created"]["tags"]["a"] == "b"
    assert "mlflow.prompt.text" not in told["prompt_version.created"]["tags"]
    assert told["prompt_tag.set"] == {"name": prompt, "key": "k", "value": "v"}
    assert told["prompt_tag.deleted"] == {"name": prompt, "key": "k"}
    assert told["prompt_version_tag.set"]["value"] == "vv"
    assert told["prompt_alias.created"] == {"name": prompt, "alias": "live", "version": str(version)}
    assert told["prompt_alias.deleted"] == {"name": prompt, "alias": "live"}


def signature_of(got, secret=SECRET):
    text = f"{got['headers']['X-MLflow-Delivery-Id']}.{got['headers']['X-MLflow-Timestamp']}.{got['text']}"
    return "v1," + base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()).decode()


def test_deliveries_are_signed(client, receiver):
    client.create_webhook(name="signed", url=receiver.url, events=["registered_model.created"], secret=SECRET)
    client.create_registered_model(name(), description="ünïcode ✓")
    got = receiver.wait(1)[0]
    assert got["headers"]["X-MLflow-Signature"] == signature_of(got)
    assert abs(int(got["headers"]["X-MLflow-Timestamp"]) - time.time()) < 60
    assert got["timestamp"].startswith("20")


def test_a_test_sends_an_example_and_says_what_came_back(client, receiver):
    made = client.create_webhook(name="t", url=receiver.url, secret=SECRET,
                                 events=["model_version.created", "prompt_version_tag.set"])
    result = client.test_webhook(made.webhook_id)
    assert result.success is True and result.response_status == 200 and result.response_body == "thanks"
    assert result.error_message is None
    first = receiver.received[0]
    assert first["headers"]["X-MLflow-Signature"] == signature_of(first)
    result = client.test_webhook(made.webhook_id, event=WebhookEvent(WebhookEntity.PROMPT_VERSION_TAG, WebhookAction.SET))
    assert result.success and receiver.received[1]["entity"] == "prompt_version_tag"
    receiver.answers = [500, 302]
    result = client.test_webhook(made.webhook_id)
    assert result.success is False and result.response_status == 500
    assert client.test_webhook(made.webhook_id).success is False  # nobody was told
    assert len(receiver.received) == 4  # no redirect was followed
    client.update_webhook(made.webhook_id, url="http://localhost:1/")
    result = client.test_webhook(made.webhook_id)
    assert result.success is False and "Failed to test webhook" in result.error_message


def test_examples_are_mlflows(client, receiver):
    from mlflow.webhooks.types import get_example_payload_for_event

    events = [event for entity in WebhookEntity for action in WebhookAction
              if WebhookEvent._is_valid_combination(entity, action) and entity != WebhookEntity.BUDGET_POLICY
              for event in [WebhookEvent(entity, action)]]
    assert len(events) == 14
    made = client.create_webhook(name="e", url=receiver.url, events=events)
    for event in events:
        assert client.test_webhook(made.webhook_id, event=event).success
        assert receiver.received[-1]["data"] == get_example_payload_for_event(event), event


def test_a_receiver_that_is_busy_is_tried_again(client, receiver):
    receiver.answers = [503, 429]
    client.create_webhook(name="again", url=receiver.url, events=["registered_model.created"], secret=SECRET)
    client.create_registered_model(name())
    got = receiver.wait(3)
    assert [each["status"] for each in got] == [503, 429, 200]
    assert len({each["headers"]["X-MLflow-Delivery-Id"] for each in got}) == 1
    assert all(each["headers"]["X-MLflow-Signature"] == signature_of(each) for each in got)


def test_a_refusal_is_final_and_a_disabled_webhook_is_silent(client, receiver):
    receiver.answers = [404]
    made = client.create_webhook(name="gone", url=receiver.url, events=["registered_model.created"])
    client.create_registered_model(name())
    receiver.wait(1)
    time.sleep(1.5)
    assert len(receiver.received) == 1
    client.update_webhook(made.webhook_id, status="DISABLED")
    client.create_registered_model(name())
    time.sleep(0.5)
    assert len(receiver.received) == 1


def test_a_slow_receiver_holds_up_neither_callers_nor_other_receivers(client, receiver):
    other = Receiver()
    receiver.delay = 2
    client.create_webhook(name="slow", url=receiver.url, events=["registered_model.created"])
    client.create_webhook(name="fast", url=other.url, events=["registered_model.created"])
    start = time.monotonic()
    client.create_registered_model(name())
    other.wait(1)
    assert time.monotonic() - start < 1.5
    receiver.wait(1)
    other.close()


def test_a_model_that_was_not_made_is_not_told_of(client, receiver):
    client.create_webhook(name="n", url=receiver.url, events=["registered_model.created", "model_version_alias.created"])
    model = name()
    client.create_registered_model(model)
    for call in (lambda: client.create_registered_model(model), lambda: client.set_registered_model_alias(model, "a", "9")):
        with pytest.raises(MlflowException):
            call()
    receiver.wait(1)
    time.sleep(0.3)
    assert len(receiver.received) == 1


@pytest.mark.parametrize(("field", "value"), [
    ("name", ""), ("name", "a b"), ("name", "-a"), ("name", "x" * 64), ("url", ""), ("url", "   "), ("url", "ftp://a.example/"),
    ("url", "http://"), ("url", "http:///x"), ("url", "no url"), ("url", "http://a b/"), ("url", "http://u:p@a.example/"),
    ("url", "http://127.1/"), ("url", "http://0177.0.0.1/"), ("url", "http://a.example/\nX: y"), ("url", "http://" + "a" * 5000),
    ("url", 5), ("events", []), ("events", None), ("events", "registered_model.created"), ("events", [5]),
    ("events", [{"entity": "REGISTERED_MODEL", "action": "DELETED"}]), ("events", [{"entity": "TOASTER", "action": "CREATED"}]),
    ("events", [{"entity": "REGISTERED_MODEL"}]), ("events", [{"entity": 99, "action": 1}]), ("status", "ASLEEP"), ("secret", 7)])
def test_hostile_input_is_refused(hooked, client, field, value):
    body = {"name": "fine", "url": "http://localhost:1/", "events": [{"entity": "REGISTERED_MODEL", "action": "CREATED"}]}
    answer = requests.post(hooked.url + "/api/2.0/mlflow/webhooks", json={**body, field: value})
    assert answer.status_code == 400 and answer.json()["error_code"] == "INVALID_PARAMETER_VALUE", answer.text
    assert client.list_webhooks() == []


@pytest.mark.parametrize("url", [
    "http://example.com/", "https://localhost/", "https://127.0.0.1/", "https://10.0.0.1/", "https://192.168.1.1/",
    "https://169.254.169.254/latest/meta-data", "https://[::1]/", "https://[fe80::1]/", "https://[::ffff:127.0.0.1]/",
    "https://[64:ff9b::7f00:1]/", "https://0.0.0.0/", "https://100.64.0.1/", "https://224.0.0.1/", "https://a.localhost/"])
def test_by_default_only_the_public_internet_is_told_and_only_by_tls(server, url):
    body = {"name": "fine", "url": url, "events": [{"entity": "REGISTERED_MODEL", "action": "CREATED"}]}
    answer = requests.post(server.url + "/api/2.0/mlflow/webhooks", json=body)
    assert answer.status_code == 400 and answer.json()["error_code"] == "INVALID_PARAMETER_VALUE", answer.text


def test_deliveries_go_on_where_a_killed_server_left_them(new_server):
    server = new_server()
    server.stop()
    server._env.update(LOCAL)
    server.start()
    client = MlflowClient(server.url, server.url)
    receiver = Receiver()
    port = receiver.port
    receiver.close()
    client.create_webhook(name="later", url=f"http://localhost:{port}", events=["registered_model.created"])
    models = [name() for _ in range(3)]
    for model in models:
        client.create_registered_model(model)
    server.kill9()
    receiver = Receiver(port=port)
    server.start()
    seconds = 45  # one that was under way is free again after its lease of half a minute
    receiver.wait(1, seconds)
    deadline = time.monotonic() + seconds
    while {each["data"]["name"] for each in receiver.received} != set(models) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert {each["data"]["name"] for each in receiver.received} == set(models)
    receiver.close()


def test_tls_is_verified(new_server, tmp_path):
    pem = tmp_path / "both.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", pem, "-out", tmp_path / "cert.pem",
                    "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"], check=True, capture_output=True)
    pem.write_text(pem.read_text() + (tmp_path / "cert.pem").read_text())
    receiver = Receiver(certificate=pem)
    results = {}
    for trusted in (False, True):
        server = new_server(env={**LOCAL, **({"SSL_CERT_FILE": str(tmp_path / "cert.pem")} if trusted else {})})
        client = MlflowClient(server.url, server.url)
        made = client.create_webhook(name="tls", url=receiver.url, events=["registered_model.created"])
        results[trusted] = client.test_webhook(made.webhook_id)
        if trusted:  # but not under another name
            client.update_webhook(made.webhook_id, url=receiver.url.replace("localhost", "127.0.0.1"))
            assert client.test_webhook(made.webhook_id).success is False
    assert results[True].success and results[True].response_status == 200
    assert results[False].success is False and "certificate" in results[False].error_message
    receiver.close()


def test_with_access_control_webhooks_are_for_administrators(new_server):
    server = new_server("--auth", "basic", env={"TREADLE_ADMIN_PASSWORD": "a long password", **LOCAL})
    root = ("admin", "a long password")
    requests.post(server.url + "/api/v1/users", json={"name": "ada", "password": "a long password"}, auth=root)
    body = {"name": "fine", "url": "http://localhost:1/", "events": [{"entity": "REGISTERED_MODEL", "action": "CREATED"}]}
    made = requests.post(server.url + "/api/2.0/mlflow/webhooks", json=body, auth=root).json()["webhook"]["webhook_id"]
    for method, path in (("POST", ""), ("GET", ""), ("GET", f"/{made}"), ("PATCH", f"/{made}"), ("DELETE", f"/{made}"),
                         ("POST", f"/{made}/test")):
        answer = requests.request(method, f"{server.url}/api/2.0/mlflow/webhooks{path}", json=body, auth=("ada", "a long password"))
        assert answer.status_code == 403, (method, path)
