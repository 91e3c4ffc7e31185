"""What the tests of pages share."""

import pytest

from pages.parts import connect


@pytest.fixture(autouse=True)
def on_its_own(monkeypatch):
    """No test finds the copy of FER2013 that another one, or whoever runs them, has connected."""
    for name in ("FER2013_PATH", "FER_PUBLIC", "FER_DATA_ROOTS"):
        monkeypatch.delenv(name, raising=False)
    yield
    connect._remembered.clear()
