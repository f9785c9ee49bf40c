"""A server with a few days of the demonstration in it, an empty one, and pages of a real Chromium on them."""
import json
import os
import subprocess

import pytest
from playwright.sync_api import sync_playwright
from treadle_server import ROOT, Server, binary

DAYS = 16  # until the first alert and its retrain
SCREENSHOTS = ROOT / "build/test-results/screenshots"


@pytest.fixture(scope="session")
def demo(tmp_path_factory):
    """A running server whose data the demonstration made; .result is what the demonstration printed."""
    server = Server(tmp_path_factory.mktemp("demo") / "data", env={"TREADLE_WHEELS": str(ROOT / ".deps/wheels")})
    server.start()  # the demonstration uses the server that runs on its data
    made = subprocess.run([binary(), "demo", "forecast", "--json", "--days", str(DAYS), "--data", str(server.data)],
                          cwd=ROOT, check=False, capture_output=True, text=True, timeout=180)
    assert made.returncode == 0, made.stderr + server.tail()
    server.result = json.loads(made.stdout)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def chromium():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("TREADLE_CHROMIUM", "/usr/bin/chromium"),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"])
        yield browser
        browser.close()


class Visitor:
    """One browser window on one server. It notes what a user would see in the console as an error."""

    def __init__(self, browser, server, name, **options):
        self.server, self.name, self.errors = server, name, []
        self.context = browser.new_context(base_url=server.url, viewport={"width": 1280, "height": 860}, **options)
        self.context.set_default_timeout(10_000)
        self.page = self.context.new_page()
        self.forgiven = []
        self.page.on("console", lambda message: message.type in ("error", "warning") and self.errors.append(message.text))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

    def forgive(self, status):
        """The browser itself reports an answer that the test asked for, sometimes a moment later."""
        self.forgiven.append(str(status))

    def screenshot(self, suffix=""):
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{self.name}{suffix}.png", full_page=True)

    def overflow(self):
        """By how many pixels the page is wider than the window."""
        return self.page.evaluate("document.documentElement.scrollWidth - innerWidth")


@pytest.fixture
def visit(chromium, request):
    """visit(server, …) opens a window; at the end a screenshot is kept and the console must be clean."""
    visitors = []

    def open_window(server, **options):
        visitors.append(Visitor(chromium, server, request.node.name.replace("/", "-"), **options))
        return visitors[-1]

    yield open_window
    for visitor in visitors:
        visitor.screenshot()
        visitor.context.close()
        assert [error for error in visitor.errors if not any(status in error for status in visitor.forgiven)] == []
