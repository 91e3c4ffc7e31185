"""The paper's comparisons as experiments: what is varied, what is expected of it, and whether that held.

A study trains variants of one recipe under one budget of epochs. Results are stored like runs, without
weights, in ``models/_studies/<study>/<N>-epochs/<variant>/``. Nothing here imports Keras.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from fer_core.errors import RecipeError
from fer_core.evaluation.bootstrap import Difference, compare_trainings
from fer_core.evaluation.learning_curves import overfitting_epoch
from fer_core.evaluation.metrics import Evaluation
from fer_core.experiments.runs import Run, models_folder, sort_out
from fer_core.experiments.study_claims import Claim, Study, Variant
from fer_core.formats import format_points
from fer_core.paths import run_folders
from fer_core.training.recipes import Recipe, paper_base, residual_base

BUDGET = "-epochs"  # ends the name of the folder of a budget
FOLDER = "_studies"  # in models/; the underscore keeps it out of the list of runs
EPOCHS = 10  # a budget that shows which way a choice pulls, in a sixth of the time of the paper's recipe


def base_recipe(epochs: int = EPOCHS, *, study: str = "") -> Recipe:
    """What a study varies, the paper's recipe if it has none of its own, with a fixed budget: no early
    stopping, so that every variant gets the same."""
    return BASES.get(study, paper_base)().replace(epochs=epochs, patience=0)


def _optimizers(base: Recipe) -> Study:
    """Each optimizer with a usual learning rate; learning rate x weight decay is the same for all of them."""
    shrink = base.learning_rate * base.weight_decay

    def variant(name: str, what: str, rate: float, optimizer: str = "") -> Variant:
        recipe = base.replace(
            name=name, optimizer=optimizer or name, learning_rate=rate, weight_decay=shrink / rate
        )
        return Variant(recipe, f"{what}, learning rate {rate:g}")

    return Study(
        "optimizers",
        "Which optimizer learns best?",
        (
            Variant(base.replace(name="nadam"), f"NAdam, learning rate {base.learning_rate:g}"),
            variant("adam", "Adam", base.learning_rate),
            variant("adamax", "Adamax", 2 * base.learning_rate),
            variant("sgd-momentum", "SGD with Nesterov momentum 0.9", 0.05, "sgd"),
            variant("sgd", "SGD without momentum", 0.1, "sgd-plain"),
        ),
        tuple(
            Claim(f"NAdam beats {words}.", "accuracy", "nadam", other)
            for other, words in (
                ("adam", "Adam"), ("adamax", "Adamax"), ("sgd-momentum", "SGD with momentum"), ("sgd", "SGD"),
            )
        ),
    )  # fmt: skip


def _class_weights(base: Recipe) -> Study:
    return Study(
        "class-weights",
        "What do class weights cost, and whom do they help?",
        (
            Variant(base.replace(name="weighted"), "the rarer the emotion, the heavier its faces"),
            Variant(base.replace(name="unweighted", class_weights=False), "every face weighs the same"),
        ),
        (
            Claim("Class weights help the rare emotion.", "recall of disgust", "weighted", "unweighted"),
            Claim("Class weights raise macro-F1.", "macro-F1", "weighted", "unweighted"),
            Claim("Class weights cost accuracy.", "accuracy", "unweighted", "weighted", costs=True),
        ),
    )


def _augmentation(base: Recipe) -> Study:
    changes = ("rotation_degrees", "shear_degrees", "zoom", "shift", "brightness", "contrast")
    plain = base.replace(name="plain", flip=False, erasing=0.0, **dict.fromkeys(changes, 0.0))
    return Study(
        "augmentation",
        "Is it worth turning, shifting and relighting the faces?",
        (
            Variant(base.replace(name="augmented"), "faces mirrored, turned, shifted, scaled, relit"),
            Variant(plain, "faces as they are"),
        ),
        (Claim("Augmentation raises accuracy.", "accuracy", "augmented", "plain"),),
    )


def _regularisation(base: Recipe) -> Study:
    plain = f"{base.architecture}-no-batch-norm"
    return Study(
        "regularisation",
        "What are batch norm and dropout worth?",
        (
            Variant(base.replace(name="both"), "batch norm and dropout"),
            Variant(base.replace(name="no-dropout", dropout=0.0), "batch norm alone"),
            Variant(base.replace(name="no-batch-norm", architecture=plain), "dropout alone"),
            Variant(base.replace(name="neither", dropout=0.0, architecture=plain), "neither"),
        ),
        (
            Claim("Dropout raises accuracy.", "accuracy", "both", "no-dropout"),
            Claim("Batch norm raises accuracy.", "accuracy", "both", "no-batch-norm"),
            Claim("Without batch norm, dropout raises accuracy too.", "accuracy", "no-batch-norm", "neither"),
        ),
    )


def _initialisation(base: Recipe) -> Study:
    glorot = base.replace(name="glorot", architecture=f"{base.architecture}-glorot")
    return Study(
        "initialisation",
        "Does it matter how the weights start?",
        (
            Variant(base.replace(name="he-normal"), "He et al. 2015, made for ReLU"),
            Variant(glorot, "Glorot and Bengio 2010, Keras's default"),
        ),
        (Claim("He-normal beats Glorot.", "accuracy", "he-normal", "glorot"),),
    )


def _splits(base: Recipe) -> Study:
    return Study(
        "splits",
        "How optimistic are random splits?",
        (
            Variant(base.replace(name="official"), "the official splits"),
            Variant(base.replace(name="random"), "all faces shuffled into splits of the same sizes", True),
        ),
        (Claim("Random splits are optimistic.", "accuracy", "random", "official"),),
    )


def _attention(base: Recipe) -> Study:
    plain = base.replace(name="plain", architecture="residual-plain")
    return Study(
        "attention",
        "Is it worth weighing channels and places?",
        (
            Variant(plain, "a residual network without attention"),
            Variant(
                base.replace(name="squeeze-excite", architecture="residual"),
                "its channels weighed (Hu et al. 2018)",
            ),
            Variant(
                base.replace(name="cbam", architecture="residual-cbam"),
                "its channels and its places weighed (Woo et al. 2018)",
            ),
        ),
        (
            Claim("Squeeze-excite raises accuracy.", "accuracy", "squeeze-excite", "plain"),
            Claim("CBAM raises accuracy.", "accuracy", "cbam", "plain"),
        ),
    )


STUDIES: dict[str, Callable[[Recipe], Study]] = {
    "optimizers": _optimizers,
    "class-weights": _class_weights,
    "augmentation": _augmentation,
    "regularisation": _regularisation,
    "initialisation": _initialisation,
    "splits": _splits,
    "attention": _attention,
}
BASES: dict[str, Callable[[], Recipe]] = {"attention": residual_base}  # where it is not the paper's


def load_study(name: str, base: Recipe | None = None) -> Study:
    """The study of that name, on its own ``base_recipe`` or another.

    Raises:
        RecipeError: if there is none; the message lists those there are.
    """
    if name not in STUDIES:
        raise RecipeError(f"There is no study {name!r}. The studies are: {', '.join(STUDIES)}.")
    return STUDIES[name](base or base_recipe(study=name))


def study_folder(study: str) -> Path:
    """Where the results of a study lie."""
    return models_folder() / FOLDER / study


def budget_folder(study: str, epochs: int) -> Path:
    """Where its variants of one budget lie: like runs, without weights and card."""
    return study_folder(study) / f"{epochs}{BUDGET}"


def stored_budgets(study: str) -> list[int]:
    """The budgets, in epochs, of which a finished variant is stored; the longest first."""
    found = {folder.name.removesuffix(BUDGET) for folder in study_folder(study).glob(f"[1-9]*{BUDGET}/")}
    budgets = sorted((int(epochs) for epochs in found if epochs.isdecimal()), reverse=True)
    return [epochs for epochs in budgets if studied_runs(study, epochs)]


def studied_runs(study: str, epochs: int) -> list[Run]:
    """The finished variants of a study and budget, by name; what is broken is left out."""
    return sort_out(run_folders(budget_folder(study, epochs)), studied=True)[0]


def broken_variants(study: str) -> list[str]:
    """A sentence for each folder, of any budget, that looks like a variant and is none."""
    budgets = sorted(study_folder(study).glob(f"[1-9]*{BUDGET}/"))
    return sort_out((path for budget in budgets for path in run_folders(budget)), studied=True)[1]


def judge(claim: Claim, evaluations: Mapping[str, Sequence[Evaluation]]) -> tuple[str, Difference | None]:
    """What stored results say of a claim: "held", "did not hold", "cannot be told", or "not yet run".

    ``evaluations`` are a variant's, one a training; see ``study_seeds``.
    """
    if claim.better not in evaluations or claim.worse not in evaluations:
        return "not yet run", None
    difference = compare_trainings(evaluations[claim.better], evaluations[claim.worse], claim.measure)
    verdict = {1: "held", 0: "cannot be told", -1: "did not hold"}[difference.direction]
    return verdict, difference


def describe_verdict(claim: Claim, verdict: str, difference: Difference | None) -> str:
    """The claim and what became of it, in a sentence: from stored results alone."""
    if difference is None:
        return f"{claim.text} Not yet run: it takes the variants {claim.better} and {claim.worse}."
    told = claim.tell(difference)
    found = format_points(told.value, told.low, told.high)
    contrast = f"{claim.contrast[0].upper()}{claim.contrast[1:]}"
    meaning = {
        "held": "confirmed here",
        "did not hold": "contradicted here",
        "cannot be told": "no significant difference (the 95 % CI includes 0)",
    }[verdict]
    each = f" (means of {difference.trainings} trainings)" if difference.trainings > 1 else ""
    return f"{claim.text} {contrast}{each}: {found}, {meaning}."


def describe_budget(results: Sequence[Run]) -> str:
    """Which variants overfit, and from which epoch; what prevents that pays only where some do."""
    onsets = {run.name: overfitting_epoch(run.history) for run in results}
    found = [f"{name} (from epoch {epoch})" for name, epoch in onsets.items() if epoch]
    if found:
        return f"Overfitting: {', '.join(found)}."
    return (
        "No variant overfits within this budget, so the results show how fast each one learns; "
        "regularisation, such as augmentation and dropout, pays off in longer training."
    )
