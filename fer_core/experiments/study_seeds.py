"""A study's seeds: variants trained again with others, so that verdicts include the luck of training.

The first training of a variant has its name, the others ``NAME-seed-SEED``.
"""

import dataclasses
from collections.abc import Mapping, Sequence

from fer_core.errors import RecipeError
from fer_core.evaluation.metrics import Evaluation
from fer_core.experiments.runs import Run
from fer_core.experiments.study_claims import Study, Variant

SEED = "-seed-"
MOST = 20


def repeat_variants(study: Study, seeds: int) -> tuple[Variant, ...]:
    """Every variant of a study with as many seeds: first all with their own, then all with the next.

    Raises:
        RecipeError: if ``seeds`` is below 1 or above 20.
    """
    if not 1 <= seeds <= MOST:
        raise RecipeError(f"A study takes from 1 to {MOST} seeds. Received: {seeds}.")
    again = (_reseed(variant, step) for step in range(1, seeds) for variant in study.variants)
    return (*study.variants, *again)


def _reseed(variant: Variant, step: int) -> Variant:
    seed = variant.recipe.seed + step
    return dataclasses.replace(
        variant, recipe=variant.recipe.replace(name=f"{variant.name}{SEED}{seed}", seed=seed)
    )


def trainings_of(name: str, found: Mapping[str, Run]) -> list[Run]:
    """A variant's finished trainings, the first one first, then by seed; none where the first is missing."""
    if name not in found:
        return []
    again = [run for other, run in found.items() if _is_again(other, name)]
    return [found[name], *sorted(again, key=lambda run: run.recipe.seed)]


def _is_again(other: str, name: str) -> bool:
    first, _, seed = other.rpartition(SEED)
    return first == name and seed.isdecimal()


def evaluations_of(names: Sequence[str], found: Mapping[str, Run], split: str) -> dict[str, list[Evaluation]]:
    """What ``studies.judge`` takes: each variant's evaluations on a split, one a training."""
    trainings = {name: trainings_of(name, found) for name in names}
    return {name: [run.evaluation(split) for run in runs] for name, runs in trainings.items() if runs}
