"""Experiments and the table of runs: thousands of them, filter with completion, order, groups, columns, choice, CSV, deleted."""
import csv
import re

import pytest
from playwright.sync_api import expect
from seeding import Client

MANY = 10_500


@pytest.fixture(scope="module")
def seeded(server):
    """An experiment of many runs, one of few, one of none."""
    client = Client(server.url)
    server.many = client.experiment("many")
    client.many_runs(server.many, MANY)
    server.few = client.experiment("few")
    client.many_runs(server.few, 12)
    server.none = client.experiment("none")
    return server


@pytest.fixture
def few(seeded, visit):
    """A window on the experiment of twelve runs."""
    window = visit(seeded)
    window.page.goto(f"/experiments/{seeded.few}")
    expect(row(window.page, "run-00011")).to_be_visible()
    return window


def grid(page):
    return page.get_by_role("grid", name="Runs")


def row(page, name):
    return grid(page).get_by_role("row").filter(has=page.get_by_role("link", name=name, exact=True))


def names(page):
    return grid(page).get_by_role("row").get_by_role("link").all_inner_texts()


def filter_by(page, text):
    box = page.get_by_role("combobox", name="Filter runs")
    box.fill(text)
    box.press("Enter")


def test_the_list_finds_experiments_and_leads_to_their_runs(seeded, visit):
    page = visit(seeded).page
    page.goto("/experiments")
    expect(page.get_by_role("row").filter(has_text="many")).to_contain_text("10,500")
    page.get_by_role("searchbox", name="Find an experiment").fill("FEW")
    expect(page.get_by_role("link", name="many")).to_be_hidden()
    expect(page).to_have_url(re.compile("q=FEW"))
    page.get_by_role("link", name="few").click()
    expect(row(page, "run-00003")).to_contain_text("Failed")


def test_an_experiment_is_made_on_the_page(seeded, visit):
    window = visit(seeded)
    page = window.page
    page.goto("/experiments")
    page.get_by_role("button", name="New experiment").click()
    asked = page.get_by_role("dialog", name="New experiment")
    asked.get_by_role("textbox", name="Name").fill("few")
    window.forgive(400)
    page.keyboard.press("Enter")
    expect(asked).to_contain_text("few")  # the server's refusal
    expect(asked.get_by_role("alert")).to_contain_text("exists")
    asked.get_by_role("textbox", name="Name").fill("made here")
    page.keyboard.press("Enter")
    expect(page).to_have_title("made here · Treadle")
    expect(page.get_by_text("No run was logged here yet.")).to_be_visible()


def test_nested_runs_are_marked_and_can_be_left_out(seeded, visit):
    client = Client(seeded.url)
    experiment = client.experiment("nested")
    parent = client.run(experiment, "search")
    for number in range(3):
        client.run(experiment, f"trial-{number}", metrics={"mae": number}, tags={"mlflow.parentRunId": parent})
    page = visit(seeded).page
    page.goto(f"/experiments/{experiment}")
    expect(row(page, "trial-0")).to_contain_text("↳")
    expect(row(page, "search")).not_to_contain_text("↳")
    page.get_by_role("checkbox", name="Nested runs").uncheck()
    expect(row(page, "trial-0")).to_have_count(0)
    expect(page.get_by_role("status").filter(has_text="1 run")).to_be_visible()
    expect(page).to_have_url(re.compile("nested=0"))
    page.reload()
    expect(page.get_by_role("checkbox", name="Nested runs")).not_to_be_checked()
    assert names(page) == ["search"]
    filter_by(page, "metrics.mae < 1")
    page.get_by_role("button", name="Show nested runs").click()
    expect(row(page, "trial-0")).to_be_visible()


