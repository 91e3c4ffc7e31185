"""What to train and how: one frozen dataclass."""

import dataclasses
import math
import types
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fer_core.emotions import SIDE
from fer_core.errors import RecipeError
from fer_core.evaluation.learning_curves import PICKS
from fer_core.paths import NAME_RULE, RUN_NAME

OPTIMIZERS = ("sgd", "sgd-plain", "adam", "nadam", "adamax", "adamw", "muon")


@dataclass(frozen=True)
class Recipe:
    """Everything that decides what a training does; the same recipe and data repeat the run.

    Raises:
        RecipeError: if a value cannot be trained.
    """

    # Network
    name: str
    architecture: str
    dropout: float = 0.5
    start: str = ""  # weights to start from: "vggface2", "imagenet", or a finished run; "": none

    # Optimisation: the learning rate warms up linearly, then falls to 0 in half a cosine.
    epochs: int = 60
    batch_size: int = 128
    optimizer: str = "nadam"  # sgd and muon: Nesterov momentum 0.9; sgd-plain: none
    learning_rate: float = 1e-3  # the peak
    weight_decay: float = 0.0  # decoupled, times the learning rate (Loshchilov & Hutter 2019)
    ema: float = 0.0  # decay of the weights' exponential moving average, a step (Polyak & Juditsky 1992)
    seed: int = 0

    # Augmentation: drawn for each image, uniformly from [-value, value]
    flip: bool = True  # mirror every second image
    rotation_degrees: float = 0.0
    shear_degrees: float = 0.0
    zoom: float = 0.0  # 0.1: one factor of 0.9 to 1.1 for both axes, and 0.95 to 1.05 more for each
    shift: float = 0.0  # share of the side, for each axis
    brightness: float = 0.0  # share of the range of 255 added to every pixel
    contrast: float = 0.0  # factor around the image's mean
    erasing: float = 0.0  # the chance that a rectangle is replaced by noise (Zhong et al. 2020)
    # Training sees the central crop_px x crop_px pixels, prediction the whole image: with a shift that is a
    # random crop, and 40 of 48 costs 0.7 of the time (Touvron et al. 2019, arXiv:1906.06423).
    crop_px: int = SIDE
    # Progressive resizing: the same image in this many pixels a side at first, 8 more at each of equal parts
    # of the training, up to crop_px (Tan & Le 2021, arXiv:2104.00298). 0: crop_px throughout.
    first_px: int = 0

    # Regularisation
    class_weights: bool = False  # inversely proportional to the class counts, N / (7 count)
    mixup: float = 0.0  # alpha of Beta(alpha, alpha) (Zhang et al. 2018)
    cutmix: float = 0.0  # the same for CutMix (Yun et al. 2019); with both, each image draws one of the two
    # Self-distillation: the share of the labels that has given way, growing evenly to the last epoch, to the
    # network's own mean predictions (Kim et al. 2021, arXiv:2006.12000), so that a noisy label weighs less.
    self_distillation: float = 0.0

    # Distillation (Hinton et al. 2015)
    teacher: str = ""  # a finished run, or several ("one+other") whose logits are averaged
    distillation_weight: float = 0.0  # its share of the loss

    # Selection, on PublicTest
    patience: int = 20  # early stopping: epochs without a better validation loss or accuracy; 0: never
    monitor: str = "val_accuracy"  # whose best epoch is kept (val_accuracy, val_loss); "epoch": the last
    # Classifier re-training: at the end the last layer is fitted anew to the labels alone, on unmixed images
    # (Kang et al. 2020, arXiv:1910.09217); it mends confidence, not accuracy.
    retrain_classifier: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot be trained before anything is built."""
        for field, kind in FIELD_TYPES.items():
            _require(_is_a(kind, getattr(self, field)), field, TYPE_NAMES[kind], getattr(self, field))
        _require(RUN_NAME.fullmatch(self.name) is not None, "name", NAME_RULE, self.name)
        for fields, (lowest, below, expected) in RANGES.items():
            for field in fields.split():
                value = getattr(self, field)
                _require(lowest <= value < below, field, expected, value)
        _require(self.learning_rate > 0, "learning_rate", "above 0", self.learning_rate)
        _require(self.optimizer in OPTIMIZERS, "optimizer", f"one of {', '.join(OPTIMIZERS)}", self.optimizer)
        _require(self.monitor in PICKS, "monitor", f"one of {', '.join(PICKS)}", self.monitor)
        _require(24 <= self.crop_px <= SIDE, "crop_px", f"in [24, {SIDE}]", self.crop_px)
        grows = self.first_px == 0 or 16 <= self.first_px <= self.crop_px
        _require(grows, "first_px", f"0, or in [16, {self.crop_px}] (crop_px)", self.first_px)
        self._check_teacher()

    def _check_teacher(self) -> None:
        named = all(RUN_NAME.fullmatch(name) for name in self.teachers)
        named = named and len(set(self.teachers)) == len(self.teachers)
        _require(named, "teacher", "names of different runs, with + between several", self.teacher)
        consistent = (self.teacher != "") == (self.distillation_weight > 0)
        expected = "above 0 with a teacher, and 0 without"
        _require(consistent, "distillation_weight", expected, self.distillation_weight)

    def side_at(self, epoch: int) -> int:
        """The side, in pixels, of the images that training sees in an epoch, counted from 0."""
        sides = [*range(self.first_px or self.crop_px, self.crop_px, 8), self.crop_px]
        return sides[epoch * len(sides) // self.epochs]

    @property
    def whole_faces(self) -> bool:
        """Whether training sees whole images in all their pixels throughout, as prediction does."""
        return self.crop_px == SIDE and self.first_px in (0, SIDE)

    @property
    def teachers(self) -> list[str]:
        """The names of the teacher runs."""
        return self.teacher.split("+") if self.teacher else []

    def replace(self, **changes: Any) -> "Recipe":  # a field's value: int, float, bool or str
        """The same recipe with some fields changed."""
        return dataclasses.replace(self, **changes)

    def to_json(self) -> dict[str, Any]:
        """Every field, resolved, ready for ``recipe.json``."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> "Recipe":
        """The recipe that ``to_json`` wrote; fields that older versions had are translated or left out.

        Raises:
            RecipeError: if a field is unknown, missing or out of range.
        """
        if not isinstance(fields, Mapping):
            raise RecipeError(f"A recipe must be a JSON object of fields. Received: {fields!r}.")
        kept = {RENAMED.get(key, key): value for key, value in fields.items() if key not in RETIRED}
        for before, now in MOVED:
            if all(fields.get(key) == value for key, value in before.items()):
                kept |= now
        _known(kept)
        try:
            return cls(**kept)
        except TypeError as error:
            raise RecipeError(f"The recipe is not whole: {error}.") from error


