"""The page on a server that asks who is there: the browser asks, and what a user may not do is said in the server's words."""
import re

import pytest
import requests
from playwright.sync_api import expect

ROOT = ("root", "a long password 1")
ADA = ("ada", "a long password 2")


@pytest.fixture
def guarded(new_server):
    server = new_server("--auth", "basic", "--admin-user", ROOT[0], env={"TREADLE_ADMIN_PASSWORD": ROOT[1]})

    def call(path, user=ROOT, **body):
        answer = requests.post(f"{server.url}/api/2.0/mlflow/{path}", json=body, auth=user, timeout=10)
        answer.raise_for_status()
        return answer.json()

    call("users/create", username=ADA[0], password=ADA[1])
    server.experiment = call("experiments/create", name="of-root")["experiment_id"]
    call("runs/create", experiment_id=server.experiment, run_name="kept")
    return server


def test_a_user_sees_runs_and_is_told_what_is_not_allowed(guarded, visit):
    window = visit(guarded, http_credentials={"username": ADA[0], "password": ADA[1]})
    page = window.page
    page.goto(f"/experiments/{guarded.experiment}")
    expect(page.get_by_role("link", name="kept")).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="Live")).to_be_visible()
    page.get_by_role("checkbox", name="Select row 1").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text(re.compile("permission|allowed|ada", re.IGNORECASE))
    window.screenshot("-refused")
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="kept")).to_be_visible()
    window.errors[:] = [error for error in window.errors if not re.search("40[13]", error)]
