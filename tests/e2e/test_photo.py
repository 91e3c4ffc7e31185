"""The Photo page in a real browser: a row picked from the table, and a video cancelled while it is read."""

import re

from tests.e2e.conftest import expect, settle, still
from tests.e2e.test_state import follow
from tests.pages.test_photo import crowd
from tests.tiny_networks import SAMPLES
from tests.videos import scene, write_video


def test_a_click_on_a_row_shows_its_face(visit):
    page = visit("Photo?source=Upload")
    page.set_input_files("input[type=file]", [SAMPLES / "grace-hopper.jpg", SAMPLES / "two-faces.jpg"])
    cells = page.locator("[data-testid=stDataFrame] canvas").first
    cells.wait_for()
    settle(page)
    box = still(cells)
    page.mouse.click(box["x"] + 15, box["y"] + 36 + 2.5 * 52)  # the third row: the second face of the second
    page.locator("[data-testid=stMarkdown]", has_text="Face 2 ·").first.wait_for()
    settle(page)
    expect(page.locator("[data-testid=stMarkdown]", has_text="Face 1 ·")).to_have_count(0)
    expect(page.get_by_alt_text(re.compile("two-faces.jpg: face 1"))).to_have_count(1)


def test_25_faces_are_a_short_page(visit, tmp_path):
    page = visit("Photo")
    path = tmp_path / "crowd.jpg"
    path.write_bytes(crowd(25))
    page.set_input_files("input[type=file]", path)
    page.get_by_role("combobox", name="25 faces; show").wait_for()
    settle(page)
    assert page.get_by_test_id("stMain").evaluate("box => box.scrollHeight") < 2100  # 5,900 with all in full


def test_a_slider_moves_the_prediction(visit):
    page = visit("Photo?view=What+if")
    words = page.get_by_test_id("stMarkdown").filter(has_text="→").last
    before = words.inner_text()
    assert before.split("→")[0].strip() == before.split("→")[1].strip()
    blur = page.get_by_test_id("stSlider").filter(has_text="Blur").get_by_role("slider")
    blur.press("End")
    page.wait_for_function(
        "before => ![...document.querySelectorAll('[data-testid=stMarkdown]')]"
        ".some(each => each.innerText === before)",
        arg=before,
    )


def test_two_networks_are_side_by_side(visit):
    page = visit("Photo?view=Models")
    page.locator("[data-testid=stPlotlyChart] .main-svg").nth(5).wait_for()  # two of them make a chart
    boxes = [
        page.get_by_test_id("stMarkdown").filter(has_text=f"{name} · ").bounding_box()
        for name in ("best", "other")
    ]
    assert boxes[0]["y"] == boxes[1]["y"]
    assert boxes[0]["x"] + boxes[0]["width"] <= boxes[1]["x"]


def test_uploads_survive_a_visit_to_another_page(visit):
    page = visit("Photo")
    page.set_input_files("input[type=file]", [SAMPLES / "grace-hopper.jpg", SAMPLES / "two-faces.jpg"])
    page.get_by_text("in 2 photos").wait_for()
    follow(page, "About")
    follow(page, "Photo")
    page.get_by_text("in 2 photos").wait_for()
    page.get_by_role("button", name="Remove").click()
    page.get_by_text("Or a sample:").wait_for()


def test_a_photo_dropped_on_home_is_predicted_at_once(visit):
    page = visit()
    last = still(page.get_by_test_id("stMain").get_by_role("link").last)
    assert last["y"] + last["height"] < 800, "the pages are in view"
    page.set_input_files("input[type=file]", SAMPLES / "two-faces.jpg")
    page.get_by_alt_text(re.compile("two-faces.jpg: face 1")).wait_for()
    page.get_by_text("Face 1 of 2").wait_for()


def test_a_picture_is_pasted_from_the_clipboard_wherever_the_focus_is(visit):
    page = visit("Photo", permissions=["clipboard-read", "clipboard-write"])
    page.locator("[data-testid=stImage] img").first.wait_for()
    page.evaluate("""async () => {
        const answer = await fetch(document.querySelector("[data-testid=stImage] img").src)
        const bitmap = await createImageBitmap(await answer.blob())
        const canvas = document.createElement("canvas")
        canvas.width = bitmap.width, canvas.height = bitmap.height
        canvas.getContext("2d").drawImage(bitmap, 0, 0)
        const blob = await new Promise(done => canvas.toBlob(done, "image/png"))
        await navigator.clipboard.write([new ClipboardItem({"image/png": blob})])
    }""")
    page.locator("h1").click()
    page.keyboard.press("Control+V")
    page.get_by_alt_text(re.compile("image.png: face 1")).wait_for()


def test_the_filters_stand_in_the_url_and_survive_a_reload(visit):
    page = visit("Photo?source=Upload")

    def hand_in():
        page.set_input_files("input[type=file]", [SAMPLES / "grace-hopper.jpg", SAMPLES / "two-faces.jpg"])
        page.locator("[data-testid=stDataFrame] canvas").first.wait_for()
        settle(page)
        return page.locator("[data-testid=stSlider]", has_text="Confidence").get_by_role("slider").first

    hand_in().press("ArrowRight")
    page.wait_for_url("**/Photo?sure=5&sure=100")
    page.reload()
    settle(page)
    expect(hand_in()).to_have_value("5")


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
    expect(page.get_by_role("button", name="Table as CSV")).to_have_count(1)
    assert page.strangers == []


def test_a_click_on_a_stretch_plays_the_film_from_there(visit, tmp_path):
    path = tmp_path / "film.mp4"
    shots = [scene(80)] * 20 + [scene(80, name="grace-hopper.jpg")] * 20
    path.write_bytes(write_video(shots, rate=10))
    page = visit("Photo?source=Video")
    page.set_input_files("input[type=file]", path)
    page.get_by_text("1 cut: after a cut").wait_for()
    settle(page)
    lanes = page.get_by_test_id("stPlotlyChart").first
    lanes.scroll_into_view_if_needed()
    box = still(lanes.locator(".barlayer"))
    page.mouse.click(box["x"] + 0.75 * box["width"], box["y"] + 0.75 * box["height"])
    page.wait_for_function("document.querySelector('video')?.currentTime >= 2")
    expect(page.get_by_role("heading", name="Face 2")).to_have_count(1)
