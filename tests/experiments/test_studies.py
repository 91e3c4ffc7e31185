"""Studies: what they vary, how their variants are trained and kept, and what becomes of claims."""

import numpy as np
import pytest

from fer_core.cli import main as cli
from fer_core.datasets import find_duplicates
from fer_core.errors import RecipeError, RunError
from fer_core.evaluation import bootstrap
from fer_core.experiments import runs, studies
from fer_core.experiments import study_runner as trials
from fer_core.experiments.runs import HISTORY_COLUMNS, Run, compute_metrics, list_runs, unfinished_runs
from fer_core.experiments.studies import (
    STUDIES,
    base_recipe,
    describe_budget,
    describe_verdict,
    judge,
    load_study,
)
from fer_core.experiments.study_claims import Claim, Study, Variant
from fer_core.experiments.study_runner import shuffle_splits, train_variant
from fer_core.networks.architectures import build_network
from tests.finished_runs import write_run
from tests.synthetic import synthetic_splits, write_fer2013_csv

NAMED = [load_study(name) for name in STUDIES]
each_study = pytest.mark.parametrize("study", NAMED, ids=lambda study: study.name)


@pytest.fixture
def quick(tiny):
    return tiny.replace(epochs=2)


@each_study
def test_a_study_compares_one_budget_and_claims_only_what_it_trains(study):
    names = [variant.name for variant in study.variants]
    assert len(set(names)) == len(names) >= 2
    assert {variant.recipe.epochs for variant in study.variants} == {studies.EPOCHS}
    assert {variant.recipe.patience for variant in study.variants} == {0}
    for claim in study.claims:
        assert {claim.better, claim.worse} <= set(names)
        assert claim.measure in bootstrap.MEASURES


@each_study
def test_the_first_variant_is_the_papers_recipe_or_the_studys_own(study):
    first, base = study.variants[0], base_recipe(study=study.name)
    own = {"architecture": base.architecture} if study.name == "attention" else {}
    assert first.recipe.replace(name=base.name, **own) == base
    assert base.name == {"attention": "residual-base"}.get(study.name, "paper-base")
    assert not first.shuffled


@each_study
def test_the_variants_differ(study):
    kinds = {(variant.recipe.replace(name="x"), variant.shuffled) for variant in study.variants}
    assert len(kinds) == len(study.variants)


def test_learning_rate_times_weight_decay_is_the_same_for_every_optimizer():
    shrink = [
        each.recipe.learning_rate * each.recipe.weight_decay for each in load_study("optimizers").variants
    ]
    assert shrink == pytest.approx([shrink[0]] * len(shrink))


def test_an_unknown_study_names_those_there_are():
    with pytest.raises(RecipeError, match=r"no study 'losses'\. The studies are: optimizers, "):
        load_study("losses")


def test_attention_is_all_that_the_attention_study_varies():
    recipes = [variant.recipe for variant in load_study("attention").variants]
    kinds = [each.architecture for each in recipes]
    assert kinds == ["residual-plain", "residual", "residual-cbam"]
    assert len({each.replace(name="x", architecture="residual") for each in recipes}) == 1


@pytest.mark.parametrize("variant", load_study("regularisation").variants, ids=lambda variant: variant.name)
def test_batch_norm_is_left_out_where_asked(variant):
    network = build_network(variant.recipe.architecture, dropout=variant.recipe.dropout)
    kinds = [type(layer).__name__ for layer in network.layers]
    without = variant.name in ("no-batch-norm", "neither")
    assert ("BatchNormalization" in kinds) == (not without)
    biased = [layer.use_bias for layer in network.layers if hasattr(layer, "use_bias")]
    assert biased == [without] * (len(biased) - 1) + [True]


def test_the_initializer_is_the_one_asked_for():
    for variant in load_study("initialisation").variants:
        network = build_network(variant.recipe.architecture, dropout=0.2)
        layers = [layer for layer in network.layers if hasattr(layer, "kernel")][:-1]
        named = {type(layer.kernel_initializer).__name__ for layer in layers}
        assert named == {{"he-normal": "HeNormal", "glorot": "GlorotUniform"}[variant.name]}


