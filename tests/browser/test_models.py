"""Registered models: versions, aliases, stages, descriptions, tags, comparison, lineage, deployment."""
import re

import pytest
from playwright.sync_api import expect
from seeding import Client


@pytest.fixture(scope="module")
def registry(server):
    """A model of three versions, each by a run of its own, and one of very many."""
    client = Client(server.url)
    experiment = client.experiment("registry")
    client.post("registered-models/create", name="demand", description="Forecasts **demand**.", tags=[{"key": "owner", "value": "ada"}])
    server.runs = []
    for number in (1, 2, 3):
        run = client.run(experiment, f"training-{number}", params={"depth": number, "seed": 7}, metrics={"mae": 1 / number, "rmse": 2 / number}, tags={"mlflow.source.git.commit": "feedface" * 5})
        client.post("runs/log-inputs", run_id=run, datasets=[{"dataset": {"name": "year-2014", "digest": "d1g3st", "source_type": "local", "source": "x.csv"}}])
        client.post("model-versions/create", name="demand", source=f"runs:/{run}/model", run_id=run)
        server.runs.append(run)
    client.post("registered-models/create", name="busy")
    busy = client.run(experiment, "busy")
    for _ in range(300):
        client.post("model-versions/create", name="busy", source=f"runs:/{busy}/model", run_id=busy)
    client.post("registered-models/create", name="empty")
    return server


@pytest.fixture
def demand(registry, visit):
    window = visit(registry)
    window.page.goto("/models/demand")
    expect(window.page.get_by_role("region", name="Version 3")).to_be_visible()
    return window


def test_the_newest_version_is_shown_with_its_lineage(demand):
    lineage = demand.page.get_by_role("region", name="Lineage")
    for text in ("year-2014", "training-3", "commit feedface", "demand 3", "Not deployed"):
        expect(lineage).to_contain_text(text)
    demand.page.get_by_role("button", name="Version 1").click()
    expect(demand.page).to_have_url(re.compile("version=1"))
    expect(lineage).to_contain_text("training-1")
    lineage.get_by_role("link", name="training-1").click()
    expect(demand.page).to_have_title("training-1 · Treadle")
    demand.page.get_by_role("region", name="Models").get_by_role("link", name="demand version 1").click()
    expect(demand.page.get_by_role("region", name="Version 1")).to_be_visible()


def test_versions_stand_beside_what_their_runs_had(demand):
    page = demand.page
    versions = page.get_by_role("grid", name="Versions")
    expect(versions.get_by_role("row").filter(has_text="Version 2")).to_contain_text("0.5")
    expect(versions.get_by_role("columnheader", name="rmse")).to_be_visible()
    page.get_by_role("button", name="Columns (2)").click()
    choice = page.get_by_role("dialog", name="Columns")
    choice.get_by_role("checkbox", name="rmse").uncheck()
    choice.get_by_role("checkbox", name="depth").check()
    expect(versions.get_by_role("columnheader", name="depth")).to_be_visible()
    page.reload()  # the address keeps the choice
    expect(versions.get_by_role("columnheader", name="depth")).to_be_visible()
    expect(versions.get_by_role("columnheader", name="rmse")).to_have_count(0)


def test_an_alias_moves_from_version_to_version(demand):
    page = demand.page

    def give(version):
        page.get_by_role("button", name=f"Version {version}").click()
        page.get_by_role("region", name=f"Version {version}").get_by_role("button", name="Set alias").click()
        page.get_by_role("dialog").get_by_role("combobox").fill("champion")

    give(2)
    page.keyboard.press("Enter")
    versions = page.get_by_role("grid", name="Versions")
    expect(versions.get_by_role("row").filter(has_text="Version 2")).to_contain_text("champion")
    give(1)
    expect(page.get_by_role("dialog")).to_contain_text("Version 2 has it now and loses it.")
    demand.screenshot("-alias")
    page.keyboard.press("Enter")
    expect(versions.get_by_role("row").filter(has_text="Version 1")).to_contain_text("champion")
    expect(versions.get_by_role("row").filter(has_text="Version 2")).not_to_contain_text("champion")
    page.get_by_role("button", name="Remove the alias champion").click()
    expect(versions).not_to_contain_text("champion")


