"""A run on sets that it was not trained on, and training on the folds of one: numbers, tables, commands."""

import csv
import io
import json
import re
from pathlib import Path

import numpy as np
import pytest

from fer_core.cli import main as cli
from fer_core.datasets import ALL, Dataset, draw_faces
from fer_core.datasets.folds import split_by_group
from fer_core.datasets.image_sets import load_image_set
from fer_core.errors import DataError
from fer_core.experiments.cross_dataset import OWN, evaluate_across, format_across, score_set, write_csv
from fer_core.experiments.cross_validation import Folds, cross_validate, take
from tests import image_sets as write
from tests.synthetic import write_fer2013_csv


@pytest.fixture(scope="module")
def copies(tmp_path_factory):
    """CK+48, without neutral faces, and RaFD, both 48 px wide."""
    folder = tmp_path_factory.mktemp("copies")
    write.write_ck48(folder / "ck")
    write.write_rafd(folder / "rafd", angles=("000", "090"), side=58)
    return folder


@pytest.fixture
def specs(copies):
    return [f"ckplus={copies / 'ck'}", f"rafd={copies / 'rafd'}"]


@pytest.fixture
def drawn():
    """280 drawn faces of 10 people."""
    images, labels = draw_faces(40, 3)
    people = np.array([f"P{number // 28}" for number in range(len(labels))])
    return Dataset(images, labels, np.arange(len(labels)), ALL, "Drawn", people)


def test_rows_are_the_scores_of_each_set(trained_run, specs):
    sets = [load_image_set(specs[0]), load_image_set(specs[1], crop=write.fake_crop)]
    own, ckplus, rafd = evaluate_across(trained_run, sets)
    assert [own["set"], ckplus["set"], rafd["set"]] == [OWN, "CK+", "RaFD"]
    stored = trained_run.metrics["PrivateTest"]["single"]["all"]
    for name in ("accuracy", "accuracy_interval", "macro_f1", "recall", "count"):
        assert own[name] == pytest.approx(stored[name])
    assert (ckplus["count"], ckplus["contempt"], ckplus["emotions"]) == (54, 9, 6)
    assert (rafd["count"], rafd["contempt"], rafd["left_out"]) == (21, 3, 24)
    assert ckplus["accuracy"] > 0.5  # the network has learnt drawn faces
    assert ckplus["recall"][6] is ckplus["recall_interval"][6] is None
    for value, (low, high) in zip(ckplus["recall"][:6], ckplus["recall_interval"][:6], strict=True):
        assert 0 <= low <= value <= high <= 1


def test_macro_f1_is_that_of_the_emotions_that_a_set_holds():
    labels = np.array([0, 0, 1, 3], np.uint8)
    probabilities = np.eye(7, dtype=np.float32)[[0, 0, 1, 3]]
    row = score_set("perfect", labels, probabilities)
    assert (row["macro_f1"], row["emotions"]) == (1.0, 3)
    with_one_wrong = score_set("x", labels, np.eye(7, dtype=np.float32)[[0, 6, 1, 3]])
    assert with_one_wrong["macro_f1"] == pytest.approx((2 / 3 + 1 + 1) / 3)
    assert with_one_wrong["recall"] == [0.5, 1.0, None, 1.0, None, None, None]


def test_the_tables_say_what_was_left_out(trained_run, specs):
    rows = evaluate_across(trained_run, [load_image_set(specs[0])])
    text = format_across(rows)
    assert "without 9 of contempt" in text
    assert "over 6 classes" in text
    assert next(line for line in text.splitlines() if line.startswith("neutral")).endswith("–")
    table = list(csv.DictReader(io.StringIO(write_csv(rows))))
    assert [row["set"] for row in table] == [OWN, "CK+"]
    assert float(table[1]["accuracy"]) == rows[1]["accuracy"]
    assert (table[1]["n_disgust"], table[1]["recall_neutral"]) == ("9", "")


def test_evaluate_takes_several_sets(trained_run, specs, capsys):
    data = [word for spec in specs[:1] * 2 for word in ("--data", spec)]
    assert cli.main(["evaluate", str(trained_run.path), *data]) == 0
    out = capsys.readouterr().out
    assert out.count("CK+ ck") == 4  # two copies of one set are told apart by their folders
    assert OWN in out
    assert cli.main(["evaluate", str(trained_run.path), *data, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["run"], len(found["sets"])) == (trained_run.name, 3)
    assert cli.main(["evaluate", str(trained_run.path), *data, "--csv"]) == 0
    assert capsys.readouterr().out.startswith("set,count,accuracy,low,high,macro_f1")


def test_a_set_is_recognised_without_its_name(trained_run, copies, capsys):
    assert cli.main(["evaluate", str(trained_run.path), "--data", str(copies / "ck")]) == 0
    assert "CK+" in capsys.readouterr().out


def test_the_commands_in_the_docs_are_understood():
    text = (Path(__file__).parents[2] / "docs" / "datasets.md").read_text(encoding="utf-8")
    commands = re.findall(r"python -m fer_core ([^\n`#]+)", text)
    assert len(commands) == 3
    for command in commands:
        cli.build_parser().parse_args(command.split())


def test_plain_fer2013_is_evaluated_as_before(run_copy, drawn_splits, tmp_path, capsys):
    path = write_fer2013_csv(tmp_path / "fer2013.csv", drawn_splits)
    assert cli.main(["evaluate", str(run_copy.path), "--data", str(path)]) == 0
    assert capsys.readouterr().out.count("PrivateTest") == 4


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--data", "fer2013.csv", "--data", "other.csv"], "measured on one FER2013"),
        (["--json"], "expected --data ckplus=PATH"),
        (["--data", "affectnet=nowhere"], "must be one of ckplus, jaffe, ferg, rafd"),
        (["--data", "jaffe=nowhere"], "nowhere does not exist"),
    ],
)
def test_what_evaluate_cannot_do_is_one_sentence(trained_run, arguments, sentence, capsys):
    assert cli.main(["evaluate", str(trained_run.path), *arguments]) == 1
    err = capsys.readouterr().err
    assert sentence in err
    assert err.count("\n") == 1


