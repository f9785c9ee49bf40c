"""Approval gates and the history of a model: through MLflow's client, the native API and the commands."""

import json
import subprocess
import uuid
from concurrent.futures import ThreadPoolExecutor

import mlflow
import pytest
import requests
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from treadle_server import Server, binary

pytestmark = pytest.mark.filterwarnings("ignore:.*deprecated:FutureWarning")


@pytest.fixture
def client(server):
    mlflow.set_tracking_uri(server.url)
    mlflow.set_registry_uri(server.url)
    return MlflowClient()


@pytest.fixture
def model(client):
    name = f"gated-{uuid.uuid4().hex[:8]}"
    client.create_registered_model(name)
    return name


def new_version(client, model, mae, **tags):
    run = client.create_run("0").info.run_id
    client.log_metric(run, "mae", mae)
    return int(client.create_model_version(model, f"runs:/{run}/model", run, tags=tags).version)


def put_gate(server, model, target, *checks, **options):
    return requests.put(f"{server.url}/api/v1/models/{model}/gates/{target}", json={"checks": checks}, **options)


def history(server, model, **query):
    return requests.get(f"{server.url}/api/v1/models/{model}/history", params=query).json()["history"]


def treadle(server, *words):
    return subprocess.run([binary(), *words, "--url", server.url], capture_output=True, text=True, timeout=60)


def test_the_client_is_told_which_checks_do_not_hold(server, client, model):
    bad = new_version(client, model, 0.31)
    assert put_gate(server, model, "champion", "metric mae <= 0.2", "tag reviewed = yes").status_code == 200
    with pytest.raises(MlflowException) as error:
        client.set_registered_model_alias(model, "champion", bad)
    assert error.value.error_code == "INVALID_STATE"
    assert "metric mae <= 0.2 (mae is 0.31)" in str(error.value)
    assert "tag reviewed = yes (no tag reviewed is set)" in str(error.value)
    with pytest.raises(MlflowException):
        client.get_model_version_by_alias(model, "champion")
    good = new_version(client, model, 0.1, reviewed="yes")
    client.set_registered_model_alias(model, "champion", good)
    assert int(client.get_model_version_by_alias(model, "champion").version) == good
    accepted, *_, refused = [each for each in history(server, model) if "decision" in each]
    assert refused["kind"] == "promotion.refused"
    assert refused["decision"]["checks"][0]["seen"]["value"] == 0.31
    assert accepted["kind"] == "alias.set" and accepted["decision"]["accepted"]
    assert "mlflow-python-client" in accepted["client"]


def test_stages_have_gates_too(server, client, model):
    version = new_version(client, model, 0.5)
    put_gate(server, model, "stage:Production", "metric mae <= 0.2")
    with pytest.raises(MlflowException, match="the gate refuses it"):
        client.transition_model_version_stage(model, version, "Production")
    assert client.get_model_version(model, version).current_stage == "None"
    client.transition_model_version_stage(model, version, "Staging")
    imported = requests.put(f"{server.url}/api/v1/import/models/{model}/versions/7",
                            json={"source": "mlflow-artifacts:/0/x/model", "stage": "Production"})
    assert imported.status_code == 409, imported.text
    kinds = [each["kind"] for each in history(server, model)]
    assert kinds.count("promotion.refused") == 2
    assert kinds[1] == "stage.changed"


def test_racing_promotions_are_decided_one_after_another(server, client, model):
    put_gate(server, model, "champion", "metric mae within 0% of current lower")
    versions = [new_version(client, model, mae) for mae in (5, 1, 4, 2, 3)]

    def promote(version):
        try:
            client.set_registered_model_alias(model, "champion", version)
        except MlflowException as error:
            assert error.error_code == "INVALID_STATE"

    with ThreadPoolExecutor(5) as pool:
        list(pool.map(promote, versions))
    assert int(client.get_model_version_by_alias(model, "champion").version) == versions[1]
    decisions = [each["decision"] for each in history(server, model) if "decision" in each]
    assert sorted(each["version"] for each in decisions) == sorted(versions)


