"""Gates on a model's page: set, seen before a promotion, refusing, approved; the history that all of it leaves."""
import pytest
import requests
from playwright.sync_api import expect
from seeding import Client


@pytest.fixture
def model(server, request):
    """A model of two versions, the first of them bad; and its address."""
    client = Client(server.url)
    name = f"gated {request.node.name.replace('[', ' ').replace(']', '')}"
    experiment = client.experiment(f"for {name}")
    client.post("registered-models/create", name=name)
    for mae in (0.31, 0.1):
        run = client.run(experiment, f"mae {mae}", metrics={"mae": mae})
        client.post("model-versions/create", name=name, source=f"runs:/{run}/model", run_id=run)
    return name


def path_of(model):
    return "/models/" + requests.utils.quote(model)


def gate(server, model, target, *checks):
    answer = requests.put(f"{server.url}/api/v1{path_of(model)}/gates/{target}", json={"checks": list(checks)}, timeout=10)
    assert answer.status_code == 200, answer.text


def ask_for(page, version, alias="champion"):
    page.get_by_role("button", name=f"Version {version}").click()
    page.get_by_role("region", name=f"Version {version}").get_by_role("button", name="Set alias").click()
    page.get_by_role("dialog").get_by_role("combobox").fill(alias)


def test_a_gate_is_set_on_the_page_and_refuses(server, model, visit):
    window = visit(server)
    page = window.page
    page.goto(path_of(model))
    gates = page.get_by_role("region", name="Gates")
    gates.get_by_role("button", name="Add a gate").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox", name="Checks").fill("metric mae is small")
    dialog.get_by_role("button", name="Save gate").click()
    expect(dialog.get_by_role("alert")).to_contain_text("metric mae is small")
    dialog.get_by_role("textbox", name="Checks").fill("metric mae <= 0.2\n")
    dialog.get_by_role("button", name="Save gate").click()
    expect(gates).to_contain_text("metric mae <= 0.2")
    ask_for(page, 1)
    expect(dialog).to_contain_text("Its gate would refuse it.")
    expect(dialog).to_contain_text("mae is 0.31")
    window.screenshot("-refused")
    dialog.get_by_role("button", name="Set alias").click()
    expect(dialog.get_by_role("alert")).to_contain_text("the gate refuses it")
    page.keyboard.press("Escape")
    ask_for(page, 2)
    expect(dialog).to_contain_text("Its gate would let it through.")
    dialog.get_by_role("textbox", name="Why").fill("better in winter")
    dialog.get_by_role("button", name="Set alias").click()
    history = page.get_by_role("region", name="History")
    expect(history.get_by_role("listitem").first).to_contain_text("gave the alias champion to version 2: better in winter")
    expect(history).to_contain_text("Refused")
    history.get_by_role("button", name="1 check").first.click()
    expect(history.get_by_role("listitem").first).to_contain_text("Holds")
    history.get_by_role("checkbox").check()
    expect(history).not_to_contain_text("Refused")  # that was version 1
    gates.get_by_role("button", name="Remove the gate of champion").click()
    dialog.get_by_role("button", name="Remove").click()
    expect(gates).to_contain_text("Nothing is asked of a version")
    window.forgive(409)
    window.forgive(400)


def test_stages_have_gates_and_wait_for_an_approval(server, model, visit):
    gate(server, model, "stage:Production", "metric mae <= 0.2", "approval")
    window = visit(server, http_credentials={"username": "ann", "password": "x"})
    page = window.page
    page.set_extra_http_headers({"X-Treadle-User": "ann"})
    page.goto(path_of(model))
    page.get_by_role("region", name="Version 2").get_by_role("button", name="Set stage").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("combobox", name="Stage").select_option("Production")
    expect(dialog).to_contain_text("Its gate would refuse it.")
    dialog.get_by_role("textbox", name="Why it is approved").fill("looked at the residuals")
    dialog.get_by_role("button", name="Approve").click()
    expect(dialog).to_contain_text("Its gate would let it through.")
    dialog.get_by_role("button", name="Set stage").click()
    expect(dialog).to_be_hidden()
    history = page.get_by_role("region", name="History")
    expect(history.get_by_role("listitem").first).to_contain_text("moved version 2 from None to Production")
    expect(history).to_contain_text("ann (says the client) approved version 2 for the stage Production: looked at the residuals")


def test_an_approval_is_withdrawn(server, model, visit):
    gate(server, model, "deployment:*", "approval")
    window = visit(server, http_credentials={"username": "ann", "password": "x"})
    page = window.page
    page.set_extra_http_headers({"X-Treadle-User": "ann"})
    page.goto(path_of(model))
    version = page.get_by_role("region", name="Version 2")
    version.get_by_role("button", name="Deploy").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("combobox", name="Deployment").fill("trial")
    expect(dialog).to_contain_text("Its gate would refuse it.")
    dialog.get_by_role("button", name="Deploy").click()
    expect(dialog.get_by_role("alert")).to_contain_text("nobody has approved it yet")
    dialog.get_by_role("textbox", name="Why it is approved").fill("for trying")
    dialog.get_by_role("button", name="Approve").click()
    expect(dialog).to_contain_text("Its gate would let it through.")
    page.keyboard.press("Escape")
    expect(version.get_by_role("list", name="Approvals")).to_contain_text("for deployment:trial by ann")
    version.get_by_role("button", name="Withdraw the approval of ann for deployment:trial").click()
    dialog.get_by_role("textbox", name="Why").fill("wrong in May")
    window.screenshot("-withdraw")
    dialog.get_by_role("button", name="Withdraw").click()
    expect(version.get_by_role("list", name="Approvals")).to_be_hidden()
    first = page.get_by_role("region", name="History").get_by_role("listitem").first
    expect(first).to_contain_text("withdrew the approval of version 2 for the deployment trial by ann: wrong in May")
    window.forgive(409)


def test_a_long_history_is_paged(server, model, visit):
    client = Client(server.url)
    for number in range(70):
        client.post("registered-models/set-tag", name=model, key="n", value=str(number))
    page = visit(server).page
    page.goto(path_of(model))
    items = page.get_by_role("region", name="History").get_by_role("listitem")
    expect(items).to_have_count(30)
    page.get_by_role("button", name="Older").click()
    expect(items).to_have_count(60)
    page.get_by_role("button", name="Older").click()
    expect(items.filter(has_text="registered the model")).to_be_visible()
    expect(page.get_by_role("button", name="Older")).to_be_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1400, 380])
def test_it_fits(server, model, visit, scheme, width):
    gate(server, model, "champion", "metric mae <= 0.2", "metric a_metric_of_a_rather_long_name within 5% of current lower", "approval by admin")
    window = visit(server, color_scheme=scheme)
    window.page.set_viewport_size({"width": width, "height": 900})
    window.page.goto(path_of(model))
    expect(window.page.get_by_role("region", name="History")).to_contain_text("set the gate of the alias champion")
    assert window.overflow() <= 0
    ask_for(window.page, 2)
    expect(window.page.get_by_role("dialog")).to_contain_text("Its gate would refuse it.")
    window.screenshot("-dialog")
    window.page.keyboard.press("Escape")
