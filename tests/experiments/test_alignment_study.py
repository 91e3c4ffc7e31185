"""What stored predictions say of roll correction, how they are kept, and how the Studies page shows them."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

from fer_core.errors import DataError, RunError
from fer_core.evaluation.significance import compare
from fer_core.experiments import alignment_study as alignment
from fer_core.experiments.alignment_study import (
    ANGLES,
    Alignment,
    describe,
    describe_roll,
    effect_on_tilted,
    effects,
)
from fer_core.experiments.runs import Run
from fer_core.paths import CHECKOUT
from tests.damaged_runs import DEEP, arrays, write
from tests.pages.test_pages import charts_of, complaints, texts, visit

PAGE = "pages/7_Studies.py"
FACES = 400
ORIGIN = {"command": "python -m fer_core alignment some --data PATH"}


def answered(*right):
    """Answers of which the given shares are right, (unaligned, corrected) for each angle."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 7, FACES).astype(np.uint8)
    order = np.arange(FACES)
    answers = np.array(
        [[np.where(order < share * FACES, labels, (labels + 1) % 7) for share in pair] for pair in right],
        dtype=np.uint8,
    )
    turns = np.array([np.where(order % 2, angle, -angle) for angle in ANGLES[: len(right)]], dtype=np.int8)
    rolls = (turns + np.linspace(-12, 12, FACES)).astype(np.float16)
    rolls[-1, :40] = np.nan
    return Alignment(np.arange(FACES), labels, turns, rolls, answers)


@pytest.fixture
def found():
    return answered((0.7, 0.7), (0.65, 0.68), (0.6, 0.66), (0.5, 0.65), (0.3, 0.6))


def test_an_effect_counts_the_same_faces_twice(found):
    first, *_, last = effects(found)
    assert [each.degrees for each in effects(found)] == list(ANGLES)
    assert (first.raw["accuracy"], first.corrected["accuracy"]) == (0.7, 0.7)
    assert (last.raw["accuracy"], last.corrected["accuracy"]) == (0.3, 0.6)
    low, high = last.raw["accuracy_interval"]
    assert low < 0.3 < high
    assert last.found == FACES - 40
    assert (first.direction, last.direction) == (0, 1)
    one_hot = np.eye(7)[found.predictions[-1]]
    assert last.comparison == compare(found.labels, one_hot[1], one_hot[0])
    assert last.comparison.difference == pytest.approx(0.3)


def test_faces_that_tilt_by_themselves_are_looked_at_separately(found):
    assert effect_on_tilted(found).comparison.count == (np.abs(found.natural_roll) >= 10).sum() > 0
    upright = Alignment(found.rows, found.labels, found.turns, found.rolls * 0, found.predictions)
    assert effect_on_tilted(upright) is None


def test_what_was_found_is_said(found):
    said = describe(found)
    assert said.startswith("On faces that are not rotated, roll correction changes accuracy by 0.0 points (")
    assert "no significant difference" in said
    assert "It helps on faces rotated by 10°, 20°, 30° and 45°; at 45° by +30.0 points (" in said
    assert "harms" not in said
    assert "It harms on faces rotated by 10°; at 10° by \u221220.0" in describe(
        answered((0.7, 0.7), (0.7, 0.5))
    )


def test_the_tilt_is_said(found):
    said = describe_roll(found)
    assert said.startswith("The eyes were detected in 400 of 400 images. Their own roll is 6.0° (median; ")
    assert "90 % below 11°), " in said
    nobody = Alignment(found.rows, found.labels, found.turns, found.rolls * np.nan, found.predictions)
    assert describe_roll(nobody) == "No face was detected, so nothing was corrected."


def test_arrays_of_other_faces_are_refused(found):
    with pytest.raises(DataError, match="must be of the same faces"):
        Alignment(found.rows[1:], found.labels, found.turns, found.rolls, found.predictions)


@pytest.mark.usefixtures("models")
def test_it_is_kept_and_read_again(found):
    assert alignment.measured_runs() == []
    folder = alignment.save_alignment("some", found, ORIGIN)
    assert sorted(file.name for file in folder.iterdir()) == ["answers.npz", "provenance.json"]
    assert alignment.measured_runs() == ["some"]
    again, provenance = alignment.load_alignment("some")
    assert provenance == ORIGIN
    for field in ("rows", "labels", "turns", "rolls", "predictions"):
        np.testing.assert_array_equal(getattr(again, field), getattr(found, field))


