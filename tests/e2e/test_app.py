"""The app in a real browser: the paths that matter, and a look at every page."""

import csv
import io
import json

import pytest

from fer_core.vision.pictures import load_picture
from tests.e2e.conftest import expect, settle, still
from tests.tiny_networks import SAMPLES

PAGES = ("", "Photo", "Live", "Dataset", "Training", "Evaluation", "Errors", "Studies", "Batch", "About")
CHART = "[data-testid=stPlotlyChart] .main-svg"
# What to wait for where there may be no chart: how to run a study or a batch; About has words alone.
WITHOUT_CHART = {
    "Studies": f"[data-testid=stCode], {CHART}",
    "Batch": "[data-testid=stCode]",
    "About": "[data-testid=stMarkdown]",
}
TABLES_FIT = """() => [...document.querySelectorAll("[data-testid=stTable] td, [data-testid=stTable] th")]
    .every(cell => cell.getBoundingClientRect().right <= innerWidth)"""
PAGE_FITS = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
LOOKS = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "phone": {"color_scheme": "light", "viewport": {"width": 390, "height": 844}, "device_scale_factor": 2},
}


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("address", PAGES, ids=lambda address: address or "Home")
def test_every_page_is_whole_and_asks_nobody_else(visit, screenshots, address, look):
    page = visit(address, **LOOKS[look])
    page.wait_for_selector(WITHOUT_CHART.get(address, CHART))
    settle(page)
    expect(page.get_by_test_id("stAlert")).to_have_count(0)
    expect(page.locator("h1")).to_have_count(1)
    assert page.strangers == []
    _take_whole(page, screenshots / f"{address or 'Home'}-{look}.png")
    page.wait_for_function(PAGE_FITS)  # else it scrolls sideways
    page.wait_for_function(TABLES_FIT)


def _take_whole(page, path):
    """A screenshot of the whole page: Streamlit scrolls an inner box, so the window grows to its height."""
    size = page.viewport_size
    height = page.locator("[data-testid=stMain]").evaluate("box => box.scrollHeight")
    page.set_viewport_size({"width": size["width"], "height": max(size["height"], height)})
    still(page.get_by_test_id("stMain"))  # charts redraw after a pause
    page.screenshot(path=path)


def test_uploads_are_read_and_results_can_be_saved(visit, tmp_path):
    page = visit("Photo?source=Upload")
    nonsense = tmp_path / "notes.jpg"
    nonsense.write_text("not a picture")
    page.set_input_files("input[type=file]", [SAMPLES / "two-faces.jpg", nonsense])
    page.get_by_role("combobox", name="2 faces; show").wait_for()
    settle(page)
    expect(page.get_by_test_id("stAlert")).to_contain_text("notes.jpg is not a picture")
    page.locator("[data-testid=stPlotlyChart] .main-svg").first.wait_for()

    def save(label):
        with page.expect_download() as download:
            page.get_by_role("button", name=label).click()
        path = tmp_path / download.value.suggested_filename
        download.value.save_as(path)
        return path.read_bytes()

    drawn, sample = save("Photo with boxes"), (SAMPLES / "two-faces.jpg").read_bytes()
    assert load_picture(drawn).shape == load_picture(sample).shape
    rows = csv.DictReader(io.StringIO(save("Table as CSV").decode()))
    shown = [(row["path"], row["face"]) for row in rows]
    assert shown == [("two-faces.jpg", "1"), ("two-faces.jpg", "2"), ("notes.jpg", "")]
    assert [row["face"] for row in json.loads(save("as JSON"))] == [1, 2, None]


def test_the_camera_takes_a_snapshot(visit):
    page = visit("Photo?source=Camera", permissions=["camera"])
    page.wait_for_function("document.querySelector('video')?.readyState >= 2")
    page.get_by_role("button", name="Take Photo").click()
    page.get_by_text("No face was detected in snapshot.jpg").wait_for()  # the fake camera shows none


def test_choices_stand_in_the_url_and_survive_a_reload(visit):
    page = visit("Evaluation")
    page.get_by_text("flip", exact=True).click()
    page.wait_for_url("**/Evaluation?view=flip")
    page.reload()
    settle(page)
    expect(page.get_by_role("radio", name="flip")).to_have_attribute("aria-checked", "true")
    page.get_by_text("single", exact=True).click()
    page.wait_for_url("**/Evaluation")


def test_the_chosen_run_goes_along_from_page_to_page(visit):
    page = visit("Training")
    page.get_by_role("combobox", name="Run", exact=True).click()
    page.get_by_role("option").nth(1).click()
    page.wait_for_url("**/Training?run=*")
    settle(page)
    run = page.url.split("run=")[1]
    page.get_by_test_id("stSidebar").get_by_role("link", name="Evaluation").click()
    page.wait_for_url(f"**/Evaluation?run={run}")
    settle(page)
    expect(page.get_by_role("combobox", name="Run", exact=True)).to_have_value(run)


def test_a_link_into_a_page_works_on_a_fresh_server(visit):
    page = visit("Evaluation?split=PublicTest&cells=faces")
    expect(page.get_by_test_id("stMain")).to_contain_text("PublicTest images")
