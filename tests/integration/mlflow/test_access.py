"""Access control: users and permissions through the real clients, and what somebody without rights gets to see."""

import base64
import json
import pathlib
import re
import subprocess
import sys
import time
import types
import uuid

import mlflow
import pytest
import requests
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from treadle_server import Server, binary

# The client lies in the package of the server app, which wants packages that only that app needs (Flask-WTF).
_package = types.ModuleType("mlflow.server.auth")
_package.__path__ = [str(pathlib.Path(mlflow.__file__).parent / "server/auth")]
sys.modules.setdefault("mlflow.server.auth", _package)
from mlflow.server.auth.client import AuthServiceClient  # noqa: E402

ROOT = ("root", "the first administrator")
SECRET = "forty-two-and-a-half"  # noqa: S105  what a forbidden experiment holds


@pytest.fixture(scope="module")
def guarded(database_of_a_server, tmp_path_factory):
    one = Server(tmp_path_factory.mktemp("access") / "data", *database_of_a_server(), "--auth", "basic",
                 "--admin-user", ROOT[0], env={"TREADLE_ADMIN_PASSWORD": ROOT[1]})
    one.start()
    yield one
    assert one.stop() == 0


@pytest.fixture
def as_user(guarded, monkeypatch):
    """as_user(name, password) makes the clients of this process that user; without arguments nobody."""
    mlflow.set_tracking_uri(guarded.url)
    mlflow.set_registry_uri(guarded.url)

    def become(who=None):
        for name in ("MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD", "MLFLOW_TRACKING_TOKEN"):
            monkeypatch.delenv(name, raising=False)
        if who:
            monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", who[0])
            monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", who[1])
        return MlflowClient(guarded.url)

    return become


@pytest.fixture
def accounts(guarded):
    return AuthServiceClient(guarded.url)


@pytest.fixture
def new_user(guarded):
    def make(admin=False):
        who = (f"user-{uuid.uuid4().hex[:12]}", f"password of {uuid.uuid4().hex}")
        answer = requests.post(guarded.url + "/api/v1/users", auth=ROOT,
                               json={"name": who[0], "password": who[1], "admin": admin})
        assert answer.status_code == 200, answer.text
        return who

    return make


def grant(server, who, kind, thing, level, by=ROOT):
    answer = requests.put(f"{server.url}/api/v1/users/{who[0]}/permissions", auth=by,
                          json={"resource_type": kind, "resource_id": thing, "permission": level})
    assert answer.status_code == 200, answer.text


def code_of(error):
    return error.value.error_code


def test_nobody_gets_in_without_a_password(guarded, as_user):
    client = as_user()
    with pytest.raises(MlflowException, match="You are not authenticated") as error:
        client.search_experiments()
    assert code_of(error) == "UNAUTHENTICATED"
    answer = requests.get(guarded.url + "/")
    assert answer.status_code == 401 and answer.headers["WWW-Authenticate"].startswith("Basic ")
    for wrong in (("root", "not the password"), ("nobody", ROOT[1]), ("", ""), ("root", "")):
        assert requests.get(guarded.url + "/api/v1/experiments", auth=wrong).status_code == 401
    for header in ("Basic", "Basic =", "Bearer x", "Digest a=b", "Basic " + "A" * 8000):
        assert requests.get(guarded.url + "/api/v1/experiments", headers={"Authorization": header}).status_code == 401
    assert as_user(ROOT).search_experiments()
    assert requests.get(guarded.url + "/", auth=ROOT).status_code == 200
    for path in ("/healthz", "/readyz", "/health", "/v2/health/live", "/ping"):
        assert requests.get(guarded.url + path).status_code in (200, 503), path


def test_users_are_made_changed_and_deleted_by_administrators(accounts, as_user, new_user):
    name, password = f"u-{uuid.uuid4().hex}", "a password of some length"
    as_user()
    with pytest.raises(MlflowException, match="You are not authenticated"):
        accounts.create_user(name, password)
    as_user(ROOT)
    user = accounts.create_user(name, password)
    assert user.username == name and user.is_admin is False
    assert accounts.get_user(name).id == user.id
    with pytest.raises(MlflowException, match="already exists") as error:
        accounts.create_user(name, password)
    assert code_of(error) == "RESOURCE_ALREADY_EXISTS"
    for bad_name, bad_password in ((name + "2", "elevenchars"), ("", password), ("a:b", password), ("x", "y" * 2000)):
        with pytest.raises(MlflowException) as error:
            accounts.create_user(bad_name, bad_password)
        assert code_of(error) == "INVALID_PARAMETER_VALUE"
    as_user((name, password))
    assert accounts.get_user(name).username == name  # one's own
    for forbidden in (lambda: accounts.create_user("other", password), lambda: accounts.get_user(ROOT[0]),
                      lambda: accounts.update_user_admin(name, True), lambda: accounts.delete_user(ROOT[0]),
                      lambda: accounts.update_user_password(ROOT[0], password)):
        with pytest.raises(MlflowException, match="Permission denied") as error:
            forbidden()
        assert code_of(error) == "PERMISSION_DENIED"
    with pytest.raises(MlflowException, match="Current password is required"):
        accounts.update_user_password(name, "another password")
    with pytest.raises(MlflowException, match="Current password does not match"):
        accounts.update_user_password(name, "another password", current_password="not this one")
    accounts.update_user_password(name, "another password", current_password=password)
    with pytest.raises(MlflowException, match="You are not authenticated"):
        accounts.get_user(name)
    as_user(ROOT)
    accounts.update_user_admin(name, True)
    assert accounts.get_user(name).is_admin is True
    with pytest.raises(MlflowException, match="cannot delete their own account"):
        accounts.delete_user(ROOT[0])
    accounts.delete_user(name)
    with pytest.raises(MlflowException, match=f"User with username={name} not found") as error:
        accounts.get_user(name)
    assert code_of(error) == "RESOURCE_DOES_NOT_EXIST"


def test_who_am_i(guarded, new_user):
    who = new_user()
    answer = requests.get(guarded.url + "/api/2.0/mlflow/users/current", auth=who).json()
    assert answer["user"]["username"] == who[0] and answer["user"]["is_admin"] is False and answer["is_basic_auth"]
    assert set(answer["user"]) == {"id", "username", "is_admin"}
    assert ROOT[0] in [user["username"] for user in
                       requests.get(guarded.url + "/ajax-api/2.0/mlflow/users/list", auth=who).json()["users"]]


