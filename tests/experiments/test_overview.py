"""Runs side by side: the numbers of metrics.json, as rows and as CSV."""

import csv
import io

import pytest

from fer_core.experiments.overview import describe_run, describe_seen, write_csv
from fer_core.experiments.runs import Run
from tests.finished_runs import write_baseline, write_run


@pytest.fixture
def run(tmp_path):
    return write_run(tmp_path, "example", tflite=b"", epochs=5)


def test_a_row_holds_the_numbers_of_the_images_asked_for(run):
    row = describe_run(run, "PublicTest", "flip", "twin_free")
    stored = run.metrics["PublicTest"]["flip"]
    assert row.scores == row.twin_free == stored["twin_free"]
    assert describe_run(run, "PublicTest", "flip", "all").scores == stored["all"]
    assert (row.parameters, row.macs) == (4_321_000, None)


def test_a_baseline_has_a_row_without_a_network(tmp_path):
    row = describe_run(write_baseline(tmp_path, "hog"), "PrivateTest", "single", "all")
    assert (row.parameters, row.macs, row.seen) == (None, None, "FER2013")


def test_what_a_training_has_seen(run):
    assert describe_seen(run) == "FER2013"
    run.save_provenance(run.provenance | {"other_images": "VGGFace2"})
    run.save_config(run.recipe.replace(teacher="best+scratch", distillation_weight=0.5))
    assert describe_seen(Run(run.path)) == "FER2013, VGGFace2; distilled from best and scratch"


def test_the_csv_has_every_number_in_full(run, tmp_path):
    rows = [
        describe_run(each, "PrivateTest", "single", "all") for each in (run, write_baseline(tmp_path, "hog"))
    ]
    first, second = csv.DictReader(io.StringIO(write_csv(rows, "PrivateTest", "single", "all")))
    scores = run.metrics["PrivateTest"]["single"]["all"]
    assert (first["run"], first["duplicates"]) == ("example", "with")
    assert float(first["accuracy"]) == scores["accuracy"]
    assert [float(first["low"]), float(first["high"])] == scores["accuracy_interval"]
    assert float(first["recall_fear"]) == scores["recall"][2]
    assert second["parameters"] == ""


def test_no_images_leave_their_cells_empty(run):
    row = describe_run(run, "PrivateTest", "single", "all")
    empty = {key: [float("nan")] * len(value) if isinstance(value, list) else float("nan")
             for key, value in row.scores.items()} | {"count": 0}  # fmt: skip
    (line,) = csv.DictReader(
        io.StringIO(write_csv([type(row)("a", empty, empty, 1, 1, None, "")], "", "", ""))
    )
    assert (line["images"], line["accuracy"], line["recall_fear"]) == ("0", "", "")