def test_a_variant_is_stored_like_a_run_without_weights_and_trained_once(models, quick, drawn_splits):
    study = load_study("class-weights", quick)
    run = train_variant(study, study.variants[0], drawn_splits, command="fer study")
    assert run.path == models / "_studies" / "class-weights" / "2-epochs" / "weighted"
    assert {file.name for file in run.path.iterdir()} == set(runs.WHOLE_STUDIED)
    assert run.metrics == compute_metrics(run)
    assert run.recipe == study.variants[0].recipe
    assert run.provenance["epochs"] == len(run.history["epoch"]) == 2
    assert studies.studied_runs("class-weights", 2) == [run]
    assert list_runs() == []
    before = run.path.stat().st_mtime_ns
    assert train_variant(study, study.variants[0], drawn_splits) == run
    assert run.path.stat().st_mtime_ns == before
    other = load_study("class-weights", quick.replace(seed=3))
    with pytest.raises(RunError, match=r"another recipe than the study asks for now"):
        train_variant(other, other.variants[0], drawn_splits)


def test_each_budget_has_results_of_its_own(models, quick, drawn_splits):
    for epochs in (2, 1):
        study = load_study("class-weights", quick.replace(epochs=epochs))
        train_variant(study, study.variants[0], drawn_splits)
    (models / "_studies" / "class-weights" / "3-epochs").mkdir()  # nothing is finished there yet
    assert studies.stored_budgets("class-weights") == [2, 1]
    assert [run.recipe.epochs for run in studies.studied_runs("class-weights", 1)] == [1]
    assert studies.stored_budgets("splits") == []


def test_a_reference_that_another_study_has_trained_is_copied(models, quick, drawn_splits, monkeypatch):
    first, second = load_study("class-weights", quick), load_study("augmentation", quick)
    trained = train_variant(first, first.variants[0], drawn_splits)
    monkeypatch.setattr(trials, "train_into", None)  # nothing trains from here on
    copied = train_variant(second, second.variants[0], drawn_splits)
    assert copied.recipe == second.variants[0].recipe
    assert copied.provenance["copied_from"] == "class-weights/weighted"
    assert copied.metrics == trained.metrics
    with pytest.raises(TypeError):  # other data: it would be trained
        train_variant(load_study("splits", quick), load_study("splits", quick).variants[1], drawn_splits)


def test_an_interrupted_variant_goes_on_from_its_checkpoint(models, quick, drawn_splits):
    study = load_study("augmentation", quick)
    whole = train_variant(study, study.variants[1], drawn_splits)
    again = Study("optimizers", "", (study.variants[1],), ())

    def stop(history):
        raise KeyboardInterrupt

    changed = Variant(study.variants[1].recipe.replace(seed=1), "")
    with pytest.raises(KeyboardInterrupt):
        train_variant(again, changed, drawn_splits, on_epoch=stop)
    assert [run.name for run in unfinished_runs(studies.budget_folder("optimizers", 2))] == ["plain"]
    with pytest.raises(RunError, match="--resume"):
        train_variant(again, changed, drawn_splits)
    epochs = []
    resumed = train_variant(
        again, changed, drawn_splits, resume=True, on_epoch=lambda history: epochs.append(len(history))
    )
    assert epochs == [2]
    assert resumed.history["epoch"] == whole.history["epoch"] == [1, 2]


def test_shuffled_splits_hold_every_face_once(drawn_splits):
    dealt = shuffle_splits(drawn_splits, seed=0)
    assert {split: len(data) for split, data in dealt.items()} == {
        split: len(data) for split, data in drawn_splits.items()
    }
    assert find_duplicates(
        *(np.concatenate([data.images for data in each.values()]) for each in (dealt, drawn_splits))
    ).all()
    rows = np.concatenate([data.rows for data in dealt.values()])
    assert len(set(rows)) == len(rows)
    assert not np.array_equal(dealt["PrivateTest"].rows, drawn_splits["PrivateTest"].rows)
    assert dealt["PrivateTest"].name.endswith("shuffled")


