"""MLflow's own page in a real browser, with this server behind it: experiments, runs, charts, artifacts and models show, and
nothing that these pages need is refused."""

import json
import re

import pytest
import requests
from mlflow_page import BUILD, MlflowPage
from playwright.sync_api import expect

pytestmark = pytest.mark.skipif(BUILD is None, reason="the MLflow client's package is not installed")

expect.set_options(timeout=20_000)

# What MLflow's server answers the same way without accounts and without an assistant.
NOT_THERE = re.compile(r"/(users/current|assistant/(config|providers)) 404$")


@pytest.fixture(scope="module")
def logged(server):
    def post(path, **body):
        answer = requests.post(f"{server.url}/api/2.0/mlflow/{path}", json=body, timeout=10)
        assert answer.status_code == 200, answer.text
        return answer.json()

    experiment, runs = post("experiments/create", name="seen-by-mlflow")["experiment_id"], []
    for i in range(3):
        run = post("runs/create", experiment_id=experiment, run_name=f"run-{i}", start_time=1700000000000 + i)["run"]["info"]["run_id"]
        points = [{"key": "loss", "value": 1 / (j + 1) + i, "timestamp": 1700000000000 + j, "step": j} for j in range(20)]
        post("runs/log-batch", run_id=run, metrics=points, params=[{"key": "depth", "value": str(i + 3)}], tags=[{"key": "team", "value": "grid"}])
        requests.put(f"{server.url}/api/2.0/mlflow-artifacts/artifacts/{experiment}/{run}/artifacts/notes.txt", data=b"what was seen", timeout=10)
        requests.put(f"{server.url}/api/2.0/mlflow-artifacts/artifacts/{experiment}/{run}/artifacts/m/MLmodel", data=b"flavors: {}", timeout=10)
        post("runs/update", run_id=run, status="FINISHED", end_time=1700000005000)
        runs.append(run)
    post("registered-models/create", name="seen-model", description="what it is for")
    post("model-versions/create", name="seen-model", source=f"runs:/{runs[0]}/m", run_id=runs[0])
    return experiment, runs


@pytest.fixture
def mlflow_page(server, chromium):
    proxy = MlflowPage(server)
    window = chromium.new_page(viewport={"width": 1600, "height": 1000})
    window.set_default_timeout(20_000)
    broken = []
    window.on("pageerror", lambda error: broken.append(str(error)))

    def visit(where):
        window.goto(f"{proxy.url}/#{where}")
        return window

    yield visit
    window.close()
    proxy.stop()
    assert broken == []
    assert [one for one in proxy.failed() if not NOT_THERE.search(one)] == []


def test_experiments_and_runs(mlflow_page, logged):
    experiment, _ = logged
    expect(mlflow_page("/experiments").get_by_text("seen-by-mlflow").first).to_be_visible()
    page = mlflow_page(f"/experiments/{experiment}/runs")
    for i in range(3):
        expect(page.get_by_role("link", name=f"run-{i}").first).to_be_visible()
    expect(page.get_by_text("3 matching runs")).to_be_visible()


def test_a_search_in_the_page(mlflow_page, logged):
    experiment, _ = logged
    page = mlflow_page(f"/experiments/{experiment}/runs?searchFilter=params.depth%20%3D%20%224%22")
    expect(page.get_by_text("1 matching run")).to_be_visible()
    expect(page.get_by_role("link", name="run-1").first).to_be_visible()


def test_a_run_with_its_metrics_and_files(mlflow_page, logged):
    experiment, runs = logged
    page = mlflow_page(f"/experiments/{experiment}/runs/{runs[0]}")
    for text in ("Metrics (1)", "Parameters (1)", "depth", "Finished", "seen-model"):
        expect(page.get_by_text(text).first).to_be_visible()
    page = mlflow_page(f"/experiments/{experiment}/runs/{runs[0]}/artifacts/notes.txt")
    expect(page.get_by_text("what was seen").first).to_be_visible()


def test_charts_and_comparisons(mlflow_page, logged):
    experiment, runs = logged
    page = mlflow_page(f"/experiments/{experiment}/runs/{runs[0]}/model-metrics")
    expect(page.get_by_role("heading", name="loss").first).to_be_visible()
    expect(page.locator(".js-plotly-plot .scatterlayer .trace").first).to_be_attached()
    mlflow_page(f"/experiments/{experiment}/runs").get_by_text("3 matching runs").wait_for()
    page = mlflow_page(f"/experiments/{experiment}/runs?viewStateShareKey=&compareRunsMode=CHART")
    expect(page.locator(".js-plotly-plot .scatterlayer .trace").first).to_be_attached()
    page = mlflow_page(f"/compare-runs?runs={json.dumps(runs)}&experiments={json.dumps([experiment])}")
    expect(page.get_by_text("Comparing 3 Runs from 1 Experiment")).to_be_visible()


def test_models_and_versions(mlflow_page, logged):
    expect(mlflow_page("/models").get_by_text("seen-model").first).to_be_visible()
    expect(mlflow_page("/models/seen-model").get_by_text("what it is for").first).to_be_visible()
    page = mlflow_page("/models/seen-model/versions/1")
    expect(page.get_by_text("Promote model").first).to_be_visible()
    expect(page.get_by_role("link", name="run-0").first).to_be_visible()
