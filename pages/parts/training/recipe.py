"""A run's configuration and provenance, with the names that papers use."""

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from fer_core.experiments.runs import Run
from fer_core.formats import escape_markdown, format_list, format_seconds
from fer_core.training.recipes import Recipe

# The label of each recipe field; what is not used is named in one line under the table.
TRAINING = {
    "architecture": ("Architecture", "{}"),
    "start": ("Start weights", "{}"),
    "dropout": ("Dropout", "{:g}"),
    "epochs": ("Epochs", "at most {}"),
    "patience": ("Early stopping", "after {} epochs without improvement"),
    "batch_size": ("Batch size", "{}"),
    "optimizer": ("Optimizer", "{}"),
    "learning_rate": ("Peak learning rate", "{:g}"),
    "weight_decay": ("Weight decay", "{:g}"),
    "ema": ("EMA of the weights", "decay {:g}"),
    "class_weights": ("Class weights", "inversely proportional to the class counts"),
    "mixup": ("Mixup", "alpha {:g}"),
    "cutmix": ("CutMix", "alpha {:g}"),
    "self_distillation": ("Self-distillation", "weight of the own predictions grows to {:g}"),
    "teacher": ("Distilled from", "{}"),
    "distillation_weight": ("Distillation weight", "{:g} of the loss"),
    "monitor": ("Best epoch by", "{}"),
    "retrain_classifier": ("Classifier re-training", "after training, on the true labels"),
    "seed": ("Seed", "{}"),
}
AUGMENTATION = {
    "flip": ("Horizontal flip", "every second image"),
    "rotation_degrees": ("Rotation", "±{:g}°"),
    "shear_degrees": ("Shear", "±{:g}°"),
    "zoom": ("Zoom", "±{:.0%}, and half as much for each axis alone"),
    "shift": ("Shift", "±{:.0%} of the side"),
    "brightness": ("Brightness", "±{:.0%}"),
    "contrast": ("Contrast", "±{:.0%}"),
    "erasing": ("Random erasing", "{:.0%} of the images"),
    "crop_px": ("Crop", "the central {0} × {0} pixels"),
    "first_px": ("Progressive resizing", "from {0} × {0} pixels"),
}
# Values that stand in a recipe as code spells them.
SPELT = {
    "sgd": "SGD with Nesterov momentum 0.9",
    "sgd-plain": "SGD without momentum",
    "adam": "Adam",
    "nadam": "NAdam",
    "adamax": "Adamax",
    "adamw": "AdamW",
    "muon": "Muon",
    "imagenet": "ImageNet",
    "vggface2": "VGGFace2",
    "epoch": "the last epoch",
}


def _commit(commit: str) -> str:
    return commit[:12] + (" and changes" if commit.endswith("+") else "")


TEXTS: dict[str, Callable[[Any], str]] = {
    "seconds": format_seconds,
    "commit": _commit,
    "calibrated_at": _commit,
    "finished": lambda when: when[:16].replace("T", " ") + " UTC",  # ISO 8601, in UTC
    "sha256": lambda files: ", ".join(f"{name} {digest[:12]}" for name, digest in files.items()),
    "data": lambda data: ", ".join(f"{of} {facts['count']:,}" for of, facts in data.items()),
}


def show_recipe(recipe: Recipe) -> None:
    """How the network was trained."""
    fields = recipe.to_json()
    if recipe.teacher:
        fields["teacher"] = format_list(recipe.teachers)
    rest = {
        name: value for name, value in fields.items() if name not in TRAINING | AUGMENTATION | {"name": ()}
    }
    st.subheader("Recipe")
    _table(_rows(fields, TRAINING) | {_words(name): str(value) for name, value in rest.items()})
    _name_unused(fields, TRAINING)


def show_augmentation(recipe: Recipe) -> None:
    """The augmentation of the training images."""
    st.subheader("Augmentation")
    _table(_rows(recipe.to_json(), AUGMENTATION))
    _name_unused(recipe.to_json(), AUGMENTATION)


def show_provenance(run: Run) -> None:
    """Everything that the run recorded about itself: command, commit, machine, versions, data."""
    st.subheader("Provenance")
    _table(_flatten(run.provenance))


def _table(rows: dict[str, str]) -> None:
    rows = {escape_markdown(name): escape_markdown(value) for name, value in rows.items()}
    st.table(rows, border="horizontal", hide_header=True)


def _rows(fields: Mapping[str, Any], names: Mapping[str, tuple[str, str]]) -> dict[str, str]:
    return {
        label: text.format(SPELT.get(fields[name], fields[name]))
        for name, (label, text) in names.items()
        if name in fields and not _is_off(name, fields[name])
    }


def _name_unused(fields: Mapping[str, Any], names: Mapping[str, tuple[str, str]]) -> None:
    unused = [label for name, (label, _) in names.items() if name in fields and _is_off(name, fields[name])]
    if unused:
        st.caption(f"Not used: {', '.join(unused)}.")


def _is_off(name: str, value: Any) -> bool:
    return name != "seed" and value in (0, False, None, "")


def _flatten(facts: Mapping[str, Any]) -> dict[str, str]:
    """Facts as one level of texts: nested ones become one line each."""
    return {_words(name): _text(name, value) for name, value in facts.items() if value not in (None, "")}


def _text(name: str, value: Any) -> str:
    """One fact as a text; what has no entry in TEXTS is written by its type."""
    if name in TEXTS:
        return TEXTS[name](value)
    if isinstance(value, Mapping):
        return ", ".join(f"{_words(key)} {_text(key, inner)}" for key, inner in value.items())
    if isinstance(value, float):
        return f"{value:.4g}"
    return f"{value:,}" if type(value) is int else str(value)


def _words(name: str) -> str:
    return {"seconds": "time", "head": "last layer"}.get(name, name.replace("_", " "))
