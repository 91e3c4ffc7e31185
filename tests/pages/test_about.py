"""The About page: what it must say with and without a run, and that its card is the run's."""

import pytest

from fer_core.experiments.runs import load_run
from tests.finished_runs import write_run
from tests.pages.test_pages import complaints, texts, visit

ABOUT = "pages/8_About.py"


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("FER_MODELS", str(tmp_path))
    return write_run(tmp_path, "best", tflite=b"")


def test_without_a_run_everything_but_the_card_is_there(tmp_path, monkeypatch):
    monkeypatch.setenv("FER_MODELS", str(tmp_path))
    app = visit(ABOUT)
    assert not complaints(app)
    said = texts(app)
    for words in ("An expression is not an emotion", "Article 5(1)(f)", "identify", "sent nowhere", "MIT"):
        assert words in said
    for words in ("FER2013", "FER+", "YuNet", "Lonkar", "1307.0414", "1608.01041"):
        assert words in said
    assert not app.get("download_button")


def test_the_card_is_that_of_the_chosen_run(run):
    other = write_run(run.path.parent, "other", tflite=b"", seed=1)
    app = visit(ABOUT, run="other")
    assert not complaints(app)
    assert "The model card of other" in texts(app, "subheader")
    card = (load_run(other.path).path / "README.md").read_text().split("## Recipe")[0]
    lines = [line for line in card.splitlines() if line.startswith("| P")]
    shown = [" | ".join(map(str, row)) for row in app.table[0].value.itertuples(index=False)]
    assert [line.strip("| ") for line in lines] == shown
    assert len(app.table[1].value) == 7  # a line an emotion
    assert "##### Where it comes from" in texts(app, "markdown")
    assert "\n## " not in texts(app, "markdown")
    assert "It is wrong often" in texts(app, "markdown")


def test_the_versions_are_those_that_run(run):
    import streamlit

    assert streamlit.__version__ in str(visit(ABOUT).table[-1].value)
