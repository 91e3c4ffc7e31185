"""The model card: every number in it comes from the run."""

import json
import re
import shutil

import pytest
from markdown_it import MarkdownIt

from fer_core.emotions import EMOTION_LABELS
from fer_core.evaluation.metrics import calibration_errors_by_chance
from fer_core.experiments import runs
from fer_core.experiments.model_card import results_table, write_card
from fer_core.experiments.runs import Run
from fer_core.formats import format_accuracy, format_percent
from tests.finished_runs import write_run


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return write_run(tmp_path_factory.mktemp("models"), "example", tflite=b"network", epochs=5)


@pytest.fixture(scope="module")
def card(run):
    return write_card(run)


def rows(card, heading):
    """The cells of the table under a heading, without its head."""
    section = card.split(f"## {heading}")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    widths = {line.count("|") for line in lines}
    assert len(widths) == 1, "a row has another number of cells"
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_the_card_says_how_good_it_is_first(run, card):
    scores = run.metrics["PrivateTest"]["single"]["all"]
    head = card.split("## ")[0]
    assert head.startswith("# example\n")
    assert format_accuracy(scores) in head
    assert "Test accuracy (PrivateTest of FER2013, 3,589 images)" in head
    assert "4,321,000 parameters" in head


def test_every_split_view_and_subset_has_its_row(run, card):
    table = rows(card, "Results")
    assert len(table) == 8
    for images, accuracy, macro_f1, log_loss, ece in table:
        split, *more = images.partition(" (")[0].split(", ")
        subset = "twin_free" if "without duplicates" in more else "all"
        scores = run.metrics[split]["flip" if "flip" in more else "single"][subset]
        assert images.endswith(f" (n = {scores['count']:,})")
        assert accuracy == format_accuracy(scores)
        assert macro_f1 == format_percent(scores["macro_f1"], digits=2)
        assert (log_loss, ece) == (f"{scores['log_loss']:.3f}", f"{scores['ece']:.3f}")
    assert len({tuple(row) for row in table}) == 8


def test_a_calibration_error_is_held_to_chance(run, card):
    for view in ("single", "flip"):
        errors = calibration_errors_by_chance(run.evaluation("PrivateTest").view(view))
        share = format_percent((errors >= run.metrics["PrivateTest"][view]["all"]["ece"]).mean())
        assert f"about {errors.mean():.3f} (at least this model's in {share} of simulations) for" in card


def test_every_emotion_has_its_row(run, card):
    scores = run.metrics["PrivateTest"]["single"]["all"]
    table = rows(card, "Per-class metrics")
    assert [row[0] for row in table] == list(EMOTION_LABELS)
    assert [row[1] for row in table] == [str(count) for count in scores["support"]]
    assert [row[3] for row in table] == [format_percent(share) for share in scores["recall"]]


def test_every_field_of_the_recipe_has_its_row(run, card):
    assert dict(rows(card, "Recipe")) == {key: str(value) for key, value in run.recipe.to_json().items()}


def test_the_duplicates_are_counted(run, card):
    scores = run.metrics["PrivateTest"]["single"]
    twins = scores["all"]["count"] - scores["twin_free"]["count"]
    assert twins > 0
    assert f"- {twins:,} of 3,589 PrivateTest images have an exact duplicate" in card


def test_limits_and_responsible_use_are_said(card):
    for words in (
        "Do not use it to judge people",
        "AI Act, Article 5(1)(f)",
        "An expression is not an emotion",
    ):
        assert words in " ".join(card.split())


def test_where_it_comes_from(run, card):
    for fact in ("command", "commit", "device"):
        assert str(run.provenance[fact]) in card
    assert "temperature 1.1000, power 1.2000" in card
    assert "5 epochs in 6 min" in card  # 5 x 68 s


def test_the_same_run_gives_the_same_card(run, card):
    assert write_card(Run(run.path)) == card
    assert (run.path / runs.CARD).read_text(encoding="utf-8") == card


def test_other_numbers_give_another_card(run, card, tmp_path):
    copy = Run(shutil.copytree(run.path, tmp_path / "example"))
    metrics = json.loads((copy.path / runs.METRICS).read_text())
    metrics["PrivateTest"]["single"]["all"]["accuracy"] = 0.12345
    (copy.path / runs.METRICS).write_text(json.dumps(metrics))
    assert "12.35 %" in write_card(copy)
    assert "12.35 %" not in card


def test_it_is_plain_markdown(card):
    assert card.endswith("\n")
    assert "\n\n\n" not in card
    assert re.findall(r"^#+ .*", card, re.MULTILINE)[0] == "# example"
    assert "nan" not in card.lower().split()


def test_the_card_of_a_run_on_drawn_faces_speaks_of_them():
    card = write_card(runs.drawn_run())
    assert "PrivateTest of Drawn faces" in card
    assert "cannot classify a photo" in card
    assert "FER2013" not in card


def test_other_images_are_named_on_the_card_and_in_the_table(tmp_path):
    run = write_run(tmp_path, "foreign", tflite=b"network", epochs=3)
    assert "trained on Training alone" in write_card(run)
    run.save_provenance(run.provenance | {"other_images": "ImageNet"})
    foreign = Run(run.path)
    assert "trained on Training, from weights that were pre-trained on ImageNet, or" in write_card(foreign)
    assert "(models/foreign/README.md), from ImageNet |" in results_table([foreign])


@pytest.mark.parametrize("key", ["other_images", "other_pictures"])  # the second until 0.24
def test_other_images_that_it_was_pretrained_on_are_said(run, tmp_path, key):
    copy = Run(shutil.copytree(run.path, tmp_path / "example"))
    copy.save_provenance(copy.provenance | {key: "VGGFace2"})
    assert "pre-trained on VGGFace2" in write_card(Run(copy.path))


def test_what_a_run_says_of_itself_is_text(run, tmp_path):
    copy = Run(shutil.copytree(run.path, tmp_path / "example"))
    foreign = "![a](http://example.org/a.png) | `b`"
    copy.save_provenance(
        copy.provenance | {"device": foreign, "command": foreign, "versions": {foreign: foreign}}
    )
    shown = MarkdownIt("commonmark").enable("table").render(write_card(Run(copy.path)))
    assert "<img" not in shown
    assert "<code>![a](http://example.org/a.png) | 'b'</code>" in shown
