"""The Live page around its video, in a browser: a fixed place for everything, recordings, a projector."""

import io
import re

import av
import pytest

from tests.e2e.conftest import settle
from tests.e2e.test_live import (
    LEAST_PIXELS,
    bomb,
    camera,
    film,
    live_app,
    look,
    page,
    switch_on,
    wait_for_boxes,
)

__all__ = ["bomb", "camera", "film", "live_app", "page"]  # fixtures
WIDTH, HEIGHT = 1280, 720
CONTROLS = ("Calibrate neutral", "Reset", "Record", "Snapshot", "Settings", "Recording")
FILMED = re.compile(r"● [1-9]\d* s")  # at least a second
VIDEO, BARS = "iframe[title^=streamlit_webrtc]", ".live-bars"


@pytest.fixture
def small_page(page):
    page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
    return page


def places(page):
    """Where the controls, the bars and the chart are, in whole pixels."""
    found = [page.get_by_role("button", name=name, exact=True).last for name in CONTROLS]
    found += [page.get_by_text("Presentation mode"), page.locator(BARS), page.get_by_test_id("stPlotlyChart")]
    boxes = [each.bounding_box() for each in found]
    return [tuple(round(box[side]) for side in ("x", "y", "width", "height")) for box in boxes]


def test_everything_is_in_view_and_nothing_moves(small_page, screenshots):
    page = small_page
    before = places(page)
    component = switch_on(page)
    wait_for_boxes(component)
    page.locator(BARS).get_by_text("Face 1").wait_for()
    assert page.locator(BARS).first.locator(".first").count() >= 1  # the strongest emotion is bold
    assert places(page) == before
    assert all(y >= 0 and y + height <= HEIGHT for _, y, _, height in before)
    assert page.locator(VIDEO).bounding_box()["width"] >= 480
    page.screenshot(path=screenshots / "Live-1280x720.png")
    component.get_by_role("button", name="Stop camera").click()
    page.get_by_text("Last 30 s, stopped").wait_for()
    page.locator(f"{BARS}.past").wait_for()
    assert page.locator("path.js-line").count() >= 7, "the last 30 s stay"
    assert places(page) == before


def test_a_recording_is_a_film_that_plays(small_page):
    page = small_page
    component = switch_on(page)
    wait_for_boxes(component)
    page.get_by_role("button", name="Record", exact=True).click()
    page.get_by_text(FILMED).wait_for()
    page.get_by_role("button", name="Stop recording").click()
    page.get_by_role("button", name="Record", exact=True).wait_for()
    page.get_by_role("button", name="Recording", exact=True).last.click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Video (MP4)").click()
    data = download.value.path().read_bytes()
    with av.open(io.BytesIO(data)) as container:
        frames = list(container.decode(video=0))
    assert len(frames) >= 2
    assert float(frames[-1].time) >= 1
    assert (frames[0].width, frames[0].height) == (640, 480)
    with page.expect_download() as download:
        page.get_by_role("button", name="Table (CSV)").click()
    assert download.value.path().read_text().startswith("path,time,face,")


def test_presentation_mode_fills_the_window_and_the_video_goes_on(small_page, screenshots):
    page = small_page
    component = switch_on(page)
    wait_for_boxes(component)
    before = page.locator(VIDEO).bounding_box()["width"]
    page.get_by_text("Presentation mode").click()
    page.get_by_role("button", name="Full screen").wait_for()
    assert not page.get_by_test_id("stSidebar").is_visible()
    assert page.locator(VIDEO).bounding_box()["width"] >= 1.2 * before
    assert look(component)["coloured"] >= LEAST_PIXELS, "the video began anew"
    page.screenshot(path=screenshots / "Live-presentation.png")
    page.get_by_role("button", name="Full screen").click()
    page.wait_for_function("() => document.fullscreenElement !== null")
    page.get_by_role("button", name="Full screen").click()
    page.wait_for_function("() => document.fullscreenElement === null")
    page.get_by_text("Presentation mode").click()
    page.get_by_test_id("stSidebar").wait_for(state="visible")


def test_who_leaves_while_recording_finds_no_recording_running_and_the_same_settings(small_page):
    page = small_page
    page.get_by_role("button", name="Settings").click()
    page.get_by_role("slider").press("ArrowRight")
    page.wait_for_function("() => location.search.includes('smoothing=0.6')")
    page.keyboard.press("Escape")
    component = switch_on(page)
    wait_for_boxes(component)
    page.get_by_role("button", name="Record", exact=True).click()
    page.get_by_text(FILMED).wait_for()
    sidebar = page.get_by_test_id("stSidebar")
    sidebar.get_by_role("link", name="About").click()
    page.locator("h1", has_text="About").wait_for()
    sidebar.get_by_role("link", name="Live").click()
    page.locator("h1", has_text="Live").wait_for()
    settle(page)
    assert page.get_by_role("button", name="Record", exact=True).is_disabled()
    assert page.get_by_role("button", name="Stop recording").count() == 0
    assert page.get_by_role("button", name="Recording", exact=True).last.is_enabled()
    page.get_by_role("button", name="Settings").click()
    page.get_by_text("0.6 s", exact=True).wait_for()