def test_verdicts_come_from_what_is_stored(models):
    good, bad = (write_run(models, name, tflite=b"", seed=seed) for seed, name in ((0, "good"), (9, "bad")))
    stored = {run.name: [run.evaluation("PrivateTest")] for run in (good, bad)}

    def said(better, worse):
        claim = Claim("One beats the other.", "accuracy", better, worse)
        return describe_verdict(claim, *judge(claim, stored))

    assert said("good", "bad").endswith(", confirmed here.")
    assert said("bad", "good").endswith(", contradicted here.")
    assert said("good", "bad").startswith("One beats the other. Accuracy, good minus bad: +")
    assert said("bad", "good").startswith("One beats the other. Accuracy, bad minus good: −")
    claim = Claim("One is fairer.", "macro-F1", "good", "bad")
    assert describe_verdict(claim, *judge(claim, stored)).startswith(
        "One is fairer. Macro-F1, good minus bad: +"
    )
    assert said("good", "gone") == "One beats the other. Not yet run: it takes the variants good and gone."
    stored["same"] = stored["good"]
    assert said("same", "good").endswith("no significant difference (the 95 % CI includes 0).")


@pytest.mark.parametrize(
    ("losses", "said"),
    [
        ((1.0, 1.0), "No variant overfits within this budget"),
        ((1.0, 1.3), "Overfitting: b (from epoch 2)."),
        ((1.3, 1.3), "Overfitting: a (from epoch 2), b (from epoch 2)."),
    ],
)
def test_a_budget_says_which_variants_overfit(models, losses, said):
    """Validation loss starts at 1.2 and ends at ``losses``, while training accuracy rises."""
    for name, loss in zip("ab", losses, strict=True):
        row = dict.fromkeys(HISTORY_COLUMNS, 1.0) | {"val_loss": 1.2, "accuracy": 0.5}
        run = write_run(models, name, tflite=b"")
        run.save_history([row, row | {"epoch": 2, "val_loss": loss, "accuracy": 0.8}])
    assert describe_budget([Run(models / name) for name in "ab"]).startswith(said)


@pytest.fixture
def quick_base(quick, monkeypatch):
    monkeypatch.setattr(studies, "base_recipe", lambda epochs, study: quick.replace(epochs=epochs))


@pytest.mark.usefixtures("models", "quick_base")
def test_the_command_trains_every_variant_and_says_what_came_out(drawn_splits, tmp_path, capsys):
    csv = write_fer2013_csv(tmp_path / "fer2013.csv", drawn_splits)
    assert cli.main(["study", "splits", "--data", str(csv), "--epochs", "1"]) == 0
    out = capsys.readouterr().out
    assert "official        PrivateTest" in out
    assert "Random splits are optimistic. Accuracy" in out
    stored = studies.studied_runs("splits", 1)
    assert [run.name for run in stored] == ["official", "random"]
    assert stored[0].provenance["command"] == "python -m fer_core study splits --data PATH --epochs 1"
    assert stored[1].provenance["data"]["Training"]["name"].endswith("shuffled")


@pytest.mark.usefixtures("models", "quick_base")
def test_the_attention_study_trains_its_three_networks(tmp_path, capsys):
    csv = write_fer2013_csv(tmp_path / "fer2013.csv", synthetic_splits(5, 2, 2))
    assert cli.main(["study", "attention", "--data", str(csv), "--epochs", "1"]) == 0
    assert "CBAM raises accuracy. Accuracy, cbam minus plain: " in capsys.readouterr().out
    stored = {run.name: run.provenance["parameters"] for run in studies.studied_runs("attention", 1)}
    assert stored["plain"] < stored["squeeze-excite"] < stored["cbam"]
