"""One state, one address: deep links, reloads, changes of pages and Back keep what was chosen."""

import random
import re

from tests.e2e.conftest import expect, settle

WITH_A_RUN = ("Photo", "Live", "Training", "Evaluation", "Errors", "About")
ALL = ("Home", *WITH_A_RUN, "Dataset", "Studies")
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}


def follow(page, title):
    """Click a page's link in the sidebar, and wait until the page has run."""
    page.get_by_test_id("stSidebar").get_by_role("link", name=title, exact=True).click()
    page.wait_for_function("title => document.title.startsWith(title + ' ')", arg=title)
    settle(page)


def shown_run(page):
    return page.get_by_role("combobox", name="Run", exact=True)


def is_chosen(page, choice):
    expect(page.get_by_role("radio", name=choice, exact=True)).to_have_attribute("aria-checked", "true")


def test_the_run_of_a_deep_link_is_kept_on_twenty_pages(visit):
    page = visit("Evaluation?run=other")
    walk = random.Random(1)
    for title in [walk.choice(ALL) for _ in range(20)]:
        follow(page, title)
        expect(page).to_have_url(re.compile("run=other"))
        if title in WITH_A_RUN:
            expect(shown_run(page)).to_have_value("other")


def test_a_page_is_one_entry_of_the_history_and_back_finds_it_as_it_was(visit):
    page = visit("Evaluation?run=other")
    entries = page.evaluate("history.length")
    for choice in ("PublicTest", "flip", "by column"):
        page.get_by_role("radio", name=choice, exact=True).click()
        settle(page)
    left = "Evaluation?run=other&split=PublicTest&view=flip&cells=by+column"
    page.wait_for_function("left => location.href.endsWith(left)", arg=left)
    follow(page, "Training")
    follow(page, "Dataset")  # which has a split of its own
    is_chosen(page, "Training")
    assert page.evaluate("history.length") == entries + 2
    page.go_back()
    page.wait_for_url("**/Training?run=other")
    page.go_back()
    page.wait_for_url(f"**/{left}")
    settle(page)
    for choice in ("PublicTest", "flip", "by column"):
        is_chosen(page, choice)
    page.reload()
    settle(page)
    is_chosen(page, "flip")
    assert page.url.endswith(left)


def test_a_link_leads_to_a_page_as_it_was_left(visit):
    page = visit("Evaluation?view=flip")
    follow(page, "About")
    follow(page, "Evaluation")
    is_chosen(page, "flip")
    expect(page).to_have_url(re.compile(r"/Evaluation\?view=flip$"))


def test_on_a_phone_the_menu_closes_and_the_run_is_chosen_in_the_page(visit):
    page = visit("Evaluation", **PHONE)
    page.get_by_role("button", name="Expand sidebar").click()
    follow(page, "Training")
    page.wait_for_selector("[data-testid=stSidebar][data-collapsed=true]", state="attached")
    page.get_by_test_id("stMain").get_by_role("combobox", name="Run", exact=True).click()
    page.get_by_role("option", name="other").click()
    page.wait_for_url("**/Training?run=other")
