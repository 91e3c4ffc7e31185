"""Photos that come under one name."""

import io

import pandas as pd
import pytest

from tests.pages.test_pages import PHOTO, complaints, picture, visit
from tests.pages.test_photo import NAMES, predictions, samples, saved, table

__all__ = ["saved"]  # a fixture
pytestmark = pytest.mark.usefixtures("network_run")


def test_photos_of_one_name_are_told_apart(saved):
    """An iPhone hands in every photo as image.jpg."""
    app = visit(PHOTO, source="Upload")
    for content in samples().values():
        app.file_uploader[0].upload("image.jpg", content)
    app.file_uploader[0].upload("image (2).jpg", picture("PNG")).run()
    assert not complaints(app)
    names = ["image.jpg", "image (3).jpg", "image (4).jpg"]
    assert [(name, number) for name, number in zip(table(app)["path"], table(app)["face"], strict=True)] == [
        (names[NAMES.index(name)], number) for name, number, _ in predictions()
    ]
    written = list(pd.read_csv(io.StringIO(saved["faces.csv"]))["path"].unique())
    assert written == [*names, "image (2).jpg"]
    shown = app.selectbox(key="shown").options
    assert [name.rpartition(" (")[0] for name in shown] == [*names, "image (2).jpg"]
