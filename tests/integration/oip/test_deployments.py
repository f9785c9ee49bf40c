"""Deployments by the native API: swaps under load, failures, crashes, the durable predict route."""
import threading
import time

import models
import numpy as np
import requests
import xgboost


def predict(url, table, session=requests):
    rows = [{"key": f"k{i}", "event_ms": 1000 + i,
             "features": {name: None if np.isnan(value) else float(value) for name, value in zip(models.FEATURES, row)}}
            for i, row in enumerate(table)]
    return session.post(f"{url}/api/v1/deployments/demand:predict", json={"rows": rows, "origin_ms": 1000}, timeout=30)


def test_predict_gives_ids_and_the_same_numbers(demand, booster):
    table = models.rows(48, seed=21)
    answer = predict(demand.url, table).json()
    assert answer["model_version"] == 1
    values = [one["value"] for one in answer["predictions"]]
    np.testing.assert_allclose(values, models.predict(booster, table), rtol=1e-5)
    assert [one["key"] for one in answer["predictions"]] == [f"k{i}" for i in range(48)]
    assert len({one["id"] for one in answer["predictions"]}) == 48


def test_predict_errors_name_row_and_feature(demand):
    url = f"{demand.url}/api/v1/deployments/demand:predict"
    answer = requests.post(url, json={"rows": [{"features": {"temperature": 1}}]}, timeout=10)
    assert answer.status_code == 400
    assert "rows[0].features: missing features workday, lag_48, lag_336" in answer.json()["error"]["message"]
    assert requests.post(url, json={}, timeout=10).status_code == 400
    assert requests.post(url, json={"rows": []}, timeout=10).status_code == 400
    assert requests.post(url, json={"rows": [3]}, timeout=10).status_code == 400


def test_swap_under_load_drops_nothing(new_server):
    server = new_server()
    boosters = {seed: models.train(seed, rounds=10) for seed in (0, 5)}
    versions = {seed: models.register(server.url, "demand", booster) for seed, booster in boosters.items()}
    models.deploy(server.url, "demand", versions[0]).raise_for_status()
    row = models.rows(1, seed=1, missing=0)
    right = {str(versions[seed]): models.predict(booster, row)[0] for seed, booster in boosters.items()}
    body = {"inputs": [{"name": "x", "shape": [1, 4], "datatype": "FP32", "data": row.ravel().tolist()}]}
    wrong, answered, stop = [], [0], threading.Event()

    def ask():
        with requests.Session() as session:
            while not stop.is_set():
                answer = session.post(f"{server.url}/v2/models/demand/infer", json=body, timeout=10)
                got = answer.json() if answer.status_code == 200 else {}
                if not got or abs(got["outputs"][0]["data"][0] - right[got["model_version"]]) > 1e-4:
                    wrong.append(answer.text)
                answered[0] += 1

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for turn in range(12):
        models.deploy(server.url, "demand", versions[0 if turn % 2 else 5]).raise_for_status()
        time.sleep(0.05)
    stop.set()
    for thread in threads:
        thread.join()
    assert not wrong, wrong[:3]
    assert answered[0] > 50
    history = requests.get(f"{server.url}/api/v1/deployments/demand/history", timeout=10).json()["history"]
    assert len(history) == 13


def test_a_version_that_cannot_be_loaded_changes_nothing(new_server, booster):
    server = new_server()
    good = models.register(server.url, "demand", booster)
    bad = models.register(server.url, "demand", booster, models.mlmodel(model_class="xgboost.sklearn.XGBClassifier"))
    models.deploy(server.url, "demand", good).raise_for_status()
    answer = models.deploy(server.url, "demand", bad)
    assert answer.status_code == 409 and "XGBClassifier" in answer.json()["error"]["message"]
    state = requests.get(f"{server.url}/api/v1/deployments/demand", timeout=10).json()
    assert (state["state"], state["version"], state["desired_version"]) == ("READY", good, bad)
    assert "XGBClassifier" in state["error"]
    assert predict(server.url, models.rows(1)).status_code == 200
    assert models.deploy(server.url, "demand", 99).status_code == 404
    assert requests.get(f"{server.url}/api/v1/deployments/nothing", timeout=10).status_code == 404


def test_survives_kill_9(new_server, booster):
    server = new_server()
    version = models.register(server.url, "demand", booster)
    models.deploy(server.url, "demand", version).raise_for_status()
    first = predict(server.url, models.rows(3)).json()
    server.kill9()
    begin = time.monotonic()
    server.start()
    assert time.monotonic() - begin < 2
    state = requests.get(f"{server.url}/api/v1/deployments/demand", timeout=10).json()
    assert (state["state"], state["version"]) == ("READY", version)
    second = predict(server.url, models.rows(3)).json()
    assert [one["value"] for one in first["predictions"]] == [one["value"] for one in second["predictions"]]


def test_early_stopped_regressor_uses_its_best_iteration(demand):
    """As scikit-learn's wrapper predicts; the Booster itself uses every tree."""
    table, target = models.rows(400, seed=31, missing=0), models.rows(400, seed=32, missing=0)[:, 0]
    data = xgboost.DMatrix(table, target, feature_names=models.FEATURES)
    test = xgboost.DMatrix(table[300:], target[300:][::-1], feature_names=models.FEATURES)
    booster = xgboost.train({"max_depth": 4, "nthread": 1}, data, 60, evals=[(test, "test")],
                            early_stopping_rounds=2, verbose_eval=False)
    assert booster.best_iteration + 1 < booster.num_boosted_rounds()
    version = models.register(demand.url, "early", booster, models.mlmodel(model_class="xgboost.sklearn.XGBRegressor"))
    models.deploy(demand.url, "early", version).raise_for_status()
    answer = requests.post(f"{demand.url}/v1/models/early:predict", json={"instances": table.tolist()}, timeout=10)
    right = booster.predict(data, iteration_range=(0, booster.best_iteration + 1))
    np.testing.assert_allclose(answer.json()["predictions"], right, rtol=1e-5)
