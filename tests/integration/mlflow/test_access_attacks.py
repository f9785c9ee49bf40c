"""Ways that people without rights have found, or might: each leads nowhere."""
import concurrent.futures
import uuid

import pytest
import requests
from test_access import ROOT, grant, guarded, new_user  # noqa: F401  fixtures

NOTHING, READ, MANAGE = "NO_PERMISSIONS", "READ", "MANAGE"


class Asker:
    def __init__(self, url, who):
        self.url, self.who = url, who

    def __call__(self, method, path, status=200, **more):
        answer = requests.request(method, self.url + path, auth=self.who, timeout=30, **more)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text[:300]}"
        return answer.json()

    def experiment(self, name=None):
        return self("POST", "/api/2.0/mlflow/experiments/create", json={"name": name or uuid.uuid4().hex})["experiment_id"]


@pytest.fixture
def root(guarded):  # noqa: F811
    return Asker(guarded.url, ROOT)


@pytest.fixture
def mallory(guarded, new_user):  # noqa: F811
    return Asker(guarded.url, new_user())


def forbid(server, asker, experiment):
    grant(server, asker.who, "experiment", experiment, NOTHING)


def test_a_value_too_long_to_be_checked_is_not_used(guarded, root, mallory):  # noqa: F811
    hidden, own = root.experiment(), mallory.experiment()
    forbid(guarded, mallory, hidden)
    padded = "0" * 9000 + hidden
    mallory("POST", "/api/3.0/mlflow/datasets/create", 400, json={"name": "planted", "experiment_ids": [own, padded]})
    made = mallory("POST", "/api/3.0/mlflow/datasets/create", json={"name": "mine", "experiment_ids": [own]})["dataset"]["dataset_id"]
    mallory("POST", f"/api/3.0/mlflow/datasets/{made}/add-experiments", 400, json={"experiment_ids": [padded]})
    mallory("POST", "/api/2.0/mlflow/runs/create", 400, json={"experiment_id": padded})
    assert root("POST", "/api/3.0/mlflow/datasets/search", json={"experiment_ids": [hidden]}).get("datasets", []) == []


def test_page_tokens_do_not_count_what_is_hidden(guarded, root, mallory):  # noqa: F811
    start = uuid.uuid4().hex
    secret = root.experiment(f"{start} a secret")
    forbid(guarded, mallory, secret)
    for name in ("b", "c"):
        mallory.experiment(f"{start} {name}")
    query = {"filter": f"name LIKE '{start}%'", "order_by": "name ASC", "max_results": 1}
    first = mallory("GET", "/api/2.0/mlflow/experiments/search", params=query)
    assert [one["name"] for one in first["experiments"]] == [f"{start} b"]
    token = first["next_page_token"]
    assert "." not in token  # an offset stands before the dot of the tokens that others get
    second = mallory("GET", "/api/2.0/mlflow/experiments/search", params={**query, "page_token": token})
    assert [one["name"] for one in second["experiments"]] == [f"{start} c"] and "next_page_token" not in second
    # Neither a token that was made up nor another one's.
    theirs = root("GET", "/api/2.0/mlflow/experiments/search", params=query)["next_page_token"]
    for wrong in (theirs, "1.0123456789abcdef", "1", token[:-4] + "AAAA"):
        mallory("GET", "/api/2.0/mlflow/experiments/search", 400, params={**query, "page_token": wrong})
    native = mallory("GET", "/api/v1/experiments", params={"limit": 1})
    assert not native["next_page_token"].isdigit()
    assert mallory("GET", "/api/v1/experiments", params={"limit": 1, "page_token": native["next_page_token"]})["experiments"]
    mallory("GET", "/api/v1/experiments", 400, params={"limit": 1, "page_token": "1"})


def test_a_dataset_in_several_experiments_needs_the_right_on_all(guarded, root, mallory):  # noqa: F811
    hidden, own = root.experiment(), mallory.experiment()
    forbid(guarded, mallory, hidden)
    made = root("POST", "/api/3.0/mlflow/datasets/create", json={"name": "shared", "experiment_ids": [own, hidden]})["dataset"]["dataset_id"]
    for method, path, body in (("GET", "", None), ("GET", "/records", None), ("PATCH", "/tags", {"tags": '{"a": "b"}'}), ("DELETE", "", None)):
        mallory(method, f"/api/3.0/mlflow/datasets/{made}{path}", 403, json=body)
    assert root("GET", f"/api/3.0/mlflow/datasets/{made}")["dataset"]["name"] == "shared"


def test_a_name_takes_nobodys_id(guarded, root, mallory):  # noqa: F811
    theirs = root.experiment()
    mallory.experiment(theirs)  # called like the id
    run = root("POST", "/api/v1/runs", json={"experiment": theirs})
    assert run["experiment_id"] == theirs
    grant(guarded, mallory.who, "experiment", f"0{theirs}", NOTHING)  # and a padded id is the same experiment
    mallory("GET", f"/api/2.0/mlflow/experiments/get?experiment_id={theirs}", 403)
    mallory("GET", f"/api/v1/runs/{run['id']}", 403)


def test_padded_ids_are_the_experiment_itself(root):
    experiment = root.experiment()
    run = root("POST", "/api/2.0/mlflow/runs/create", json={"experiment_id": f"0{experiment}"})["run"]["info"]
    assert run["experiment_id"] == experiment and f"/{experiment}/" in run["artifact_uri"]
    found = root("POST", "/api/2.0/mlflow/runs/search", json={"experiment_ids": [experiment]})["runs"]
    assert [one["info"]["run_id"] for one in found] == [run["run_id"]]


@pytest.mark.parametrize("what", ["model", "experiment"])
def test_who_makes_something_has_it_alone(guarded, mallory, new_user, what):  # noqa: F811
    owner = Asker(guarded.url, new_user())

    def make(name):
        path = "registered-models" if what == "model" else "experiments"
        return requests.post(f"{guarded.url}/api/2.0/mlflow/{path}/create", json={"name": name}, auth=owner.who, timeout=30).status_code

    def intrude(name):
        path, body = (f"models/{name}/versions", {"source": "s3://elsewhere/model"}) if what == "model" else ("runs", {"experiment": name})
        return requests.post(f"{guarded.url}/api/v1/{path}", json=body, auth=mallory.who, timeout=30).status_code

    both = 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for _ in range(40):
            name = uuid.uuid4().hex
            made, intruded = pool.submit(make, name), pool.submit(intrude, name)
            both += made.result() == 200 and intruded.result() == 200
            assert made.result() in (200, 400) and intruded.result() in (200, 403)
    assert both == 0  # one of the two owns it, and the other is told so


def test_refusals_name_only_what_was_asked_for_and_are_the_same_for_what_is_not_there(guarded, root, mallory):  # noqa: F811
    hidden = root.experiment()
    forbid(guarded, mallory, hidden)
    run = root("POST", "/api/2.0/mlflow/runs/create", json={"experiment_id": hidden})["run"]["info"]["run_id"]
    there = mallory("GET", f"/api/2.0/mlflow/runs/get?run_id={run}", 403)
    assert f'"{hidden}"' not in there["message"]
    assert mallory("GET", f"/api/2.0/mlflow/runs/get?run_id={'0' * 32}", 403) == there
    root("GET", f"/api/2.0/mlflow/runs/get?run_id={'0' * 32}", 404)  # who sees everything is told
    mallory("GET", "/api/v1/triggers", 403)
    mallory("DELETE", f"//api/v1/runs/{run}", 404)