def test_history_is_paged_and_survives_a_rename(server, client, model):
    version = new_version(client, model, 1)
    for alias in "abcde":
        client.set_registered_model_alias(model, alias, version)
    client.rename_registered_model(model, model + "-2")
    everything = history(server, model + "-2", limit=1000)
    assert len(everything) == 8
    url, pages, token = f"{server.url}/api/v1/models/{model}-2/history", [], None
    while True:
        page = requests.get(url, params={"limit": 3, **({"page_token": token} if token else {})}).json()
        pages += page["history"]
        token = page.get("next_page_token")
        if not token:
            break
    assert pages == everything
    of_version = requests.get(f"{server.url}/api/v1/models/{model}-2/versions/{version}/history").json()["history"]
    assert [each["kind"] for each in of_version] == ["alias.set"] * 5 + ["version.created"]
    assert requests.get(url.replace("-2", "")).status_code == 404


def test_the_commands(server, client, model):
    good, bad = new_version(client, model, 0.1), new_version(client, model, 0.9)
    made = treadle(server, "gate", "set", model, "champion", "--check", "metric mae <= 0.2", "--check", "approval")
    assert made.returncode == 0, made.stderr
    assert treadle(server, "gate", "show", model, "champion", "--version", str(bad)).returncode == 4
    refused = treadle(server, "model", "alias", model, "champion", str(good))
    assert refused.returncode == 4 and "nobody has approved it yet" in refused.stderr
    assert treadle(server, "model", "approve", model, str(good), "--for", "champion").returncode == 2
    approved = treadle(server, "model", "approve", model, str(good), "--for", "champion", "--reason", "looked at it")
    assert approved.returncode == 0, approved.stderr
    promoted = treadle(server, "model", "alias", model, "champion", str(good), "--reason", "better")
    # Whoever runs this test is also the user that MLflow noted in the run, and nobody approves their own.
    assert promoted.returncode == 0 or "who made it" in promoted.stderr
    shown = json.loads(treadle(server, "model", "history", model, "--json").stdout)["history"]
    assert {"approval.given", "gate.set", "promotion.refused"} <= {each["kind"] for each in shown}
    assert all(each["user"] for each in shown if each["client"] == "treadle")
    assert treadle(server, "gate", "delete", model, "champion").returncode == 0
    assert treadle(server, "gate", "show", model, "champion").returncode == 3
    assert treadle(server, "gate", "set", model, "champion", "--check", "mae is fine").returncode == 2


def test_an_approval_is_withdrawn(server, client, model):
    version = new_version(client, model, 0.1)
    put_gate(server, model, "champion", "approval")
    approvals = f"{server.url}/api/v1/models/{model}/versions/{version}/approvals"
    for who in ("ann", "bob"):
        given = requests.post(approvals, json={"target": "champion", "reason": "fine"}, headers={"X-Treadle-User": who})
        assert given.status_code == 200, given.text
    mine = {"X-Treadle-User": "ann"}
    assert requests.delete(approvals + "/champion", headers=mine, params={"reason": "not in May"}).status_code == 200
    assert requests.delete(approvals + "/champion", headers=mine).status_code == 404
    assert requests.delete(approvals + "/stage:None", headers=mine).status_code == 400
    assert requests.delete(approvals + "/champion", headers=mine, params={"reason": "x" * 1001}).status_code == 400
    assert [each["user"] for each in requests.get(approvals).json()["approvals"]] == ["bob"]
    withdrawn = treadle(server, "model", "withdraw", model, str(version), "--for", "champion", "--user", "bob", "--json")
    assert withdrawn.returncode == 0, withdrawn.stderr
    refused = treadle(server, "model", "alias", model, "champion", str(version))
    assert refused.returncode == 4 and "nobody has approved it yet" in refused.stderr
    kept = [(each["before"], each["user"], each["reason"]) for each in history(server, model)
            if each["kind"] == "approval.withdrawn"]
    assert kept[1] == ("ann", "ann", "not in May")
    assert kept[0][0] == "bob"


