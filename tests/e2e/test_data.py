"""FER2013 connected in a real browser, and the way from a cell of the confusion matrix to a face."""

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


def test_a_click_on_a_cell_shows_its_faces_and_one_of_them_opens(visit):
    page = visit("Errors")
    box = still(page.locator("[data-testid=stPlotlyChart] .nsewdrag"))
    fear, sad = 2, 4
    page.mouse.click(box["x"] + box["width"] * (sad + 0.5) / 7, box["y"] + box["height"] * (fear + 0.5) / 7)
    page.wait_for_url("**/Errors?true=fear&predicted=sad")
    settle(page)
    expect(page.get_by_role("combobox", name="True label")).to_have_value("fear")
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


def test_without_fer2013_the_drawn_faces_show_what_the_page_does(visit):
    page = visit("Errors")
    page.get_by_role("button", name="Show drawn faces").click()
    page.wait_for_url("**/Errors?data=Drawn+faces")
    page.get_by_alt_text("true label").nth(15).wait_for()
    page.reload()  # the choice stands in the URL
    settle(page)
    expect(page.get_by_role("radio", name="Drawn faces")).to_have_attribute("aria-checked", "true")
    page.get_by_test_id("stMain").get_by_role("button", name="%").first.click()
    drawer = page.get_by_role("dialog")
    drawer.get_by_alt_text("Warmer regions contributed more to the prediction").wait_for()
    drawer.get_by_text("Drawn as").wait_for()
