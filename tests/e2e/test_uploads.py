"""Uploads of the sizes that the pages promise arrive; what is larger is refused with a reason to read."""

import tempfile
import time
import uuid
from pathlib import Path

import pytest

from pages.parts.doors import UPLOADS_PREFIX
from tests.e2e.conftest import SECONDS, settle, still
from tests.synthetic import synthetic_splits, write_fer2013_csv

MB = 1_000_000  # as browsers count
PROMISED = {"FER2013": ("Dataset", 500, "fer2013.csv"), "video": ("Photo?source=Video", 200, "film.mp4")}


def hand_in(page, path):
    page.set_input_files("input[type=file]", path)


def make(path, size):
    """A file of a size that takes no room on the disk."""
    with path.open("wb") as file:
        file.truncate(size)
    return path


@pytest.mark.parametrize("what", PROMISED)
def test_a_file_of_the_promised_size_arrives(visit, tmp_path, what):
    address, most_mb, name = PROMISED[what]
    page = visit(address)
    if what == "FER2013":
        page.get_by_role("radio", name="Upload").click()
        settle(page)
    hand_in(page, make(tmp_path / name, most_mb * MB))
    said = page.get_by_test_id("stAlert").filter(has_text=name)  # what is wrong with its zeros: it was read
    said.wait_for()
    assert "MB" not in said.inner_text()


@pytest.mark.parametrize(("size", "is_refused"), [(25 * MB, False), (25 * MB + 1, True)])
def test_a_photo_that_is_too_large_is_refused_in_words(visit, tmp_path, size, is_refused):
    page = visit("Photo?source=Upload")
    hand_in(page, make(tmp_path / "large.jpg", size))
    if not is_refused:
        page.get_by_test_id("stAlert").filter(has_text="large.jpg").wait_for()
        return
    reason = page.get_by_text("File must be 25.0MB or smaller")
    reason.wait_for()
    assert still(reason)["width"] > 100, "it is there for screen readers alone"


def test_an_upload_is_deleted_with_its_page(visit, tmp_path):
    page = visit("Dataset")
    page.get_by_role("radio", name="Upload").click()
    settle(page)
    name = f"only-mine-{uuid.uuid4().hex[:8]}.csv"
    hand_in(page, write_fer2013_csv(tmp_path / name, synthetic_splits(6, 2, 2)))
    page.get_by_text(f"Images from {name}").wait_for()
    (kept,) = Path(tempfile.gettempdir()).glob(f"{UPLOADS_PREFIX}*/*/{name}")
    page.reload()
    page.get_by_text("Connect FER2013 to see its images").wait_for()
    end = time.monotonic() + SECONDS
    while kept.exists() and time.monotonic() < end:
        page.wait_for_timeout(200)
    assert not kept.exists()
