"""docs/openapi.yaml is true: it names every native route and no other, and the answers are what it says."""
import json
import re
import time

import pytest
import requests
from described import FILE, Api, description, operations
from openapi_spec_validator import validate
from treadle_server import Server

ROOT = ("root", "the first administrator")
# A forest of one tree: x < 11 is -0.1375 + 0.5, else 0.135 + 0.5.
TREE = {"base_weights": [-0.0476, -0.1375, 0.135], "categories": [], "categories_nodes": [], "categories_segments": [],
        "categories_sizes": [], "default_left": [0, 0, 0], "id": 0, "left_children": [1, -1, -1], "loss_changes": [4.5, 0, 0],
        "parents": [2147483647, 0, 0], "right_children": [2, -1, -1], "split_conditions": [11, -0.1375, 0.135],
        "split_indices": [0, 0, 0], "split_type": [0, 0, 0], "sum_hessian": [20, 11, 9],
        "tree_param": {"num_deleted": "0", "num_feature": "1", "num_nodes": "3", "size_leaf_vector": "1"}}
FOREST = {"learner": {"attributes": {}, "feature_names": ["x"], "feature_types": [], "gradient_booster": {"model": {
    "gbtree_model_param": {"num_parallel_tree": "1", "num_trees": "1"}, "iteration_indptr": [0, 1], "tree_info": [0],
    "trees": [TREE]}, "name": "gbtree"}, "learner_model_param": {"base_score": "5E-1", "boost_from_average": "0",
    "num_class": "0", "num_feature": "1", "num_target": "1"}, "objective": {"name": "reg:squarederror",
    "reg_loss_param": {"scale_pos_weight": "1"}}}, "version": [3, 2, 0]}
MLMODEL = """flavors:
  xgboost: {data: model.json, model_class: xgboost.core.Booster, model_format: json}
signature:
  inputs: '[{"type": "double", "name": "x", "required": true}]'
  outputs: '[{"type": "double", "name": "y", "required": true}]'
"""
SPEC = {"pipelineInfo": {"name": "hello"}, "schemaVersion": "2.1.0", "sdkVersion": "kfp-2.0.0",
        "root": {"dag": {"tasks": {"say": {"componentRef": {"name": "comp-say"}, "taskInfo": {"name": "say"}}}}},
        "components": {"comp-say": {"executorLabel": "exec-say"}},
        "deploymentSpec": {"executors": {"exec-say": {"container": {"image": "any", "command": ["sh", "-c", "echo hello"]}}}}}
DAY = 86_400_000


@pytest.fixture(scope="module")
def api(server):
    return Api(server.url)


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    one = Server(tmp_path_factory.mktemp("described") / "data", "--auth", "basic", "--admin-user", ROOT[0],
                 env={"TREADLE_ADMIN_PASSWORD": ROOT[1]})
    yield Api(one.start().url, ROOT)
    assert one.stop() == 0


def test_the_description_is_openapi():
    validate(description())


def test_the_server_gives_it_to_everybody(guarded):
    answer = requests.get(guarded.url + "/api/v1/openapi.yaml", timeout=10)
    assert answer.status_code == 200 and answer.headers["content-type"] == "application/yaml"
    assert answer.content == FILE.read_bytes()


def test_it_names_every_route_and_no_other(guarded):
    routes = guarded("GET", "/api/v1/access/routes")["routes"]
    there = {(route["method"], route["pattern"].replace("...}", "}")) for route in routes if route["pattern"].startswith("/api/v1/")}
    described = set(operations(description()))
    assert there - described == set(), "in the server, not in docs/openapi.yaml"
    assert described - there == set(), "in docs/openapi.yaml, not in the server"
    open_to_all = {(route["method"], route["pattern"]) for route in routes if route["needs"] == "nothing"}
    without = {key for key, operation in operations(description()).items() if operation.get("security") == [{}]}
    assert without == {key for key in open_to_all if key in described}


def test_parameters_of_a_path_are_described():
    for path, item in description()["paths"].items():
        assert [one["name"] for one in item.get("parameters", [])] == re.findall(r"\{(\w+)\}", path), path


