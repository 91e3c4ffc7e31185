"""FER_PUBLIC=1: no page reads the server's disk, and a visit has limits."""

import time
from pathlib import Path

import pytest
from PIL import Image

from pages.parts import quota
from pages.parts.quota import Limits, RateError, Visit
from tests.finished_runs import write_run
from tests.pages.test_pages import PHOTO, complaints, texts, visit
from tests.picture_files import encode
from tests.tiny_networks import SAMPLES

ROOT = Path(__file__).parents[2]
PAGES = [f"pages/{path.name}" for path in sorted((ROOT / "pages").glob("*.py"))]
# Where a page once asked for a path, or downloads something to the server.
ADDRESSES = [(page, {}) for page in ["streamlit_app.py", *PAGES]]
ADDRESSES += [("pages/3_Dataset.py", {"set": "CK+"}), (PHOTO, {"source": "Upload"})]
# What a visitor may press or write on any page; a new one is thought about before it stands here.
CLOSED = ("kaggle", "path", "folder", "train", "connect", "export", "delete")


@pytest.fixture(autouse=True)
def public(monkeypatch):
    monkeypatch.setenv("FER_PUBLIC", "1")


@pytest.fixture
def runs(models):
    """A folder of one run."""
    write_run(models, "best", tflite=(ROOT / "models" / "small" / "model.tflite").read_bytes())
    return models


@pytest.fixture
def limit(monkeypatch):
    """``limit(files=2)``: other limits than the server's."""
    return lambda **limits: monkeypatch.setattr(quota, "LIMITS", Limits(**limits))


def photo(number, size=(60, 60)):
    """A photo of nobody, unlike the others."""
    return encode(
        Image.new("RGB", size, (number, time.monotonic_ns() % 256, time.monotonic_ns() // 256 % 256))
    )


def hand_in(app, count):
    for number in range(count):
        app.file_uploader[0].upload(f"{number}.png", photo(number))
    return app


@pytest.mark.parametrize(("page", "query"), ADDRESSES)
def test_no_page_asks_for_what_is_on_the_server(runs, page, query):
    app = visit(page, **query)
    assert not complaints(app)
    assert not app.text_input
    assert not app.text_area
    asked = [each.label.lower() for each in app.button]
    asked += [option.lower() for each in app.segmented_control for option in each.options]
    assert [word for word in CLOSED for label in asked if word in label.split()] == []


def test_a_copy_that_was_downloaded_once_is_not_shown_to_strangers(monkeypatch, tmp_path):
    from pages.parts import connect

    (tmp_path / "fer2013.csv").touch()
    monkeypatch.setattr(connect, "FETCHED", tmp_path)
    assert connect._source() is None
    monkeypatch.setenv("FER_PUBLIC", "0")
    assert connect._source() == tmp_path / "fer2013.csv"


def test_a_broken_run_is_no_business_of_strangers(runs, monkeypatch):
    broken = runs / "broken"
    broken.mkdir()
    (broken / "recipe.json").write_text("{")
    assert "broken" not in texts(visit(PHOTO), "warning")
    monkeypatch.setenv("FER_PUBLIC", "0")
    assert "broken" in texts(visit(PHOTO), "warning")


def test_a_visit_takes_so_many_files(runs, limit):
    limit(files=2)
    app = visit(PHOTO, source="Upload")
    hand_in(app, 4).run()
    assert "This server takes at most 2 files per visit; the others are left out." in texts(app, "warning")
    assert len(app.session_state[quota.VISIT].files) == 2
    app.run()  # what was taken is not taken again
    assert len(app.session_state[quota.VISIT].files) == 2


def test_a_visit_takes_so_many_bytes(runs, limit):
    limit(megabytes=0)
    app = visit(PHOTO, source="Upload")
    app.file_uploader[0].upload("one.png", photo(1)).run()
    assert "at most 0 MB per visit" in texts(app, "warning")
    assert not app.session_state[quota.VISIT].files


def test_a_photo_has_so_many_pixels(runs, limit):
    limit(megapixels=1)
    app = visit(PHOTO, source="Upload")
    app.file_uploader[0].upload("wide.png", photo(2, (2000, 501))).run()
    assert "wide.png is too large for this server" in texts(app, "error")
    assert "Expected at most 1 megapixels. Received: 2000 x 501." in texts(app, "error")


def test_pictures_a_minute_are_bounded_and_what_was_read_stays(runs, limit):
    limit(pictures=1)
    app = visit(PHOTO, source="Upload")
    app.session_state[quota.VISIT] = Visit(free=1.5)
    hand_in(app, 3).run()
    (said,) = [each.value for each in app.warning if "a minute" in each.value]
    assert said.startswith("This server analyses at most 1 pictures a minute for each visitor. Try again in ")
    assert "No face was detected in 0.png" in texts(app, "info")


def test_the_bucket_fills_again(monkeypatch, limit):
    limit(pictures=60)
    now = [100.0]
    monkeypatch.setattr(quota.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(quota.time, "sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))
    used = Visit(free=2, since=now[0])
    monkeypatch.setattr(quota, "_visit", lambda: used)
    quota.count_picture()
    quota.count_picture()
    with pytest.raises(RateError, match="Try again in 1 s"):
        quota.count_picture()
    quota.await_picture()  # a film's next frame
    assert now[0] == pytest.approx(101)
    now[0] += 3600
    for _ in range(60):
        quota.count_picture()
    with pytest.raises(RateError):
        quota.count_picture()


def test_on_ones_own_computer_nothing_is_counted(monkeypatch, runs, limit):
    monkeypatch.setenv("FER_PUBLIC", "0")
    limit(files=0, megabytes=0, megapixels=0, pictures=0)
    app = visit(PHOTO, source="Upload")
    app.file_uploader[0].upload("two-faces.jpg", (SAMPLES / "two-faces.jpg").read_bytes()).run()
    assert not complaints(app)
    assert quota.VISIT not in app.session_state
