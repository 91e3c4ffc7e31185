"""What metrics.json and provenance.json of a run must hold, checked where runs are listed.

Keys that are not named here may stand in a file: a run keeps what later versions note. Importing this takes a
tenth of a second (pydantic), so whoever needs it imports it inside a function.
"""

from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from fer_core.emotions import EMOTION_COUNT
from fer_core.errors import RunError


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("must be one line of printable characters")
    return text


Each = TypeVar("Each")
# Pydantic's own shorthand: "Annotated" holds what a value must fulfil besides its type.
Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]
Positive = Annotated[float, Field(gt=0, le=1e6)]
Seconds = Annotated[float, Field(ge=0, le=1e9)]
Words = Annotated[str, Field(max_length=4000), AfterValidator(_printable)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Seven = Annotated[list[Each], Field(min_length=EMOTION_COUNT, max_length=EMOTION_COUNT)]
Severities = Annotated[list[Each], Field(min_length=5, max_length=5)]
Pair = Annotated[list[Each], Field(min_length=2, max_length=2)]


class _Strict(BaseModel):
    """JSON's types as they are: "3" is no number, true is none, and NaN neither."""

    model_config = ConfigDict(strict=True, allow_inf_nan=False)


class Scores(_Strict):
    """As ``metrics.score`` returns them, of at least one image."""

    count: Annotated[int, Field(gt=0)]
    accuracy: Share
    accuracy_interval: Pair[Share]
    macro_f1: Share
    precision: Seven[Share]
    recall: Seven[Share]
    f1: Seven[Share]
    support: Seven[Count]
    confusion: Seven[Seven[Count]]
    log_loss: Annotated[float, Field(ge=0)]
    ece: Share


class NoScores(_Strict):
    """Of no image: where each is a duplicate of one in an earlier split, the others hold nan."""

    count: Literal[0]


class Subsets(_Strict):
    """All images of a split, and those without a duplicate in an earlier one."""

    all: Scores
    twin_free: Scores | NoScores


class Views(_Strict):
    """The image as it is, and averaged with its mirror image."""

    single: Subsets
    flip: Subsets


class Metrics(_Strict):
    """metrics.json of a finished run."""

    public: Views = Field(alias="PublicTest")
    private: Views = Field(alias="PrivateTest")


class Data(_Strict):
    """Of one split: see ``provenance.describe_data``; what is optional here was noted later."""

    name: Words
    count: Count
    counts: Seven[Count] | None = None
    sha256: Sha256 | None = None


class Labels(_Strict):
    """The corrected labels that it learnt from: the file, and how many it changed."""

    sha256: Sha256
    changed: Count


class Provenance(_Strict):
    """provenance.json of any finished run; see ``provenance`` for what each key means."""

    command: Words
    commit: Words | None
    seed: Count
    finished: Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d[0-9:.+Z-]*$")]
    seconds: Seconds
    device: Words
    versions: dict[Words, Words]
    data: Annotated[dict[Words, Data], Field(min_length=1)]
    temperature: Positive
    power: Positive = 1.0
    precision: Words = ""
    calibrated_at: Words | None = None
    other_images: Words = ""
    sha256: dict[Words, Sha256] = {}
    labels: Labels | None = None


class NetworkProvenance(Provenance):
    """The same of a network."""

    epochs: Annotated[int, Field(gt=0)]
    best_epoch: Annotated[int, Field(gt=0)]
    parameters: Annotated[int, Field(gt=0)]


class BaselineProvenance(Provenance):
    """The same of a baseline."""

    chosen: Positive


class RobustnessFile(_Strict):
    """robustness.json: see ``evaluation.robustness``."""

    split: Words
    count: Annotated[int, Field(gt=0)]
    clean: Count
    correct: Annotated[dict[Words, Severities[Count]], Field(min_length=1)]
    levels: dict[Words, Severities[Words]]

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if set(self.levels) != set(self.correct):
            raise ValueError("correct and levels must name the same corruptions")
        if max(self.clean, *(max(values) for values in self.correct.values())) > self.count:
            raise ValueError("no more predictions can be correct than there are images")
        return self


def check_metrics(values: dict[str, Any], path: Path) -> None:
    """Refuse what is not the metrics.json of a finished run.

    Args:
        values: what the file holds.
        path: the file, for the message.

    Raises:
        RunError: with the first value that is wrong.
    """
    _check(Metrics, values, path)


def check_provenance(values: dict[str, Any], path: Path, *, network: bool) -> None:
    """The same for provenance.json, of a network's or a baseline's run."""
    _check(NetworkProvenance if network else BaselineProvenance, values, path)


def check_robustness(values: dict[str, Any], path: Path) -> None:
    """The same for robustness.json."""
    _check(RobustnessFile, values, path)


def check_history(history: dict[str, list[float]], provenance: dict[str, Any], path: Path) -> None:
    """Refuse a history.csv that is not that of the epochs in a network's provenance."""
    epochs, best = provenance["epochs"], provenance["best_epoch"]
    shares = [*history["accuracy"], *history["val_accuracy"]]
    expected = f"the epochs 1 to {epochs}, accuracies in [0, 1], and the best epoch among them"
    if (
        history["epoch"] != list(range(1, epochs + 1))
        or best > epochs
        or not all(0 <= x <= 1 for x in shares)
    ):
        raise RunError(f"{path} must hold {expected}. Received: {len(history['epoch'])} rows, best {best}.")


def _check(kind: type[_Strict], values: dict[str, Any], path: Path) -> None:
    try:
        kind.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        what = first["msg"][0].lower() + first["msg"][1:]
        raise RunError(f"{path}: {where}: {what}. Received: {_shorten(first['input'])}.") from None


def _shorten(value: object) -> str:
    text = ascii(value)
    return text if len(text) < 80 else f"{text[:80]}…"
