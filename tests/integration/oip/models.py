"""XGBoost models trained here, put into a server through its public API, and what Python says they predict."""
import json
import pathlib
import tempfile

import numpy as np
import requests
import xgboost

FEATURES = ["temperature", "workday", "lag_48", "lag_336"]
TYPES = {"temperature": "double", "workday": "long", "lag_48": "double", "lag_336": "float"}


def rows(count, seed=0, missing=0.1):
    """float32 features with some values missing."""
    random = np.random.default_rng(seed)
    table = random.normal(20, 8, size=(count, len(FEATURES))).astype(np.float32)
    table[:, 1] = random.integers(0, 2, count)
    table[random.random(table.shape) < missing] = np.nan
    return table


def train(seed=0, rounds=40, **parameters):
    table = rows(800, seed)
    filled = np.nan_to_num(table)
    target = filled[:, 0] * 0.1 + filled[:, 1] + np.sin(filled[:, 2]) + seed
    data = xgboost.DMatrix(table, target, feature_names=FEATURES)
    settings = {"max_depth": 5, "objective": "reg:squarederror", "nthread": 1, "seed": seed, **parameters}
    return xgboost.train(settings, data, rounds)


def predict(booster, table):
    return booster.predict(xgboost.DMatrix(table, feature_names=FEATURES))


def mlmodel(signature=True, model_class="xgboost.core.Booster"):
    inputs = json.dumps([{"type": TYPES[name], "name": name, "required": True} for name in FEATURES])
    outputs = json.dumps([{"type": "double", "name": "demand", "required": True}])
    text = (
        "flavors:\n"
        "  python_function:\n    loader_module: mlflow.xgboost\n    data: model.ubj\n"
        f"  xgboost:\n    data: model.ubj\n    model_class: {model_class}\n    model_format: ubj\n"
    )
    return text + (f"signature:\n  inputs: '{inputs}'\n  outputs: '{outputs}'\n  params: null\n" if signature else "")


def register(url, name, booster, description=None):
    """A run with the model's folder as artifact, and a version of the registered model from it; its number."""
    run = requests.post(f"{url}/api/v1/runs", json={"experiment": "oip", "name": name}, timeout=10)
    run.raise_for_status()
    run_id = run.json()["id"]
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "model.ubj"
        booster.save_model(path)
        files = {"model.ubj": path.read_bytes(), "MLmodel": (description or mlmodel()).encode()}
    for file, content in files.items():
        requests.put(f"{url}/api/v1/runs/{run_id}/artifacts/model/{file}", data=content, timeout=10).raise_for_status()
    answer = requests.post(f"{url}/api/v1/models/{name}/versions", json={"run_id": run_id, "source": "model"}, timeout=10)
    answer.raise_for_status()
    return answer.json()["version"]


def deploy(url, name, version, model=None):
    body = {"model": model or name, "version": version, "reason": "test"}
    return requests.put(f"{url}/api/v1/deployments/{name}", json=body, timeout=60)
