"""The Studies page: with nothing stored, with a part of a study, and with all of it."""

import pytest

from fer_core.experiments import runs
from fer_core.experiments.runs import Run
from fer_core.experiments.studies import STUDIES, budget_folder, load_study
from tests.finished_runs import write_run
from tests.pages.test_pages import charts_of, complaints, texts, visit

pytestmark = pytest.mark.usefixtures("models")

STUDIES_PAGE = "pages/7_Studies.py"


def store(study, *names, epochs=5):
    """Stored variants with likely numbers, each worse than the one before."""
    for seed, name in enumerate(names):
        run = write_run(budget_folder(study, epochs), name, tflite=b"", seed=4 * seed, epochs=epochs)
        for file in (runs.KERAS, runs.TFLITE, runs.CARD):
            (run.path / file).unlink()


def variants(app):
    return [name.split("**")[1] for name in app.table[0].value["variant"]]


@pytest.mark.parametrize("study", STUDIES)
def test_a_study_that_was_not_run_says_how(study):
    app = visit(STUDIES_PAGE, study=study)
    assert not complaints(app)
    assert app.segmented_control(key="study").value == study
    assert f"python -m fer_core study {study} --data PATH" in texts(app, "code")
    assert load_study(study).question in texts(app, "subheader")
    assert not app.table
    said = texts(app, "markdown")
    assert all(f"**{variant.name}**: {variant.what}" in said for variant in load_study(study).variants)
    assert all(claim.text in said for claim in load_study(study).claims)


def test_a_whole_study_shows_verdicts_table_and_curves():
    store("augmentation", "augmented", "plain")
    app = visit(STUDIES_PAGE, study="augmentation")
    assert not complaints(app)
    said = texts(app, "markdown")
    assert "Augmentation raises accuracy. Accuracy, augmented minus plain: +" in said
    assert "confirmed here" in said
    table = app.table[0].value
    assert variants(app) == ["augmented", "plain"]
    assert table["against augmented"][0] == "–"
    assert table["against augmented"][1].startswith("\u2212")
    score = Run(budget_folder("augmentation", 5) / "plain").metrics["PrivateTest"]["single"]["all"]
    assert table["accuracy (95% CI)"][1].startswith(f"{100 * score['accuracy']:.2f} % (")
    assert len(charts_of(app)) == 2
    assert {"augmented", "plain"} <= {trace["name"] for trace in charts_of(app)[1]["data"]}


def test_what_something_costs_is_told_as_a_loss():
    store("class-weights", "unweighted", "weighted")  # the first scores higher
    app = visit(STUDIES_PAGE, study="class-weights")
    assert not complaints(app)
    said = texts(app, "markdown")
    assert "Class weights cost accuracy. Accuracy, weighted minus unweighted: \u2212" in said
    assert "\u22120.0 points" not in said
    rows = charts_of(app)[0]["layout"]["yaxis"]["ticktext"]
    assert rows[-1] == "accuracy,<br>weighted minus unweighted"
    assert charts_of(app)[0]["data"][2]["x"][0] < 0


def test_a_part_of_a_study_shows_what_is_there_and_what_is_not():
    store("optimizers", "nadam", "adam")
    app = visit(STUDIES_PAGE)
    assert not complaints(app)
    said = texts(app, "markdown")
    assert "NAdam beats Adam. Accuracy, nadam minus adam: " in said
    assert "Not yet run: it takes the variants nadam and sgd." in said
    assert variants(app) == ["nadam", "adam"]


def test_the_longest_budget_is_shown_and_another_can_be_picked():
    store("splits", "official", "random", epochs=12)
    store("splits", "official", epochs=3)
    app = visit(STUDIES_PAGE, study="splits")
    assert not complaints(app)
    assert "after 12 epochs" in texts(app, "caption")
    assert variants(app) == ["official", "random"]
    app.segmented_control(key="epochs").set_value(3).run()
    assert not complaints(app)
    assert "after 3 epochs" in texts(app, "caption")
    assert variants(app) == ["official"]


def test_results_of_variants_that_the_study_no_longer_has_are_passed_over():
    store("splits", "removed")
    app = visit(STUDIES_PAGE, study="splits")
    assert not complaints(app)
    assert "python -m fer_core study splits --data PATH" in texts(app, "code")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("metrics.json", "metrics.json: PublicTest: field required"),
        ("private.npz", "private.npz does not hold the predictions"),
    ],
)
def test_a_broken_variant_is_named_and_the_others_are_shown(name, why):
    store("class-weights", "weighted", "unweighted")
    store("class-weights", "weighted", epochs=7)
    for epochs in (5, 7):
        (budget_folder("class-weights", epochs) / "weighted" / name).write_text("{}")
    app = visit(STUDIES_PAGE, study="class-weights")
    assert not app.exception
    assert texts(app, "warning").count(f"weighted is broken: {why}") == 2
    assert variants(app) == ["unweighted"]