def test_a_deployment_by_number_is_held_to_its_gate(server, client, model):
    version = new_version(client, model, 0.5)
    assert put_gate(server, model, "deployment:*", "metric mae <= 0.2").status_code == 200
    deployment = f"{server.url}/api/v1/deployments/{model}"
    refused = requests.put(deployment, json={"model": model, "version": version, "reason": "try"})
    assert refused.status_code == 409 and "mae is 0.5" in refused.text
    assert requests.get(deployment).status_code == 404
    by_command = treadle(server, "deployment", "create", model, "--model", model, "--version", str(version))
    assert by_command.returncode == 4 and "metric mae <= 0.2" in by_command.stderr
    newest = history(server, model)[1]
    assert (newest["kind"], newest["target"], newest["reason"]) == ("promotion.refused", f"deployment:{model}", "try")
    assert newest["decision"]["target"] == f"deployment:{model}" and not newest["decision"]["accepted"]
    tried = requests.get(f"{server.url}/api/v1/models/{model}/gates/deployment:{model}", params={"version": version})
    assert tried.json()["target"] == "deployment:*" and not tried.json()["decision"]["accepted"]
    put_gate(server, model, f"deployment:{model}", "metric mae <= 1")
    # Let through by the gate; that there is nothing to load is another matter.
    assert "the gate refuses it" not in requests.put(deployment, json={"model": model, "version": version}).text
    newest = history(server, model)[0]
    assert (newest["kind"], newest["decision"]["accepted"]) == ("deployment.asked", True)


@pytest.mark.parametrize("body", [
    {}, {"checks": []}, {"checks": "tag a"}, {"checks": [1]}, {"checks": [{}]}, {"checks": ["tag a"] * 51},
    {"checks": ["tag " + "a" * 2000]}, {"checks": ["tag a\nmetric b < 1"]}, {"checks": ["tag \u0000"]},
    {"checks": ["tag a"], "description": "x" * 6000}, {"checks": ["tag a"], "reason": 7},
])
def test_what_is_no_gate_is_refused(server, model, body):
    answer = requests.put(f"{server.url}/api/v1/models/{model}/gates/champion", json=body)
    assert answer.status_code == 400, answer.text
    assert requests.get(f"{server.url}/api/v1/models/{model}/gates").json() == {"gates": []}


ROOT = ("root", "the first administrator")


def test_with_access_control(database_of_a_server, tmp_path):
    one = Server(tmp_path / "data", *database_of_a_server(), "--auth", "basic", "--admin-user", ROOT[0],
                 env={"TREADLE_ADMIN_PASSWORD": ROOT[1]})
    one.start()
    try:
        ann, bob, eve = [(name, "password-of-" + name) for name in ("ann", "bob", "eve")]
        for name, password in (ann, bob, eve):
            requests.post(one.url + "/api/v1/users", auth=ROOT, json={"name": name, "password": password})
        base = one.url + "/api/v1/models/m"
        made = requests.post(f"{base}/versions", auth=ann, json={"source": "mlflow-artifacts:/0/x/artifacts/model"})
        assert made.status_code == 200, made.text
        for who, level in ((bob, "MANAGE"), (eve, "EDIT")):
            requests.put(f"{one.url}/api/v1/users/{who[0]}/permissions", auth=ROOT,
                         json={"resource_type": "registered_model", "resource_id": "m", "permission": level})
        gate = {"checks": ["approval"]}
        assert requests.put(f"{base}/gates/champion", auth=eve, json=gate).status_code == 403
        assert requests.put(f"{base}/gates/champion", auth=bob, json=gate).status_code == 200
        approval = {"target": "champion", "reason": "ok"}
        assert requests.post(f"{base}/versions/1/approvals", auth=eve, json=approval).status_code == 403
        # A name in a header counts for nothing here.
        headers = {"X-Treadle-User": "bob"}
        mine = requests.post(f"{base}/versions/1/approvals", auth=ann, json=approval, headers=headers)
        assert mine.json()["user"] == "ann"
        refused = requests.put(f"{base}/aliases/champion", auth=eve, json={"version": 1})
        assert refused.status_code == 409 and "who made it" in refused.text
        assert requests.post(f"{base}/versions/1/approvals", auth=bob, json=approval).status_code == 200
        assert requests.put(f"{base}/aliases/champion", auth=eve, json={"version": 1}).status_code == 200
        newest = requests.get(f"{base}/history", auth=eve).json()["history"][0]
        assert (newest["kind"], newest["user"], newest["user_verified"]) == ("alias.set", "eve", True)
        assert newest["decision"]["checks"][0]["seen"]["user"] == "bob"
    finally:
        assert one.stop() == 0
