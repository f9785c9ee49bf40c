"""The page of one run: overview, charts that follow it, its files."""
import json
import re
import struct
import zlib

import pytest
from playwright.sync_api import expect
from seeding import Client, course

REPORT = """<!doctype html><p id=out>static</p><script>
document.getElementById('out').textContent = 'drawn by a script';
try { parent.document.title = 'taken over' } catch (refused) { document.body.append(' and kept apart') }
fetch('/api/v1/status').then(() => document.body.append(' REACHED'), () => document.body.append(' and cut off'));
</script>"""
NOTE = "# The card\n\nTrained on **two** years, see [docs](https://example.org/x) and `lr`.\n\n- one\n- <b>two</b>\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"


def png(width, height):
    """A small picture, made by hand."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    lines = b"".join(b"\0" + bytes((40, 120, 200)) * width for _ in range(height))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b""))


@pytest.fixture(scope="module")
def told(server):
    """A run with everything a run can have."""
    client = Client(server.url)
    server.client = client
    server.experiment = client.experiment("told")
    run = client.run(server.experiment, "the-run", params={f"p{number:02}": number for number in range(30)}, metrics={"loss": course(200, 1), "final": 0.25},
                     tags={"team": "north", "mlflow.note.content": NOTE, "mlflow.source.name": "train.py", "mlflow.source.git.commit": "0123456789abcdef"})
    client.post("runs/log-inputs", run_id=run, datasets=[{"dataset": {"name": "demand", "digest": "abc123", "source_type": "local", "source": "data/demand.csv"},
                                                          "tags": [{"key": "mlflow.data.context", "value": "training"}]}])
    client.post("registered-models/create", name="told-model")
    client.post("model-versions/create", name="told-model", source=f"runs:/{run}/model", run_id=run)
    files = {
        "plots/curve.png": png(60, 40), "report.html": REPORT.encode(), "notes.md": NOTE.encode(), "model/MLmodel": b"flavors: {}\n",
        "table.csv": b'name,value\n"a, quoted",1\nb,2\n' + b"".join(b"row%d,%d\n" % (number, number) for number in range(3000)),
        "config.json": json.dumps({"depth": 3}).encode(), "eval.json": json.dumps({"columns": ["question", "score"], "data": [["why?", 0.5]]}).encode(),
        "weights.bin": bytes(1000), "big.log": b"x" * 2_100_000}
    for path, content in files.items():
        client.put_artifact(run, path, content)
    server.run = run
    return server


@pytest.fixture
def open_run(told, visit):
    def open_tab(tab="", **options):
        window = visit(told, **options)
        window.page.goto(f"/runs/{told.run}{tab and f'?tab={tab}'}")
        expect(window.page).to_have_title("the-run · Treadle")
        return window
    return open_tab


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_overview_tells_all_of_a_run(open_run, scheme):
    page = open_run(color_scheme=scheme).page
    for region, texts in {"Metrics": ["loss", "final", "0.25"], "Parameters": ["p00", "p29"], "Tags": ["team", "north"], "Datasets": ["demand", "training", "data/demand.csv"],
                          "Models": ["told-model version 1"], "Details": ["ada", "train.py", "0123456789ab"], "Description": ["The card", "<b>two</b>"]}.items():
        for text in texts:
            expect(page.get_by_role("region", name=region)).to_contain_text(text)
    page.get_by_role("searchbox", name="Find in parameters").fill("p17")
    expect(page.get_by_role("region", name="Parameters")).not_to_contain_text("p00")


def test_a_running_runs_charts_follow_it(told, visit):
    page = visit(told).page
    run = told.client.run(told.experiment, "going-on", metrics={"loss": course(50, 2)}, status="RUNNING")
    page.goto(f"/runs/{run}?tab=charts")
    region = page.get_by_role("region", name="loss")
    expect(region.get_by_role("img", name="loss by step")).to_be_visible()
    told.client.post("runs/log-metric", run_id=run, key="loss", value=0.015625, timestamp=1_700_000_100_000, step=50)
    expect(region.get_by_role("heading")).to_contain_text("0.015625")
    told.client.post("runs/update", run_id=run, status="FINISHED")
    expect(page.locator(".head .pill").first).to_have_text("Finished")


def choose(page, name):
    page.get_by_role("region", name="Artifacts").get_by_role("button", name=re.compile(f"^{re.escape(name)}")).click()
    return page.get_by_role("region", name="Preview")


def test_files_are_shown_by_their_kind(open_run):
    window = open_run("artifacts")
    page = window.page
    expect(choose(page, "config.json").locator("pre")).to_contain_text('"depth": 3')
    expect(choose(page, "eval.json").get_by_role("grid")).to_contain_text("why?")
    preview = choose(page, "table.csv")
    expect(preview.get_by_role("grid")).to_contain_text("a, quoted")
    expect(preview).to_contain_text("3,002 rows, 2 columns")
    window.screenshot("-table")
    expect(choose(page, "notes.md").get_by_role("heading", name="The card")).to_be_visible()
    expect(page.get_by_role("region", name="Preview").get_by_role("cell", name="2")).to_be_visible()
    page.get_by_role("button", name="plots/").click()
    image = choose(page, "curve.png").get_by_role("img")
    expect(image).to_be_visible()
    assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") == 60
    page.reload()
    expect(page.get_by_role("region", name="Preview").get_by_role("img")).to_be_visible()


def test_a_page_of_a_run_draws_but_reaches_nothing(open_run):
    window = open_run("artifacts")
    frame = choose(window.page, "report.html").frame_locator("iframe")
    expect(frame.locator("body")).to_contain_text("drawn by a script")
    expect(frame.locator("body")).to_contain_text("and kept apart")
    expect(frame.locator("body")).to_contain_text("and cut off")
    expect(window.page).to_have_title("the-run · Treadle")
    # The browser itself tells what it kept from the page.
    window.errors[:] = [error for error in window.errors if not re.search("Content Security Policy|Blocked a frame|Refused to connect|violates", error)]


@pytest.mark.parametrize("name, says", [("weights.bin", "No preview"), ("big.log", "Too large")])
def test_other_and_large_files_are_offered_as_downloads(open_run, name, says):
    page = open_run("artifacts").page
    asked = []
    page.on("request", lambda request: request.url.endswith(name) and asked.append(request.url))
    preview = choose(page, name)
    expect(preview).to_contain_text(says)
    assert asked == []
    with page.expect_download() as download:
        preview.get_by_role("link", name=re.compile("Download .*B")).click()
    assert download.value.suggested_filename == name


def test_the_tabs_stay_in_the_address(open_run):
    page = open_run().page
    page.get_by_role("tab", name="Charts").click()
    expect(page).to_have_url(re.compile("tab=charts"))
    page.reload()
    expect(page.get_by_role("img", name="loss by step")).to_be_visible()


def test_files_of_a_logged_model_are_beside_those_of_its_run(told, visit):
    made = told.client.post("logged-models", experiment_id=told.experiment, name="forest", source_run_id=told.run)["model"]["info"]
    told.client.put_file(made["artifact_uri"], "data/notes.txt", b"what the model needs")
    told.client.put_file(made["artifact_uri"], "MLmodel", b"flavors: {sklearn: {}}\n")
    page = visit(told).page
    page.goto(f"/runs/{told.run}")
    page.get_by_role("region", name="Models").get_by_role("link", name="forest").click()
    preview = page.get_by_role("region", name="Preview")
    expect(preview).to_contain_text("flavors: {sklearn: {}}")
    model = page.get_by_role("region", name="Model forest")
    model.get_by_role("button", name="data/").click()
    model.get_by_role("button", name="notes.txt").click()
    expect(preview).to_contain_text("what the model needs")
    expect(page).to_have_url(re.compile(f"model={made['model_id']}"))
    page.get_by_role("button", name="notes.md").click()  # the run's own
    expect(preview).to_contain_text("Trained on two years")


@pytest.mark.parametrize("tab", ["overview", "charts", "artifacts&artifact=table.csv"])
def test_a_narrow_window_needs_no_sideways_scrolling(open_run, told, tab):
    window = open_run()
    window.page.set_viewport_size({"width": 380, "height": 780})
    window.page.goto(f"/runs/{told.run}?tab={tab}")
    expect(window.page.get_by_role("tabpanel")).to_be_visible()
    window.page.wait_for_timeout(400)
    assert window.overflow() <= 0


def test_a_run_without_anything_says_so(told, visit):
    page = visit(told).page
    run = told.client.run(told.experiment, "bare", status="RUNNING")
    page.goto(f"/runs/{run}")
    expect(page.get_by_text("No parameters were logged.")).to_be_visible()
    page.get_by_role("tab", name="Charts").click()
    expect(page.get_by_text("No metrics were logged.")).to_be_visible()
    page.get_by_role("tab", name="Artifacts").click()
    expect(page.get_by_text("No artifacts were logged.")).to_be_visible()


def test_nested_runs_lead_both_ways(told, visit):
    page = visit(told).page
    parent = told.client.run(told.experiment, "sweep")
    for number in (1, 2):
        told.client.run(told.experiment, f"inside-{number}", tags={"mlflow.parentRunId": parent})
    page.goto(f"/runs/{parent}")
    page.get_by_role("region", name="Nested runs").get_by_role("link", name="inside-2").click()
    expect(page).to_have_title("inside-2 · Treadle")
    page.get_by_role("region", name="Details").get_by_role("link", name=parent[-8:]).click()
    page.get_by_role("link", name="In the table").click()
    expect(page.get_by_role("status").filter(has_text="2 runs")).to_be_visible()
