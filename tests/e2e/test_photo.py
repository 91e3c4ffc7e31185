"""The Photo page in a real browser: a row picked from the table, and a video cancelled while it is read."""

import re

from tests.e2e.conftest import settle
from tests.tiny_networks import SAMPLES
from tests.videos import scene, write_video


def test_a_click_on_a_row_shows_its_face(visit):
    page = visit("Photo?source=Upload")
    page.set_input_files("input[type=file]", [SAMPLES / "grace-hopper.jpg", SAMPLES / "two-faces.jpg"])
    cells = page.locator("[data-testid=stDataFrame] canvas").first
    cells.wait_for()
    settle(page)
    box = cells.bounding_box()
    page.mouse.click(box["x"] + 15, box["y"] + 36 + 2.5 * 52)  # the third row: the second face of the second
    page.locator("[data-testid=stMarkdown]", has_text="Face 2 ·").first.wait_for()
    settle(page)
    assert page.locator("[data-testid=stMarkdown]", has_text="Face 1 ·").count() == 0
    assert page.get_by_alt_text(re.compile("two-faces.jpg: face 1")).count() == 1


def test_the_filters_stand_in_the_url_and_survive_a_reload(visit):
    page = visit("Photo?source=Upload")

    def hand_in():
        page.set_input_files("input[type=file]", [SAMPLES / "grace-hopper.jpg", SAMPLES / "two-faces.jpg"])
        page.locator("[data-testid=stDataFrame] canvas").first.wait_for()
        settle(page)
        return page.locator("[data-testid=stSlider]", has_text="Confidence").get_by_role("slider").first

    hand_in().press("ArrowRight")
    page.wait_for_url("**/Photo?source=Upload&sure=5&sure=100")
    page.reload()
    settle(page)
    assert hand_in().input_value() == "5"


def test_a_video_can_be_cancelled_and_keeps_what_was_read(visit, tmp_path):
    path = tmp_path / "film.mp4"
    path.write_bytes(write_video([scene(step % 160) for step in range(900)], rate=10))  # 90 s: time to press
    page = visit("Photo?source=Video&rate=10")
    page.set_input_files("input[type=file]", path)
    page.get_by_text(re.compile(r"about \d+ (s|min) left")).first.wait_for()  # it says for how long yet
    page.get_by_role("button", name="Cancel").click()
    page.get_by_text("Cancelled after").wait_for()
    settle(page)
    page.locator("[data-testid=stPlotlyChart] .main-svg").first.wait_for()
    assert page.get_by_role("button", name="Table as CSV").count() == 1
    assert page.strangers == []
