"""Several runs beside each other: table, charts, parallel coordinates, scatter, contour."""
import re

import pytest
from playwright.sync_api import expect
from seeding import Client, course

STEPS = 5000  # more than a chart asks for


@pytest.fixture(scope="module")
def sweep(server):
    client = Client(server.url)
    experiment = client.experiment("sweep")
    server.runs = []
    for number in range(6):
        loss = course(STEPS, number, floor=0.1 * number)
        loss[1234] = 9.0  # one spike, which no chart may lose
        server.runs.append(client.run(
            experiment, f"trial-{number}", params={"lr": 10.0 ** -(1 + number), "depth": 2 + number % 4, "seed": 7, "model": ("a", "b")[number % 2]},
            metrics={"loss": loss, "rmse": 1 + number / 10}))
    server.compare = "/compare?runs=" + ",".join(server.runs)
    return server


def test_chosen_runs_are_compared(sweep, visit):
    page = visit(sweep).page
    page.goto("/experiments")
    page.get_by_role("link", name="sweep").click()
    grid = page.get_by_role("grid", name="Runs")
    expect(grid).to_contain_text("trial-5")
    grid.press("Control+a")
    page.get_by_role("link", name="Compare").click()
    expect(page).to_have_title("Compare 6 runs · Treadle")
    table = page.get_by_role("grid", name="Params, metrics and tags")
    expect(table.get_by_role("row").filter(has_text="seed")).to_be_visible()
    page.get_by_role("checkbox", name="Only differences").check()
    expect(table.get_by_role("row").filter(has_text="seed")).to_have_count(0)
    expect(table.get_by_role("row").filter(has_text="depth")).to_be_visible()
    page.reload()
    expect(page.get_by_role("checkbox", name="Only differences")).to_be_checked()
    page.get_by_role("button", name="Leave out trial-0").click()
    expect(page.get_by_role("heading", name="Compare 5 runs")).to_be_visible()


def test_a_metric_of_one_point_a_run_is_a_bar_for_each(sweep, visit):
    page = visit(sweep).page
    page.goto(sweep.compare + "&show=charts")
    bars = page.get_by_role("region", name="rmse").get_by_role("list", name="rmse by run").get_by_role("listitem")
    expect(bars).to_have_count(6)
    expect(bars.nth(1)).to_have_text("trial-11.1")
    widths = bars.locator(".track span").evaluate_all("bars => bars.map(bar => bar.getBoundingClientRect().width)")
    assert widths == sorted(widths) and widths[0] / widths[5] == pytest.approx(1 / 1.5, rel=0.02)


def test_the_tabs_are_walked_by_keyboard(sweep, visit):
    page = visit(sweep).page
    page.goto(sweep.compare)
    page.get_by_role("tab", name="Table").focus()
    for name in ("Charts", "Parallel coordinates", "Scatter", "Contour", "Table"):
        page.keyboard.press("ArrowRight")
        expect(page.get_by_role("tab", name=name)).to_have_attribute("aria-selected", "true")
        expect(page.get_by_role("tab", name=name)).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_charts_of_all_runs_smoothed_scaled_and_zoomed(sweep, visit, scheme):
    window = visit(sweep, color_scheme=scheme)
    page = window.page
    asked = []
    page.on("request", lambda request: "/metrics/loss" in request.url and asked.append(request.url))
    page.goto(f"{sweep.compare}&show=charts")
    chart = page.get_by_role("img", name="loss by step")
    expect(chart).to_be_visible()
    assert len(asked) == 6 and all("max_points=" in url for url in asked)
    page.get_by_role("slider", name="Smoothing").fill("0.9")
    expect(page).to_have_url(re.compile(r"smooth=0\.9"))
    page.get_by_role("checkbox", name="log y").check()
    box = chart.bounding_box()
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 0.4, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, y, steps=6)
    page.mouse.up()
    expect(page).to_have_url(re.compile(r"from=\d+.*to=\d+"))
    page.wait_for_timeout(300)  # Zoomed in, the finer points of that range are asked for.
    assert any("from_step=" in url for url in asked)
    window.screenshot("-zoomed")
    page.get_by_role("button", name="Whole range").click()
    expect(page).not_to_have_url(re.compile("from="))
    page.get_by_role("combobox", name="x axis").select_option("relative time")
    expect(page.get_by_role("img", name="loss by relative")).to_be_visible()
    page.get_by_role("searchbox", name="Find a metric").fill("rm")
    expect(page.get_by_role("region", name="loss")).to_have_count(0)


def test_the_peak_between_the_points_is_kept(sweep, visit):
    page = visit(sweep).page
    page.goto(f"/compare?runs={sweep.runs[0]}&show=charts")
    with page.expect_response(re.compile("/metrics/loss")) as answer:
        page.reload()
    points = answer.value.json()["points"]
    assert len(points) < STEPS / 2 and max(value for _, _, value in points) == 9.0
    expect(page.get_by_role("img", name="loss by step")).to_be_visible()


def test_plots_show_every_run_and_lead_to_it(sweep, visit):
    window = visit(sweep)
    page = window.page
    page.goto(f"{sweep.compare}&show=parallel")
    plot = page.get_by_role("group", name="Runs over their params and metrics")
    expect(plot.get_by_role("link")).to_have_count(6)
    page.get_by_role("button", name="Axes").click()
    page.get_by_role("checkbox", name="params.seed").check()
    expect(page).to_have_url(re.compile("axes=.*params.seed"))
    window.screenshot("-parallel")
    page.goto(f"{sweep.compare}&show=scatter&sx=params.lr&sy=metrics.rmse&logx=1")
    points = page.get_by_role("group", name="rmse over lr").get_by_role("link")
    expect(points).to_have_count(6)
    window.screenshot("-scatter")
    page.goto(f"{sweep.compare}&show=contour&cx=params.lr&cy=params.depth&cz=metrics.rmse")
    points = page.get_by_role("group", name="rmse over lr and depth").get_by_role("link")
    expect(points).to_have_count(6)
    points.nth(2).focus()
    page.keyboard.press("Enter")
    expect(page).to_have_title("trial-2 · Treadle")


def test_nothing_to_compare_is_said(sweep, visit):
    window = visit(sweep)
    window.page.goto("/compare")
    expect(window.page.get_by_text("Choose runs in an")).to_be_visible()
    window.page.goto("/compare?runs=" + "0" * 32)
    expect(window.page.get_by_role("alert")).to_contain_text("0" * 32)
    window.errors[:] = [error for error in window.errors if "404" not in error]


@pytest.mark.parametrize("show", ["table", "charts", "parallel", "scatter", "contour"])
def test_a_narrow_window_needs_no_sideways_scrolling(sweep, visit, show):
    window = visit(sweep)
    window.page.set_viewport_size({"width": 380, "height": 780})
    window.page.goto(f"{sweep.compare}&show={show}")
    expect(window.page.get_by_role("tabpanel")).to_be_visible()
    window.page.wait_for_timeout(300)
    assert window.overflow() <= 0