def test_each_answer_allows_no_more_than_it_names(api):
    """Else fields that nobody described would go unnoticed."""
    for (method, path), operation in api.operations.items():
        for status, response in operation["responses"].items():
            schema = api.resolved(response).get("content", {}).get("application/json", {}).get("schema")
            if schema is not None:
                assert api.faults(schema, {"nobody described this": 1}), f"{method} {path} {status}"
                assert "additionalProperties" in (whole := api.resolved(schema)) or "unevaluatedProperties" in whole, f"{method} {path}"


def experiments(api):
    made = api("POST", "/api/v1/experiments", json={"name": "described", "tags": {"team": "grid", "year": 2014}})
    api("POST", "/api/v1/experiments", json={"name": "described"}, status=409)
    api("POST", "/api/v1/experiments", json={"name": ""}, status=400)
    of = {"experiment": made["id"]}
    api("GET", "/api/v1/experiments/{experiment}", experiment="described")
    api("GET", "/api/v1/experiments/{experiment}", experiment="nobody", status=404)
    api("PATCH", "/api/v1/experiments/{experiment}", **of, json={"name": "renamed", "tags": {"team": "wind"}})
    assert api("DELETE", "/api/v1/experiments/{experiment}", **of)["deleted"]
    api("POST", "/api/v1/experiments/{experiment}:restore", **of)
    listed = api("GET", "/api/v1/experiments", params={"limit": 1, "view": "all", "filter": "name LIKE '%'", "order_by": ["name ASC"]})
    api("GET", "/api/v1/experiments", params={"limit": 1, "page_token": listed["next_page_token"]})
    api("GET", "/api/v1/experiments", params={"view": "some"}, status=400)
    return made["id"]


def runs(api, experiment):
    run = api("POST", "/api/v1/runs", json={"experiment": experiment, "name": "r", "tags": {"mlflow.source.git.commit": "c" * 40}})["id"]
    api("POST", "/api/v1/runs", json={"experiment": experiment})
    points = [{"key": "loss/train", "value": value, "step": step} for step, value in enumerate([1, 0.5, "NaN", "Infinity"])]
    api("POST", "/api/v1/runs/{id}/log", id=run, json={
        "params": {"depth": 5, "seed": 7}, "tags": {"good": True}, "metrics": [*points, {"key": "mae", "value": 0.5, "time_ms": 5}],
        "datasets": [{"name": "rows", "digest": "d", "context": "training", "tags": {"a": "b"}}]})
    wrong = {"metrics": [{"key": "mae", "value": 1}, {"key": "mae"}]}
    assert api("POST", "/api/v1/runs/{id}/log", id=run, json=wrong, status=400)["field"] == "metrics[1].value"
    wrong = {"datasets": [{"name": "rows"}]}
    assert api("POST", "/api/v1/runs/{id}/log", id=run, json=wrong, status=400)["field"] == "datasets[0].digest"
    api("POST", "/api/v1/runs/{id}/log", id=run, json={"params": {"depth": 6}}, status=400)
    api("POST", "/api/v1/runs/{id}/log", id="0" * 32, json={"params": {"depth": 6}}, status=404)
    history = {"id": run, "key": "loss/train"}
    assert len(api("GET", "/api/v1/runs/{id}/metrics/{key}", **history)["points"]) == 4
    first = api("GET", "/api/v1/runs/{id}/metrics/{key}", **history, params={"exact": True, "max_points": 3, "from_step": 0, "to_step": 9})
    api("GET", "/api/v1/runs/{id}/metrics/{key}", **history, params={"exact": True, "max_points": 3, "page_token": first["next_page_token"]})
    api("PUT", "/api/v1/runs/{id}/artifacts/{path}", id=run, path="model/MLmodel", data=MLMODEL)
    api("PUT", "/api/v1/runs/{id}/artifacts/{path}", id=run, path="model/model.json", data=json.dumps(FOREST))
    api("PUT", "/api/v1/runs/{id}/artifacts/{path}", id=run, path="model/requirements.txt", data="numpy==1.26.4\n")
    api("GET", "/api/v1/runs/{id}/artifacts", id=run)
    assert len(api("GET", "/api/v1/runs/{id}/artifacts", id=run, params={"path": "model"})["artifacts"]) == 3
    assert api("GET", "/api/v1/runs/{id}/artifacts/{path}", id=run, path="model/MLmodel").text == MLMODEL
    api("GET", "/api/v1/runs/{id}/artifacts/{path}", id=run, path="model/MLmodel", headers={"Range": "bytes=0-3"}, status=206)
    api("GET", "/api/v1/runs/{id}/artifacts/{path}", id=run, path="none", status=404)
    tail(api, run)
    api("PATCH", "/api/v1/runs/{id}", id=run, json={"status": "FINISHED", "end_ms": 1_700_000_000_000, "name": "renamed"})
    api("PATCH", "/api/v1/runs/{id}", id=run, json={"status": "DONE"}, status=400)
    api("GET", "/api/v1/runs/{id}", id="nobody", status=404)
    api("DELETE", "/api/v1/runs/{id}", id=run)
    api("POST", "/api/v1/runs/{id}:restore", id=run)
    assert api("GET", "/api/v1/runs/{id}", id=run)["metrics"]["loss/train"] > 1e300
    assert api("GET", "/api/v1/runs/{id}/provenance", id=run)["environment"]["packages"] == {"numpy": "==1.26.4"}
    page = api("GET", "/api/v1/runs", params={"experiment_id": [experiment], "limit": 1, "order_by": ["metrics.mae ASC"], "view": "all"})
    api("GET", "/api/v1/runs", params={"limit": 1, "page_token": page["next_page_token"]})
    api("GET", "/api/v1/runs", params={"filter": "params.depth = '5'", "status": "FINISHED"})
    api("GET", "/api/v1/runs", params={"filter": "depth ="}, status=400)
    api("GET", "/api/v1/runs", params={"status": "DONE"}, status=400)
    api("GET", "/api/v1/runs/{id}/metrics/{key}", **history, params={"exact": "yes"}, status=400)
    groups = api("GET", "/api/v1/run-groups", params={"experiment_id": [experiment], "by": "params.depth"})
    assert groups == {"groups": [{"value": "5", "count": 1}, {"value": None, "count": 1}], "more": False, "runs": 2}
    api("GET", "/api/v1/run-groups", params={"by": "params.depth"}, status=400)
    return run