@pytest.mark.parametrize("body", ["null", "", "[]", '{"username": 5, "password": {}}', "{"])
def test_broken_bodies_are_the_senders_fault(guarded, new_user, body):
    for method, path, who in (("POST", "users/create", ROOT), ("PATCH", "users/update-password", new_user()),
                              ("DELETE", "users/delete", ROOT), ("POST", "experiments/permissions/create", ROOT)):
        answer = requests.request(method, f"{guarded.url}/api/2.0/mlflow/{path}", data=body, auth=who,
                                  headers={"Content-Type": "application/json"})
        if "5" in body and path == "users/update-password":  # who is not asking for themselves
            assert answer.status_code == 403
            continue
        assert answer.status_code == 400 and answer.json()["error_code"] == "INVALID_PARAMETER_VALUE"


def test_permissions_of_the_older_client(guarded, as_user, new_user):
    who, other = new_user(), new_user()
    experiment = as_user(who).create_experiment(f"e-{uuid.uuid4().hex}")
    model = as_user(who).create_registered_model(f"m-{uuid.uuid4().hex}").name
    for group, field, thing, answer_field in (
            ("experiments", "experiment_id", experiment, "experiment_permission"),
            ("registered-models", "name", model, "registered_model_permission")):
        base = f"{guarded.url}/api/2.0/mlflow/{group}/permissions"
        key = {field: thing, "username": other[0]}
        # The creator has MANAGE, and so may give.
        own = requests.get(base + "/get", params={**key, "username": who[0]}, auth=who).json()[answer_field]
        assert own["permission"] == "MANAGE" and own[field] == thing
        made = requests.post(base + "/create", json={**key, "permission": "EDIT"}, auth=who)
        assert made.status_code == 200 and made.json()[answer_field]["permission"] == "EDIT"
        again = requests.post(base + "/create", json={**key, "permission": "READ"}, auth=who)
        assert again.json()["error_code"] == "RESOURCE_ALREADY_EXISTS"
        # EDIT is not enough to give, or to look.
        for method, path in (("GET", "get"), ("POST", "create"), ("PATCH", "update"), ("DELETE", "delete")):
            body = {**key, "permission": "MANAGE"}
            denied = requests.request(method, f"{base}/{path}", auth=other, **{"params" if method == "GET" else "json": body})
            assert denied.status_code == 403 and denied.json()["error_code"] == "PERMISSION_DENIED"
        assert requests.patch(base + "/update", json={**key, "permission": "READ"}, auth=who).status_code == 200
        wrong = requests.patch(base + "/update", json={**key, "permission": "OWN"}, auth=who)
        assert wrong.status_code == 400 and "Invalid permission 'OWN'" in wrong.json()["message"]
        assert requests.delete(base + "/delete", json=key, auth=who).status_code == 200
        gone = requests.get(base + "/get", params=key, auth=who)
        assert gone.status_code == 404 and gone.json()["error_code"] == "RESOURCE_DOES_NOT_EXIST"
        nobody = requests.post(base + "/create", json={**key, "username": "nobody-at-all", "permission": "READ"}, auth=who)
        assert nobody.status_code == 404


def test_permissions_of_the_newer_client(as_user, accounts, new_user):
    who, other = new_user(), new_user()
    experiment = as_user(who).create_experiment(f"e-{uuid.uuid4().hex}")
    accounts.grant_user_permission(other[0], "experiment", experiment, "EDIT")
    as_user(other)
    found = accounts.get_user_permission(other[0], "experiment", experiment)
    assert found.permission == "EDIT" and found.allowed is True
    with pytest.raises(MlflowException, match="Permission denied"):
        accounts.grant_user_permission(other[0], "experiment", experiment, "MANAGE")
    with pytest.raises(MlflowException, match="Permission denied"):
        accounts.get_user_permission(who[0], "experiment", experiment)
    as_user(who)
    accounts.revoke_user_permission(other[0], "experiment", experiment)
    with pytest.raises(MlflowException, match="not found"):
        accounts.revoke_user_permission(other[0], "experiment", experiment)
    with pytest.raises(MlflowException, match="Permission denied"):
        accounts.grant_user_permission(who[0], "experiment", "*", "MANAGE")
    as_user(ROOT)
    with pytest.raises(MlflowException, match="Invalid resource type"):
        accounts.grant_user_permission(other[0], "toaster", "1", "READ")


def test_levels_of_an_experiment(guarded, as_user, new_user, tmp_path):
    owner, other = new_user(), new_user()
    client = as_user(owner)
    experiment = client.create_experiment(f"e-{uuid.uuid4().hex}")
    run = client.create_run(experiment).info.run_id
    (tmp_path / "a.txt").write_text("a")
    client.log_artifact(run, str(tmp_path / "a.txt"))

    def refused(call):
        with pytest.raises((MlflowException, requests.HTTPError), match="Permission denied"):
            call()

    client = as_user(other)  # READ, from the server's default
    assert client.get_run(run).info.run_id == run and client.list_artifacts(run)
    refused(lambda: client.log_metric(run, "m", 1))
    refused(lambda: client.log_batch(run, params=[mlflow.entities.Param("a", "b")]))
    refused(lambda: client.set_tag(run, "a", "b"))
    refused(lambda: client.log_artifact(run, str(tmp_path / "a.txt")))
    refused(lambda: client.create_run(experiment))
    refused(lambda: client.set_experiment_tag(experiment, "a", "b"))
    grant(guarded, other, "experiment", experiment, "EDIT")
    client.log_metric(run, "m", 1)
    client.log_artifact(run, str(tmp_path / "a.txt"))
    client.rename_experiment(experiment, f"renamed-{uuid.uuid4().hex}")
    refused(lambda: client.delete_run(run))
    refused(lambda: client.delete_experiment(experiment))
    grant(guarded, other, "experiment", experiment, "MANAGE")
    client.delete_run(run)
    client.restore_run(run)
    client.delete_experiment(experiment)
    client.restore_experiment(experiment)