def test_an_experiment_is_deleted_and_restored(seeded, visit):
    page = visit(seeded).page
    Client(seeded.url).experiment("short-lived")
    page.goto("/experiments?q=short")
    page.get_by_role("checkbox", name="Select row 1").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("No experiment has such a name.")).to_be_visible()
    page.get_by_role("combobox", name="Which experiments").select_option("Deleted")
    page.get_by_role("checkbox", name="Select row 1").click()
    page.get_by_role("button", name="Restore", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Restore").click()
    page.get_by_role("combobox", name="Which experiments").select_option("Active")
    expect(page.get_by_role("link", name="short-lived")).to_be_visible()


def test_thousands_of_runs_come_page_by_page_and_few_are_drawn(seeded, visit):
    page = visit(seeded).page
    asked = []
    page.on("request", lambda request: request.url.endswith("/runs/search") and asked.append(request))
    page.goto(f"/experiments/{seeded.many}")
    expect(page.get_by_role("status").filter(has_text=f"{MANY:,} runs")).to_be_visible()  # counted, not loaded
    expect(row(page, f"run-{MANY - 1:05}")).to_be_visible()
    assert len(asked) == 1
    for _ in range(3 * MANY // 1000):
        grid(page).press("End")
        if row(page, "run-00000").count():
            break
        page.wait_for_timeout(150)
    expect(row(page, "run-00000")).to_be_visible()
    assert page.evaluate("document.querySelectorAll('*').length") < 1500
    assert len({request.post_data_json.get("page_token") for request in asked}) == 11
    grid(page).press("Home")
    expect(row(page, f"run-{MANY - 1:05}")).to_be_visible()


def test_the_filter_completes_keys_operators_and_values(few):
    page = few.page
    box = page.get_by_role("combobox", name="Filter runs")
    offered = page.get_by_role("listbox", name="Completions").get_by_role("option")
    page.keyboard.press("/")
    expect(box).to_be_focused()
    box.type("mod")
    expect(offered.first).to_contain_text("params.model")
    box.press("ArrowDown")
    box.press("Enter")
    expect(box).to_have_value("params.model ")
    expect(offered.filter(has_text="IS NOT NULL")).to_be_visible()
    box.type("= ")
    offered.filter(has_text="'xgboost'").click()
    expect(box).to_have_value("params.model = 'xgboost' ")
    expect(offered).to_have_text([re.compile("^AND")])
    few.screenshot("-completion")
    box.type("AND metrics.rmse < 20")
    box.press("Enter")
    expect(page).to_have_url(re.compile("filter=params.model"))
    expect(row(page, "run-00008")).to_be_visible()
    expect(row(page, "run-00007")).to_have_count(0)
    assert names(page) == ["run-00008"]


def test_a_wrong_filter_is_told_in_the_servers_words_and_the_rows_stay(few):
    page = few.page
    filter_by(page, "metrics.rmse <<< 3")
    box = page.get_by_role("combobox", name="Filter runs")
    expect(page.get_by_role("alert")).to_contain_text(re.compile(r"\w+"))
    expect(box).to_have_attribute("aria-invalid", "true")
    expect(row(page, "run-00011")).to_be_visible()
    filter_by(page, "metrics.rmse < 10")
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(row(page, "run-00011")).to_be_visible()
    few.forgive(400)


def test_a_column_sorts_and_the_link_keeps_it(few):
    page = few.page
    header = grid(page).get_by_role("columnheader").filter(has_text="rmse")
    header.get_by_role("button").click()
    expect(header).to_have_attribute("aria-sort", "ascending")
    expect(grid(page).get_by_role("row").nth(1)).to_contain_text("run-00011")
    header.get_by_role("button").click()
    expect(grid(page).get_by_role("row").nth(1)).to_contain_text("run-00000")
    page.reload()
    expect(header).to_have_attribute("aria-sort", "descending")
    expect(grid(page).get_by_role("row").nth(1)).to_contain_text("run-00000")


def test_runs_are_grouped_under_headings_that_close(few):
    page = few.page
    page.get_by_role("combobox", name="Group by").select_option("By model")
    heading = grid(page).get_by_role("button", name=re.compile("model: linear"))
    expect(heading).to_contain_text("3")
    expect(row(page, "run-00002")).to_be_visible()
    few.screenshot("-groups")
    heading.click()
    expect(row(page, "run-00002")).to_have_count(0)
    expect(row(page, "run-00001")).to_be_visible()
    expect(page).to_have_url(re.compile("group=params.model"))


def test_groups_of_many_runs_grow_as_one_scrolls(seeded, visit):
    page = visit(seeded).page
    page.goto(f"/experiments/{seeded.many}?group=params.model")
    heading = grid(page).get_by_role("button", name=re.compile("model: lightgbm"))
    expect(heading).to_contain_text("2,625")  # of which 1,000 are loaded
    heading.click()
    # Closed, it makes room: what comes next is asked for until the view is full.
    expect(grid(page).get_by_role("button", name=re.compile("model: linear"))).to_be_visible()
    expect(grid(page).get_by_role("button", name=re.compile("model: linear"))).to_contain_text("2,625")


def test_columns_are_chosen_and_a_view_is_saved(few):
    page = few.page
    page.get_by_role("button", name="Columns").click()
    panel = page.get_by_role("dialog", name="Columns")
    panel.get_by_role("searchbox").fill("team")
    panel.get_by_role("checkbox", name="team").check()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Columns")).to_be_focused()
    grid(page).evaluate("element => element.scrollLeft = 5000")
    expect(grid(page).get_by_role("columnheader", name="team")).to_be_visible()
    page.get_by_role("button", name="Views").click()
    page.get_by_role("textbox", name="Name of this view").fill("with teams")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Views").click()
    page.goto(f"/experiments/{page.url.split('/')[-1].split('?')[0]}")
    page.get_by_role("button", name="Views").click()
    page.get_by_role("link", name="with teams").click()
    expect(page).to_have_url(re.compile("columns=.*tags.team"))


def test_rows_are_chosen_by_mouse_and_keyboard(few):
    page = few.page
    grid(page).focus()
    for key in ("ArrowDown", "Space", "Shift+ArrowDown", "Shift+ArrowDown"):
        grid(page).press(key)
    expect(page.get_by_text("3 chosen")).to_be_visible()
    expect(row(page, "run-00010")).to_have_attribute("aria-selected", "true")
    page.get_by_role("checkbox", name="Select row 5").click()
    page.get_by_role("checkbox", name="Select row 7").click(modifiers=["Shift"])
    expect(page.get_by_text("6 chosen")).to_be_visible()
    page.reload()
    expect(page.get_by_text("6 chosen")).to_be_visible()
    grid(page).press("Control+a")
    expect(page.get_by_text("12 chosen")).to_be_visible()
    grid(page).press("Escape")
    expect(page.get_by_text("chosen")).to_have_count(0)
    for key in ("Home", "ArrowDown", "Enter"):
        grid(page).press(key)
    expect(page).to_have_title("run-00010 · Treadle")


def read_csv(page):
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").click()
    with open(download.value.path(), newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_csv_holds_what_is_filtered_or_what_is_chosen(few):
    page = few.page
    filter_by(page, "params.model = 'mlp'")
    expect(row(page, "run-00000")).to_have_count(0)
    rows = read_csv(page)
    assert [line["run_name"] for line in rows] == ["run-00011", "run-00007", "run-00003"]
    assert float(rows[0]["metrics.rmse"]) == pytest.approx(1 + 100 / 12)
    assert rows[0]["attributes.start_time"] == "2023-11-14T22:13:31.000Z"
    page.get_by_role("checkbox", name="Select row 2").click()
    assert [line["run_name"] for line in read_csv(page)] == ["run-00007"]


def test_csv_of_thousands_has_every_run_once(seeded, visit):
    page = visit(seeded).page
    page.goto(f"/experiments/{seeded.many}?columns=params.model")
    expect(row(page, f"run-{MANY - 1:05}")).to_be_visible()
    rows = read_csv(page)
    assert len({line["run_id"] for line in rows}) == len(rows) == MANY


def test_runs_are_deleted_and_restored(seeded, visit):
    page = visit(seeded).page
    experiment = Client(seeded.url).experiment("to-delete")
    Client(seeded.url).many_runs(experiment, 3)
    page.goto(f"/experiments/{experiment}")
    page.get_by_role("checkbox", name="Select row 2").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("status").filter(has_text="2 runs")).to_be_visible()
    page.get_by_role("combobox", name="Which runs").select_option("Deleted")
    expect(row(page, "run-00001")).to_be_visible()
    page.get_by_role("checkbox", name="Select row 1").click()
    page.get_by_role("button", name="Restore", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Restore").click()
    expect(page.get_by_text("No run of this experiment is deleted.")).to_be_visible()
    page.get_by_role("combobox", name="Which runs").select_option("Active")
    expect(page.get_by_role("status").filter(has_text="3 runs")).to_be_visible()


def test_a_new_run_appears_without_reloading(seeded, visit):
    page = visit(seeded).page
    client = Client(seeded.url)
    experiment = client.experiment("live")
    page.goto(f"/experiments/{experiment}")
    expect(page.get_by_text("No run was logged here yet")).to_be_visible()
    client.run(experiment, "just-started", metrics={"loss": 0.5}, status="RUNNING")
    expect(row(page, "just-started")).to_contain_text("Running")


def test_the_keys_are_listed(few):
    page = few.page
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_contain_text("Choose the row")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()
    page.keyboard.press("g")
    page.keyboard.press("e")
    expect(page).to_have_url(re.compile("/experiments$"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_narrow_window_scrolls_only_the_table(seeded, visit, scheme):
    window = visit(seeded, color_scheme=scheme)
    window.page.set_viewport_size({"width": 380, "height": 780})
    for path, there in ((f"/experiments/{seeded.many}", f"run-{MANY - 1:05}"), ("/experiments", "many")):
        window.page.goto(path)
        expect(window.page.get_by_role("link", name=there, exact=True)).to_be_visible()
        assert window.overflow() <= 0
    window.page.goto(f"/experiments/{seeded.none}")
    expect(window.page.get_by_text("No run was logged here yet")).to_be_visible()
    assert window.overflow() <= 0


def test_an_unknown_experiment_is_said(seeded, visit):
    window = visit(seeded)
    window.page.goto("/experiments/987654")
    expect(window.page.get_by_role("alert").first).to_contain_text("987654")
    window.forgive(404)
