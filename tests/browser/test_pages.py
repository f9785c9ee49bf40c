"""The shell and the pages around the forecast: overview, runs, models; with data, without, and without a server."""
import gzip
import re
import urllib.request

import pytest
import requests
from playwright.sync_api import expect


def training_run(demo):
    runs = requests.get(f"{demo.url}/api/v1/pipeline-runs?pipeline=energy-training&limit=100", timeout=5).json()["runs"]
    return next(run for run in reversed(runs) if run["state"] == "SUCCEEDED")


def test_overview_says_what_runs_and_what_needs_attention(demo, visit):
    page = visit(demo).page
    page.goto("/")
    expect(page).to_have_title("Overview · Treadle")
    expect(page.get_by_role("region", name="Deployed")).to_contain_text("energy-demand")
    expect(page.get_by_role("region", name="Latest pipeline runs")).to_contain_text("Succeeded")
    expect(page.get_by_role("region", name="Latest runs").get_by_role("link", name="forecast 2014").first).to_be_visible()
    page.get_by_role("region", name="Deployed").get_by_role("link", name="energy-demand").first.click()
    expect(page).to_have_url(re.compile("/forecast/energy-demand$"))


def test_runs_are_filtered_by_name_and_state(demo, visit):
    page = visit(demo).page
    page.goto("/runs")
    expect(page.get_by_role("link", name="forecast 2014-11-01")).to_be_visible()
    page.get_by_placeholder("Name, pipeline or id").fill("energy-training")
    expect(page.get_by_role("link", name="forecast 2014-11-01")).to_be_hidden()
    page.get_by_role("combobox").select_option("FAILED")
    expect(page.get_by_text(re.compile("No run"))).to_be_visible()


def test_a_run_shows_graph_log_metrics_artifacts_and_parameters(demo, visit):
    window = visit(demo)
    page = window.page
    run = training_run(demo)
    page.goto(f"/runs/{run['id']}")
    expect(page).to_have_title(f"{run['name']} · Treadle")
    for task in requests.get(f"{demo.url}/api/v1/pipeline-runs/{run['id']}", timeout=5).json()["tasks"]:
        if not task["name"].startswith("condition"):
            expect(page.get_by_role("button", name=re.compile(task["display_name"])).first).to_be_visible()
    page.get_by_role("button", name=re.compile("^train-xgboost")).click()
    expect(page.get_by_label("Logs of train-xgboost")).to_contain_text(re.compile(r"\w"))
    expect(page.get_by_role("region", name="Parameters")).to_contain_text("max_depth")
    page.get_by_role("tab", name="Charts").click()
    page.get_by_role("searchbox", name="Find a metric").fill("train-mae")
    expect(page.get_by_role("img", name="train-mae by step")).to_be_visible()
    page.get_by_role("tab", name="Artifacts").click()
    artifacts = page.get_by_role("region", name="Artifacts")
    artifacts.get_by_role("button", name=re.compile("data_profile.json")).click()
    expect(artifacts.locator("pre")).to_contain_text("rows")
    artifacts.get_by_role("button", name="plots/").click()
    artifacts.get_by_role("button", name=re.compile("evaluation.html")).click()
    expect(artifacts.frame_locator("iframe").locator("svg").first).to_be_visible()
    window.screenshot()


@pytest.mark.parametrize("link", ["/#/experiments/1/runs/{run_id}", "/#/runs/details/{id}"])
def test_links_that_foreign_clients_print_lead_to_the_run(demo, visit, link):
    page = visit(demo).page
    run = training_run(demo)
    page.goto(link.format(**run))
    expect(page).to_have_title(f"{run['name']} · Treadle")


def test_a_model_leads_to_the_runs_that_trained_it(demo, visit):
    page = visit(demo).page
    page.goto("/models")
    page.get_by_role("main").get_by_role("link", name="energy-demand").click()
    expect(page.get_by_role("main")).to_contain_text("champion", ignore_case=True)
    page.get_by_role("main").get_by_role("link", name=re.compile("^run ")).last.click()
    expect(page.get_by_role("region", name="Steps")).to_be_visible()


def test_everything_is_reached_by_keyboard(demo, visit):
    page = visit(demo).page
    page.goto("/")
    expect(page.get_by_role("region", name="Deployed")).to_contain_text("energy-demand")
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to the content")).to_be_focused()
    for name in ("Treadle", "Overview", "Experiments", "Pipeline runs"):
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name=name, exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/runs$"))
    page.goto("/forecast/energy-demand")
    page.get_by_role("button", name="Retrain now").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_the_colours_are_chosen_and_remembered(demo, visit):
    page = visit(demo, color_scheme="light").page
    page.goto("/")
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    page.get_by_role("button", name="Switch to dark colours").click()
    assert page.evaluate(ground) != light
    page.reload()
    expect(page.get_by_role("button", name="Switch to light colours")).to_be_visible()
    assert page.evaluate(ground) != light


@pytest.mark.parametrize("path, says", [
    ("/", "Nothing is served yet"), ("/", "mlflow.set_tracking_uri"), ("/runs", "No pipeline has run yet"), ("/models", "No model"), ("/nowhere", "no such page")])
def test_an_empty_server_says_how_to_begin(server, visit, path, says):
    page = visit(server).page
    page.goto(path)
    expect(page.get_by_text(re.compile(says)).first).to_be_visible()


@pytest.mark.parametrize("path, says", [
    ("/runs/00000000-0000-0000-0000-000000000000", "not found|does not exist"), ("/models/none", "not found")])
def test_what_does_not_exist_is_said(server, visit, path, says):
    window = visit(server)
    window.page.goto(path)
    expect(window.page.get_by_role("alert")).to_contain_text(re.compile(says, re.IGNORECASE))
    # The browser itself reports the 404 that was asked for.
    window.errors[:] = [error for error in window.errors if "404" not in error]


def test_a_server_that_goes_away_is_noticed_and_its_return_too(new_server, visit):
    one = new_server()
    window = visit(one)
    page = window.page
    page.goto("/")
    status = page.get_by_role("status").filter(has_text=re.compile("Live|Reconnecting"))
    expect(status).to_have_text("Live")
    one.kill9()
    expect(status).to_have_text("Reconnecting…")
    one.start()
    expect(status).to_have_text("Live", timeout=20_000)
    window.errors.clear()  # of the connection that was cut


def test_the_first_load_is_small(demo):
    """Everything the overview needs, compressed as the server sends it: under 300 kB."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def fetch(path):
        with direct.open(urllib.request.Request(demo.url + path, headers={"Accept-Encoding": "gzip"}), timeout=5) as answer:
            return answer.read(), answer.headers.get("Content-Encoding")

    html, _ = fetch("/")
    text = gzip.decompress(html).decode() if html[:2] == b"\x1f\x8b" else html.decode()
    parts = re.findall(r'(?:src|href)="(/[^"]+)"', text)
    assert any(part.endswith(".js") for part in parts)
    assert len(html) + sum(len(fetch(part)[0]) for part in parts) < 300_000


def test_on_a_narrow_window_the_head_takes_only_what_it_needs(server, visit):
    page = visit(server).page
    page.set_viewport_size({"width": 420, "height": 1400})
    page.goto("/experiments")
    expect(page.get_by_role("heading", name="Experiments")).to_be_visible()
    assert page.locator(".rail").bounding_box()["height"] < 140
    expect(page.get_by_role("grid", name="Experiments")).not_to_contain_text("1970")