def test_a_model_keeps_its_permissions_under_a_new_name(as_user, accounts, new_user, guarded):
    who, other = new_user(), new_user()
    client = as_user(who)
    first, second = (f"m-{uuid.uuid4().hex}" for _ in range(2))
    client.create_registered_model(first)
    client.rename_registered_model(first, second)
    client.set_registered_model_tag(second, "a", "b")
    stranger = as_user(other)
    for call in (lambda: stranger.set_registered_model_tag(second, "a", "c"),
                 lambda: stranger.rename_registered_model(second, first),
                 lambda: stranger.delete_registered_model(second),
                 lambda: stranger.create_model_version(second, "runs:/x/model")):
        with pytest.raises(MlflowException, match="Permission denied"):
            call()
    as_user(who).delete_registered_model(second)
    key = {"name": second, "username": who[0]}
    gone = requests.get(guarded.url + "/api/2.0/mlflow/registered-models/permissions/get", params=key, auth=ROOT)
    assert gone.status_code == 404
    assert as_user(other).create_registered_model(second).name == second


def test_lists_hold_what_may_be_read_page_by_page(guarded, as_user, new_user):
    owner, other = new_user(), new_user()
    client = as_user(owner)
    mark = uuid.uuid4().hex
    readable = {0, 3, 4, 5, 6, 8}
    for i in range(10):
        experiment = client.create_experiment(f"{mark}-{i}")
        client.create_registered_model(f"{mark}-{i}")
        client.create_run(experiment)
        if i not in readable:
            grant(guarded, other, "experiment", experiment, "NO_PERMISSIONS")
            grant(guarded, other, "registered_model", f"{mark}-{i}", "NO_PERMISSIONS")
    names = [f"{mark}-{i}" for i in sorted(readable)]

    def paged(call):
        token, found = None, []
        while True:
            page = call(token)
            found.extend(page)
            token = page.token
            if not token:
                return found

    for who, expected in ((owner, [f"{mark}-{i}" for i in range(10)]), (other, names)):
        client = as_user(who)
        where = {"filter_string": f"name LIKE '{mark}%'", "order_by": ["name ASC"]}
        assert [e.name for e in client.search_experiments(**where)] == expected
        assert [e.name for e in paged(lambda t, c=client, w=where: c.search_experiments(max_results=4, page_token=t, **w))] == expected
        assert [m.name for m in paged(lambda t, c=client, w=where: c.search_registered_models(max_results=4, page_token=t, **w))] == expected
        ids = [e.experiment_id for e in as_user(owner).search_experiments(filter_string=f"name LIKE '{mark}%'")]
        assert len(as_user(who).search_runs(ids)) == len(expected)


def test_pages_are_full_whatever_is_hidden_between(guarded, as_user, new_user):
    owner, other = new_user(), new_user()
    client, mark = as_user(owner), uuid.uuid4().hex
    shown = {0, 1, 40, 41, 42, 80, 119}
    ids = [client.create_experiment(f"{mark}-{i:03}") for i in range(120)]
    for i, experiment in enumerate(ids):
        client.create_registered_model(f"{mark}-{i:03}")
        for _ in range(2 if i in shown else 1):
            client.create_run(experiment)
        client.create_model_version(f"{mark}-{i:03}", "s3://bucket/m")
        if i not in shown:
            grant(guarded, other, "experiment", experiment, "NO_PERMISSIONS")
            grant(guarded, other, "registered_model", f"{mark}-{i:03}", "NO_PERMISSIONS")
    names = [f"{mark}-{i:03}" for i in sorted(shown)]
    reader = as_user(other)

    def pages(call):
        found, token = [], None
        while True:
            found.append(call(token))
            token = found[-1].token
            if not token:
                return found

    where = {"filter_string": f"name LIKE '{mark}%'", "order_by": ["name ASC"], "max_results": 3}
    for search in (reader.search_experiments, reader.search_registered_models, reader.search_model_versions):
        found = pages(lambda token, search=search: search(page_token=token, **where))
        assert [one.name for page in found for one in page] == names
        assert [len(page) for page in found][:2] == [3, 3] and len(found) in (3, 4)
    found = pages(lambda token: reader.search_runs(ids, max_results=5, page_token=token))
    assert [len(page) for page in found if page] == [5, 5, 4]
    assert {run.info.experiment_id for page in found for run in page} == {ids[i] for i in shown}
    hidden = [experiment for i, experiment in enumerate(ids) if i not in shown]
    assert reader.search_runs(hidden) == [] and reader.search_logged_models(hidden) == []
    answer = requests.get(f"{guarded.url}/api/v1/models", params={"limit": 3, "filter": f"name LIKE '{mark}%'"}, auth=other).json()
    assert len(answer["models"]) == 3


def test_tokens_are_as_good_as_their_owner(guarded, as_user, new_user, monkeypatch):
    who = new_user()
    made = requests.post(f"{guarded.url}/api/v1/users/{who[0]}/tokens", json={"label": "laptop"}, auth=who).json()
    assert requests.post(f"{guarded.url}/api/v1/users/{ROOT[0]}/tokens", json={"label": "mine now"}, auth=who).status_code == 403
    as_user()
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", made["token"])
    client = MlflowClient(guarded.url)
    assert client.create_experiment(f"by-token-{uuid.uuid4().hex}")
    listed = requests.get(f"{guarded.url}/api/v1/users/{who[0]}/tokens", auth=who)
    assert made["token"] not in listed.text and listed.json()["tokens"][0]["label"] == "laptop"
    assert requests.delete(f"{guarded.url}/api/v1/users/{who[0]}/tokens/{made['id']}", auth=who).status_code == 200
    with pytest.raises(MlflowException, match="You are not authenticated"):
        client.search_experiments()


