"""MLflow's scoring protocol and KServe V1, asked with requests."""
import json

import models
import numpy as np
import pytest


def as_lists(table):
    return [[None if np.isnan(value) else float(value) for value in row] for row in table]


def as_records(table):
    return [dict(zip(models.FEATURES, row)) for row in as_lists(table)]


def bodies(table):
    lists = as_lists(table)
    turned = [2, 0, 3, 1]
    return {
        "dataframe_split": {"dataframe_split": {"columns": [models.FEATURES[i] for i in turned],
                                                "data": [[row[i] for i in turned] for row in lists]}},
        "dataframe_records": {"dataframe_records": as_records(table)},
        "instances of records": {"instances": as_records(table)},
        "instances of lists": {"instances": lists},
        "inputs": {"inputs": {name: [row[i] for row in lists] for i, name in enumerate(models.FEATURES)}},
    }


@pytest.mark.parametrize("shape", list(bodies(models.rows(1))))
@pytest.mark.parametrize("path", ["/invocations", "/deployments/demand/invocations", "/invocations?deployment=demand"])
def test_same_numbers_as_xgboost(demand, booster, session, shape, path):
    table = models.rows(30, seed=11)
    answer = session.post(demand.url + path, json=bodies(table)[shape], timeout=10)
    assert answer.status_code == 200, answer.text
    np.testing.assert_allclose(answer.json()["predictions"], models.predict(booster, table), rtol=1e-5)


def test_csv(demand, booster, session):
    table = models.rows(20, seed=12)
    lines = [",".join(models.FEATURES)]
    lines += [",".join("" if np.isnan(value) else repr(float(value)) for value in row) for row in table]
    answer = session.post(demand.url + "/invocations", data="\n".join(lines), headers={"Content-Type": "text/csv"}, timeout=10)
    np.testing.assert_allclose(answer.json()["predictions"], models.predict(booster, table), rtol=1e-5)


def test_pythons_bare_nan_is_missing(demand, booster, session):
    table = models.rows(5, seed=13, missing=0.5)
    body = json.dumps({"dataframe_split": {"columns": models.FEATURES, "data": table.tolist()}})
    assert "NaN" in body
    answer = session.post(demand.url + "/invocations", data=body, headers={"Content-Type": "application/json"}, timeout=10)
    np.testing.assert_allclose(answer.json()["predictions"], models.predict(booster, table), rtol=1e-5)


def test_kserve_v1(demand, booster, session):
    table = models.rows(5, seed=14)
    answer = session.post(f"{demand.url}/v1/models/demand:predict", json={"instances": as_lists(table)}, timeout=10)
    np.testing.assert_allclose(answer.json()["predictions"], models.predict(booster, table), rtol=1e-5)
    assert session.get(f"{demand.url}/v1/models/demand", timeout=10).json() == {"name": "demand", "ready": True}
    assert "demand" in session.get(f"{demand.url}/v1/models", timeout=10).json()["models"]


@pytest.mark.parametrize("body, message", [
    ({}, "exactly one of"),
    ({"instances": [[1, 2, 3, 4]], "inputs": [[1, 2, 3, 4]]}, "exactly one of"),
    ({"dataframe_records": [{"temperature": 1, "workday": 1, "lag_48": 1}]}, "missing feature lag_336"),
    ({"dataframe_records": [dict.fromkeys([*models.FEATURES, "humidity"], 1)]}, "humidity"),
    ({"dataframe_records": [dict.fromkeys(models.FEATURES, "warm")]}, "must be a number or null, got a string"),
    ({"dataframe_split": {"columns": models.FEATURES, "data": [[1, 2, 3]]}}, "has 3 values, not 4"),
    ({"instances": []}, "no rows"),
    ({"inputs": {name: [1] * (1 + (name == "lag_48")) for name in models.FEATURES}}, "lag_48"),
])
def test_errors_are_400_and_say_why(demand, session, body, message):
    answer = session.post(demand.url + "/invocations", json=body, timeout=10)
    assert answer.status_code == 400, answer.text
    assert answer.json()["error_code"] == "BAD_REQUEST"
    assert message in answer.json()["message"]


def test_other_content_types_are_415(demand, session):
    answer = session.post(demand.url + "/invocations", data="x", headers={"Content-Type": "text/plain"}, timeout=10)
    assert answer.status_code == 415


def test_unknown_deployment_is_404(demand, session):
    answer = session.post(demand.url + "/deployments/nothing/invocations", json={"instances": [[1, 2, 3, 4]]}, timeout=10)
    assert answer.status_code == 404


def test_ping(demand, session):
    assert session.get(demand.url + "/ping", timeout=10).status_code == 200
