"""The Evaluation page's parts: duplicates, calibration, ROC and PR, comparing runs."""

import numpy as np
import pytest

from fer_core.datasets.dataset import PRIVATE_TEST
from fer_core.evaluation.metrics import Evaluation
from fer_core.evaluation.roc_pr import compute_curves, predict_selectively
from fer_core.evaluation.significance import compare
from fer_core.experiments.runs import load_run
from tests.finished_runs import write_run
from tests.pages.test_pages import EVALUATION, charts_of, complaints, texts, visit


@pytest.fixture
def models(models):
    for seed, name in enumerate(("best", "other")):
        write_run(models, name, tflite=b"", seed=4 * seed)
    return models


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


@pytest.mark.parametrize("part", ["Table", "Calibration", "ROC and PR", "Compare runs"])
@pytest.mark.parametrize("duplicates", ["all images", "without duplicates"])
def test_every_part_is_full_with_and_without_duplicates(models, part, duplicates):
    app = visit(EVALUATION, more=part, duplicates=duplicates)
    assert not complaints(app)
    assert app.segmented_control(key="more").value == part
    assert len(charts_of(app)) == {"Table": 2, "Calibration": 4, "ROC and PR": 4, "Compare runs": 3}[part]
    assert ("images without duplicates" in texts(app, "markdown")) == (duplicates == "without duplicates")


def test_without_duplicates_everything_is_of_those_images(models):
    app = visit(EVALUATION, duplicates="without duplicates")
    scores = load_run(models / "best").metrics[PRIVATE_TEST]["single"]
    shown = metrics_of(app)
    assert shown["Accuracy"] == percent(scores["twin_free"]["accuracy"])
    assert shown["All images"] == percent(scores["all"]["accuracy"])
    assert shown["Macro-F1"] == percent(scores["twin_free"]["macro_f1"])
    assert list(app.dataframe[0].value["images"]) == scores["twin_free"]["support"]


@pytest.mark.parametrize(("cells", "corner"), [("by row", 1), ("by column", 0), ("counts", None)])
def test_the_matrix_counts_or_shares_by_row_or_column(models, cells, corner):
    app = visit(EVALUATION, cells=cells)
    counts = np.array(load_run(models / "best").metrics[PRIVATE_TEST]["single"]["all"]["confusion"])
    share = f"{100 * counts[0, 0] / counts.sum(axis=corner)[0]:.0f}%" if corner is not None else counts[0, 0]
    assert charts_of(app)[0]["layout"]["annotations"][0]["text"] == f"<b>{share}</b>"


def test_the_table_has_intervals(models):
    table = visit(EVALUATION).dataframe[0].value
    for title in ("precision", "recall", "F1"):
        low, high = map(float, table[f"{title}, 95% CI"][0].split("–"))
        assert low < table[title][0] < high


def test_selective_prediction_is_read_out(models):
    app = visit(EVALUATION, more="Calibration", coverage="60")
    faces = load_run(models / "best").evaluation(PRIVATE_TEST)
    curve = predict_selectively(faces.labels, faces.probabilities)
    point = curve.at(0.6)
    said = texts(app, "markdown")
    assert f"highest confidence ({curve.answered[point]:,} images)" in said
    assert f"accuracy is **{percent(curve.accuracy[point])}**" in said
    app.slider(key="coverage").set_value(100).run()
    assert metrics_of(app)["Accuracy"] in texts(app, "markdown")


def test_the_chosen_emotion_is_in_front(models):
    app = visit(EVALUATION, more="ROC and PR", emotion="fear")
    roc = charts_of(app)[2]
    assert roc["data"][-1]["name"] == "◆ fear"
    faces = load_run(models / "best").evaluation(PRIVATE_TEST)
    area = compute_curves(faces.labels, faces.probabilities)[2].roc_auc
    assert app.dataframe[0].value["ROC AUC"][2] == percent(area)


def test_two_runs_are_compared_on_the_same_faces(models):
    app = visit(EVALUATION, more="Compare runs", against="other")
    faces, others = (load_run(models / name).evaluation(PRIVATE_TEST) for name in ("best", "other"))
    result = compare(faces.labels, faces.probabilities, others.probabilities)
    assert result.is_significant
    said = texts(app, "markdown")
    assert "**best** has a higher accuracy than **other**: best minus other is **+" in said
    assert "**The difference is significant**" in said
    assert f"{100 * result.difference:+.1f} points" in said
    table = str(app.table[0].value)
    assert all(f"{count:,}" in table for count in vars(result).values())
    assert "PrivateTest must select nothing" in texts(app, "caption")


def test_the_sign_of_a_difference_agrees_with_its_sentence(models):
    app = visit(EVALUATION, run="other", more="Compare runs", against="best")
    said = texts(app, "markdown")
    assert "**best** has a higher accuracy than **other**: best minus other is **+" in said
    assert "points (−" not in said


def test_a_run_and_its_copy_do_not_differ(models):
    same = load_run(models / "best")
    load_run(models / "other").save_evaluations(same.evaluation(PRIVATE_TEST))
    app = visit(EVALUATION, run="best", more="Compare runs")
    assert not complaints(app)
    assert "**Both are equally accurate**: each alone is correct on 0 images." in texts(app, "markdown")


def test_a_small_difference_may_be_chance(models):
    faces = load_run(models / "best").evaluation(PRIVATE_TEST)
    turned = faces.probabilities.copy()
    right = np.flatnonzero(turned.argmax(axis=1) == faces.labels)[:3]
    turned[right] = np.roll(turned[right], 1, axis=1)
    arrays = vars(faces) | {"probabilities": turned}
    load_run(models / "other").save_evaluations(Evaluation(**arrays))
    app = visit(EVALUATION, run="best", more="Compare runs")
    assert "**The difference is not significant**" in texts(app, "markdown")
    assert "p = 0.250" in texts(app, "markdown")
    assert "exact binomial" in texts(app, "caption")


@pytest.mark.parametrize("duplicates", ["all images", "without duplicates"])
def test_runs_of_other_faces_are_not_compared(models, duplicates):
    shorten(models, lambda whole: np.arange(len(whole.labels)) < 3000)
    app = visit(EVALUATION, run="best", more="Compare runs", duplicates=duplicates)
    assert not complaints(app)
    assert "best and other cannot be compared" in texts(app, "info")


def test_one_run_alone_has_nobody_to_be_compared_with(models):
    (models / "other" / "metrics.json").unlink()
    app = visit(EVALUATION, more="Compare runs")
    assert "only one finished run" in texts(app, "info")