def models(api, run):
    of = {"name": "described", "version": 1}
    api("POST", "/api/v1/models/{name}/versions", name="described", json={
        "source": "model", "run_id": run, "description": "d", "tags": {"a": 1}, "metrics": {"mae": 0.5}})
    api("POST", "/api/v1/models/{name}/versions", name="described", json={"source": "model"}, status=400)
    api("POST", "/api/v1/models/{name}/versions", name="described", json={"source": "model", "run_id": run})
    api("GET", "/api/v1/models/{name}/versions/{version}", **of)
    api("GET", "/api/v1/models/{name}/versions/{version}", name="described", version="one", status=400)
    api("PATCH", "/api/v1/models/{name}/versions/{version}", **of, json={"description": "d", "tags": {"k": 1}})
    api("PATCH", "/api/v1/models/{name}/versions/{version}", **of, json={"description": "e", "tags": {"k": {}}}, status=400)
    assert api("GET", "/api/v1/models/{name}/versions/{version}", **of)["description"] == "d"
    api("GET", "/api/v1/models/{name}", name="nobody", status=404)
    api("POST", "/api/v1/models", json={"name": "empty", "description": "d", "tags": {"a": "b"}})
    api("POST", "/api/v1/models", json={"name": "empty"}, status=409)
    api("POST", "/api/v1/models", json={"description": "d"}, status=400)
    api("PATCH", "/api/v1/models/{name}", name="empty", json={"description": "", "tags": {"c": True}})
    api("PATCH", "/api/v1/models/{name}", name="nobody", json={"description": ""}, status=404)
    api("POST", "/api/v1/models/{name}:rename", name="empty", json={"new_name": "described"}, status=409)
    api("POST", "/api/v1/models/{name}:rename", name="empty", json={"new_name": "leer"})
    api("DELETE", "/api/v1/models/{name}", name="leer")
    api("DELETE", "/api/v1/models/{name}", name="leer", status=404)
    api("PUT", "/api/v1/models/{name}/aliases/{alias}", name="described", alias="champion", json={"version": 1, "reason": "first"})
    api("PUT", "/api/v1/models/{name}/versions/{version}/stage", **of, json={"stage": "staging", "archive_others": True})
    api("PUT", "/api/v1/models/{name}/versions/{version}/stage", **of, json={"stage": "Nowhere"}, status=400)
    gate = {"name": "described", "target": "champion"}
    api("PUT", "/api/v1/models/{name}/gates/{target}", **gate, json={"checks": ["metric mae <= 0.2", {"text": "approval"}], "description": "d"})
    api("PUT", "/api/v1/models/{name}/gates/{target}", **gate, json={"checks": ["nonsense"]}, status=400)
    api("GET", "/api/v1/models/{name}/gates", name="described")
    assert not api("GET", "/api/v1/models/{name}/gates/{target}", **gate, params={"version": 1})["decision"]["accepted"]
    refused = api("PUT", "/api/v1/models/{name}/aliases/{alias}", name="described", alias="champion", json={"version": 2}, status=409)
    assert refused["code"] == "ABORTED"
    approval = {"target": "champion", "reason": "seen"}
    assert api("POST", "/api/v1/models/{name}/versions/{version}/approvals", **of, json=approval, status=400)["field"] == "user"
    api("POST", "/api/v1/models/{name}/versions/{version}/approvals", **of, json=approval, headers={"X-Treadle-User": "ada"})
    assert len(api("GET", "/api/v1/models/{name}/versions/{version}/approvals", **of)["approvals"]) == 1
    api("DELETE", "/api/v1/models/{name}/versions/{version}/approvals/{target}", **of, target="champion",
        params={"user": "ada", "reason": "seen again"}, headers={"X-Treadle-User": "ada"})
    api("DELETE", "/api/v1/models/{name}/gates/{target}", **gate, params={"reason": "done"})
    api("GET", "/api/v1/models/{name}/gates/{target}", **gate, status=404)
    api("DELETE", "/api/v1/models/{name}/aliases/{alias}", name="described", alias="champion", params={"reason": "over"})
    page = api("GET", "/api/v1/models/{name}/history", name="described", params={"limit": 3})
    api("GET", "/api/v1/models/{name}/history", name="described", params={"page_token": page["next_page_token"]})
    api("GET", "/api/v1/models/{name}/versions/{version}/history", **of)
    api("GET", "/api/v1/models/{name}", name="described")
    api("DELETE", "/api/v1/models/{name}/versions/{version}", name="described", version=2)
    api("DELETE", "/api/v1/models/{name}/versions/{version}", name="described", version=2, status=404)
    api("GET", "/api/v1/models", params={"filter": "name = 'described'", "limit": 1})


