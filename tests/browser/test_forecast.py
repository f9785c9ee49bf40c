"""The forecast page, used as somebody on duty uses it."""
import re

import pytest
import requests
from playwright.sync_api import expect

PATH = "/forecast/energy-demand"


def strip(page):
    """The temperature's row of the drift picture; its label says how many days it shows."""
    return page.get_by_label(re.compile("^temperature: drifted"))


def days_shown(page):
    return int(re.match(r".* of (\d+) days", strip(page).get_attribute("aria-label"))[1])


def expect_days(page, count):
    expect(strip(page)).to_have_attribute("aria-label", re.compile(f" of {count} days"))


def test_shows_what_the_api_knows(demo, visit):
    page = visit(demo).page
    page.goto(PATH)
    expect(page).to_have_title("energy-demand · Treadle")
    points = requests.get(f"{demo.url}/api/v1/deployments/energy-demand/forecast?limit=10000", timeout=5).json()["points"]
    known = [point for point in points if point["truth"] is not None]
    mae = sum(abs(point["prediction"] - point["truth"]) for point in known) / len(known)
    numbers = page.locator(".cards")
    expect(numbers).to_contain_text(f"{mae:.3f}")
    expect(numbers).to_contain_text(f"{len(points)}")
    expect(page.get_by_role("img", name="Forecast and truth over time")).to_be_visible()
    expect(page.get_by_role("img", name="Mean absolute error per day")).to_be_visible()
    alerts = requests.get(f"{demo.url}/api/v1/alerts?deployment=energy-demand", timeout=5).json()["alerts"]
    assert alerts, "the demonstration's first days raise an alert"
    happened = page.get_by_role("region", name="Alerts and retrains", exact=True)
    for alert in alerts:
        expect(happened).to_contain_text(alert["message"])
    drift = requests.get(f"{demo.url}/api/v1/deployments/energy-demand/drift", timeout=5).json()["series"]
    expect_days(page, len(drift))


def test_a_drag_zooms_every_chart_and_a_link_keeps_it(demo, visit):
    page = visit(demo).page
    page.goto(PATH)
    before = days_shown(page)
    box = page.get_by_role("img", name="Forecast and truth over time").bounding_box()
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 0.4, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, y, steps=8)
    page.mouse.up()
    expect(page).to_have_url(re.compile(r"from=\d+&to=\d+"))
    expect(strip(page)).not_to_have_attribute("aria-label", re.compile(f" of {before} days"))
    zoomed = days_shown(page)
    assert zoomed < before
    page.reload()
    expect_days(page, zoomed)
    page.get_by_role("button", name="All").click()
    expect(page).not_to_have_url(re.compile("from="))
    expect_days(page, before)


def test_a_click_on_a_point_tells_where_it_came_from(demo, visit):
    page = visit(demo).page
    page.goto(PATH)
    box = page.get_by_role("img", name="Forecast and truth over time").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    drawer = page.get_by_role("dialog")
    expect(drawer).to_contain_text("Where this prediction came from")
    for part in ("Prediction for 2014-11-", "truth", "Served by deployment", "Trained by run", "Training data", "demand_lag_48", "elecdemand.csv"):
        expect(drawer).to_contain_text(part)
    # The header is line 1 of the file, and every row is of 2014.
    first = drawer.get_by_role("table", name="Raw rows").get_by_role("row").nth(1).get_by_role("cell")
    assert int(first.first.inner_text()) > 1
    expect(first.nth(1)).to_contain_text("2014-")
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()


def test_retrain_now_starts_a_run_and_shows_it_live(demo, visit):
    window = visit(demo)
    page = window.page
    page.goto(PATH)
    page.get_by_role("button", name="Retrain now").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Start training").click()
    expect(dialog.get_by_role("status")).to_contain_text("Training started")
    window.screenshot("-dialog")
    dialog.get_by_role("link", name=re.compile("Watch run")).click()
    expect(page).to_have_url(re.compile("/runs/"))
    expect(page.get_by_role("button", name=re.compile("train-xgboost.*succeeded"))).to_be_visible(timeout=30_000)
    # Nobody reloads: the event stream brings the end.
    expect(page.locator(".head .pill").first).to_have_text("Succeeded", timeout=30_000)
    page.goto(PATH)
    expect(page.get_by_role("region", name="Alerts and retrains", exact=True)).to_contain_text("asked for on the page")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/", PATH, "/runs", "/models", "/models/energy-demand"])
def test_a_narrow_window_needs_no_sideways_scrolling(demo, visit, scheme, path):
    window = visit(demo, color_scheme=scheme)
    window.page.set_viewport_size({"width": 380, "height": 780})
    window.page.goto(path)
    expect(window.page.locator(".skeleton")).to_have_count(0)
    assert window.overflow() <= 0
