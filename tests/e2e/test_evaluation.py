"""Evaluation in a real browser: ticks in the runs table, and the way from the confusion matrix to Errors."""

from tests.e2e.conftest import settle

TABLE = "[data-testid=stDataFrame] canvas"
ROW_PX, TICK_PX = 35, 20  # of the table: the height of a row, and the middle of its first column


def test_two_ticks_compare_two_runs(visit):
    page = visit("Evaluation")
    box = page.locator(TABLE).first.bounding_box()
    for row in (1, 2):  # below the head
        page.mouse.click(box["x"] + TICK_PX, box["y"] + ROW_PX * (row + 0.5))
        settle(page)
    page.get_by_role("heading", name="Comparison").wait_for()
    page.wait_for_url("**/Evaluation?compare=best&compare=other")
    page.get_by_text("has a higher accuracy than").wait_for()
    page.reload()  # what is ticked stands in the URL
    settle(page)
    page.get_by_role("heading", name="Comparison").wait_for()
    page.mouse.click(box["x"] + TICK_PX, box["y"] + ROW_PX * 1.5)  # a second click takes a tick back
    page.wait_for_url("**/Evaluation?compare=other")
    settle(page)
    assert page.get_by_role("heading", name="Comparison").count() == 0
    assert page.strangers == []


def test_a_click_on_a_cell_opens_its_images_in_errors(visit):
    page = visit("Evaluation?run=other&split=PublicTest")
    matrix = page.locator(".st-key-confusion .nsewdrag")
    box = matrix.bounding_box()
    fear, sad = 2, 4
    # Near a corner: all of a cell can be clicked on.
    matrix.click(position={"x": box["width"] * (sad + 0.1) / 7, "y": box["height"] * (fear + 0.1) / 7})
    page.wait_for_url("**/Errors?*")
    settle(page)
    for part in ("run=other", "split=PublicTest", "true=fear", "predicted=sad"):
        assert part in page.url
    assert page.get_by_role("combobox", name="True label").input_value() == "fear"
    page.go_back()
    page.wait_for_url("**/Evaluation?run=other&split=PublicTest")
    page.get_by_role("heading", name="Run other").wait_for()