# Fields of runs that were stored before 0.25: what they are called now, those that are gone, and which of
# their values another field has now.
RENAMED = {
    "average": "ema",
    "self_share": "self_distillation",
    "refit_head": "retrain_classifier",
    "teacher_share": "distillation_weight",
}
RETIRED = (
    *("batch_norm", "drop_blank", "initializer", "label_smoothing", "lessons", "momentum", "precision"),
    *("random_crop", "stretch", "teacher_maps", "teacher_temperature", "unmixed_epochs", "warmup_epochs"),
)
MOVED: tuple[tuple[dict[str, Any], dict[str, Any]], ...] = (
    ({"architecture": "paper-cnn", "batch_norm": False}, {"architecture": "paper-cnn-no-batch-norm"}),
    ({"architecture": "paper-cnn", "initializer": "glorot_uniform"}, {"architecture": "paper-cnn-glorot"}),
    ({"optimizer": "sgd", "momentum": 0.0}, {"optimizer": "sgd-plain"}),
)
FIELD_TYPES: dict[str, Any] = {field.name: field.type for field in dataclasses.fields(Recipe)}
TYPE_NAMES = {str: "a text", bool: "true or false", int: "a whole number", float: "a number"}
JUST_ABOVE_1 = math.nextafter(1.0, 2.0)
RANGES: dict[str, tuple[float, float, str]] = {  # fields -> least, first too high, both in words
    "epochs batch_size": (1, math.inf, "at least 1"),
    "mixup cutmix weight_decay rotation_degrees patience": (0, math.inf, "at least 0"),
    "seed": (0, 2**32, "in [0, 2^32)"),
    "dropout ema zoom contrast": (0, 1, "in [0, 1)"),
    "erasing shift brightness distillation_weight self_distillation": (0, JUST_ABOVE_1, "in [0, 1]"),
    "shear_degrees": (0, 90, "in [0, 90)"),
}


def _is_a(kind: type, value: object) -> bool:
    if kind is bool or isinstance(value, bool):
        return isinstance(value, bool) and kind is bool
    if kind is float:
        return isinstance(value, int | float) and math.isfinite(value)
    return isinstance(value, kind)


def _require(holds: bool, field: str, expected: str, received: object) -> None:
    if not holds:
        raise RecipeError(f"Recipe field {field} must be {expected}. Received: {received!r}.")


def _known(keys: Mapping[str, Any]) -> None:
    for key in keys:
        if key not in FIELD_TYPES:
            raise RecipeError(f"Unknown recipe field {key!r}. The fields are: {', '.join(FIELD_TYPES)}.")


def override(recipe: Recipe, settings: list[str]) -> Recipe:
    """Apply ``key=value`` texts, as ``fer train --set`` takes them.

    Raises:
        RecipeError: if a text has no ``=``, a key is unknown, or a value has another type than the field.
    """
    changes: dict[str, Any] = {}
    for setting in settings:
        key, equals, text = setting.partition("=")
        if not equals:
            raise RecipeError(f"--set takes key=value, e.g. epochs=10. Received: {setting!r}.")
        _known({key: text})
        changes[key] = _parse(key, text, FIELD_TYPES[key])
    return recipe.replace(**changes)


def _parse(key: str, text: str, kind: type) -> Any:
    truths = types.MappingProxyType({"true": True, "1": True, "false": False, "0": False})
    try:
        return truths[text.lower()] if kind is bool else kind(text)
    except (ValueError, KeyError):
        raise RecipeError(f"Recipe field {key} must be {TYPE_NAMES[kind]}. Received: {text!r}.") from None