@pytest.fixture(scope="module")
def forbidden(guarded):
    """An experiment full of SECRET, a model made of it, and a user who may not see either."""
    who = (f"stranger-{uuid.uuid4().hex[:8]}", "a stranger's password")
    api = guarded.url + "/api/2.0/mlflow/"

    def post(path, body):
        answer = requests.post(api + path, json=body, auth=ROOT)
        assert answer.status_code == 200, answer.text
        return answer.json()

    requests.post(guarded.url + "/api/v1/users", json={"name": who[0], "password": who[1]}, auth=ROOT)
    experiment = post("experiments/create", {"name": f"secret {SECRET}"})["experiment_id"]
    run = post("runs/create", {"experiment_id": experiment, "run_name": SECRET})["run"]["info"]["run_id"]
    post("runs/log-batch", {"run_id": run, "params": [{"key": "p", "value": SECRET}], "tags": [{"key": "t", "value": SECRET}],
                            "metrics": [{"key": SECRET, "value": 42.5, "timestamp": 1, "step": 0}]})
    logged = post("logged-models", {"experiment_id": experiment, "name": SECRET})["model"]["info"]["model_id"]
    trace = f"tr-{uuid.uuid4().hex}"
    kept = requests.post(guarded.url + "/api/3.0/mlflow/traces", auth=ROOT, json=trace_of(experiment, trace))
    assert kept.status_code == 200, kept.text
    v3 = guarded.url + "/api/3.0/mlflow/"
    dataset = requests.post(v3 + "datasets/create", auth=ROOT, json={"name": SECRET, "experiment_ids": [experiment]}).json()["dataset"]["dataset_id"]
    kept = requests.post(f"{v3}datasets/{dataset}/records", auth=ROOT, json={"records": json.dumps([{"inputs": {"q": SECRET}}])})
    assert kept.status_code == 200, kept.text
    kept = requests.post(v3 + "scorers/register", auth=ROOT, json={"experiment_id": experiment, "name": SECRET, "serialized_scorer": "{}"})
    assert kept.status_code == 200, kept.text
    put = requests.put(f"{guarded.url}/api/2.0/mlflow-artifacts/artifacts/{experiment}/{run}/artifacts/{SECRET}.txt",
                       data=SECRET, auth=ROOT)
    assert put.status_code == 200
    model = f"model-{uuid.uuid4().hex}"
    post("registered-models/create", {"name": model, "description": SECRET})
    post("model-versions/create", {"name": model, "source": f"runs:/{run}/model", "run_id": run, "description": SECRET})
    grant(guarded, who, "experiment", experiment, "NO_PERMISSIONS")
    grant(guarded, who, "registered_model", model, "NO_PERMISSIONS")
    return {"who": who, "experiment": experiment, "run": run, "model": model, "logged": logged, "trace": trace,
            "dataset": dataset}