def test_data_check_knows_each_set(specs, copies, capsys):
    assert cli.main(["data", "check", str(copies / "ck")]) == 0
    out = capsys.readouterr().out
    assert "S010" in out
    assert "9 of contempt are left out" in out
    assert cli.main(["data", "check", str(copies / "ck"), "--set-name", "ckplus"]) == 0
    assert capsys.readouterr().out == out
    assert cli.main(["data", "check", str(copies / "ck"), "--set-name", "jaffe"]) == 1
    assert "holds no labelled picture of JAFFE" in capsys.readouterr().err


def test_every_face_is_predicted_by_a_network_that_never_met_its_person(tiny, drawn, monkeypatch):
    from fer_core.experiments import cross_validation as crossvalidation

    met = []
    train = crossvalidation.train

    def watch(recipe, **sets):
        met.append((set(sets["train"].groups), set(sets["validation"].groups)))
        return train(recipe, **sets)

    monkeypatch.setattr(crossvalidation, "train", watch)
    fold_of = split_by_group(drawn, 3, seed=1)
    seen = []
    done = cross_validate(
        tiny.replace(batch_size=16), drawn, fold_of, on_fold=lambda *found: seen.append(found)
    )
    for fold, (taught, chose) in enumerate(met):
        tested = set(drawn.groups[fold_of == fold])
        assert not taught & chose
        assert not tested & (taught | chose)
    np.testing.assert_allclose(done.probabilities.sum(axis=1), 1, atol=1e-5)
    assert [fold for fold, _ in seen] == [0, 1, 2]
    assert seen[1][1] == done.fold_scores(1)
    pooled = done.scores()
    counts = [scores["count"] for _, scores in seen]
    assert (pooled["count"], sum(counts)) == (280, 280)
    assert pooled["accuracy"] == pytest.approx(
        sum(scores["accuracy"] * scores["count"] for _, scores in seen) / 280
    )
    assert pooled["accuracy"] > 0.3  # chance is 0.14
    assert len(done.epochs) == 3


@pytest.mark.parametrize(("folds", "sentence"), [(2, "at least 3 folds"), (0, "at least 3 folds")])
def test_too_few_folds_are_refused(tiny, drawn, folds, sentence):
    fold_of = np.arange(280) % max(1, folds)
    with pytest.raises(DataError, match=sentence):
        cross_validate(tiny, drawn, fold_of)


def test_private_test_never_teaches_a_fold(tiny, drawn):
    import dataclasses

    private = dataclasses.replace(drawn, split="PrivateTest")
    with pytest.raises(DataError, match="PrivateTest is for the final evaluation alone"):
        cross_validate(tiny, private, split_by_group(private, 3))
    assert take(drawn, drawn.labels == 3).groups.shape == (40,)


def test_crossvalidate_prints_folds_and_the_pool(tiny, copies, capsys, monkeypatch):
    def guess(recipe, dataset, fold_of, *, on_fold):  # in place of training, which is tested above
        answers = np.full((len(dataset), 7), 1 / 7, np.float32)
        done = Folds(dataset, fold_of, answers, (1,) * (fold_of.max() + 1))
        for fold in range(fold_of.max() + 1):
            on_fold(fold, done.fold_scores(fold))
        return done

    monkeypatch.setattr("fer_core.experiments.cross_validation.cross_validate", guess)
    words = ["crossvalidate", "tiny", "--data", f"ckplus={copies / 'ck'}", "--folds", "3"]
    assert cli.main(words) == 1
    assert "or --set class_weights=false. Received: none of neutral." in capsys.readouterr().err
    words += ["--set", "class_weights=false"]
    assert cli.main(words) == 0
    out, err = capsys.readouterr()
    assert "no subject in two folds" in out
    assert "without 9 of contempt" in out
    assert err.count("fold ") == 3
    assert cli.main([*words, "--group", "none", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["pooled"]["count"] == sum(fold["count"] for fold in found["folds"]) == 54
    assert (found["group"], found["epochs"]) == ("none", [1, 1, 1])
    assert cli.main([*words, "--folds", "9"]) == 1
    assert "The 3 subjects of CK+ make 2 to 3 folds. Received: 9." in capsys.readouterr().err
