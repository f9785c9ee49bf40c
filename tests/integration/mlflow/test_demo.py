"""`treadle demo forecast` end to end: what it printed, stored and serves against the same computed by pandas and XGBoost."""
import json
import os
import pathlib
import shutil
import subprocess

import energy
import mlflow
import numpy
import pandas
import pytest
import requests
from mlflow import MlflowClient
from treadle_server import ROOT, binary, free_ports

CSV = ROOT / ".deps/data/elecdemand.csv"
NAME = "energy-demand"
DAYS = 8
FIRST_DAY = pandas.Timestamp("2014-11-01")
END = FIRST_DAY + pandas.Timedelta(days=DAYS)
EXACT = 1e-5  # relative: what the issue promises of one model in two evaluators


class Demo:
    """One finished demonstration and its server."""

    def __init__(self, folder, database):
        self.data = folder / "data"
        port, grpc = free_ports(2)
        command = [str(binary()), "demo", "forecast", "--data", str(self.data), "--port", str(port),
                   "--grpc-port", str(grpc), "--days", str(DAYS), "--csv", str(CSV), "--json", *database]
        env = {**os.environ, "TREADLE_WHEELS": str(ROOT / ".deps/wheels")}
        for name in ("TREADLE_URL", "TREADLE_DATA"):
            env.pop(name, None)
        done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=180, check=False)
        assert done.returncode == 0, done.stderr
        self.result = json.loads(done.stdout)
        self.url = self.result["url"]

    def get(self, path, **query):
        answer = requests.get(self.url + path, params=query, timeout=30)
        answer.raise_for_status()
        return answer.json()

    def cli(self, *words):
        return subprocess.run([str(binary()), *words, "--data", str(self.data)], timeout=60, check=True,
                              capture_output=True, text=True).stdout

    def stop(self):
        subprocess.run([str(binary()), "down", "--data", str(self.data)], timeout=60, check=True, capture_output=True)


@pytest.fixture(scope="module")
def demo(tmp_path_factory, database_of_a_server):
    folder = tmp_path_factory.mktemp("demo")
    one = Demo(folder, database_of_a_server())
    yield one
    one.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def data():
    return energy.read_csv(CSV)


@pytest.fixture(scope="module")
def client(demo):
    mlflow.set_tracking_uri(demo.url)
    mlflow.set_registry_uri(demo.url)
    return MlflowClient()


@pytest.fixture(scope="module")
def points(demo):
    """The logged predictions with the truths the server joined, by time."""
    start = int(FIRST_DAY.timestamp() * 1000)
    answer = demo.get(f"/api/v1/deployments/{NAME}/forecast", from_ms=start, to_ms=start + DAYS * 86_400_000,
                      limit=DAYS * 48)
    table = pandas.DataFrame(answer["points"])
    table.index = pandas.to_datetime(table["event_ms"], unit="ms")
    return table.sort_index()


@pytest.fixture(scope="module")
def version(client):
    return client.get_model_version(NAME, "1")


@pytest.fixture(scope="module")
def run(client, version):
    return client.get_run(version.run_id)


@pytest.fixture(scope="module")
def model_folder(client, run, tmp_path_factory):
    return pathlib.Path(client.download_artifacts(run.info.run_id, "model", str(tmp_path_factory.mktemp("model"))))


@pytest.fixture(scope="module")
def config(model_folder):
    return json.loads((model_folder / "features.json").read_text())["feature_config"]


@pytest.fixture(scope="module")
def rows(data, config):
    """Feature rows of every half hour of the year."""
    return energy.features(data, config)


def test_every_half_hour_has_a_forecast_and_its_own_truth(points, data):
    assert list(points.index) == list(data[FIRST_DAY : END - pandas.Timedelta(minutes=30)].index)
    assert numpy.array_equal(points["truth"], data.loc[points.index, "demand"])
    assert list(points["key"]) == [time.isoformat() for time in points.index]
    assert points["prediction_id"].is_unique


