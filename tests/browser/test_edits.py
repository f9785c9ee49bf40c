"""Names, notes and tags changed on the page, deletion and its undoing; two people at once; what the server refuses."""
import re
import time

import pytest
from playwright.sync_api import expect
from seeding import Client


@pytest.fixture(scope="module")
def client(server):
    return Client(server.url)


@pytest.fixture
def made(client, request):
    """A new experiment with one run."""
    experiment = client.experiment(f"of {request.node.name}")
    return experiment, client.run(experiment, "first", tags={"team": "north", "old": "1"}, metrics={"loss": 1})


@pytest.fixture
def run_page(made, server, visit):
    window = visit(server)
    window.page.goto(f"/runs/{made[1]}")
    expect(window.page.get_by_role("heading", level=1)).to_have_text("first")
    return window


def tags_of(client, run):
    return {tag["key"]: tag["value"] for tag in client.call("GET", "runs/get", run_id=run)["run"]["data"]["tags"]}


def write_note(page, text):
    page.get_by_role("button", name="Edit description").click()
    page.get_by_role("textbox", name="Description").fill(text)
    page.get_by_role("button", name="Save").click()


def test_a_run_is_renamed_with_the_keyboard(run_page, client, made):
    page = run_page.page
    page.get_by_role("button", name="Rename").focus()
    page.keyboard.press("Enter")
    page.keyboard.type("second")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("second")
    expect(page.get_by_role("button", name="Rename")).to_be_focused()
    assert client.call("GET", "runs/get", run_id=made[1])["run"]["info"]["run_name"] == "second"


def test_a_note_is_markdown_and_never_markup(run_page, client, made):
    page = run_page.page
    write_note(page, "# Why\n\nIt was **cold** <img src=x onerror=alert(1)> [here](javascript:alert(1))")
    note = page.get_by_role("region", name="Description")
    expect(note.locator("b")).to_have_text("cold")
    expect(note).to_contain_text("<img src=x onerror=alert(1)>")
    assert note.locator("img, a").count() == 0
    assert tags_of(client, made[1])["mlflow.note.content"].startswith("# Why")


def test_a_note_that_somebody_else_changed_is_not_overwritten_unseen(run_page, client, made):
    page = run_page.page
    write_note(page, "mine")
    page.get_by_role("button", name="Edit description").click()
    page.get_by_role("textbox", name="Description").fill("mine, longer")
    client.post("runs/set-tag", run_id=made[1], key="mlflow.note.content", value="theirs")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("theirs")
    assert tags_of(client, made[1])["mlflow.note.content"] == "theirs"
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("button", name="Edit description")).to_be_visible()
    assert tags_of(client, made[1])["mlflow.note.content"] == "mine, longer"


def test_tags_are_added_changed_and_removed(run_page, client, made):
    page = run_page.page
    tags = page.get_by_role("region", name="Tags")
    tags.get_by_role("textbox", name="Tag").fill("colour")
    tags.get_by_role("textbox", name="Its value").fill("red, green")
    page.keyboard.press("Enter")
    expect(tags.get_by_role("row").filter(has_text="colour")).to_contain_text("red, green")
    tags.get_by_role("button", name="Edit the tag team").click()
    expect(tags.get_by_role("button", name="Replace tag")).to_be_visible()
    page.keyboard.press("Control+a")
    page.keyboard.type("south")
    page.keyboard.press("Enter")
    expect(tags.get_by_role("row").filter(has_text="team")).to_contain_text("south")
    tags.get_by_role("button", name="Remove the tag old").click()
    expect(tags.get_by_role("row").filter(has_text="old")).to_have_count(0)
    now = tags_of(client, made[1])
    assert (now["colour"], now["team"], "old" in now) == ("red, green", "south", False)


def test_a_refused_tag_is_told_beside_the_field(run_page):
    page = run_page.page
    tags = page.get_by_role("region", name="Tags")
    tags.get_by_role("textbox", name="Tag").fill("../up")
    tags.get_by_role("button", name="Add tag").click()
    expect(tags.get_by_role("alert")).to_contain_text("../up")
    expect(tags.get_by_role("textbox", name="Tag")).to_have_value("../up")
    run_page.forgive(400)


