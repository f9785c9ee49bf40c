"""The calls that MLflow's own page makes beside those of its client."""
import mlflow
import pandas
import pytest
import requests


@pytest.fixture(scope="module")
def experiment(server):
    mlflow.set_tracking_uri(server.url)
    return mlflow.set_experiment("page").experiment_id


def call(server, method, path, **options):
    return requests.request(method, f"{server.url}/ajax-api/2.0/mlflow/{path}", timeout=5, **options)


def test_the_points_of_one_metric_of_several_runs(server, experiment):
    runs = []
    for value in (1, 2):
        with mlflow.start_run() as run:
            runs.append(run.info.run_id)
            for step in range(30):
                mlflow.log_metric("loss", value / (step + 1), step=step)
    runs.sort()  # which is the order they come in
    answer = call(server, "GET", "metrics/get-history-bulk", params={"run_id": runs, "metric_key": "loss"})
    points = answer.json()["metrics"]
    assert [(point["run_id"], point["step"]) for point in points] == [(run, step) for run in runs for step in range(30)]
    limited = call(server, "GET", "metrics/get-history-bulk", params={"run_id": runs, "metric_key": "loss", "max_results": 40})
    assert limited.json()["metrics"] == points[:40]
    sampled = call(server, "GET", "metrics/get-history-bulk-interval",
                   params={"run_ids": runs, "metric_key": "loss", "max_results": 5}).json()["metrics"]
    # Those that mlflow server 3.18 chooses.
    assert [(point["run_id"], point["step"]) for point in sampled] == [(run, step) for run in runs for step in (0, 6, 12, 18, 29)]
    assert call(server, "GET", "metrics/get-history-bulk", params={"metric_key": "loss"}).status_code == 400
    many = call(server, "GET", "metrics/get-history-bulk", params={"run_id": ["x"] * 101, "metric_key": "loss"})
    assert many.status_code == 400 and "100" in many.json()["message"]


def test_nan_stands_behind_zero_in_a_history(server, experiment):
    with mlflow.start_run() as run:
        for value in (2.0, float("nan"), 0.0, -1.0):
            mlflow.log_metric("k", value, step=0, timestamp=1)
    asked = {"run_id": run.info.run_id, "run_ids": run.info.run_id, "metric_key": "k"}
    for path in ("get-history", "get-history-bulk-interval"):
        points = call(server, "GET", f"metrics/{path}", params=asked).json()["metrics"]
        assert [point["value"] for point in points] == [-1.0, 0.0, "NaN", 2.0]


def test_a_page_uploads_a_small_file(server, experiment):
    with mlflow.start_run() as run:
        pass
    for name in ("run_id", "run_uuid"):
        asked = {name: run.info.run_id, "path": f"notes/{name}.txt"}
        assert call(server, "POST", "upload-artifact", params=asked, data=b"kept").status_code == 200
        assert requests.get(f"{server.url}/get-artifact", params=asked, timeout=5).content == b"kept"
    nobody = call(server, "POST", "upload-artifact", params={"path": "x"}, data=b"kept")
    assert nobody.status_code == 400 and nobody.json()["message"] == "Request must specify run_id or run_uuid."


def test_the_datasets_of_an_experiment(server, experiment):
    frame = pandas.DataFrame({"a": [1, 2], "y": [0, 1]})
    for context in ("training", "training", "eval"):
        with mlflow.start_run():
            mlflow.log_input(mlflow.data.from_pandas(frame, source="a.csv", name="small", targets="y"), context=context)
    found = call(server, "POST", "experiments/search-datasets", json={"experiment_ids": [experiment]}).json()
    assert [(one["name"], one["context"]) for one in found["dataset_summaries"]] == [("small", "eval"), ("small", "training")]
    assert call(server, "POST", "experiments/search-datasets", json={"experiment_ids": []}).status_code == 400
    assert call(server, "POST", "experiments/search-datasets", json={"experiment_ids": ["1"] * 21}).status_code == 400


def test_a_logged_page_is_a_download(server, experiment):
    with mlflow.start_run() as run:
        mlflow.log_text("<script>alert(1)</script>", "report.html")
    answer = requests.get(f"{server.url}/get-artifact", params={"run_id": run.info.run_id, "path": "report.html"}, timeout=5)
    assert answer.text == "<script>alert(1)</script>"
    assert answer.headers["Content-Disposition"] == 'attachment; filename=report.html'
    for path in ("../report.html", "a/../../x", "%2e%2e/x"):
        refused = requests.get(f"{server.url}/get-artifact", params={"run_id": run.info.run_id, "path": path}, timeout=5)
        assert refused.status_code in (400, 404), path
