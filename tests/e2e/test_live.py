"""The Live page in a real browser, whose camera is a film that this test makes from the sample photos.

FER_LIVE_SECONDS   how long the page's figures are measured; by default 10, with `make e2e` 60
"""

import os
import re
import time

import numpy as np
import pytest
from PIL import Image

from fer_core.palette import PERSON_COLOURS, rgb
from tests.e2e.conftest import FLAGS, ROOT, SECONDS, serving, settle
from tests.finished_runs import write_run
from tests.tiny_networks import sample, tiny_tflite

WIDTH, HEIGHT, BITS = 640, 480, 10
FRAMES = 300
pytestmark = pytest.mark.webrtc
# On a busy machine the first picture may take its time, and a connection may fail once.
FIRST_PICTURE_MS = 1000 * SECONDS
LEAST_PIXELS = 250  # a label's plate alone has 1,500
# Loaded by Python before the app: it lets a test make the app's face detector fail, and mend it.
SABOTAGE = """
import os, pathlib
from fer_core.inference.recognizer import Recognizer
find = Recognizer.detect_faces
def find_or_fail(self, picture, **options):
    if pathlib.Path(os.environ["FER_TEST_BOMB"]).exists():
        raise RuntimeError("the bomb went off")
    return find(self, picture, **options)
Recognizer.detect_faces = find_or_fail
"""
# Of the browser's pixels: how many have the colour of a person's box, and the number in the lower edge.
LOOK = """([colours, bits, mirrored]) => {
    const video = document.querySelector("video")
    const look = (video, mirrored) => {
        const canvas = Object.assign(document.createElement("canvas"), {width: 640, height: 480})
        const context = canvas.getContext("2d")
        if (mirrored) context.setTransform(-1, 0, 0, 1, 640, 0)
        context.drawImage(video, 0, 0, 640, 480)
        const pixels = context.getImageData(0, 0, 640, 480).data
        let coloured = 0, number = 0
        for (let i = 0; i < pixels.length; i += 4)
            if (colours.some(([r, g, b]) => Math.abs(pixels[i] - r) < 24 && Math.abs(pixels[i + 1] - g) < 24
                && Math.abs(pixels[i + 2] - b) < 24)) coloured++
        for (let bit = 0; bit < bits; bit++)
            number = 2 * number + (pixels[4 * (640 * 464 + Math.floor(640 * (bit + 0.5) / bits))] > 128)
        return {coloured, number}
    }
    if (!video || video.readyState < 2) return null
    return {...look(video, mirrored), sent: window.camera ? look(window.camera, false).number : null}
}"""
WATCH_CAMERA = """async () => {
    const stream = await navigator.mediaDevices.getUserMedia({video: {width: 640, height: 480}})
    window.camera = Object.assign(document.createElement("video"), {srcObject: stream, muted: true})
    await window.camera.play()
}"""


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """The camera's film."""
    return write_film(tmp_path_factory.mktemp("camera") / "film.mjpeg")