def location_of(experiment):
    return {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": experiment}}


def trace_of(experiment, trace, text=SECRET):
    return {"trace": {"trace_info": {"trace_id": trace, "trace_location": location_of(experiment), "state": "OK",
                                     "request_time": "2026-01-01T00:00:00Z", "request_preview": text, "tags": {"t": text}}}}


def routes_of(server):
    return requests.get(server.url + "/api/v1/access/routes", auth=ROOT).json()["routes"]


def filled(pattern, forbidden):
    """A route's pattern with the forbidden things in the places of its parameters."""
    run, experiment = forbidden["run"], forbidden["experiment"]
    if "mlflow-artifacts" in pattern:
        pattern = pattern.replace("{path...}", f"{experiment}/{run}/artifacts/{SECRET}.txt")
    values = {"model_id": forbidden["logged"], "trace_id": forbidden["trace"], "dataset_id": forbidden["dataset"], "path...": f"{SECRET}.txt", "key...": SECRET, "experiment": experiment}
    if "/runs/" in pattern or "pipeline-runs" in pattern:
        values["id"] = run
    elif "/logged-models/" in pattern:
        values["id"] = forbidden["logged"]
    elif "/experiments/" in pattern:
        values["id"] = experiment
    return re.sub(r"\{([^}]+)\}", lambda match: values.get(match[1], forbidden["model"]), pattern)


def test_no_route_answers_without_credentials(guarded, forbidden):
    routes = routes_of(guarded)
    assert len(routes) > 200
    for route in routes:
        answer = requests.request(route["method"], guarded.url + filled(route["pattern"], forbidden), json={})
        if route["needs"] == "nothing":
            # A signed URL needs no more than its signature, and here is none.
            assert answer.status_code in ((403,) if re.search("/signed/|/part/", route["pattern"]) else (200, 503)), route
            continue
        assert answer.status_code == 401, route
        assert "WWW-Authenticate" in answer.headers, route
        assert SECRET not in answer.text, route
    public = sorted({route["pattern"] for route in routes if route["needs"] == "nothing"})
    assert all(re.search(r"health|ready|ping|server-info|openapi\.yaml$|/signed/|/mpu/part/", pattern) for pattern in public), public


def test_no_path_shows_what_is_forbidden(guarded, forbidden):
    """Every route, with the forbidden things named in every field a route may read."""
    run, experiment, model = forbidden["run"], forbidden["experiment"], forbidden["model"]
    named = {"run_id": run, "run_uuid": run, "run_ids": [run], "experiment_id": experiment, "experiment_ids": [experiment],
             "experiment_name": f"secret {SECRET}", "name": model, "version": "1", "metric_key": SECRET, "model_id": forbidden["logged"],
             "path": f"{SECRET}.txt", "source": f"runs:/{run}/model", "username": ROOT[0], "experiment": experiment,
             "filter": "", "resource_type": "experiment", "resource_id": experiment, "view_type": "ALL", "max_results": 100,
             "trace_id": forbidden["trace"], "trace_ids": [forbidden["trace"]], "locations": [location_of(experiment)],
             "model": model, "runs": [run], "ids": [run], "a": run, "b": run, "run": run}
    # What a request that was refused before it was read would hide: each must be refused or show nothing.
    changed = 0
    for route in routes_of(guarded):
        if route["pattern"].endswith("/events/stream"):
            continue
        url = guarded.url + filled(route["pattern"], forbidden)
        kind = {"params": named} if route["method"] in ("GET", "HEAD") else {"json": named}
        answer = requests.request(route["method"], url, auth=forbidden["who"], **kind)
        shown = answer.text.replace(named["experiment_name"], "") if answer.status_code >= 400 else answer.text
        assert SECRET not in shown.replace(f"{SECRET}.txt", "") or answer.status_code == 404, (route, answer.text[:500])
        assert answer.status_code != 500, (route, answer.text[:500])
        if route["method"] != "GET" and answer.status_code == 200 and "search" not in route["pattern"]:
            changed += 1
            assert run not in answer.text, (route, answer.text[:500])
    # And nothing of it was changed.
    read = requests.get(guarded.url + "/api/2.0/mlflow/runs/get", params={"run_id": run}, auth=ROOT).json()["run"]
    assert read["info"]["lifecycle_stage"] == "active" and read["info"]["run_name"] == SECRET
    assert {tag["key"]: tag["value"] for tag in read["data"]["tags"]}["t"] == SECRET
    kept = requests.get(guarded.url + "/api/2.0/mlflow/model-versions/get", params={"name": model, "version": "1"}, auth=ROOT)
    assert kept.json()["model_version"]["description"] == SECRET


def test_ways_around(guarded, forbidden, new_user):
    """The same thing named twice, by another form, in another place, or through a copy of it."""
    who, run, experiment, model = (forbidden[key] for key in ("who", "run", "experiment", "model"))
    api = guarded.url + "/api/2.0/mlflow/"
    own = requests.post(api + "experiments/create", json={"name": uuid.uuid4().hex}, auth=who).json()["experiment_id"]
    mine = requests.post(api + "runs/create", json={"experiment_id": own}, auth=who).json()["run"]["info"]["run_id"]
    blocked = [
        requests.get(api + "runs/get", params=[("run_id", mine), ("run_id", run)], auth=who),
        requests.get(api + "runs/get", params={"run_id": mine, "run_uuid": run}, auth=who),
        requests.get(api + "runs/get", params={"run_id": run}, json={"run_id": mine}, auth=who),
        requests.post(api + "runs/set-tag", data=f'{{"run_id": "{mine}", "run_id": "{run}", "key": "k", "value": "v"}}', auth=who),
        requests.post(api + "runs/set-tag", data=f'{{"run_id": "{run}", "run_id": "{mine}", "key": "k", "value": "v"}}', auth=who),
        requests.post(api + "runs/set-tag", data=f'{{"run\\u005fid": "{run}", "key": "k", "value": "v"}}', auth=who),
        requests.get(api + "experiments/get", params={"experiment_id": "0" + experiment}, auth=who),
        requests.get(api + "experiments/get", params={"experiment_id": "+" + experiment}, auth=who),
        requests.get(api + "metrics/get-history-bulk", params={"run_id": [mine, run], "metric_key": SECRET}, auth=who),
        requests.get(api + "metrics/get-history-bulk-interval", params={"run_ids": [mine, run], "metric_key": SECRET}, auth=who),
        requests.post(api + "model-versions/create", json={"name": model, "source": f"runs:/{mine}/m"}, auth=who),
        requests.get(f"{guarded.url}/api/2.0/mlflow-artifacts/artifacts", params={"path": f"{experiment}/{run}/artifacts"}, auth=who),
        requests.get(f"{guarded.url}/api/2.0/mlflow-artifacts/artifacts", auth=who),
        requests.get(f"{guarded.url}/api/2.0/mlflow-artifacts/artifacts/{experiment}%2F{run}/artifacts/{SECRET}.txt", auth=who),
        requests.get(f"{guarded.url}/api/2.0/mlflow-artifacts/artifacts", params={"path": f"./{experiment}/{run}/artifacts"}, auth=who),
        requests.get(f"{guarded.url}/api/2.0/mlflow-artifacts/presigned/.//{experiment}/{run}/artifacts/{SECRET}.txt", auth=who),
        requests.post(api + "artifacts/presigned-download-url", json={"run_id": run, "path": f"{SECRET}.txt"}, auth=who),
        requests.post(api + "runs/set-tag", params={"run_id": mine}, auth=who,
                      data=json.dumps(json.dumps({"run_id": run, "key": "k", "value": "v"}))),
        requests.post(api + "runs/set-tag", params={"run_id": mine}, auth=who,
                      data=b"\xef\xbb\xbf" + json.dumps({"run_id": run, "key": "k", "value": "v"}).encode()),
        requests.post(api + "runs/set-tag", auth=who, data=json.dumps({"run_id": mine}) + json.dumps({"run_id": run})),
        requests.get(f"{guarded.url}/get-artifact", params={"run_uuid": run, "path": f"{SECRET}.txt"}, auth=who),
        requests.get(f"{guarded.url}/apis/v2beta1/runs/{uuid.UUID(run)}", auth=who),
        requests.get(f"{guarded.url}/api/v1/why", params={"prediction_id": "x"}, auth=who),
        requests.get(f"{guarded.url}/api/v1/run-groups", params={"experiment_id": [own, experiment], "by": "status"}, auth=who),
        requests.get(f"{guarded.url}/api/v1/run-groups", params={"by": "status"}, auth=who),
        requests.head(api + "runs/get", params={"run_id": run}, auth=who),
    ]
    metric = {"key": "m", "value": 1, "timestamp": 1, "step": 0, "model_id": forbidden["logged"]}
    blocked += [requests.post(api + "runs/log-batch", json={"run_id": mine, "metrics": [metric]}, auth=who),
                requests.post(api + "runs/log-metric", json={"run_id": mine, **metric}, auth=who),
                requests.post(api + "runs/outputs", json={"run_id": mine, "models": [{"model_id": forbidden["logged"]}]}, auth=who)]
    traces, trace = guarded.url + "/api/3.0/mlflow/traces", forbidden["trace"]
    own_trace = f"tr-{uuid.uuid4().hex}"
    assert requests.post(traces, json=trace_of(own, own_trace, "mine"), auth=who).status_code == 200
    blocked += [requests.post(traces, json=trace_of(own, trace, "mine"), auth=who),
                requests.post(traces, json=trace_of(experiment, own_trace, "mine"), auth=who),
                requests.get(traces + "/batchGet", params={"trace_ids": [own_trace, trace]}, auth=who),
                requests.post(traces + "/batchGetInfos", json={"trace_ids": [own_trace, trace]}, auth=who),
                requests.post(traces + "/search", json={"locations": [location_of(own), location_of(experiment)]}, auth=who),
                requests.patch(f"{traces}/{trace}/tags", json={"trace_id": own_trace, "key": "t", "value": "v"}, auth=who),
                requests.post(traces + "/delete-traces", json={"experiment_id": experiment, "request_ids": [trace]}, auth=who),
                requests.post(guarded.url + "/v1/traces", data=b"{}", auth=who, headers={
                    "Content-Type": "application/x-protobuf", "x-mlflow-experiment-id": experiment})]
    v3 = guarded.url + "/api/3.0/mlflow/"
    made = requests.post(v3 + "datasets/create", json={"name": "mine", "experiment_ids": [own]}, auth=who)
    assert made.status_code == 200, made.text
    dataset, theirs = made.json()["dataset"]["dataset_id"], forbidden["dataset"]
    blocked += [requests.post(v3 + "datasets/create", json={"name": "mine"}, auth=who),
                requests.post(v3 + "datasets/create", json={"name": "mine", "experiment_ids": [own, experiment]}, auth=who),
                requests.get(f"{v3}datasets/{theirs}", params={"dataset_id": dataset}, auth=who),
                requests.get(f"{v3}datasets/{theirs}/records", auth=who),
                requests.post(f"{v3}datasets/{theirs}/add-experiments", json={"experiment_ids": [own]}, auth=who),
                requests.post(f"{v3}datasets/{dataset}/add-experiments", json={"experiment_ids": [experiment]}, auth=who),
                requests.post(v3 + "datasets/search", json={"experiment_ids": [own, experiment]}, auth=who),
                requests.get(v3 + "scorers/list", params={"experiment_ids": [own, experiment]}, auth=who),
                requests.get(v3 + "scorers/get", params={"experiment_id": experiment, "name": SECRET}, auth=who)]
    found = requests.post(v3 + "datasets/search", json={}, auth=who).json()["datasets"]
    assert dataset in {one["dataset_id"] for one in found} and theirs not in {one["dataset_id"] for one in found}
    for answer in blocked:
        assert answer.status_code in (400, 403, 404), (answer.request.method, answer.url, answer.status_code)
        assert SECRET not in answer.text.replace(f"{SECRET}.txt", "")
    # An experiment of one's own that is called like the forbidden one's id.
    requests.post(api + "experiments/create", json={"name": experiment}, auth=who)
    for method, body in (("GET", None), ("PATCH", {"tags": {"a": "b"}}), ("DELETE", None)):
        answer = requests.request(method, f"{guarded.url}/api/v1/experiments/{experiment}", json=body, auth=who)
        assert answer.status_code == 403, (method, answer.text)
    assert requests.post(guarded.url + "/api/v1/runs", json={"experiment": experiment}, auth=who).status_code == 403
    # A model of one's own that is made of the forbidden run's files would show them.
    requests.post(api + "registered-models/create", json={"name": f"mine-{own}"}, auth=who)
    for source in (f"runs:/{run}/", f"mlflow-artifacts:/{experiment}/{run}/artifacts", f"models:/{model}/1",
                   f"models:/{forbidden['logged']}", f"mlflow-artifacts://host:1/{experiment}/{run}/artifacts"):
        answer = requests.post(api + "model-versions/create", json={"name": f"mine-{own}", "source": source}, auth=who)
        assert answer.status_code == 403, (source, answer.text)
    # A model that is called like the sign for all models gives nothing.
    sly = new_user()
    assert requests.post(api + "registered-models/create", json={"name": "*"}, auth=sly).status_code in (200, 400)
    answer = requests.patch(api + "registered-models/update", json={"name": f"mine-{own}", "description": "x"}, auth=sly)
    assert answer.status_code == 403


def test_events_show_only_what_may_be_read(guarded, forbidden):
    who, run = forbidden["who"], forbidden["run"]
    everything = requests.get(guarded.url + "/api/v1/events", params={"limit": 10000}, auth=ROOT).text
    assert run in everything
    visible = requests.get(guarded.url + "/api/v1/events", params={"limit": 10000}, auth=who).text
    for word in (run, SECRET, f"/{forbidden['model']}"):
        assert [event for event in json.loads(visible)["events"] if word in str(event)] == []
    own = requests.post(guarded.url + "/api/2.0/mlflow/experiments/create", json={"name": uuid.uuid4().hex}, auth=who).json()["experiment_id"]
    seen = ""
    with requests.get(guarded.url + "/api/v1/events/stream", auth=who, stream=True, timeout=10) as stream:
        for line in stream.iter_lines():
            seen += line.decode() + "\n"
            if f'"experiment/{own}"' in seen:
                break
    assert run not in seen and SECRET not in seen and f"/{forbidden['model']}" not in seen


def test_a_live_tail_is_for_those_who_may_read_the_run_and_only_so_long(guarded, as_user, new_user):
    owner, reader, stranger = new_user(), new_user(), new_user()
    client = as_user(owner)
    experiment = client.create_experiment(uuid.uuid4().hex)
    run = client.create_run(experiment).info.run_id
    tail = f"{guarded.url}/api/v1/runs/{run}/metrics:tail"
    grant(guarded, stranger, "experiment", experiment, "NO_PERMISSIONS")
    assert requests.get(tail, auth=stranger, timeout=5).status_code == 403
    assert requests.get(tail, timeout=5).status_code == 401
    grant(guarded, reader, "experiment", experiment, "READ")
    with requests.get(tail, auth=reader, stream=True, timeout=20) as stream:
        assert stream.status_code == 200
        lines = stream.iter_lines(chunk_size=1, decode_unicode=True)
        client.log_metric(run, "loss", 0.25)
        assert any("0.25" in line for line in lines)
        grant(guarded, reader, "experiment", experiment, "NO_PERMISSIONS")
        client.log_metric(run, "loss", 0.125)
        assert "0.125" not in "\n".join(lines)  # it ended
    words = [str(binary()), "run", "tail", run, "--url", guarded.url]
    refused = subprocess.run(words, capture_output=True, text=True, timeout=20, check=False)
    assert refused.returncode != 0 and "authenticated" in refused.stderr


def test_traces_are_counted_compared_and_linked_only_with_the_right(guarded, forbidden):
    who, experiment, trace, run = (forbidden[key] for key in ("who", "experiment", "trace", "run"))
    api = guarded.url + "/api/3.0/mlflow/traces"
    count = {"experiment_ids": [experiment], "view_type": "TRACES", "metric_name": "trace_count", "aggregations": [{"aggregation_type": "COUNT"}]}
    asked = [("metrics", count), ("calculate-filter-correlation", {"experiment_ids": [experiment], "filter_string1": "status = 'OK'", "filter_string2": "status = 'OK'"}),
             ("link-prompts", {"trace_id": trace, "prompt_versions": [{"name": "p", "version": "1"}]}), ("link-to-run", {"trace_ids": [trace], "run_id": run})]
    for path, body in asked:
        assert requests.post(f"{api}/{path}", json=body, auth=who, timeout=5).status_code == 403, path
        assert requests.post(f"{api}/{path}", json=body, auth=ROOT, timeout=5).status_code == 200, path


def test_models_and_traces_of_the_native_api_need_their_rights(guarded, as_user, new_user):
    owner, other = new_user(), new_user()
    name = f"own-{uuid.uuid4().hex[:8]}"

    def ask(who, method, path, **more):
        return requests.request(method, guarded.url + "/api/v1" + path, auth=who, timeout=10, **more)

    assert ask(owner, "POST", "/models", json={"name": name}).status_code == 200
    assert ask(owner, "POST", f"/models/{name}/versions", json={"source": "s3://bucket/m"}).status_code == 200
    changes = [("PATCH", f"/models/{name}", {"description": "mine"}), ("POST", f"/models/{name}:rename", {"new_name": "mine"}),
               ("PATCH", f"/models/{name}/versions/1", {"tags": {"a": "b"}}), ("DELETE", f"/models/{name}/versions/1", {}),
               ("DELETE", f"/models/{name}", {})]
    for method, path, body in changes:
        assert ask(other, method, path, json=body).status_code == 403, path
    grant(guarded, other, "registered_model", name, "EDIT")
    assert ask(owner, "PUT", f"/models/{name}/aliases/best", json={"version": 1}).status_code == 200
    changes = [changes[0], *changes[2:], ("DELETE", f"/models/{name}/aliases/best", {})]
    assert [ask(other, method, path, json=body).status_code for method, path, body in changes] == [200, 200, 403, 403, 403]
    assert ask(other, "POST", f"/models/{name}:rename", json={"new_name": name + "-new"}).status_code == 200
    assert ask(other, "PATCH", f"/models/{name}-new", json={"description": "kept"}).status_code == 200, "permissions follow the name"
    assert ask(owner, "DELETE", f"/models/{name}-new").status_code == 200
    assert ask(ROOT, "POST", "/models", json={"name": name + "-new"}).status_code == 200
    assert ask(other, "PATCH", f"/models/{name}-new", json={"description": "again"}).status_code == 403, "permissions go with the model"

    as_user(owner)
    experiment = mlflow.set_experiment(f"traced-{uuid.uuid4().hex[:8]}").experiment_id
    with mlflow.start_span("outer") as span:
        span.set_inputs({"question": SECRET})
    mlflow.flush_trace_async_logging()
    trace = ask(owner, "GET", "/traces", params={"experiment_id": experiment}).json()["traces"][0]["id"]
    reads = [("GET", f"/traces?experiment_id={experiment}"), ("GET", f"/traces?experiment_id=0&experiment_id={experiment}"),
             ("GET", f"/traces/{trace}"), ("DELETE", f"/traces/{trace}")]
    assert [ask(other, *call).status_code for call in reads] == [200, 200, 200, 403]
    grant(guarded, other, "experiment", experiment, "NO_PERMISSIONS")
    for call in reads:
        refused = ask(other, *call)
        assert refused.status_code == 403 and SECRET not in refused.text, call
    assert ask(other, "GET", "/traces").status_code == 400
    assert ask(owner, "DELETE", f"/traces/{trace}").status_code == 200


def test_starting_pipelines_is_given_by_administrators_only(guarded, new_user):
    who = new_user()
    for method, path in (("POST", "/api/v1/pipeline-runs"), ("POST", "/apis/v2beta1/runs"), ("POST", "/api/v1/pipelines"),
                         ("POST", "/api/v1/triggers")):
        assert requests.request(method, guarded.url + path, json={}, auth=who).status_code == 403, path
    grant(guarded, who, "pipeline", "*", "EDIT")
    assert requests.post(guarded.url + "/api/v1/pipeline-runs", json={}, auth=who).status_code == 400


def test_guessing_is_slowed_down(guarded, new_user):
    who = new_user()
    codes = [requests.get(guarded.url + "/api/v1/experiments", auth=(who[0], f"guess number {i}")).status_code for i in range(12)]
    assert codes == [401] * 10 + [429] * 2
    answer = requests.get(guarded.url + "/api/v1/experiments", auth=who)
    assert answer.status_code == 429 and answer.headers["Retry-After"] == "60"


def test_refusals_come_in_the_form_of_the_protocol(guarded, new_user):
    who = new_user()
    assert requests.get(guarded.url + "/api/v1/users", auth=who).json()["error"]["code"] == "PERMISSION_DENIED"
    assert requests.delete(guarded.url + "/apis/v2beta1/pipelines/x", auth=who).json()["code"] == 7
    assert "error" in requests.get(guarded.url + "/v2/models").json()
    assert requests.get(guarded.url + "/v2/models", auth=who).json() == {"models": []}


def run_cli(server, *arguments, text="", env=None):
    done = subprocess.run([binary(), *arguments, "--data", server.data, "--json"], input=text, capture_output=True, text=True,
                          env={"PATH": "/usr/bin:/bin", "HOME": str(server.data), **(env or {})}, cwd=server.data)
    return done.returncode, json.loads(done.stdout or done.stderr)


def test_commands_manage_users(guarded):
    name = f"cli-{uuid.uuid4().hex[:8]}"
    code, made = run_cli(guarded, "user", "create", name, text="typed on a terminal\n")
    assert code == 0 and made["name"] == name and made["admin"] is False
    code, shown = run_cli(guarded, "user", "grant", name, "experiment", "0", "EDIT")
    assert code == 0 and shown["permissions"] == [{"resource_type": "experiment", "resource_id": "0", "permission": "EDIT"}]
    assert run_cli(guarded, "user", "grant", name, "experiment", "0", "OWN")[0] == 2
    assert run_cli(guarded, "user", "password", name, text="rotated for the new year\n")[0] == 0
    assert requests.get(guarded.url + "/version", auth=(name, "typed on a terminal")).status_code == 401
    assert requests.get(guarded.url + "/version", auth=(name, "rotated for the new year")).status_code == 200
    code, token = run_cli(guarded, "user", "token", name, "ci", "--days", "1")
    assert code == 0, token
    remote = {"TREADLE_URL": guarded.url, "TREADLE_TOKEN": token["token"]}
    assert run_cli(guarded, "experiment", "list", env=remote)[0] == 0
    code, refused = run_cli(guarded, "user", "list", env=remote)
    assert code == 1 and refused["error"]["code"] == "PERMISSION_DENIED"
    own = {"TREADLE_URL": guarded.url, "TREADLE_USER": name, "TREADLE_PASSWORD": "rotated for the new year"}
    assert run_cli(guarded, "user", "show", name, env=own)[1]["name"] == name
    assert run_cli(guarded, "user", "revoke-token", name, str(token["id"])) == (0, {"deleted": token["id"]})
    assert run_cli(guarded, "experiment", "list", env=remote)[1]["error"]["code"] == "UNAUTHENTICATED"
    assert run_cli(guarded, "user", "delete", name)[0] == 0
    assert run_cli(guarded, "user", "show", name)[0] == 3
    assert run_cli(guarded, "user", "delete", ROOT[0])[1]["error"]["code"] == "FAILED_PRECONDITION"
    assert oct((guarded.data / "server.token").stat().st_mode & 0o777) == "0o600"


def test_steps_of_pipelines_reach_their_server(guarded):
    """A step logs to its run with the token it is given."""
    spec = {
        "pipelineInfo": {"name": "hello"}, "schemaVersion": "2.1.0", "sdkVersion": "kfp-2.0.0",
        "root": {"dag": {"tasks": {"say": {"componentRef": {"name": "comp-say"}, "taskInfo": {"name": "say"}}}}},
        "components": {"comp-say": {"executorLabel": "exec-say"}},
        "deploymentSpec": {"executors": {"exec-say": {"container": {"image": "python:3.11", "command": ["python3", "-c", (
            "import json,os,urllib.request as u;"
            "r=u.Request(os.environ['TREADLE_URL']+'/api/v1/runs/'+os.environ['TREADLE_RUN_ID']+'/log',"
            "json.dumps({'params':{'said':'hello'}}).encode(),"
            "{'Authorization':'Bearer '+os.environ['MLFLOW_TRACKING_TOKEN'],'Content-Type':'application/json'});"
            "u.build_opener(u.ProxyHandler({})).open(r)")]}}}},
    }
    run = requests.post(guarded.url + "/api/v1/pipeline-runs", json={"pipeline_spec": spec}, auth=ROOT).json()
    for _ in range(200):
        state = requests.get(f"{guarded.url}/api/v1/pipeline-runs/{run['id']}", auth=ROOT).json()
        if state["state"] not in ("PENDING", "RUNNING"):
            break
        time.sleep(0.1)
    assert state["state"] == "SUCCEEDED", state
    kept = requests.get(f"{guarded.url}/api/v1/runs/{run['id'].replace('-', '')}", auth=ROOT).json()
    assert kept["params"]["said"] == "hello"


def test_without_access_control_nothing_asks(new_server):
    server = new_server()
    assert requests.get(server.url + "/api/v1/experiments").status_code == 200
    assert requests.get(server.url + "/api/2.0/mlflow/users/list").status_code == 404
    assert not (server.data / "server.token").exists()
    code, refused = run_cli(server, "user", "list")
    assert code == 1 and "--auth basic" in refused["error"]["message"]


def test_settings_are_checked(tmp_path):
    def up(*arguments):
        return subprocess.run([binary(), "up", "--data", tmp_path / "data", "--port", "0", "--grpc-port", "0", *arguments],
                              capture_output=True, text=True, timeout=20, env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path),
                                                                               "TREADLE_ADMIN_PASSWORD": "short"})

    for arguments, message in ((("--auth", "on"), "auth: must be off or basic"), (("--address", "0.0.0.0"), "auth is off"),
                               (("--auth", "basic", "--default-permission", "ALL"), "default-permission"),
                               (("--auth", "basic"), "at least 12 characters")):
        done = up(*arguments)
        assert done.returncode != 0 and message in done.stderr, done.stderr