def model_artifacts(api, experiment, model):
    folder = f"{api.url}/api/2.0/mlflow-artifacts/artifacts/{experiment}/models/{model}/artifacts"
    requests.put(f"{folder}/data/MLmodel", data=MLMODEL, timeout=10).raise_for_status()
    listed = api("GET", "/api/v1/logged-models/{id}/artifacts", id=model, params={"path": "data"})["artifacts"]
    assert listed == [{"path": "data/MLmodel", "is_folder": False, "size": len(MLMODEL)}]
    file = {"id": model, "path": "data/MLmodel"}
    assert api("GET", "/api/v1/logged-models/{id}/artifacts/{path}", **file).text == MLMODEL
    api("GET", "/api/v1/logged-models/{id}/artifacts/{path}", **file, headers={"Range": "bytes=0-3"}, status=206)
    api("GET", "/api/v1/logged-models/{id}/artifacts/{path}", id=model, path="none", status=404)
    api("GET", "/api/v1/logged-models/{id}/artifacts", id="m-none", status=404)


def imports(api):
    experiment = api("POST", "/api/v1/import/experiments", json={"name": "imported", "created_ms": 5, "tags": {"a": "b"}})["id"]
    run = {"experiment_id": experiment, "name": "r", "status": "FINISHED", "start_ms": 5, "end_ms": 6, "user": "ada"}
    api("PUT", "/api/v1/import/runs/{id}", id="a" * 32, json=run)
    api("PUT", "/api/v1/import/runs/{id}", id="a" * 32, json={**run, "status": "DONE"}, status=400)
    api("PUT", "/api/v1/import/logged-models/{id}", id="m-" + "a" * 32, json={
        "experiment_id": experiment, "name": "m", "run_id": "a" * 32, "status": 2, "params": {"a": 1},
        "metrics": [{"run_id": "a" * 32, "key": "mae", "value": 1}]})
    model_artifacts(api, experiment, "m-" + "a" * 32)
    api("PUT", "/api/v1/import/models/{name}", name="imported", json={"description": "d", "created_ms": 5, "tags": {"a": "b"}})
    api("PUT", "/api/v1/import/models/{name}/versions/{version}", name="imported", version=3,
        json={"source": "s3://there/model", "stage": "Staging", "created_ms": 5})
    api("DELETE", "/api/v1/runs/{id}", id="a" * 32)
    assert api("POST", "/api/v1/trash:purge", json={"older_than_s": 0, "dry_run": True})["runs"] == ["a" * 32]
    api("POST", "/api/v1/trash:purge", json={"older_than_s": 0})
    api("POST", "/api/v1/trash:purge", json={"older_than_s": -1}, status=400)


