"""A study's variants trained and stored: like runs, with predictions and history, without weights."""

import shutil
from collections.abc import Iterator

import numpy as np

from fer_core.datasets.dataset import SPLITS, Dataset
from fer_core.errors import RunError
from fer_core.experiments.pipeline import require_splits, train_into
from fer_core.experiments.predictions import predict_splits
from fer_core.experiments.provenance import current_commit, describe_data
from fer_core.experiments.run_writing import finish_run, new_run
from fer_core.experiments.runs import Run, interrupted_runs
from fer_core.experiments.studies import STUDIES, budget_folder, studied_runs
from fer_core.experiments.study_claims import Study, Variant
from fer_core.training.epoch_data import predict_logits
from fer_core.training.loop import OnEpoch, OnStep
from fer_core.training.recipes import Recipe


def train_variant(
    study: Study,
    variant: Variant,
    splits: dict[str, Dataset],
    *,
    command: str = "",
    resume: bool = False,
    restart: bool = False,
    on_step: OnStep | None = None,
    on_epoch: OnEpoch | None = None,
) -> Run:
    """The finished variant: the stored one, a copy of another study's that is the same, or trained now.

    Raises:
        DataError: if one of the three splits has no face.
        RunError: if another recipe is stored under its name, or an interrupted training is neither resumed
            nor restarted.
    """
    require_splits(splits)
    splits = shuffle_splits(splits, seed=variant.recipe.seed) if variant.shuffled else splits
    folder = budget_folder(study.name, variant.recipe.epochs)
    if (folder / variant.name).is_dir():
        return _stored(Run(folder / variant.name), variant.recipe)
    same = next(_same(variant.recipe, splits), None)
    if same:
        return _copy(same, variant.recipe, study.name)
    resume = resume and variant.name in interrupted_runs(folder)
    origin = {"command": command, "commit": current_commit()}
    with new_run(variant.recipe, origin=origin, folder=folder, resume=resume, restart=restart) as run:
        network, facts = train_into(
            run, variant.recipe, splits, resume=resume, on_step=on_step, on_epoch=on_epoch
        )
        run.save_provenance(origin | facts)
        calibration = Run(run.path).calibration
        run.save_evaluations(
            *predict_splits(lambda images: calibration.probabilities(predict_logits(network, images)), splits)
        )
        return finish_run(run, studied=True)


def shuffle_splits(splits: dict[str, Dataset], *, seed: int) -> dict[str, Dataset]:
    """All faces dealt anew, at random, into splits of the same sizes, as many papers do."""
    parts = [splits[split] for split in SPLITS]
    images, labels, rows = (
        np.concatenate([getattr(part, field) for part in parts]) for field in ("images", "labels", "rows")
    )
    order = np.random.default_rng(seed).permutation(len(labels))
    ends = np.cumsum([len(part) for part in parts])[:-1]
    return {
        split: Dataset(images[chosen], labels[chosen], rows[chosen], split, f"{parts[0].name}, shuffled")
        for split, chosen in zip(SPLITS, np.split(order, ends), strict=True)
    }


def _stored(run: Run, recipe: Recipe) -> Run:
    if run.recipe != recipe:
        raise RunError(
            f"{run.path} was trained with another recipe than the study asks for now, and their numbers "
            "cannot be compared: delete it to train it anew."
        )
    return run


def _same(recipe: Recipe, splits: dict[str, Dataset]) -> Iterator[Run]:
    """Finished variants of any study that learnt by the same recipe from the same data."""
    for run in (run for study in STUDIES for run in studied_runs(study, recipe.epochs)):
        if run.recipe.replace(name=recipe.name) == recipe:
            data = {split: describe_data(dataset) for split, dataset in splits.items()}
            if run.provenance["data"] == data:
                yield run


def _copy(same: Run, recipe: Recipe, study: str) -> Run:
    """The reference of one study is often that of another, and training it again would tell nothing new."""
    origin = same.provenance | {"copied_from": f"{same.path.parents[1].name}/{same.name}"}
    folder = budget_folder(study, recipe.epochs)
    with new_run(recipe, origin=origin, folder=folder, restart=True) as copied:
        shutil.copytree(same.path, copied.path, dirs_exist_ok=True)
        copied.save_config(recipe)
        copied.save_provenance(origin)
        return finish_run(copied, studied=True)
