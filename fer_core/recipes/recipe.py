"""What to train and how: one frozen dataclass."""

import dataclasses
import math
import re
import types
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fer_core.curves import PICKS
from fer_core.emotions import SIDE
from fer_core.errors import RecipeError

OPTIMIZERS = ("sgd", "adam", "nadam", "adamax", "adamw", "muon")
RUN_NAME = re.compile(
    r"_?[A-Za-z0-9][A-Za-z0-9._-]*"
)  # it becomes a folder's; one with a dot first is unfinished
INITIALIZERS = ("he_normal", "glorot_uniform")
PRECISIONS = ("float32", "mixed_bfloat16")


@dataclass(frozen=True)
class Recipe:
    """Everything that decides what a training run does; the same recipe and data repeat the run.

    Geometry is drawn uniformly from [-value, +value] for each image; see ``augmentation``.

    Raises:
        RecipeError: if a value cannot be trained.
    """

    name: str
    architecture: str
    epochs: int
    seed: int = 0
    batch_size: int = 128
    optimizer: str = "nadam"
    momentum: float = 0.9  # of SGD and Muon (Nesterov); the others keep Keras's betas
    learning_rate: float = 1e-3  # the peak, reached after the warm-up; then a half cosine down to 0
    warmup_epochs: float = 2.0
    weight_decay: float = 0.0  # decoupled, times the learning rate (Loshchilov & Hutter 2019)
    label_smoothing: float = 0.0  # Szegedy et al. 2016
    average: float = 0.0  # the moving average of the weights keeps this share a step (Polyak & Juditsky 1992)
    mixup: float = 0.0  # alpha of mixup's Beta(alpha, alpha) (Zhang et al. 2018); 0 mixes nothing
    cutmix: float = 0.0  # the same for CutMix (Yun et al. 2019); with both, each face draws one of the two
    # The last epochs mix nothing, so that training ends on faces like those to be read (He et al. 2019,
    # "Data Augmentation Revisited", arXiv:1909.09148).
    unmixed_epochs: int = 0
    class_weights: bool = False  # inversely proportional to the class counts, N / (7 count)
    dropout: float = 0.5
    batch_norm: bool = True  # paper-cnn alone can do without
    initializer: str = (
        "he_normal"  # of paper-cnn's convolutions and hidden layer; the others keep He et al.'s
    )
    patience: int = 20  # epochs without a better validation loss or accuracy before stopping; 0 never stops
    # Which epoch's weights are kept: the one that reads most faces of the validation split right, or the one
    # with the least loss there, which moves less by chance (as Keras's ModelCheckpoint calls it); or, by
    # "epoch", the last: a last layer that is fitted anew has no use for a loss that was read before.
    monitor: str = "val_accuracy"
    precision: str = "float32"  # mixed_bfloat16 is float32 where the machine has no bfloat16
    # The share of the labels that has given way by the last epoch, evenly, to what the network itself has
    # answered on average (Kim et al. 2021, "Self-Knowledge Distillation with Progressive Refinement of
    # Targets", arXiv:2006.12000, to its newest answers), so that a noisy label weighs less.
    self_share: float = 0.0
    # At the end the last layer is fitted anew to the labels alone, on faces that are not mixed: this mends
    # confidence, not accuracy (see ``training.head``).
    refit_head: bool = False
    start: str = ""  # a finished run, or "imagenet", whose weights training starts from; "": none
    teacher: str = ""  # a finished run, or several ("one+other"), whose answers are learnt beside the labels
    teacher_share: float = 0.0  # of the loss
    teacher_temperature: float = 2.0  # what both networks' logits are divided by for that
    # The weight of the error with which the student tells its teachers' last maps (``training.maps``).
    teacher_maps: float = 0.0
    # So many epochs' pictures are made, and answered by the teacher, once; later epochs show them again in
    # other orders. A teacher costs a student of its size a quarter of the time. 0: new pictures each epoch.
    lessons: int = 0
    drop_blank: bool = True  # FER2013's Training split holds 11 images whose pixels are all 0
    flip: bool = True  # mirror every second image
    rotation_degrees: float = 0.0
    shear_degrees: float = 0.0
    zoom: float = 0.0  # one factor for both axes, 0.1: 0.9 to 1.1
    stretch: float = 0.0  # a factor for each axis on its own
    shift: float = 0.0  # share of the side, for each axis
    brightness: float = 0.0  # share of the range of 255 added to every pixel
    contrast: float = 0.0  # factor around the image's mean
    erasing: float = 0.0  # the chance that a rectangle is replaced by noise (Zhong et al. 2020)
    # Training sees the middle of this many pixels a side after geometry, prediction the whole face: with a
    # shift that is a random crop, and 40 of 48 costs 0.7 of the time (Touvron et al. 2019, arXiv:1906.06423).
    crop_px: int = SIDE
    # The crop lies anywhere, and every second one is mirrored, drawn anew each epoch, also of pictures that
    # come again. Teachers are shown the whole picture.
    random_crop: bool = False
    # The same picture in fewer pixels a side at first, 8 more at each of equal parts of the training, until
    # they are crop_px: early epochs get cheap (Tan & Le 2021, arXiv:2104.00298). 0: crop_px always.
    first_px: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be trained before anything is built."""
        for field, kind in FIELD_TYPES.items():
            _require(_is_a(kind, getattr(self, field)), field, TYPE_NAMES[kind], getattr(self, field))
        _require(
            RUN_NAME.fullmatch(self.name) is not None,
            "name", "letters, digits, '.', '_' and '-', starting with a letter or digit", self.name,
        )  # fmt: skip
        for field in ("epochs", "batch_size"):
            _require(getattr(self, field) >= 1, field, "at least 1", getattr(self, field))
        for field in ("mixup", "cutmix", "weight_decay", "rotation_degrees", "teacher_maps"):
            _require(getattr(self, field) >= 0, field, "at least 0", getattr(self, field))
        _require(0 <= self.seed < 2**32, "seed", "in [0, 2^32)", self.seed)
        _require(self.optimizer in OPTIMIZERS, "optimizer", f"one of {', '.join(OPTIMIZERS)}", self.optimizer)
        known = f"one of {', '.join(INITIALIZERS)}"
        _require(self.initializer in INITIALIZERS, "initializer", known, self.initializer)
        _require(self.precision in PRECISIONS, "precision", f"one of {', '.join(PRECISIONS)}", self.precision)
        _require(self.monitor in PICKS, "monitor", f"one of {', '.join(PICKS)}", self.monitor)
        _require(self.learning_rate > 0, "learning_rate", "above 0", self.learning_rate)
        for field in ("dropout", "label_smoothing", "momentum", "average", "zoom", "stretch", "contrast"):
            _require(0 <= getattr(self, field) < 1, field, "in [0, 1)", getattr(self, field))
        for field in ("erasing", "shift", "brightness", "teacher_share", "self_share"):
            _require(0 <= getattr(self, field) <= 1, field, "in [0, 1]", getattr(self, field))
        _require(0 <= self.shear_degrees < 90, "shear_degrees", "in [0, 90)", self.shear_degrees)
        self._check_teacher()
        self._check_epochs()

    def _check_teacher(self) -> None:
        _require(self.teacher_temperature > 0, "teacher_temperature", "above 0", self.teacher_temperature)
        named = all(RUN_NAME.fullmatch(name) for name in self.teachers)
        named = named and len(set(self.teachers)) == len(self.teachers)
        _require(named, "teacher", "names of different runs, with + between several", self.teacher)
        _require(
            (self.teacher != "") == (self.teacher_share > 0), "teacher_share",
            "above 0 with a teacher, and 0 without", self.teacher_share,
        )  # fmt: skip
        alone = self.teacher_maps == 0 or (self.teacher != "" and not self.random_crop)
        _require(alone, "teacher_maps", "0 without a teacher, and with random_crop", self.teacher_maps)
        anew = self.self_share == 0 or self.lessons == 0
        _require(anew, "self_share", "0 with lessons, whose targets are kept", self.self_share)

    def _check_epochs(self) -> None:
        for field in ("patience", "lessons", "warmup_epochs"):
            _require(getattr(self, field) >= 0, field, "at least 0", getattr(self, field))
        _require(24 <= self.crop_px <= SIDE, "crop_px", f"in [24, {SIDE}]", self.crop_px)
        grows = self.first_px == 0 or 16 <= self.first_px <= self.crop_px
        _require(grows, "first_px", f"0, or in [16, {self.crop_px}] (crop_px)", self.first_px)
        _require(not (self.random_crop and self.first_px), "first_px", "0 with random_crop", self.first_px)
        few = 0 <= self.unmixed_epochs <= self.epochs
        _require(few, "unmixed_epochs", f"in [0, {self.epochs}] (epochs)", self.unmixed_epochs)

    def side_at(self, epoch: int) -> int:
        """Pixels a side of what the network learns from in an epoch, counted from 0."""
        sides = [*range(self.first_px or self.crop_px, self.crop_px, 8), self.crop_px]
        return sides[epoch * len(sides) // self.epochs]

    @property
    def whole_faces(self) -> bool:
        """Whether training sees whole faces in all their pixels throughout, as prediction does."""
        return self.crop_px == SIDE and self.first_px in (0, SIDE)

    @property
    def teachers(self) -> list[str]:
        """The names of the runs that teach."""
        return self.teacher.split("+") if self.teacher else []

    def replace(self, **changes: Any) -> "Recipe":  # a field's value: int, float, bool or str
        """The same recipe with some fields changed."""
        return dataclasses.replace(self, **changes)

    def to_json(self) -> dict[str, Any]:
        """Every field, resolved, ready for ``recipe.json``."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> "Recipe":
        """The recipe that ``to_json`` wrote.

        Raises:
            RecipeError: if a field is unknown, missing or out of range.
        """
        if not isinstance(fields, Mapping):
            raise RecipeError(f"A recipe must be a JSON object of fields. Received: {fields!r}.")
        _known(fields)
        try:
            return cls(**fields)
        except TypeError as error:
            raise RecipeError(f"The recipe is not whole: {error}.") from error


FIELD_TYPES: dict[str, Any] = {field.name: field.type for field in dataclasses.fields(Recipe)}
TYPE_NAMES = {str: "a text", bool: "true or false", int: "a whole number", float: "a number"}


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