def deployments(api, run):
    of = {"name": "live"}
    api("PUT", "/api/v1/deployments/{name}", **of, json={"model": "described", "version": 9}, status=404)
    api("PUT", "/api/v1/deployments/{name}", **of, json={"model": "described", "version": 1, "reason": "first", "run_id": run})
    for _ in range(200):
        if (now := api("GET", "/api/v1/deployments/{name}", **of))["state"] != "LOADING":
            break
        time.sleep(0.05)
    assert now["state"] == "READY", now
    day = 1_400_000_000_000 // DAY * DAY
    rows = [{"key": f"k{i}", "event_ms": day + i * 3_600_000, "features": {"x": i}} for i in range(48)]
    said = api("POST", "/api/v1/deployments/{name}:predict", **of, json={"rows": rows, "origin_ms": day, "run_id": run})
    assert said["predictions"][0]["value"] == pytest.approx(0.3625) and said["predictions"][11]["value"] == pytest.approx(0.635)
    api("POST", "/api/v1/deployments/{name}:predict", **of, json={"rows": [{"features": {"y": 1}}]}, status=400)
    api("GET", "/api/v1/deployments")
    api("GET", "/api/v1/deployments/{name}", name="nobody", status=404)
    api("GET", "/api/v1/deployments/{name}/history", **of)
    rules = [{"id": "drift", "metric": "drift_share", "threshold": 0.5}, {"id": "error", "metric": "rolling_mae_ratio", "threshold": 1.25}]
    api("PUT", "/api/v1/deployments/{name}/rules", **of, json={"rules": rules})
    api("PUT", "/api/v1/deployments/{name}/rules", **of, json={"rules": [{"id": "drift"}]}, status=400)
    assert len(api("GET", "/api/v1/deployments/{name}/rules", **of)["rules"]) == 2
    feature = {"method": "ks", "score": 0.9, "threshold": 0.1, "drifted": True}
    report = api("POST", "/api/v1/deployments/{name}/reports", **of, json={
        "kind": "drift", "day_ms": day + DAY, "run_id": run, "report": {"share": 1, "features": {"x": feature}}})
    assert len(report["alerts"]) == 1
    api("POST", "/api/v1/deployments/{name}/reports", **of, json={"kind": "drift", "day_ms": day, "report": {}}, status=400)
    api("GET", "/api/v1/reports/{id}", id=report["id"])
    truths = [{"key": row["key"], "value": 0 if i == 0 else 0.4, "observed_ms": day + DAY} for i, row in enumerate(rows)]
    assert api("POST", "/api/v1/deployments/{name}/truths", **of, json={"truths": truths})["joined"] == 48
    api("POST", "/api/v1/deployments/{name}/truths", **of, json={"truths": [{"value": 1}]}, status=400)
    assert api("GET", "/api/v1/alerts", params={"deployment": "live", "limit": 5})["alerts"]
    assert api("GET", "/api/v1/deployments/{name}/drift", **of)["series"]
    assert len(api("GET", "/api/v1/deployments/{name}/performance", **of)["series"]) == 2
    forecast = api("GET", "/api/v1/deployments/{name}/forecast", **of, params={"from_ms": day, "to_ms": day + DAY, "limit": 5})
    api("GET", "/api/v1/why", params={"prediction_id": forecast["points"][0]["prediction_id"]})
    api("GET", "/api/v1/why", status=400)