def test_the_first_administrator_comes_from_the_command_line_too(new_server):
    server = new_server("--auth", "basic")
    assert requests.get(server.url + "/version", auth=("admin", "password")).status_code == 401
    assert run_cli(server, "user", "create", "root", "--admin", text="made by hand, once\n")[0] == 0
    assert requests.get(server.url + "/api/v1/users", auth=("root", "made by hand, once")).status_code == 200
    header = "Basic " + base64.b64encode("root:made by hand, once".encode()).decode()
    server.restart()
    assert requests.get(server.url + "/api/v1/users", headers={"Authorization": header}).status_code == 200


def test_graphql_shows_what_its_calls_would(guarded, as_user, new_user):
    owner, other = new_user(), new_user()
    client, name = as_user(owner), uuid.uuid4().hex
    experiment = client.create_experiment(name)
    run = client.create_run(experiment).info.run_id
    grant(guarded, other, "experiment", experiment, "NO_PERMISSIONS")
    query = '{mlflowGetExperiment(input: {experimentId: "%s"}) {experiment {name}} mlflowGetRun(input: {runId: "%s"}) {run {info {runId}}}' % (experiment, run)
    query += ' mlflowSearchRuns(input: {experimentIds: ["%s"]}) {runs {info {runId}}}}' % experiment

    def ask(who):
        return requests.post(f"{guarded.url}/graphql", json={"query": query}, auth=who, timeout=30)

    told = ask(owner).json()
    assert told["errors"] is None and told["data"]["mlflowGetExperiment"]["experiment"]["name"] == name
    assert told["data"]["mlflowSearchRuns"]["runs"] == [{"info": {"runId": run}}]
    told = ask(other).json()
    assert told["data"] == {"mlflowGetExperiment": None, "mlflowGetRun": None, "mlflowSearchRuns": {"runs": []}}
    assert all("Permission denied" in error for error in told["errors"]) and name not in str(told) and run not in str(told["data"])
    assert ask(None).status_code == 401
