"""Seeds of a study, and its trainings on Ray: the same runs as one after the other, at once."""

import os

import numpy as np
import pytest

from fer_core.errors import RecipeError, RunError
from fer_core.evaluation.bootstrap import compare, compare_trainings
from fer_core.experiments.studies import describe_verdict, judge, load_study
from fer_core.experiments.study_claims import Claim, Study, Variant
from fer_core.experiments.study_seeds import evaluations_of, repeat_variants, trainings_of
from tests.finished_runs import write_run
from tests.synthetic import synthetic_splits

PRIVATE = "PrivateTest"


def test_seeds_repeat_every_variant_and_change_nothing_else():
    study = load_study("class-weights")
    assert repeat_variants(study, 1) == study.variants
    again = repeat_variants(study, 3)[2:]
    assert [each.name for each in again] == [
        "weighted-seed-1", "unweighted-seed-1", "weighted-seed-2", "unweighted-seed-2",
    ]  # fmt: skip
    for each in again:
        first = study.variants[each.name.startswith("un")]
        assert each.recipe.replace(name=first.name, seed=first.recipe.seed) == first.recipe
        assert each.what == first.what


@pytest.mark.parametrize("seeds", [0, -1, 21])
def test_so_many_seeds_are_one_sentence(seeds):
    with pytest.raises(RecipeError, match=rf"from 1 to 20 seeds. Received: {seeds}\."):
        repeat_variants(load_study("splits"), seeds)


def write(models, name, seed):
    return write_run(models, name, tflite=b"", seed=seed)


def test_a_variants_trainings_are_found_by_seed(models):
    names = ("a", "a-seed-10", "a-seed-9", "a-b", "a-b-seed-1", "a-seed-x")
    found = {name: write(models, name, int(name[7:]) if name[7:].isdecimal() else 0) for name in names}
    assert [run.name for run in trainings_of("a", found)] == ["a", "a-seed-9", "a-seed-10"]
    assert [run.name for run in trainings_of("a-b", found)] == ["a-b", "a-b-seed-1"]
    assert trainings_of("c", found) == []
    assert {name: len(each) for name, each in evaluations_of(["a", "c"], found, PRIVATE).items()} == {"a": 3}


def test_verdicts_include_the_luck_of_training(models):
    good, bad = ([write(models, f"{name}{seed}", seed).evaluation(PRIVATE) for seed in seeds]
                 for name, seeds in (("good", (0, 1, 2)), ("bad", (9, 10, 11))))  # fmt: skip
    single = [compare(*pair, "accuracy") for pair in zip(good, bad, strict=True)]
    found = compare_trainings(good, bad, "accuracy")
    values = [each.value for each in single]
    assert found.value == pytest.approx(np.mean(values))
    assert found.trainings == 3
    images = np.mean([each.value - each.low for each in single])
    luck = 4.303 * np.std(values, ddof=1) / np.sqrt(3)  # Student's t, two degrees of freedom
    assert found.value - found.low == pytest.approx(np.hypot(images, luck))
    assert compare_trainings(good[:1], bad, "accuracy") == single[0]
    said = describe_verdict(
        claim := Claim("One is better.", "accuracy", "good", "bad"),
        *judge(claim, {"good": good, "bad": bad}),
    )
    assert "Accuracy, good minus bad (means of 3 trainings): " in said


class Tiny(Variant):
    """A variant that makes its architecture known wherever it is sent."""

    def __reduce__(self):
        return _make_known, (self.recipe, self.what)


def _make_known(recipe, what):
    from fer_core.networks.architectures import ARCHITECTURES
    from tests.tiny import build_tiny

    ARCHITECTURES[recipe.architecture] = build_tiny
    return Variant(recipe, what)


@pytest.fixture
def small_study(tiny):
    base = tiny.replace(epochs=1)
    variants = (Tiny(base.replace(name="a"), "dropout"), Tiny(base.replace(name="b", dropout=0.0), "none"))
    return Study("optimizers", "?", variants, (Claim("A beats B.", "accuracy", "a", "b"),))


@pytest.mark.timeout(900)  # it starts processes that load TensorFlow, at once
@pytest.mark.filterwarnings("ignore")  # Ray's own
def test_ray_trains_the_same_runs_at_once(models, small_study, tmp_path, monkeypatch, drawn_splits):
    pytest.importorskip("ray", reason="Ray is not installed (the extra [ray])")
    from fer_core.experiments.study_ray import train_on_ray
    from fer_core.experiments.study_runner import train_variant

    splits = drawn_splits
    ended = []
    runs = train_on_ray(
        small_study,
        repeat_variants(small_study, 2)[:3],
        splits,
        command="fer study",
        on_finished=lambda variant, run: ended.append(variant.name),
    )
    assert list(runs) == ["a", "b", "a-seed-1"]
    assert sorted(ended) == sorted(runs)
    assert all(run.path.parent == models / "_studies" / "optimizers" / "1-epochs" for run in runs.values())
    assert runs["a"].provenance["command"] == "fer study"
    assert runs["a"].history["loss"] != runs["a-seed-1"].history["loss"]
    before = {name: os.stat(run.path).st_mtime_ns for name, run in runs.items()}
    monkeypatch.setenv("FER_MODELS", str(tmp_path / "one-after-the-other"))
    alone = train_variant(small_study, small_study.variants[0], splits)
    for column in ("loss", "accuracy", "val_loss", "val_accuracy"):
        assert alone.history[column] == pytest.approx(runs["a"].history[column], rel=1e-3)
    monkeypatch.setenv("FER_MODELS", str(models))
    other = Tiny(small_study.variants[1].recipe.replace(dropout=0.5), "changed")
    with pytest.raises(RunError, match="another recipe than the study asks for now"):
        train_on_ray(small_study, [small_study.variants[0], other], splits)
    assert {name: os.stat(run.path).st_mtime_ns for name, run in runs.items()} == before  # as it was


@pytest.mark.filterwarnings("ignore")
def test_a_cluster_that_is_not_there_is_one_sentence(models, small_study):
    pytest.importorskip("ray", reason="Ray is not installed (the extra [ray])")
    from fer_core.experiments.study_ray import train_on_ray

    with pytest.raises(RunError, match=r"Ray cannot be reached at 127\.0\.0\.1:1: "):
        train_on_ray(small_study, small_study.variants, synthetic_splits(8, 3, 3), address="127.0.0.1:1")
