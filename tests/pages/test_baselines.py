"""A run without a network on the pages: shown where its answers suffice, never where one must predict."""

import pytest

from pages.parts.frame import HOME
from tests.finished_runs import write_baseline, write_run
from tests.pages.test_errors import ERRORS, FIRST, answer, connected, nothing_connected, splits  # noqa: F401
from tests.pages.test_pages import COMMAND, EVALUATION, PHOTO, TRAINING, charts_of, complaints, texts, visit
from tests.tiny_networks import tiny_tflite

ABOUT, LIVE = "pages/9_About.py", "pages/2_Live.py"


@pytest.fixture
def both(tmp_path):
    """A baseline that is better than the network beside it."""
    write_run(tmp_path / "models", "network", tflite=tiny_tflite("pooled").read_bytes(), seed=4)
    return write_baseline(tmp_path / "models", "classic", seed=0)


@pytest.mark.parametrize("file", [EVALUATION, ERRORS, ABOUT])
def test_pages_that_need_only_answers_show_it(both, file):
    app = visit(file, run="classic")
    assert not complaints(app)
    assert app.selectbox(key="run").options == ["classic", "network"]
    assert app.selectbox(key="run").value == "classic"


@pytest.mark.parametrize("file", [PHOTO, LIVE, TRAINING])
def test_pages_that_need_a_network_do_not_offer_it_and_say_why(both, file):
    app = visit(file, run="classic")
    assert not complaints(app)
    assert "'classic' is a baseline: it has no network" in texts(app, "info")
    assert app.selectbox(key="run").options == ["network"]


def test_home_shows_the_network_although_the_baseline_is_better(both):
    app = visit(HOME.file)
    assert not complaints(app)
    assert "'network'" in app.metric[0].help
    drawn = [trace for chart in charts_of(app) for trace in chart["data"]]
    assert any("This network" in str(name) for trace in drawn for name in trace.get("y", ()))


def test_with_a_baseline_alone_pages_say_how_to_train_a_network(tmp_path):
    write_baseline(tmp_path / "models", "classic")
    for file in (HOME.file, PHOTO, TRAINING):
        app = visit(file)
        assert not complaints(app)
        assert COMMAND in texts(app, "code")
    assert COMMAND not in texts(visit(EVALUATION))


def test_about_shows_its_recipe_too(both):
    tables = str([table.value for table in visit(ABOUT, run="classic").table])
    assert "logistic" in tables


def test_a_face_is_opened_without_a_map_of_where_it_looked(both, splits, connected):  # noqa: F811
    both.save_evaluations(*(answer(splits[split]) for split in ("PublicTest", "PrivateTest")))
    app = visit(ERRORS, run="classic", face=str(FIRST))
    assert not complaints(app)
    assert "there is no saliency map" in texts(app, "caption")
