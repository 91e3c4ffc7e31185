"""The Evaluation page: the runs table, comparing runs, duplicates, calibration, ROC and PR."""

import numpy as np
import pytest

from fer_core.datasets.dataset import PRIVATE_TEST, PUBLIC_TEST
from fer_core.evaluation.metrics import Evaluation
from fer_core.evaluation.robustness import Robustness
from fer_core.evaluation.roc_pr import compute_curves, predict_selectively
from fer_core.evaluation.significance import compare, compare_pairs
from fer_core.experiments.runs import load_run
from tests.finished_runs import write_baseline, write_run
from tests.pages.test_pages import EVALUATION, address, charts_of, complaints, texts, visit


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


@pytest.mark.parametrize("part", ["Table", "Calibration", "ROC and PR"])
@pytest.mark.parametrize("duplicates", ["all images", "without duplicates"])
def test_every_part_is_full_with_and_without_duplicates(models, part, duplicates):
    app = visit(EVALUATION, more=part, duplicates=duplicates)
    assert not complaints(app)
    assert app.segmented_control(key="more").value == part
    assert len(charts_of(app)) == {"Table": 2, "Calibration": 4, "ROC and PR": 4}[part]
    assert ("images without duplicates" in texts(app, "markdown")) == (duplicates == "without duplicates")


def test_without_duplicates_everything_is_of_those_images(models):
    app = visit(EVALUATION, duplicates="without duplicates")
    scores = load_run(models / "best").metrics[PRIVATE_TEST]["single"]
    shown = metrics_of(app)
    assert shown["Accuracy"] == percent(scores["twin_free"]["accuracy"])
    assert shown["All images"] == percent(scores["all"]["accuracy"])
    assert shown["Macro-F1"] == percent(scores["twin_free"]["macro_f1"])
    assert list(app.dataframe[1].value["images"]) == scores["twin_free"]["support"]


@pytest.mark.parametrize(("cells", "axis"), [("by row", 1), ("by column", 0)])
def test_the_matrix_has_shares_by_row_or_column(models, cells, axis):
    app = visit(EVALUATION, cells=cells)
    counts = np.array(load_run(models / "best").metrics[PRIVATE_TEST]["single"]["all"]["confusion"])
    share = f"{counts[0, 0] / counts.sum(axis=axis)[0]:.0%}"
    assert f"<b>{share}</b>" in charts_of(app)[0]["layout"]["annotations"][0]["text"]


def test_the_table_has_intervals(models):
    table = visit(EVALUATION).dataframe[1].value
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
    assert app.dataframe[1].value["ROC AUC"][2] == percent(area)


def test_the_runs_table_has_every_run_with_its_numbers(models):
    write_baseline(models, "hog")
    app = visit(EVALUATION, split="PublicTest", view="flip", duplicates="without duplicates")
    table = app.dataframe[0].value
    assert sorted(table["run"]) == ["best", "hog", "other"]
    scores = load_run(models / "best").metrics["PublicTest"]["flip"]["twin_free"]
    row = table[table["run"] == "best"].iloc[0]
    assert row["accuracy"] == row["without duplicates"] == pytest.approx(100 * scores["accuracy"])
    assert row["recall fear"] == pytest.approx(100 * scores["recall"][2])
    assert row["parameters"] == 4_321_000
    assert row["training data"] == "FER2013"
    assert not complaints(app)


def test_what_is_compared_stands_in_the_address(models):
    app = visit(EVALUATION)
    app.multiselect(key="compare").set_value(["other", "best"]).run()
    assert address(app)["compare"] == ["other", "best"]
    assert [each.value for each in app.header] == ["Runs", "Comparison", "Run best"]
    app = visit(EVALUATION, compare=["best", "nobody"])
    assert app.multiselect(key="compare").value == ["best"]
    assert "Comparison" not in [each.value for each in app.header]


def compared(*names, **query):
    return visit(EVALUATION, compare=names or ("best", "other"), **query)


def test_two_runs_are_compared_on_the_same_images(models):
    app = compared()
    faces, others = (load_run(models / name).evaluation(PRIVATE_TEST) for name in ("best", "other"))
    result = compare(faces.labels, faces.probabilities, others.probabilities)
    assert result.is_significant
    said = texts(app, "markdown")
    assert "**best** has a higher accuracy than **other**: best minus other is **+" in said
    assert "**The difference is significant**" in said
    pairs = app.dataframe[1].value
    assert f"{100 * result.difference:+.1f} points" in pairs["first minus second, 95% CI"][0]
    assert pairs["only first correct"][0] == result.only_first
    assert pairs["only second correct"][0] == result.only_second
    assert "PrivateTest must select nothing" in texts(app, "caption")