@pytest.mark.usefixtures("models")
@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (write("answers.npz", b"broken"), r"answers\.npz does not hold"),
        (
            arrays("answers.npz", labels=lambda labels: labels.astype("U9")),
            r"answers\.npz does not hold .* integers",
        ),
        (arrays("answers.npz", turns=np.int8(1)), r"answers\.npz does not hold"),
        (arrays("answers.npz", turns=None), r"answers\.npz does not hold"),
        (write("provenance.json", "{}"), r"provenance\.json does not say which command"),
        (write("provenance.json", DEEP), r"provenance\.json cannot be read"),
    ],
)
def test_a_broken_measurement_says_why(found, damage, why):
    damage(alignment.save_alignment("some", found, ORIGIN))
    with pytest.raises(RunError, match=why):
        alignment.load_alignment("some")


@pytest.mark.usefixtures("models")
def test_the_page_says_how_to_measure():
    app = visit(PAGE, study="alignment")
    assert not complaints(app)
    assert alignment.QUESTION in texts(app, "subheader")
    assert "python -m fer_core alignment RUN --data PATH" in texts(app, "code")


@pytest.mark.usefixtures("models")
def test_the_page_shows_sentence_chart_and_table(found):
    alignment.save_alignment("some", found, ORIGIN)
    app = visit(PAGE, study="alignment")
    assert not complaints(app)
    assert describe(found) in texts(app, "markdown")
    assert [trace["name"] for trace in charts_of(app)[0]["data"]] == [
        "without roll correction",
        "with roll correction",
    ]
    table = app.table[0].value
    assert list(table["rotated by"])[:5] == ["not rotated", "10°", "20°", "30°", "45°"]
    assert table["difference"][4].startswith("+30.0 points (")
    assert table["p"][4] == "< 0.001"
    assert table["eyes detected"][4] == "360 of 400"
    assert "YuNet" in texts(app, "caption")


@pytest.mark.usefixtures("models")
def test_the_page_shows_the_run_of_the_url(found):
    alignment.save_alignment("first", found, ORIGIN)
    alignment.save_alignment("second", answered((0.9, 0.9)), ORIGIN)
    app = visit(PAGE, study="alignment", measured="second")
    assert not complaints(app)
    assert app.segmented_control(key="measured").value == "second"
    assert "Run second" in texts(app, "caption")


@pytest.mark.usefixtures("models")
def test_a_broken_measurement_is_one_sentence(found):
    folder = alignment.save_alignment("some", found, ORIGIN)
    (folder / "answers.npz").write_bytes(b"broken")
    app = visit(PAGE, study="alignment")
    assert not app.exception
    assert len(app.error) == 1
    assert "answers.npz does not hold" in app.error[0].value


COMMITTED = CHECKOUT / "models"
COMMITTED_RUNS = sorted(path.name for path in (COMMITTED / "_studies" / alignment.NAME).glob("[!.]*/"))


@pytest.mark.parametrize("name", COMMITTED_RUNS)
def test_a_committed_measurement_is_of_the_committed_network(name, monkeypatch):
    """Its answers to the faces as they are must be those that the run stores."""
    monkeypatch.setenv("FER_MODELS", str(COMMITTED))
    found, provenance = alignment.load_alignment(name)
    run = Run(Path(COMMITTED) / name)
    assert provenance["model_sha256"] == hashlib.sha256(run.tflite_path.read_bytes()).hexdigest()
    stored = [run.evaluation(split) for split in ("PublicTest", "PrivateTest")]
    rows = np.concatenate([each.rows for each in stored])
    said = np.concatenate([each.probabilities.argmax(axis=1) for each in stored])
    expected = dict(zip(rows.tolist(), said.tolist(), strict=True))
    agree = np.mean(
        [
            expected[row] == answer
            for row, answer in zip(found.rows.tolist(), found.predictions[0, 0], strict=True)
        ]
    )
    assert agree > 0.999  # another machine may round a tie the other way