def write_film(path):
    """JPEGs one after another: a face goes to and fro and changes, another comes and goes.

    All in one tint that none of the people's colours has, so that what has one of these is a box.
    """
    tint = np.array([0.8, 0.8, 0.3])
    faces = [
        (np.array(Image.fromarray(sample(name)).crop(box).resize((160, 200)).convert("L"))[..., None] * tint)
        for name, box in (
            ("eileen-collins.jpg", (120, 0, 340, 275)),
            ("grace-hopper.jpg", (100, 0, 420, 400)),
        )
    ]
    with path.open("wb") as file:
        for number in range(FRAMES):
            picture = np.full((HEIGHT, WIDTH, 3), (45, 45, 30), np.uint8)
            left = int(120 + 100 * np.sin(2 * np.pi * number / 100))
            picture[100:300, left : left + 160] = faces[number // 50 % 2]
            if number % 150 > 75:
                picture[120:320, 440:600] = faces[1]
            for bit in range(BITS):
                lit = number >> (BITS - 1 - bit) & 1
                picture[448:, WIDTH * bit // BITS : WIDTH * (bit + 1) // BITS] = 235 * lit
            Image.fromarray(picture).save(file, "JPEG", quality=88)
    return path


@pytest.fixture(scope="module")
def camera(launch, film):
    """A second browser, whose camera shows the film."""
    camera = launch([*FLAGS, f"--use-file-for-fake-video-capture={film}"])
    yield camera
    camera.close()


@pytest.fixture(scope="module")
def bomb(tmp_path_factory):
    """While this file exists, the app's face detector fails."""
    return tmp_path_factory.mktemp("bomb") / "lit"


@pytest.fixture(scope="module")
def live_app(tmp_path_factory, bomb):
    """The app's address; FER_MODELS overrides the tiny network."""
    models = os.environ.get("FER_MODELS")
    if not models:
        models = tmp_path_factory.mktemp("models")
        write_run(models, "tiny", tflite=tiny_tflite("pooled").read_bytes())
    folder = tmp_path_factory.mktemp("sabotage")
    (folder / "sitecustomize.py").write_text(SABOTAGE)
    surroundings = {
        "FER_MODELS": str(models),
        "FER_TEST_BOMB": str(bomb),
        "FER_ICE_SERVERS": "[]",
        "PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)]),
    }
    with serving(folder / "streamlit.txt", **surroundings) as address:
        yield address


@pytest.fixture
def page(camera, live_app, bomb):
    bomb.unlink(missing_ok=True)
    context = camera.new_context(permissions=["camera"], viewport={"width": 1280, "height": 900})
    context.set_default_timeout(1000 * SECONDS)
    page = context.new_page()
    page.goto(f"{live_app}/Live")
    settle(page)
    yield page
    context.close()


def switch_on(page):
    """Press the component's button; returns the component's frame. Until then the camera is off."""
    component = page.locator("iframe").element_handle().content_frame()
    component.wait_for_selector("button")
    assert component.locator("video").count() == 0, "the camera must be off until asked"
    component.get_by_role("button", name="Start camera").click()
    return component


def look(component):
    """The video's pixels: {"coloured", "number", "sent"}, or None before the first picture."""
    from playwright.sync_api import Error

    colours = [rgb(colour) for colour in PERSON_COLOURS]
    try:
        return component.evaluate(LOOK, [colours, BITS, True])
    except Error:  # the component is just being loaded
        return None


def wait_for_boxes(component, *, drawn=True):
    """Until the video shows a box, or none."""
    end = time.monotonic() + FIRST_PICTURE_MS / 1000
    seen = None
    while time.monotonic() < end:
        seen = look(component)
        if seen and (seen["coloured"] >= LEAST_PIXELS) == drawn:
            return
        time.sleep(0.3)
    pytest.fail(f"No {'box' if drawn else 'bare picture'} came back; the last look saw {seen}.")


def frames_read(page):
    text = page.get_by_text("Frames:").inner_text()
    return int(re.search(r"Frames: ([\d,]+)", text).group(1).replace(",", ""))


def assert_frames_keep_coming(page, component):
    before, shown = frames_read(page), set()
    end = time.monotonic() + FIRST_PICTURE_MS / 1000
    while time.monotonic() < end and (frames_read(page) < before + 10 or len(shown) < 5):
        time.sleep(0.3)
        shown |= {seen["number"] for seen in [look(component)] if seen}
    assert frames_read(page) >= before + 10
    assert len(shown) >= 5, "the video stands still"


def test_frames_come_back_with_boxes_and_keep_coming(page, screenshots):
    page.screenshot(path=screenshots / "Live-off.png")
    component = switch_on(page)
    wait_for_boxes(component)
    assert_frames_keep_coming(page, component)
    page.get_by_text(re.compile(r"Face \d+")).first.wait_for()
    assert page.locator("[data-testid=stAlert]").count() == 0
    page.screenshot(path=screenshots / "Live-on.png")
    component.get_by_role("button", name="Stop camera").click()
    component.get_by_role("button", name="Start camera").wait_for()
    component.locator("video").wait_for(state="detached")


def test_it_survives_leaving_and_returning_and_a_reload(page):
    component = switch_on(page)
    wait_for_boxes(component)
    sidebar = page.get_by_test_id("stSidebar")
    sidebar.get_by_role("link", name="About").click()
    page.locator("h1", has_text="About").wait_for()
    sidebar.get_by_role("link", name="Live").click()
    page.locator("h1", has_text="Live").wait_for()
    settle(page)
    component = switch_on(page)
    wait_for_boxes(component)
    assert_frames_keep_coming(page, component)
    page.reload()
    settle(page)
    component = switch_on(page)
    wait_for_boxes(component)
    assert_frames_keep_coming(page, component)


def test_it_survives_a_callback_that_throws(page, bomb):
    component = switch_on(page)
    wait_for_boxes(component)
    bomb.touch()
    page.get_by_text("the bomb went off").wait_for()
    wait_for_boxes(component, drawn=False)
    first = look(component)["number"]
    component.wait_for_function("() => document.querySelector('video').readyState >= 2")
    time.sleep(1)
    assert look(component)["number"] != first, "the frames must go back as they came, not stand still"
    bomb.unlink()
    wait_for_boxes(component)
    assert_frames_keep_coming(page, component)


def test_the_figures_are_measured(page):
    """Printed, not asserted: frames per second, milliseconds a stage, and whether the lag grows."""
    seconds = float(os.environ.get("FER_LIVE_SECONDS", "10"))
    component = switch_on(page)
    wait_for_boxes(component)
    component.evaluate(WATCH_CAMERA)
    time.sleep(1)
    start, before, lags = time.monotonic(), frames_read(page), []
    while time.monotonic() < start + seconds:
        seen = look(component)
        lags.append((seen["sent"] - seen["number"]) % FRAMES)
        time.sleep(0.5)
    passed = time.monotonic() - start
    lags = [lag if lag < FRAMES / 2 else lag - FRAMES for lag in lags]
    quarter = max(1, len(lags) // 4)
    print(
        f"\nLive page: {(frames_read(page) - before) / passed:.1f} frames a second over {passed:.0f} s. "
        f"{page.get_by_text('Frames:').inner_text()} "
        f"Lag behind the camera, in the camera's frames: {np.median(lags[:quarter]):.0f} in the first "
        f"quarter, {np.median(lags[-quarter:]):.0f} in the last (median), {max(lags)} at most."
    )
    assert frames_read(page) > before