def test_the_sign_of_a_difference_agrees_with_its_sentence(models):
    said = texts(compared("other", "best"), "markdown")
    assert "**best** has a higher accuracy than **other**: best minus other is **+" in said
    assert "points (−" not in said


def test_three_runs_are_compared_in_pairs_with_holms_correction(models):
    write_run(models, "third", tflite=b"", seed=5)
    app = compared("best", "other", "third")
    runs = {name: load_run(models / name).evaluation(PRIVATE_TEST) for name in ("best", "other", "third")}
    pairs = compare_pairs(runs["best"].labels, {name: each.probabilities for name, each in runs.items()})
    table = app.dataframe[1].value
    assert list(zip(table["first"], table["second"], strict=True)) == [(p.first, p.second) for p in pairs]
    assert list(table["significant"]) == ["yes" if pair.is_significant else "no" for pair in pairs]
    differing = sum(pair.is_significant for pair in pairs)
    assert f"**{differing} of 3** pairs of runs differ significantly" in texts(app, "markdown")
    assert "Holm 1979" in texts(app, "caption")
    app.selectbox(key="second").set_value("third").run()
    note = charts_of(app)[2]["layout"]["annotations"][0]["text"]
    shares = [np.array(each.metrics[PRIVATE_TEST]["single"]["all"]["recall"]) for each in
              (load_run(models / "best"), load_run(models / "third"))]  # fmt: skip
    assert note == f"<b>{100 * (shares[0] - shares[1])[0]:+.0f}</b>"


@pytest.mark.parametrize("curve", ["Coverage", "Reliability", "ROC", "Precision-recall"])
def test_each_kind_of_curve_has_a_line_a_run(models, curve):
    app = compared(curve=curve, **{"class": "fear"})
    assert not complaints(app)
    names = [trace["name"] for trace in charts_of(app)[1]["data"]]
    assert names[-2:] == ["best", "other"]


def robust(models, name, **correct):
    found = Robustness(PUBLIC_TEST, 100, 70, {key: (value,) * 5 for key, value in correct.items()},
                       dict.fromkeys(correct, ("1", "2", "3", "4", "5")))  # fmt: skip
    load_run(models / name).save_robustness(found, {})
    return found


def test_robustness_stands_in_the_table_with_the_run_and_between_runs(models):
    app = visit(EVALUATION, more="Robustness", compare=["best", "other"])
    assert "fer robustness best --data PATH" in texts(app, "code")
    found = robust(models, "best", rotation=60, blur=30)
    app = visit(EVALUATION, more="Robustness", compare=["best", "other"])
    assert not complaints(app)
    runs, _, between, alone = (each.value for each in app.dataframe)
    assert runs["robustness"][0] == pytest.approx(100 * found.mean) == pytest.approx(45)
    assert list(between["best"]) == pytest.approx([70, 60, 30, 45])
    assert "Not measured: other." in texts(app, "caption")
    assert list(alone["severity 5"]) == pytest.approx([60, 30])
    assert "Mean accuracy on degraded images: **45.0 %**" in texts(app, "markdown")


def test_a_run_and_its_copy_do_not_differ(models):
    same = load_run(models / "best")
    load_run(models / "other").save_evaluations(same.evaluation(PRIVATE_TEST))
    app = compared()
    assert not complaints(app)
    assert "**Both are equally accurate**: each alone is correct on 0 images." in texts(app, "markdown")


def test_a_small_difference_may_be_chance(models):
    faces = load_run(models / "best").evaluation(PRIVATE_TEST)
    turned = faces.probabilities.copy()
    right = np.flatnonzero(turned.argmax(axis=1) == faces.labels)[:3]
    turned[right] = np.roll(turned[right], 1, axis=1)
    arrays = vars(faces) | {"probabilities": turned}
    load_run(models / "other").save_evaluations(Evaluation(**arrays))
    app = compared()
    assert "**The difference is not significant**" in texts(app, "markdown")
    assert "p = 0.250" in texts(app, "markdown")
    assert "exact binomial" in texts(app, "caption")


@pytest.mark.parametrize("duplicates", ["all images", "without duplicates"])
def test_runs_of_other_images_are_not_compared(models, duplicates):
    shorten(models, lambda whole: np.arange(len(whole.labels)) < 3000)
    app = compared(duplicates=duplicates)
    assert not complaints(app)
    assert "other was evaluated on other PrivateTest images than best" in texts(app, "info")
