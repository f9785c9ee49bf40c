"""Traces logged by the real client: the list with its filter, the waterfall of spans, what went in and out, exceptions; ten
thousand of them; none."""
import json
import re
import subprocess

import pytest
from playwright.sync_api import expect
from seeding import Client
from treadle_server import ROOT

PYTHON = ROOT / ".deps/env/mlflow/bin/python"
MANY = 10_200

pytestmark = pytest.mark.skipif(not PYTHON.exists(), reason="the MLflow client's environment is not installed")


@pytest.fixture(scope="module")
def traced(server):
    made = subprocess.run([PYTHON, ROOT / "tests/browser/make_traces.py", server.url], check=False, capture_output=True, text=True, timeout=120)
    assert made.returncode == 0, made.stderr
    server.traced = json.loads(made.stdout.strip().splitlines()[-1])
    return server


def rows(page, label="Traces"):
    return page.get_by_role("grid", name=label).get_by_role("row")


def row(page, text, label="Traces"):
    return rows(page, label).filter(has_text=text)


def filter_by(page, text):
    box = page.get_by_role("combobox", name="Filter traces")
    box.fill(text)
    box.press("Enter")


def many_traces(client, experiment, count):
    """Reported by the protocol, without spans: the list is what is looked at."""
    for number in range(count):
        info = {"trace_id": f"tr-{number:06}", "trace_location": {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": experiment}},
                "request_time": f"2026-01-01T{number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}Z", "state": "OK",
                "execution_duration": f"{number / 1000}s", "request_preview": f"question {number:06}"}
        client.post("/api/3.0/mlflow/traces", trace={"trace_info": info})


def test_from_an_experiment_to_a_span(traced, visit):
    window = visit(traced)
    page = window.page
    page.goto(f"/experiments/{traced.traced['experiment']}")
    page.get_by_role("link", name="Traces").click()
    expect(page.get_by_role("status").filter(has_text="2 traces")).to_be_visible()
    expect(row(page, "storm in a teacup")).to_contain_text("Error")
    row(page, "tea or coffee").get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("answer")
    expect(rows(page, "Spans")).to_have_count(4)  # its head and three spans
    row(page, "ask", "Spans").get_by_role("button", name="ask").click()
    expect(page.get_by_role("region", name="Inputs")).to_contain_text('"question": "tea or coffee?"')
    expect(page.get_by_role("region", name="Outputs")).to_contain_text("<b>tea or coffee?</b>: 1 page")
    expect(page.get_by_role("region", name="Attributes")).to_contain_text("small")
    page.reload()
    expect(page.get_by_role("heading", name="ask")).to_be_visible()


def test_an_exception_stands_where_it_was_thrown(traced, visit):
    window = visit(traced)
    page = window.page
    page.goto(f"/traces/{traced.traced['failed']}")
    row(page, "ask", "Spans").get_by_role("button", name="ask").click()
    expect(page.get_by_role("region", name="Event exception")).to_contain_text("the kettle is cold")
    expect(page.get_by_role("region", name="Event exception")).to_contain_text("make_traces.py")


def test_spans_are_walked_with_the_keyboard(traced, visit):
    page = visit(traced).page
    page.goto(f"/traces/{traced.traced['in_run']}")
    page.get_by_role("grid", name="Spans").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("span="))
    expect(page.get_by_role("region", name="Spans").get_by_role("button", pressed=True)).not_to_have_text("answer")
    page.get_by_role("button", name="Spans inside answer").click()
    expect(rows(page, "Spans")).to_have_count(2)


def test_the_filter_completes_and_finds(traced, visit):
    window = visit(traced)
    page = window.page
    # On a busy machine a frame comes after the next key: who types on at once must still be understood.
    page.add_init_script("window.late = []; window.requestAnimationFrame = (frame) => window.late.push(frame);")
    page.goto(f"/experiments/{traced.traced['experiment']}/traces")
    expect(rows(page)).to_have_count(3)
    box = page.get_by_role("combobox", name="Filter traces")
    box.press_sequentially("stat")
    box.press("ArrowDown")
    box.press("Enter")
    box.press_sequentially("=")
    expect(page.get_by_role("option", name="'ERROR'")).to_be_visible()
    page.evaluate("late.forEach((frame) => frame(0))")
    box.press_sequentially(" 'ERROR' ")
    expect(box).to_have_value("status = 'ERROR' ")
    box.press("Enter")
    expect(rows(page)).to_have_count(2)
    filter_by(page, "tag.topic = 'tea'")
    expect(row(page, "tea or coffee")).to_be_visible()
    expect(rows(page)).to_have_count(2)
    filter_by(page, "colour = 'red'")
    expect(page.get_by_role("alert")).to_contain_text("not an attribute of traces")
    window.errors[:] = [error for error in window.errors if "400" not in error]
    filter_by(page, "name = 'nothing'")
    expect(page.get_by_text("No trace matches this filter.")).to_be_visible()
    page.get_by_role("button", name="Clear it").click()
    expect(rows(page)).to_have_count(3)