def test_a_stage_is_set_and_the_version_before_is_archived(demand):
    page = demand.page
    for version in (1, 2):
        page.get_by_role("button", name=f"Version {version}").click()
        page.get_by_role("region", name=f"Version {version}").get_by_role("button", name="Set stage").click()
        page.get_by_role("combobox", name="Stage").select_option("Production")
        page.get_by_role("dialog").get_by_role("button", name="Set stage").click()
        expect(page.get_by_role("dialog")).to_be_hidden()
    versions = page.get_by_role("grid", name="Versions")
    expect(versions.get_by_role("row").filter(has_text="Version 2")).to_contain_text("Production")
    expect(versions.get_by_role("row").filter(has_text="Version 1")).to_contain_text("Archived")


def test_what_the_server_refuses_is_said_in_the_dialog(demand):
    page = demand.page
    page.get_by_role("region", name="Version 3").get_by_role("button", name="Set alias").click()
    page.get_by_role("dialog").get_by_role("combobox").fill("latest")
    page.get_by_role("dialog").get_by_role("button", name="Set alias").click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("latest")
    page.keyboard.press("Escape")
    page.get_by_role("region", name="Version 3").get_by_role("button", name="Deploy").click()
    page.get_by_role("dialog").get_by_role("button", name="Deploy").click()
    # Its run logged no model that could be served.
    expect(page.get_by_role("dialog").get_by_role("alert").or_(page.get_by_role("dialog").get_by_role("status"))).to_be_visible()
    demand.errors[:] = [error for error in demand.errors if not re.search("status of 4", error)]


def test_descriptions_and_tags_are_changed(demand):
    page = demand.page
    about = page.get_by_role("region", name="About")
    about.get_by_role("button", name="Edit description").click()
    about.get_by_role("textbox", name="Description").fill("Forecasts *next day's* demand.")
    about.get_by_role("button", name="Save").click()
    expect(about.locator("i")).to_have_text("next day's")
    about.get_by_role("textbox", name="Tag").fill("reviewed")
    about.get_by_role("textbox", name="Its value").fill("yes")
    page.keyboard.press("Enter")
    expect(about).to_contain_text("reviewed = yes")
    about.get_by_role("button", name="Remove the tag owner").click()
    expect(about).not_to_contain_text("owner = ada")
    page.reload()
    expect(about).to_contain_text("reviewed = yes")


def test_two_versions_are_compared_by_their_runs(demand):
    page = demand.page
    for number in (1, 3):
        page.get_by_role("checkbox", name=f"Select row {number}").click()
    page.get_by_role("button", name="Compare two").click()
    table = page.get_by_role("grid", name="Params, metrics and tags")
    expect(table.get_by_role("columnheader", name="Version 1")).to_be_visible()
    expect(table.get_by_role("columnheader", name="Version 3")).to_be_visible()
    page.get_by_role("checkbox", name="Only differences").check()
    expect(table.get_by_role("row").filter(has_text="depth")).to_contain_text("3")
    expect(table.get_by_role("row").filter(has_text="seed")).to_have_count(0)


def test_a_served_version_says_where(demo, visit):
    page = visit(demo).page
    page.goto("/models/energy-demand")
    deployed = page.get_by_role("grid", name="Versions").get_by_role("row").filter(has=page.get_by_text("champion", exact=True))
    deployed.get_by_role("button").click()
    lineage = page.get_by_role("region", name="Lineage")
    expect(lineage.get_by_role("link", name="energy-demand", exact=True)).to_be_visible()
    expect(lineage).to_contain_text("Ready")
    page.get_by_role("button", name="Deploy").click()
    expect(page.get_by_role("dialog")).to_contain_text("It serves energy-demand version")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_narrow_window_needs_no_sideways_scrolling(registry, visit, scheme):
    window = visit(registry, color_scheme=scheme)
    window.page.set_viewport_size({"width": 380, "height": 780})
    for path, there in (("/models/demand", "Lineage"), ("/models/busy", "Version 300"), ("/models/empty", "About")):
        window.page.goto(path)
        expect(window.page.get_by_role("region", name=there, exact=True)).to_be_visible()
        assert window.overflow() <= 0
        window.screenshot(path.replace("/", "-"))


def test_models_are_found_sorted_and_opened_by_keyboard(registry, visit):
    page = visit(registry).page
    page.goto("/models")
    grid = page.get_by_role("grid", name="Models")
    expect(grid.get_by_role("row").nth(1)).to_contain_text("busy")
    grid.get_by_role("button", name="Name").click()
    expect(grid.get_by_role("row").nth(1)).to_contain_text("empty")
    page.get_by_role("searchbox", name="Find a model").fill("US")
    expect(grid.get_by_role("row")).to_have_count(2)
    expect(grid).to_contain_text("300")
    grid.press("ArrowDown")
    grid.press("Enter")
    expect(page).to_have_title("busy · Treadle")
