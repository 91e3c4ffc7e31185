"""FER2013 connected in a real browser, and the way from a cell of the confusion matrix to a face."""

import csv

import pytest

from tests.e2e.conftest import expect, settle, still
from tests.synthetic import synthetic_splits, write_fer2013_csv


@pytest.fixture
def copy(tmp_path, visit):
    """A FER2013 to connect; no later test finds it connected."""
    yield write_fer2013_csv(tmp_path / "fer2013.csv", synthetic_splits(6, 2, 2))
    page = visit("Dataset")
    if page.get_by_role("button", name="Disconnect").count():
        page.get_by_role("button", name="Disconnect").click()
    page.get_by_text("Connect FER2013 to see its images").wait_for()


def test_fer2013_is_connected_by_path_and_stays_so(visit, copy):
    page = visit("Dataset")
    field = page.get_by_role("textbox", name="fer2013.csv")
    field.fill(str(copy.with_name("nowhere.csv")))
    field.press("Enter")
    page.get_by_text("nowhere.csv does not exist").wait_for()
    field.fill(str(copy))
    field.press("Enter")
    page.get_by_text("70 images, without FER+ annotations").wait_for()
    page.get_by_alt_text("Mean image of happy").wait_for()
    wall = page.get_by_alt_text("6 images labelled happy")
    before = wall.get_attribute("src")
    page.get_by_role("button", name="Shuffle").click()
    page.wait_for_url("**/Dataset?seed=1")
    settle(page)
    expect(wall).not_to_have_attribute("src", before)
    page.get_by_test_id("stSidebar").get_by_role("link", name="Errors").click()
    page.get_by_text("not the one that this run was evaluated on").wait_for()
    assert page.strangers == []


FEAR, SAD = 2, 4


def click_cell(page, truth, said):
    box = still(page.locator(".st-key-matrix .nsewdrag"))
    page.mouse.click(box["x"] + box["width"] * (said + 0.5) / 7, box["y"] + box["height"] * (truth + 0.5) / 7)


def click_card(page, number):
    """Not on its words: on its image, as a visitor does."""
    image = page.get_by_test_id("stMain").get_by_alt_text("true label").nth(number)
    image.scroll_into_view_if_needed()
    box = still(image)
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    return page.get_by_role("dialog")


def test_a_click_on_a_cell_shows_its_faces_and_a_second_one_all_again(visit):
    page = visit("Errors?data=FER2013&run=best")
    click_cell(page, FEAR, SAD)
    page.wait_for_url("**true=fear&predicted=sad")
    settle(page)
    expect(page.get_by_role("combobox", name="True label")).to_have_value("fear")
    page.get_by_text("images labelled fear are predicted as sad").wait_for()
    click_cell(page, FEAR, SAD)
    page.wait_for_function("!location.search.includes('true')")
    page.get_by_text("images are misclassified").wait_for()
    click_cell(page, FEAR, SAD)
    page.wait_for_url("**true=fear&predicted=sad")
    settle(page)
    page.get_by_test_id("stMain").get_by_role("button", name="sad").first.click()
    drawer = page.get_by_role("dialog")
    drawer.get_by_text("misclassified").wait_for()
    page.wait_for_url("**face=*")
    page.reload()  # the face stands in the URL
    drawer.get_by_text("misclassified").wait_for()
    settle(page)
    page.keyboard.press("Escape")
    page.wait_for_function("!location.search.includes('face')")
    expect(drawer).to_have_count(0)
    assert "true=fear" in page.url


def test_without_fer2013_the_page_opens_on_synthetic_faces_that_open_by_their_image(visit):
    page = visit("Errors")
    expect(page.get_by_role("radio", name="Synthetic faces")).to_have_attribute("aria-checked", "true")
    box = still(page.get_by_text("Connect FER2013 to see its images"))
    assert box["y"] + box["height"] < 800  # without scrolling
    drawer = click_card(page, 0)
    drawer.get_by_alt_text("Warmer regions contributed more to the prediction").wait_for()
    drawer.get_by_text("Drawn as").wait_for()


def test_a_label_is_corrected_by_keyboard_and_exported(visit, tmp_path):
    page = visit("Errors")
    drawer = click_card(page, 1)
    drawer.get_by_text(", 2 of").wait_for()
    settle(page)
    page.keyboard.press("ArrowRight")
    drawer.get_by_text(", 3 of").wait_for()
    page.keyboard.press("ArrowLeft")
    drawer.get_by_text(", 2 of").wait_for()
    settle(page)
    page.keyboard.press("7")
    drawer.locator("[class*=st-key-say-] button[kind=primary]", has_text="neutral").wait_for()
    page.keyboard.press("u")
    drawer.locator("button[kind=primary]", has_text="unclear").wait_for()
    settle(page)
    page.keyboard.press("n")
    page.keyboard.type("no 4 left")  # letters and digits in a note are no commands
    page.keyboard.press("Enter")
    settle(page)
    page.keyboard.press("Escape")
    page.wait_for_function("!location.search.includes('face')")
    page.get_by_role("button", name="Corrections (1)").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="As CSV", exact=True).click()
    download.value.save_as(tmp_path / "labels.csv")
    (line,) = csv.DictReader((tmp_path / "labels.csv").read_text().splitlines())
    assert [line[name] for name in ("new label", "tag", "note")] == ["neutral", "unclear", "no 4 left"]


def test_a_lasso_shows_its_images_and_the_mouse_a_thumbnail(visit):
    page = visit("Errors?show=Embedding")
    box = still(page.locator(".st-key-embedding .nsewdrag"))
    marks = page.locator(".st-key-embedding .point").all()
    for mark in marks[:: len(marks) // 20]:
        place = mark.bounding_box()
        page.mouse.move(place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
        page.wait_for_timeout(200)
        if page.locator(".st-key-embedding .thumbnail").is_visible():
            break
    else:
        pytest.fail("no thumbnail")
    corners = [(0.02, 0.02), (0.98, 0.02), (0.98, 0.98), (0.02, 0.98), (0.02, 0.02)]
    path = [(box["x"] + box["width"] * x, box["y"] + box["height"] * y) for x, y in corners]
    page.mouse.move(*path[0])
    page.mouse.down()
    for place in path[1:]:
        page.mouse.move(*place, steps=8)
    page.mouse.up()
    page.get_by_text("inside the lasso").wait_for()
    page.get_by_alt_text("true label").nth(15).wait_for()