def test_a_trace_and_its_run_lead_to_each_other(traced, visit):
    page = visit(traced).page
    page.goto(f"/runs/{traced.traced['run']}")
    page.get_by_role("link", name="Traces").click()
    expect(rows(page)).to_have_count(2)
    row(page, "tea or coffee").get_by_role("link").click()
    page.get_by_role("link", name=re.compile("^run [0-9a-f]{8}$")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("tea time")


def test_feedback_is_given_changed_and_taken_back(traced, visit):
    page = visit(traced).page
    page.goto(f"/traces/{traced.traced['in_run']}")
    said = page.get_by_role("region", name="Assessments")
    expect(said).to_contain_text("Nobody has said anything")
    said.get_by_role("button", name="Add feedback").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox", name="Why").fill("it <i>does</i> depend")
    dialog.get_by_role("combobox", name="Value").press("Enter")
    expect(said.get_by_role("row").filter(has_text="correct")).to_contain_text("yes")
    expect(said).to_contain_text("it <i>does</i> depend")
    said.get_by_role("button", name="Change correct").click()
    dialog.get_by_role("combobox", name="Value").fill("0.25")
    page.keyboard.press("Enter")
    expect(said.get_by_role("row").filter(has_text="correct")).to_contain_text("0.25")
    answer = Client(traced.url).call("GET", "/api/3.0/mlflow/traces/get", trace_id=traced.traced["in_run"])
    [one] = answer["trace"]["trace_info"]["assessments"]
    assert (one["feedback"]["value"], one["source"]["source_type"], one["rationale"]) == (0.25, "HUMAN", "it <i>does</i> depend")
    said.get_by_role("button", name="Change correct").click()
    dialog.get_by_role("button", name="Delete").click()
    expect(said).to_contain_text("Nobody has said anything")


def test_without_traces_it_says_how_to_log_one(server, visit):
    page = visit(server).page
    page.goto(f"/experiments/{Client(server.url).experiment('untraced')}/traces")
    expect(page.get_by_label("How to log a trace")).to_contain_text("@mlflow.trace")
    expect(page.get_by_label("How to log a trace")).to_contain_text(server.url)


def test_a_trace_that_is_not_there(server, visit):
    window = visit(server)
    window.page.goto("/traces/tr-none")
    expect(window.page.get_by_role("alert")).to_contain_text("tr-none")
    window.errors[:] = [error for error in window.errors if "404" not in error]


def test_ten_thousand_traces(server, visit):
    client = Client(server.url)
    experiment = client.experiment("traced often")
    many_traces(client, experiment, MANY)
    page = visit(server).page
    page.goto(f"/experiments/{experiment}/traces")
    expect(row(page, f"question {MANY - 1:06}")).to_be_visible()
    page.get_by_role("grid", name="Traces").focus()
    for _ in range(40):  # each End reaches the last of those known so far
        page.keyboard.press("End")
        page.wait_for_timeout(150)
        if row(page, "question 000000").count():
            break
    expect(row(page, "question 000000")).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="10,200 traces")).to_be_visible()
    assert rows(page).count() < 100
    page.get_by_role("columnheader", name="Took").click()
    page.get_by_role("grid", name="Traces").press("Home")
    expect(row(page, f"question {MANY - 1:06}")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1400, 380])
def test_it_fits(traced, visit, scheme, width):
    window = visit(traced, color_scheme=scheme)
    window.page.set_viewport_size({"width": width, "height": 900})
    window.page.goto(f"/experiments/{traced.traced['experiment']}/traces")
    expect(row(window.page, "tea or coffee")).to_be_visible()
    assert window.overflow() <= 0
    window.screenshot("-list")
    window.page.goto(f"/traces/{traced.traced['failed']}")
    expect(rows(window.page, "Spans")).to_have_count(4)
    assert window.overflow() <= 0
