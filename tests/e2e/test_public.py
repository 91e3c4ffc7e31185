"""The studio as strangers find it, FER_PUBLIC=1: uploads alone, within limits, and gone with their page."""

import tempfile
from pathlib import Path

import pytest

from pages.parts.doors import UPLOADS_PREFIX
from tests.e2e.conftest import serving, settle, visiting
from tests.synthetic import synthetic_splits, write_fer2013_csv

PAGES = ("Photo", "Dataset?set=CK%2B", "Dataset")  # tests/pages/test_public.py looks at all of them
OPENING = "Connect FER2013 to see its images"


@pytest.fixture(scope="module")
def public(runs, tmp_path_factory):
    log = tmp_path_factory.mktemp("log") / "public.txt"
    with serving(log, FER_MODELS=str(runs), FER_PUBLIC="1") as address:
        yield address


def test_strangers_upload_and_name_no_path(public, browser, tmp_path, screenshots):
    with visiting(public, browser) as visit:
        page = visit("Dataset")
        page.screenshot(path=screenshots / "public-dataset.png", full_page=True)
        for address in PAGES:
            page.goto(f"{public}/{address}")
            settle(page)
            assert page.get_by_test_id("stTextInput").count() == 0, address
            assert page.get_by_text("Kaggle").count() == 0, address
        mine = write_fer2013_csv(tmp_path / "strange.csv", synthetic_splits(6, 2, 2))
        page.set_input_files("input[type=file]", mine)
        page.get_by_text("Images from strange.csv").wait_for()
        (kept,) = Path(tempfile.gettempdir()).glob(f"{UPLOADS_PREFIX}*/*/strange.csv")
        assert visit("Dataset").get_by_text(OPENING).count() == 1  # another visitor sees nothing of it
        page.reload()
        page.get_by_text(OPENING).wait_for()
        settle(page)
        assert not kept.exists()
