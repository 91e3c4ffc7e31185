"""A running app and a browser: what the tests in a real browser start from.

FER_E2E=required  a missing browser is a failure; otherwise these tests are skipped
FER_CHROMIUM      which browser to start; by default the first Chromium or Chrome on the PATH
FER_SCREENSHOTS   a folder for the screenshots; by default one of pytest's own
"""

import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

from fer_core.experiments.runs import SUMMARY
from fer_core.networks.summary import summarize, write_summary
from tests.finished_runs import write_run
from tests.tiny_networks import tiny_network, tiny_tflite

ROOT = Path(__file__).parent.parent.parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = [
    # In a container there is no sandbox, GPU or large /dev/shm.
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    # The browser itself stays off the net.
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
    # A camera that shows a test picture, and nobody to ask.
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
]
SECONDS = 120  # how long anything may take: a busy machine is no defect


def chromium():
    """The browser's path, or None."""
    return os.environ.get("FER_CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)


def missing():
    """What these tests cannot be without and is not here, in one sentence; or None."""
    if importlib.util.find_spec("playwright") is None:
        return "The browser tests need Playwright: pip install -r requirements-dev.txt"
    if chromium() is None:
        return "The browser tests need Chromium: install it (apt-get install chromium) or set FER_CHROMIUM."
    return None


def pytest_collection_modifyitems(items):
    here = [item for item in items if Path(__file__).parent in item.path.parents]
    if here and os.environ.get("FER_E2E") == "required" and missing():
        raise pytest.UsageError(missing())
    for item in here:
        item.add_marker(pytest.mark.e2e)


def expect(subject):
    """Playwright's assertions: each looks again and again until it holds, or ``SECONDS`` have passed."""
    from playwright import sync_api

    sync_api.expect.set_options(timeout=1000 * SECONDS)
    return sync_api.expect(subject)


@pytest.fixture(scope="session")
def launch():
    """``launch(flags)`` -> a Chromium that runs until it is closed, or a skip that says what is missing."""
    if missing():
        pytest.skip(missing())
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        yield lambda flags: driver.chromium.launch(executable_path=chromium(), args=flags)


@pytest.fixture(scope="session")
def browser(launch):
    """Chromium with a camera and nobody to ask."""
    browser = launch(FLAGS)
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def runs(tmp_path_factory):
    """The folder of two finished runs; FER_MODELS overrides it."""
    models = os.environ.get("FER_MODELS")
    if not models:
        models = tmp_path_factory.mktemp("models")
        for seed, name in enumerate(("best", "other")):
            run = write_run(models, name, tflite=tiny_tflite("pooled").read_bytes(), seed=seed)
            write_summary(run.path / SUMMARY, summarize(tiny_network("pooled")))
    return models


@pytest.fixture(scope="session")
def app(runs, tmp_path_factory):
    """The address of the app, running on two finished runs."""
    with serving(tmp_path_factory.mktemp("log") / "streamlit.txt", FER_MODELS=str(runs)) as address:
        yield address


@contextmanager
def serving(log, **variables):
    """The address of an app that runs with these variables in its environment; what it says is in ``log``."""
    with running(log, **variables) as (address, _):
        yield address


@contextmanager
def running(log, **variables):
    """The same, and its process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = f"--server.headless=true --server.port={port} --server.fileWatcherType=none".split()
    command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", *options]
    surroundings = os.environ | variables
    surroundings.pop("FER2013_PATH", None)  # the tests connect their own copy, and begin without any
    with open(log, "w") as output:
        server = subprocess.Popen(command, cwd=ROOT, env=surroundings, stdout=output, stderr=output)
    try:
        _wait_until_healthy(f"http://localhost:{port}/_stcore/health", server, log)
        yield f"http://localhost:{port}", server
    finally:
        server.terminate()
        server.wait(timeout=SECONDS)


def _wait_until_healthy(address, server, log):
    end = time.monotonic() + SECONDS
    while time.monotonic() < end and server.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"The app did not start: {log.read_text()}")


@pytest.fixture
def visit(app, browser):
    """``visit("Photo?source=Upload", **options of a browser context)`` -> the page, once it has settled."""
    with visiting(app, browser) as visit:
        yield visit


@contextmanager
def visiting(app, browser):
    """``visit`` as above, of the app at an address."""
    contexts = []

    def visit(address="", **options):
        context = browser.new_context(**({"viewport": {"width": 1280, "height": 800}} | options))
        context.set_default_timeout(1000 * SECONDS)
        contexts.append(context)
        page = context.new_page()
        page.strangers = []
        page.on("request", lambda request: _note_stranger(page, app, request.url))
        page.goto(f"{app}/{address}")
        settle(page)
        return page

    yield visit
    for context in contexts:
        context.close()


def _note_stranger(page, app, url):
    if not url.startswith((app, app.replace("http", "ws", 1), "data:", "blob:")):
        page.strangers.append(url)


def settle(page):
    """Wait until the page's script has run to its end."""
    page.wait_for_selector("h1")
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")


def still(locator):
    """The element's box, once it is there and has stopped to move and to change."""
    end, before = time.monotonic() + SECONDS, None
    while time.monotonic() < end:
        now = locator.bounding_box(), locator.evaluate("element => element.innerHTML.length")
        if now == before and now[0]:
            return now[0]
        before = now
        locator.page.wait_for_timeout(250)
    pytest.fail(f"It never came to rest: {locator}")


@pytest.fixture(scope="session")
def screenshots(tmp_path_factory):
    """Where screenshots go."""
    folder = Path(os.environ.get("FER_SCREENSHOTS") or tmp_path_factory.mktemp("screenshots"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder
