"""FER2013 from Kaggle, with a kagglehub that needs no network."""

import sys
from types import SimpleNamespace

import pytest

from fer_core import datasets
from fer_core.datasets import kaggle
from fer_core.errors import DataError, MissingExtraError


def fake_kagglehub(monkeypatch, download) -> None:
    monkeypatch.setitem(sys.modules, "kagglehub", SimpleNamespace(dataset_download=download))


def test_fetching_copies_the_csv_once(tmp_path, monkeypatch):
    (tmp_path / "hub" / "versions").mkdir(parents=True)
    (tmp_path / "hub" / "versions" / "fer2013.csv").write_text("downloaded")
    handles = []
    fake_kagglehub(monkeypatch, lambda handle: handles.append(handle) or str(tmp_path / "hub"))
    for _ in range(2):
        path = datasets.fetch_fer2013(tmp_path / "data" / "raw")
    assert path == tmp_path / "data" / "raw" / "fer2013.csv"
    assert path.read_text() == "downloaded"
    assert [entry.name for entry in path.parent.iterdir()] == ["fer2013.csv"]
    assert handles == [kaggle.HANDLE]


def test_fetching_without_kagglehub_names_the_command(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "kagglehub", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'fer-core\[kaggle\]'"):
        datasets.fetch_fer2013(tmp_path)


def test_a_failed_download_says_what_to_do_by_hand(tmp_path, monkeypatch):
    def fail(handle):
        raise ConnectionError("no route to host\nand a long story")

    fake_kagglehub(monkeypatch, fail)
    message = r"https://www\.kaggle\.com/datasets/.* Received: ConnectionError, no route to host\.$"
    with pytest.raises(DataError, match=message):
        datasets.fetch_fer2013(tmp_path)


def test_a_download_without_the_csv_is_refused(tmp_path, monkeypatch):
    (tmp_path / "hub").mkdir()
    fake_kagglehub(monkeypatch, lambda handle: str(tmp_path / "hub"))
    with pytest.raises(DataError, match=r"holds no fer2013\.csv: .* Received: an empty folder\."):
        datasets.fetch_fer2013(tmp_path / "data")
    (tmp_path / "hub" / "fer2013.csv").touch()
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match=r"must be writable"):
        datasets.fetch_fer2013(tmp_path / "file")
