"""The About page: what it must say with and without a run, and that its card is the run's."""

import pytest
import streamlit as st

import fer_core
from fer_core import paths
from fer_core.experiments.model_card import RECIPE, USE, build_card
from fer_core.experiments.runs import load_run
from tests.finished_runs import write_run
from tests.pages.test_pages import complaints, texts, visit

ABOUT = "pages/9_About.py"


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("FER_MODELS", str(tmp_path))
    return write_run(tmp_path, "best", tflite=b"")


def test_without_a_run_everything_but_the_card_is_there(tmp_path, monkeypatch):
    monkeypatch.setenv("FER_MODELS", str(tmp_path))
    app = visit(ABOUT)
    assert not complaints(app)
    said = texts(app)
    for words in (
        "An expression is not an emotion",
        "Article 5(1)(f)",
        "identify",
        "Nothing is stored or sent",
        "MIT",
    ):
        assert words in said
    for words in ("FER2013", "FER+", "YuNet", "Lonkar", "1307.0414", "1608.01041"):
        assert words in said
    assert not app.get("download_button")


def test_the_card_is_that_of_the_chosen_run(run):
    other = write_run(run.path.parent, "other", tflite=b"", seed=1)
    app = visit(ABOUT, run="other")
    assert not complaints(app)
    assert "Model card of other" in texts(app, "subheader")
    sections = {section.heading: section for section in build_card(load_run(other.path))}
    results, classes = (table.value.to_dict("list") for table in app.table[:2])
    assert results == sections["Results"].table
    assert list(classes.values()) == list(
        sections["Per-class metrics (PrivateTest, single view)"].table.values()
    )
    assert max(len(section.table) for section in sections.values()) <= 5  # columns that a phone shows
    said = texts(app, "markdown")
    for heading, section in sections.items():
        assert (f"##### {heading}" in said) == (heading not in ("other", USE, RECIPE))
        assert heading in ("other", USE) or section.text in said


def test_the_downloads_are_the_whole_card_and_the_report(run, monkeypatch):
    saved = {}
    monkeypatch.setattr(st, "download_button", lambda label, data, name, *_, **__: saved.update({name: data}))
    visit(ABOUT)
    assert saved["best.md"] == (run.path / "README.md").read_text()
    assert "<h1>best</h1>" in saved["best.html"]()
    assert len(saved) == 2


def test_it_says_how_to_cite(run):
    cited = texts(visit(ABOUT), "code")
    assert f"version = {{{fer_core.__version__}}}" in cited
    written = (paths.CHECKOUT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"version: {fer_core.__version__}\n" in written


def test_where_the_run_is_weakest_is_said_with_its_numbers(run):
    recall = run.metrics["PrivateTest"]["single"]["all"]["recall"]
    app = visit(ABOUT)
    said = texts(app, "markdown")
    assert f"recall is {max(recall):.0%}".replace("%", " %") in said
    assert f"{min(recall):.0%} for".replace("%", " %") in said
    assert "It is wrong often" in texts(app, "markdown")


def test_the_versions_are_those_that_run(run):
    assert st.__version__ in str(visit(ABOUT).table[-1].value)
