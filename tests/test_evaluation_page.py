"""The Evaluation page's parts: twins, how sure, one emotion, another run."""

import numpy as np
import pytest

from fer_core.comparison import compare
from fer_core.datasets.dataset import PRIVATE_TEST
from fer_core.metrics import Evaluation
from fer_core.rankings import coverage, rank
from fer_core.runs import load_run
from tests.finished_runs import write_run
from tests.test_pages import EVALUATION, charts_of, complaints, texts, visit


@pytest.fixture
def models(tmp_path, monkeypatch):
    monkeypatch.setenv("FER_MODELS", str(tmp_path))
    for seed, name in enumerate(("best", "other")):
        write_run(tmp_path, name, tflite=b"", seed=4 * seed)
    return tmp_path


def metrics_of(app):
    return {metric.label: metric.value for metric in app.metric}


def percent(share):
    return f"{100 * share:.1f} %"


def shorten(models, kept):
    """Take from the other run every PrivateTest face that is not to be kept."""
    run = load_run(models / "other")
    whole = run.evaluation(PRIVATE_TEST)
    arrays = {name: value[kept(whole)] for name, value in whole.arrays.items()}
    run.save_evaluations(Evaluation(split=PRIVATE_TEST, **arrays))


@pytest.mark.parametrize("part", ["In numbers", "How sure", "One emotion", "Another run"])
@pytest.mark.parametrize("twins", ["all", "without twins"])
def test_every_part_is_full_with_and_without_twins(models, part, twins):
    app = visit(EVALUATION, more=part, twins=twins)
    assert not complaints(app)
    assert app.segmented_control(key="more").value == part
    assert len(charts_of(app)) == {"In numbers": 2, "How sure": 4, "One emotion": 4, "Another run": 3}[part]
    assert ("without a twin" in texts(app, "markdown")) == (twins == "without twins")


def test_without_twins_everything_is_of_those_faces(models):
    app = visit(EVALUATION, twins="without twins")
    scores = load_run(models / "best").metrics[PRIVATE_TEST]["single"]
    shown = metrics_of(app)
    assert shown["Accuracy"] == percent(scores["twin_free"]["accuracy"])
    assert shown["With twins"] == percent(scores["all"]["accuracy"])
    assert shown["Macro-F1"] == percent(scores["twin_free"]["macro_f1"])
    assert list(app.dataframe[0].value["faces"]) == scores["twin_free"]["support"]


@pytest.mark.parametrize(("cells", "corner"), [("by row", 1), ("by column", 0), ("faces", None)])
def test_the_matrix_counts_or_shares_by_row_or_column(models, cells, corner):
    app = visit(EVALUATION, cells=cells)
    counts = np.array(load_run(models / "best").metrics[PRIVATE_TEST]["single"]["all"]["confusion"])
    share = f"{100 * counts[0, 0] / counts.sum(axis=corner)[0]:.0f}%" if corner is not None else counts[0, 0]
    assert charts_of(app)[0]["layout"]["annotations"][0]["text"] == f"<b>{share}</b>"


def test_the_table_has_intervals(models):
    table = visit(EVALUATION).dataframe[0].value
    for title in ("precision", "recall", "F1"):
        low, high = map(float, table[f"{title}, 95%"][0].split("–"))
        assert low < table[title][0] < high


def test_abstaining_is_read_out(models):
    app = visit(EVALUATION, more="How sure", surest="60")
    faces = load_run(models / "best").evaluation(PRIVATE_TEST)
    curve = coverage(faces.labels, faces.probabilities)
    point = curve.at(0.6)
    said = texts(app, "markdown")
    assert f"surest **60 %** ({curve.read[point]:,} faces)" in said
    assert f"right on **{percent(curve.accuracy[point])}**" in said
    app.slider(key="surest").set_value(100).run()
    assert metrics_of(app)["Accuracy"] in texts(app, "markdown")


def test_the_chosen_emotion_is_in_front(models):
    app = visit(EVALUATION, more="One emotion", emotion="fear")
    roc = charts_of(app)[2]
    assert roc["data"][-1]["name"] == "◆ fear"
    faces = load_run(models / "best").evaluation(PRIVATE_TEST)
    area = rank(faces.labels == 2, faces.probabilities[:, 2]).area
    assert app.dataframe[0].value["AUC"][2] == percent(area)


def test_two_runs_are_compared_on_the_same_faces(models):
    app = visit(EVALUATION, more="Another run", against="other")
    faces, others = (load_run(models / name).evaluation(PRIVATE_TEST) for name in ("best", "other"))
    result = compare(faces.labels, faces.probabilities, others.probabilities)
    assert result.is_real
    said = texts(app, "markdown")
    assert "**best** is right more often than **other**" in said
    assert "**The difference is real**" in said
    assert f"{100 * result.difference:+.1f} points" in said
    table = str(app.table[0].value)
    assert all(f"{count:,}" in table for count in vars(result).values())
    assert "PrivateTest must choose nothing" in texts(app, "caption")


def test_a_run_and_its_copy_do_not_differ(models):
    same = load_run(models / "best")
    load_run(models / "other").save_evaluations(same.evaluation(PRIVATE_TEST))
    app = visit(EVALUATION, run="best", more="Another run")
    assert not complaints(app)
    assert "**Neither is better**: each alone is right on 0 faces." in texts(app, "markdown")


def test_a_small_difference_may_be_chance(models):
    faces = load_run(models / "best").evaluation(PRIVATE_TEST)
    turned = faces.probabilities.copy()
    right = np.flatnonzero(turned.argmax(axis=1) == faces.labels)[:3]
    turned[right] = np.roll(turned[right], 1, axis=1)
    arrays = vars(faces) | {"probabilities": turned}
    load_run(models / "other").save_evaluations(Evaluation(**arrays))
    app = visit(EVALUATION, run="best", more="Another run")
    assert "**It may be chance**" in texts(app, "markdown")
    assert "p = 0.250" in texts(app, "markdown")
    assert "exact binomial" in texts(app, "caption")


@pytest.mark.parametrize("twins", ["all", "without twins"])
def test_runs_of_other_faces_are_not_compared(models, twins):
    shorten(models, lambda whole: np.arange(len(whole.labels)) < 3000)
    app = visit(EVALUATION, run="best", more="Another run", twins=twins)
    assert not complaints(app)
    assert "best and other cannot be compared" in texts(app, "info")


def test_one_run_alone_has_nobody_to_be_compared_with(models):
    (models / "other" / "metrics.json").unlink()
    app = visit(EVALUATION, more="Another run")
    assert "only one finished run" in texts(app, "info")