def finished(api, run):
    for _ in range(300):
        if (now := api("GET", "/api/v1/pipeline-runs/{id}", id=run))["state"] not in ("PENDING", "RUNNING"):
            return now
        time.sleep(0.05)
    raise TimeoutError(f"{run} is {now['state']}")


def pipelines(api):
    code = {"commit": "c" * 40, "dirty": True}
    api("POST", "/api/v1/pipelines", json={"pipeline_spec": SPEC, "description": "d", "code": code})
    api("POST", "/api/v1/pipelines", json={"name": "none"}, status=400)
    api("GET", "/api/v1/pipelines", params={"limit": 1})
    run = api("POST", "/api/v1/pipeline-runs", json={"pipeline": "hello", "experiment": "described pipelines", "name": "hello"})["id"]
    assert finished(api, run)["state"] == "SUCCEEDED"
    assert api("GET", "/api/v1/pipeline-runs/{id}/tasks/{task}/logs", id=run, task="say", params={"offset": 1}).text == "ello\n"
    assert api("GET", "/api/v1/pipeline-runs/{id}/spec", id=run)["pipeline_spec"] == SPEC
    api("GET", "/api/v1/runs/{id}/provenance", id=run.replace("-", ""))
    api("GET", "/api/v1/pipeline-runs", params={"pipeline": "hello", "state": "SUCCEEDED", "limit": 1})
    api("GET", "/api/v1/pipeline-runs", params={"state": "DONE"}, status=400)
    slow = json.loads(json.dumps(SPEC).replace("echo hello", "sleep 60"))
    run = api("POST", "/api/v1/pipeline-runs", json={"pipeline_spec_text": json.dumps(slow), "enable_caching": False})["id"]
    api("POST", "/api/v1/pipeline-runs/{id}:cancel", id=run)
    assert finished(api, run)["state"] == "CANCELED"
    api("GET", "/api/v1/pipeline-runs/{id}", id="nobody", status=404)


def triggers(api):
    api("POST", "/api/v1/triggers", json={"name": "again", "on": {"manual": True}, "action": {"run_pipeline": "hello"}})
    api("POST", "/api/v1/triggers", json={"name": "again", "on": {}, "action": {"run_pipeline": "hello"}}, status=400)
    api("POST", "/api/v1/triggers", json={"name": "on-alerts", "on": {"event": "alert.raised", "deployment": "live"},
                                          "action": {"run_pipeline": "hello", "parameters": {}}, "cooldown_ms": 5})
    api("GET", "/api/v1/triggers")
    api("GET", "/api/v1/triggers/{name}", name="again")
    api("GET", "/api/v1/triggers/{name}", name="nobody", status=404)
    api("POST", "/api/v1/triggers/{name}:fire", name="again", json={"reason": "by hand"})
    assert len(api("GET", "/api/v1/triggers/{name}/firings", name="again", params={"limit": 5})["firings"]) == 1
    api("DELETE", "/api/v1/triggers/{name}", name="on-alerts")


def users(api):
    of = {"name": "ada"}
    api("POST", "/api/v1/users", json={"name": "ada", "password": "a long password"})
    api("POST", "/api/v1/users", json={"name": "ada", "password": "a long password"}, status=409)
    api("PATCH", "/api/v1/users/{name}", **of, json={"password": "another password", "admin": False})
    given = {"resource_type": "experiment", "resource_id": "0"}
    api("PUT", "/api/v1/users/{name}/permissions", **of, json={**given, "permission": "EDIT"})
    api("PUT", "/api/v1/users/{name}/permissions", **of, json={**given, "permission": "ALL"}, status=400)
    api("DELETE", "/api/v1/users/{name}/permissions", **of, params=given)
    token = api("POST", "/api/v1/users/{name}/tokens", **of, json={"label": "laptop", "days": 5})["id"]
    api("GET", "/api/v1/users/{name}/tokens", **of)
    api("GET", "/api/v1/users", auth=("ada", "another password"), status=403)
    api("GET", "/api/v1/users", auth=("ada", "wrong"), status=401)
    api("DELETE", "/api/v1/users/{name}/tokens/{token}", **of, token=token)
    api("GET", "/api/v1/users/{name}", **of)
    api("GET", "/api/v1/users")
    api("DELETE", "/api/v1/users/{name}", **of)