def test_the_printed_accuracy_is_that_of_the_logged_predictions(demo, points, data):
    truth = data.loc[points.index, "demand"]
    shifted = {"naive_day": data["demand"].shift(48), "naive_week": data["demand"].shift(336)}
    forecasts = {"model": points["prediction"], **{name: all[points.index] for name, all in shifted.items()}}
    for name, forecast in forecasts.items():
        printed = demo.result[name]
        assert printed.pop("count") == DAYS * 48
        expected = energy.scores(truth, forecast)
        assert printed == pytest.approx({key: expected[key] for key in printed}, rel=1e-9), name
        assert set(printed) >= {"mae", "rmse", "mape"}
    assert demo.result["model"]["mae"] < min(demo.result["naive_day"]["mae"], demo.result["naive_week"]["mae"])


def test_the_api_tells_the_same_performance(demo, points):
    series = demo.get(f"/api/v1/deployments/{NAME}/performance")["series"]
    assert len(series) == DAYS
    for day in series:
        of_day = points[points.index.normalize() == pandas.to_datetime(day["day_ms"], unit="ms")]
        expected = energy.scores(of_day["truth"], of_day["prediction"])
        assert {key: day[key] for key in ("mae", "rmse", "mape")} == pytest.approx(
            {key: expected[key] for key in ("mae", "rmse", "mape")}, rel=1e-9)


def test_each_forecast_is_what_xgboost_makes_of_the_csv(client, points, rows, data, tmp_path):
    for number, of_version in points.groupby("model_version"):
        source = client.get_model_version(NAME, str(number))
        folder = pathlib.Path(client.download_artifacts(source.run_id, "model", str(tmp_path)))
        model = energy.booster(folder / "model.ubj")
        # A forecaster at midnight: nothing of the demand from the origin on.
        for day in of_version.index.normalize().unique():
            known = data.copy()
            known.loc[day:, "demand"] = numpy.nan
            config = json.loads((folder / "features.json").read_text())["feature_config"]
            of_day = of_version[of_version.index.normalize() == day]
            seen = energy.features(known, config).loc[of_day.index]
            pandas.testing.assert_frame_equal(seen, rows.loc[of_day.index])  # the year's own features, nothing more
            assert of_day["prediction"].to_numpy() == pytest.approx(energy.predict(model, seen), rel=EXACT)