WATCH_QUESTIONS = """() => {
  window.questions = [];
  new MutationObserver(() => {
    const asked = document.querySelector("dialog")?.innerText;
    if (asked && asked !== window.questions.at(-1)) window.questions.push(asked);
  }).observe(document.body, { childList: true, subtree: true, characterData: true });
}"""


def test_a_run_is_deleted_and_restored(run_page, client, made):
    page = run_page.page
    page.evaluate(WATCH_QUESTIONS)
    # What else the page reads anew comes late: the run is known as deleted while the dialog is still there.
    page.route(re.compile(rf"/api/(?!.*{made[1]})"), lambda route: (time.sleep(0.2), route.continue_()))
    page.get_by_role("button", name="Delete run").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.locator(".head .pill", has_text="Deleted")).to_be_visible()
    assert client.call("GET", "runs/get", run_id=made[1])["run"]["info"]["lifecycle_stage"] == "deleted"
    page.get_by_role("button", name="Restore run").click()
    page.get_by_role("dialog").get_by_role("button", name="Restore").click()
    expect(page.get_by_role("button", name="Delete run")).to_be_visible()
    assert client.call("GET", "runs/get", run_id=made[1])["run"]["info"]["lifecycle_stage"] == "active"
    titles = [question.splitlines()[0] for question in page.evaluate("window.questions")]
    assert list(dict.fromkeys(titles)) == ["Delete this run?", "Restore this run?"] and titles == sorted(titles), titles


def test_an_experiment_is_described_tagged_and_renamed(made, server, client, visit):
    window = visit(server)
    page = window.page
    page.goto(f"/experiments/{made[0]}")
    page.get_by_role("button", name="Description and tags").click()
    write_note(page, "What *this* is for")
    expect(page.get_by_role("region", name="Description").locator("i")).to_have_text("this")
    tags = page.get_by_role("region", name="Tags")
    tags.get_by_role("textbox", name="Tag").fill("owner")
    tags.get_by_role("textbox", name="Its value").fill("ada")
    page.keyboard.press("Enter")
    expect(tags.get_by_role("row")).to_contain_text("ada")
    page.reload()
    expect(page.get_by_role("region", name="Tags").get_by_role("row")).to_contain_text("ada")
    page.get_by_role("button", name="Remove the tag owner").click()
    expect(page.get_by_text("No tags were set.")).to_be_visible()
    client.experiment("taken")
    page.get_by_role("button", name="Rename").click()
    page.get_by_role("dialog").get_by_role("textbox").fill("taken")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("taken")
    window.forgive(400)
    page.get_by_role("dialog").get_by_role("textbox").fill("renamed here")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("renamed here")
    assert client.call("GET", "experiments/get", experiment_id=made[0])["experiment"]["name"] == "renamed here"


def test_an_experiment_is_deleted_and_restored(made, server, visit):
    page = visit(server).page
    page.goto(f"/experiments/{made[0]}")
    page.get_by_role("button", name="Delete experiment").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.locator(".head .pill", has_text="Deleted")).to_be_visible()
    page.get_by_role("button", name="Restore experiment").click()
    page.get_by_role("dialog").get_by_role("button", name="Restore").click()
    expect(page.locator(".head .pill", has_text="Deleted")).to_have_count(0)
    expect(page.get_by_role("link", name=re.compile("^first$"))).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1400, 380])
def test_it_fits(made, server, client, visit, scheme, width):
    client.post("runs/set-tag", run_id=made[1], key="mlflow.note.content", value="A note\n\n- one\n- two")
    client.post("experiments/set-experiment-tag", experiment_id=made[0], key="mlflow.note.content", value="What it is *for*, in so many words " * 5)
    window = visit(server, color_scheme=scheme)
    window.page.set_viewport_size({"width": width, "height": 900})
    window.page.goto(f"/experiments/{made[0]}?about=1")
    expect(window.page.get_by_role("region", name="Tags")).to_be_visible()
    window.screenshot("-experiment")
    assert window.overflow() <= 0
    window.page.goto(f"/runs/{made[1]}")
    expect(window.page.get_by_role("region", name="Tags")).to_be_visible()
    assert window.overflow() <= 0