def tail(api, run):
    operation = ("GET", "/api/v1/runs/{id}/metrics:tail")
    api(*operation, id="0" * 32, status=404)
    with requests.get(f"{api.url}/api/v1/runs/{run}/metrics:tail", stream=True, timeout=10) as stream:
        kind, _ = api.schema_of(api.operations[operation], stream)
        assert kind == "text/event-stream"
        data = (json.loads(line.removeprefix("data: ")) for line in stream.iter_lines(chunk_size=1, decode_unicode=True) if line.startswith("data: "))
        assert next(data) == {"gap": False}
        points = [{"key": "late", "value": value, "step": 3, "time_ms": 5} for value in (1.5, "NaN")]
        api("POST", "/api/v1/runs/{id}/log", id=run, json={"metrics": points})
        told = next(data)
    assert told == {"points": points} and not api.faults({"$ref": "#/components/schemas/LivePoints"}, told)
    api.answered.add(operation)


def events(api):
    page = api("GET", "/api/v1/events", params={"after": 0, "limit": 10_000})["events"]
    assert len(page) > 10
    with requests.get(api.url + "/api/v1/events/stream", params={"after": page[0]["sequence"]}, stream=True, timeout=10) as stream:
        kind, _ = api.schema_of(api.operations["GET", "/api/v1/events/stream"], stream)
        assert kind == "text/event-stream"
        data = next(line for line in stream.iter_lines(decode_unicode=True) if line.startswith("data: "))
    event = json.loads(data.removeprefix("data: "))
    assert event == page[1] and not api.faults({"$ref": "#/components/schemas/Event"}, event)
    api.answered.add(("GET", "/api/v1/events/stream"))


def traces(api, run):
    experiment = api("GET", "/api/v1/runs/{id}", id=run)["experiment_id"]
    trace = "tr-" + "1" * 32
    resource = {"scopeSpans": [{"spans": [{"traceId": "1" * 32, "spanId": "2" * 16, "name": "ask", "startTimeUnixNano": "5000000",
                                           "endTimeUnixNano": "9000000"}]}]}
    requests.post(api.url + "/v1/traces", json={"resourceSpans": [resource]}, headers={"x-mlflow-experiment-id": experiment},
                  timeout=10).raise_for_status()
    told = {"assessment": {"assessment_name": "good", "feedback": {"value": True}, "source": {"source_type": "HUMAN", "source_id": "ada"}}}
    requests.post(f"{api.url}/api/3.0/mlflow/traces/{trace}/assessments", json=told, timeout=10).raise_for_status()
    page = api("GET", "/api/v1/traces", params={"experiment_id": [experiment], "limit": 1})
    assert page["traces"][0]["assessments"][0]["value"] is True
    api("GET", "/api/v1/traces", params={"experiment_id": [experiment], "filter": "nonsense ="}, status=400)
    assert api("GET", "/api/v1/traces/{trace_id}", trace_id=trace)["spans"][0]["name"] == "ask"
    api("GET", "/api/v1/traces/{trace_id}", trace_id="tr-none", status=404)
    api("DELETE", "/api/v1/traces/{trace_id}", trace_id=trace)
    api("DELETE", "/api/v1/traces/{trace_id}", trace_id=trace, status=404)


def test_every_answer_is_as_described(api, guarded):
    """Every operation at least once as it is meant, and errors of many."""
    run = runs(api, experiments(api))
    models(api, run)
    traces(api, run)
    imports(api)
    deployments(api, run)
    pipelines(api)
    triggers(api)
    events(api)
    api("GET", "/api/v1/status")
    api("GET", "/api/v1/openapi.yaml")
    users(guarded)
    guarded("GET", "/api/v1/access/routes")
    assert set(api.operations) - api.answered - guarded.answered == set(), "these were never asked"
