"""Many clients who want the same name, alias, version number or param at once: one answer for all of them."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

RACERS = 24


@pytest.fixture
def race(server):
    """race(path, bodies, method): all at the same instant; the answers in the order of the bodies."""

    def run(path, bodies, method="POST"):
        gate = threading.Barrier(len(bodies))

        def one(body):
            with requests.Session() as session:
                gate.wait(30)
                return session.request(method, f"{server.url}/api/2.0/mlflow/{path}", json=body, timeout=30)

        with ThreadPoolExecutor(len(bodies)) as pool:
            return list(pool.map(one, bodies))

    return run


def winners(answers, loser):
    lost = [a for a in answers if a.status_code != 200]
    assert all((a.status_code, a.json()["error_code"]) == loser for a in lost), lost[0].text
    return [a for a in answers if a.status_code == 200]


EXISTS = (400, "RESOURCE_ALREADY_EXISTS")


def test_one_of_many_gets_a_name(server, race):
    for turn in range(5):
        won = winners(race("registered-models/create", [{"name": f"raced {turn}", "description": str(i)} for i in range(RACERS)]), EXISTS)
        assert len(won) == 1
        kept = requests.get(f"{server.url}/api/2.0/mlflow/registered-models/get", params={"name": f"raced {turn}"}, timeout=10).json()
        assert kept["registered_model"]["description"] == won[0].json()["registered_model"]["description"]
        assert len(winners(race("experiments/create", [{"name": f"raced {turn}"}] * RACERS), EXISTS)) == 1
        for i in range(4):
            assert race("registered-models/create", [{"name": f"other {turn} {i}"}])[0].status_code == 200
        renames = [{"name": f"other {turn} {i}", "new_name": f"wanted {turn}"} for i in range(4)]
        assert len(winners(race("registered-models/rename", renames), EXISTS)) == 1


def test_version_numbers_have_no_holes_and_an_alias_has_one_version(server, race):
    assert race("registered-models/create", [{"name": "numbered"}])[0].status_code == 200
    made = winners(race("model-versions/create", [{"name": "numbered", "source": f"s3://b/{i}"} for i in range(RACERS)]), None)
    assert sorted(int(a.json()["model_version"]["version"]) for a in made) == list(range(1, RACERS + 1))
    alias = {"name": "numbered", "alias": "best"}
    assert len(winners(race("registered-models/alias", [{**alias, "version": str(v + 1)} for v in range(RACERS)]), None)) == RACERS
    model = requests.get(f"{server.url}/api/2.0/mlflow/registered-models/get", params={"name": "numbered"}, timeout=10).json()["registered_model"]
    assert [a["alias"] for a in model["aliases"]] == ["best"]
    found = requests.get(f"{server.url}/api/2.0/mlflow/registered-models/alias", params=alias, timeout=10).json()["model_version"]
    assert found["version"] == model["aliases"][0]["version"] and found["aliases"] == ["best"]
    # A version that goes takes its alias along, whoever is quicker.
    race("model-versions/delete", [{"name": "numbered", "version": found["version"]}] * 4, method="DELETE")
    gone = requests.get(f"{server.url}/api/2.0/mlflow/registered-models/alias", params=alias, timeout=10)
    assert gone.status_code in (400, 404), gone.text


def test_a_stage_that_archives_leaves_one_version_in_it(server, race):
    assert race("registered-models/create", [{"name": "staged"}])[0].status_code == 200
    for i in range(8):
        race("model-versions/create", [{"name": "staged", "source": f"s3://b/{i}"}])
    moves = [{"name": "staged", "version": str(v), "stage": "Production", "archive_existing_versions": True} for v in range(1, 9)]
    assert len(winners(race("model-versions/transition-stage", moves), None)) == 8
    found = requests.get(f"{server.url}/api/2.0/mlflow/model-versions/search", params={"filter": "name='staged'"}, timeout=10).json()
    stages = sorted(v["current_stage"] for v in found["model_versions"])
    assert stages == ["Archived"] * 7 + ["Production"]


def test_a_param_keeps_the_value_that_was_first(server, race):
    run = race("runs/create", [{"experiment_id": "0"}])[0].json()["run"]["info"]["run_id"]
    answers = race("runs/log-parameter", [{"run_id": run, "key": "p", "value": str(i)} for i in range(RACERS)])
    won = [i for i, a in enumerate(answers) if a.status_code == 200]
    assert len(won) == 1 and all("Changing param values is not allowed" in a.json()["message"] for a in answers if a.status_code != 200)
    data = requests.get(f"{server.url}/api/2.0/mlflow/runs/get", params={"run_id": run}, timeout=10).json()["run"]["data"]
    assert data["params"] == [{"key": "p", "value": str(won[0])}]


def test_a_model_that_is_deleted_while_versions_are_made(server, race):
    assert race("registered-models/create", [{"name": "doomed"}])[0].status_code == 200
    with ThreadPoolExecutor(2) as pool:
        making = pool.submit(race, "model-versions/create", [{"name": "doomed", "source": "s3://b/m"}] * RACERS)
        requests.delete(f"{server.url}/api/2.0/mlflow/registered-models/delete", json={"name": "doomed"}, timeout=30)
        winners(making.result(), (404, "RESOURCE_DOES_NOT_EXIST"))
    left = requests.get(f"{server.url}/api/2.0/mlflow/model-versions/search", params={"filter": "name='doomed'"}, timeout=10).json()
    assert left.get("model_versions", []) == []