def test_the_logged_features_are_those_of_the_csv(demo, points, rows):
    for time in points.index[:: len(points) // 7]:
        logged = demo.get("/api/v1/why", prediction_id=points.loc[time, "prediction_id"])["features"]
        assert logged == pytest.approx(rows.loc[time, list(logged)].to_dict(), rel=1e-6)


def test_why_leads_back_to_lines_of_the_csv(demo, points, data, rows, config):
    time = points.index[-13]
    why = demo.get("/api/v1/why", prediction_id=points.loc[time, "prediction_id"])
    assert why["truth"]["value"] == data.loc[time, "demand"]
    assert why["raw_source"]["sha256"] == sha256(CSV) and pathlib.Path(why["raw_source"]["path"]).samefile(CSV)
    lines = CSV.read_text().splitlines()
    made_of = {name: [] for name in why["features"]}
    for row in why["raw_rows"]:
        stamp, demand, workday, temperature = lines[row["line"] - 1].split(",")
        assert row["timestamp"] == stamp + "Z"
        for name, cell in (("demand", demand), ("workday", workday), ("temperature", temperature)):
            assert row[name] is None or row[name] == float(cell)
        for feature in row["features"]:
            made_of[feature].append(pandas.Timestamp(stamp))
    # Nothing of the demand of the day itself, and each feature from the right half hours.
    assert all(row["demand"] is None for row in why["raw_rows"] if row["timestamp"][:10] == str(time.date()))
    before = lambda steps: time - pandas.Timedelta(minutes=30 * steps)  # noqa: E731
    for lag in map(int, config["lags"]):
        assert made_of[f"demand_lag_{lag}"] == [before(lag)]
    assert made_of["temperature"] == [time] and all(made_of.values())
    for name, times in made_of.items():
        if name.startswith("demand") and "mean" in name or "same_slot" in name:
            assert why["features"][name] == pytest.approx(data.loc[times, "demand"].mean(), rel=1e-6), name
    # … -> run -> model version -> deployment
    assert why["model_version"]["version"] == points.loc[time, "model_version"]
    assert why["run"]["id"] == why["training_pipeline_run"]["id"].replace("-", "") == why["deployment"]["run_id"]
    assert why["training_data"]["digest"] and "train-xgboost" in [step["name"] for step in why["training_steps"]]
    assert {"import-data", "make-features", "batch-predict"} <= {step["name"] for step in why["steps"]}
    assert why["commit"] == why["training_pipeline_run"]["code"]["commit"] == why["pipeline_run"]["code"]["commit"]
    kinds = {node["kind"] for node in why["graph"]["nodes"]}
    assert {"predictions", "deployment", "model_version", "run", "pipeline_run", "dataset", "commit"} <= kinds
    versions = [node["id"] for node in why["graph"]["nodes"] if node["kind"] == "model_version"]
    assert versions == [f"{NAME}/{why['model_version']['version']}"], "not those that the deployment served before or after"
    shown = demo.cli("why", points.loc[time, "prediction_id"])
    assert why["commit"] in shown and f"line {why['raw_rows'][0]['line']}" in shown and why["run"]["id"] in shown


def test_mlflow_loads_the_model_and_every_door_answers_the_same(demo, client, rows, points, model_folder):
    deployed = demo.get(f"/api/v1/deployments/{NAME}")["version"]
    assert client.get_model_version_by_alias(NAME, "champion").version == str(deployed)
    for source in (f"models:/{NAME}/1", f"models:/{NAME}/{deployed}", f"models:/{NAME}@champion"):
        assert mlflow.pyfunc.load_model(source).metadata.signature is not None
    champion = mlflow.pyfunc.load_model(f"models:/{NAME}@champion")
    names = champion.metadata.get_input_schema().input_names()
    asked = rows.loc[points.index, names].astype(float)
    native = mlflow.xgboost.load_model(f"models:/{NAME}/{deployed}")
    expected = energy.predict(native, asked)
    assert champion.predict(asked) == pytest.approx(expected, rel=EXACT)

    body = {"dataframe_split": {"columns": names, "data": asked.to_numpy().tolist()}}
    for path in ("/invocations", f"/deployments/{NAME}/invocations"):
        answer = requests.post(demo.url + path, json=body, timeout=30)
        assert answer.status_code == 200, answer.text
        assert answer.json()["predictions"] == pytest.approx(list(map(float, expected)), rel=EXACT)
    tensor = {"name": "input", "shape": list(asked.shape), "datatype": "FP64",
              "data": asked.to_numpy().ravel().tolist()}
    answer = requests.post(f"{demo.url}/v2/models/{NAME}/infer", json={"inputs": [tensor]}, timeout=30)
    assert answer.status_code == 200, answer.text
    assert answer.json()["outputs"][0]["data"] == pytest.approx(list(map(float, expected)), rel=EXACT)


def test_mlflow_reads_what_the_training_was(client, run, config):
    assert run.info.status == "FINISHED" and run.data.params["until"] == str(FIRST_DAY.date())
    assert json.loads(run.data.params["feature_config"]) == config
    rounds = int(run.data.params["rounds"])
    for metric in ("train-mae", "test-mae"):
        history = client.get_metric_history(run.info.run_id, metric)
        assert [point.step for point in history] == list(range(rounds)), metric
        assert history[-1].value < history[0].value
    assert float(run.data.params["learning_rate"]) > 0 and int(run.data.params["max_depth"]) > 0
    paths = {file.path for file in client.list_artifacts(run.info.run_id)}
    assert {"model", "plots", "data_profile.json", "environment.json"} <= paths
    assert "plots/evaluation.html" in [file.path for file in client.list_artifacts(run.info.run_id, "plots")]


def test_the_evaluation_is_that_of_pandas(client, run, rows, data, config, tmp_path):
    """The candidate never saw the test days; its figures come out again from the CSV."""
    candidate = energy.booster(
        pathlib.Path(client.download_artifacts(run.info.run_id, "candidate", str(tmp_path))) / "model.ubj")
    until = pandas.Timestamp(run.data.params["until"])
    cut = until - pandas.Timedelta(days=int(run.data.params["test_days"]))
    assert run.data.params["test_start"] == cut.strftime("%Y-%m-%dT%H:%M:%SZ")
    before = data[data.index < until]
    parts = {"train": before[before.index < cut], "test": before[before.index >= cut]}
    assert (run.data.metrics["train_rows"], run.data.metrics["test_rows"]) == (len(parts["train"]), len(parts["test"]))
    trained_on = parts["train"].iloc[energy.look_back(config) :]
    expected = {}
    for name, part in (("train", trained_on), ("test", parts["test"])):
        figures = energy.scores(part["demand"], energy.predict(candidate, rows.loc[part.index]))
        figures["mase"] = energy.mase(figures["mae"], parts["train"]["demand"])
        expected.update({f"{name}_{key}": value for key, value in figures.items()})
    for name, steps in (("naive_day", 48), ("naive_week", 336)):
        figures = energy.scores(parts["test"]["demand"], before["demand"].shift(steps)[parts["test"].index])
        expected.update({f"{name}_{key}": value for key, value in figures.items()})
    assert {key: run.data.metrics[key] for key in expected} == pytest.approx(expected, rel=EXACT)


def test_the_data_is_named_by_its_content(client, run, data):
    inputs = run.inputs.dataset_inputs
    assert len(inputs) == 1
    assert [(tag.key, tag.value) for tag in inputs[0].tags] == [("mlflow.data.context", "training")]
    dataset = inputs[0].dataset
    source = json.loads(dataset.source)
    assert pathlib.Path(source["uri"]).samefile(CSV)
    assert source["sha256"] == sha256(CSV)
    assert dataset.digest and len(dataset.digest) <= 36
    assert json.loads(dataset.profile)["num_rows"] == int((data.index < FIRST_DAY).sum())
    columns = {column["name"]: column["type"] for column in json.loads(dataset.schema)["mlflow_colspec"]}
    assert columns == {"timestamp": "datetime", "demand": "double", "workday": "long", "temperature": "double"}


def test_code_version_and_environment_are_recorded(client, run):
    def git(*words):
        return subprocess.run(["git", "-C", str(ROOT), *words], capture_output=True, text=True, check=True).stdout.strip()

    assert run.data.tags["mlflow.source.git.commit"] == git("rev-parse", "HEAD")
    changed = bool(git("status", "--porcelain", "--untracked-files=no"))
    assert run.data.tags["mlflow.source.git.dirty"] == ("true" if changed else "false")
    environment = mlflow.artifacts.load_dict(f"{run.info.artifact_uri}/environment.json")
    assert environment["treadle"]["version"] and environment["treadle"]["build_id"]
    assert environment["libraries"]["xgboost"] == run.data.tags["treadle.xgboost"]
    assert environment["threads"] == int(run.data.params["threads"])
    assert {"system", "release", "machine", "cpus", "memory_bytes"} <= set(environment["host"])


def test_the_profile_is_that_of_the_training_rows(run, data):
    report = mlflow.artifacts.load_dict(f"{run.info.artifact_uri}/data_profile.json")
    assert report["valid"] and report["violations"] == []
    before = data[data.index < FIRST_DAY]
    assert report["profile"]["rows"] == len(before)
    for name in ("demand", "temperature"):
        described = report["profile"]["columns"][name]
        assert described["missing"] == 0
        figures = {"min": before[name].min(), "max": before[name].max(), "mean": before[name].mean(),
                   "std": before[name].std(ddof=0)}
        assert {key: described[key] for key in figures} == pytest.approx(figures, rel=1e-9)


def sha256(path):
    import hashlib

    return hashlib.sha256(path.read_bytes()).hexdigest()
