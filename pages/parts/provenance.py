"""What a run was asked to do and where it comes from, in words that a reader knows."""

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from fer_core.formats import format_list, format_seconds
from fer_core.recipes import Recipe
from fer_core.runs import Run

# How each recipe field reads; what a recipe leaves off is named in one line under the table.
TRAINING = {
    "architecture": ("network", "{}"),
    "epochs": ("at most", "{} epochs"),
    "patience": ("early stopping", "after {} epochs without progress"),
    "batch_size": ("batch", "{} faces"),
    "optimizer": ("optimizer", "{}"),
    "momentum": ("momentum (Nesterov)", "{}"),
    "learning_rate": ("peak learning rate", "{:g}"),
    "warmup_epochs": ("warm-up", "{:g} epochs"),
    "weight_decay": ("weight decay", "{:g}"),
    "label_smoothing": ("label smoothing", "{:g}"),
    "average": ("averaged weights", "{:g} of the average kept a step"),
    "mixup": ("mixup", "alpha {:g}"),
    "cutmix": ("CutMix", "alpha {:g}"),
    "unmixed_epochs": ("unmixed faces at the end", "the last {} epochs"),
    "start": ("weights of another network", "{}"),
    "teacher": ("teacher", "{}"),
    "teacher_share": ("teacher's share of the loss", "{:g}"),
    "teacher_temperature": ("teacher's temperature", "{:g}"),
    "teacher_maps": ("teacher's last maps", "their error weighs {:g}"),
    "self_share": ("own answers in place of labels", "a share that grows to {:g}"),
    "lessons": ("repeated pictures", "new in the first {} epochs, and again after that"),
    "class_weights": ("class weights", "the rarer the emotion, the heavier"),
    "dropout": ("dropout", "{:g}"),
    "batch_norm": ("batch norm", "after each convolution"),
    "initializer": ("weights begin", "{}"),
    "monitor": ("what the kept epoch is best in", "{}"),
    "precision": ("precision", "{}"),
    "refit_head": ("a last layer fitted anew", "at the end, to the labels alone"),
    "drop_blank": ("leaving out blank images", "whose pixels are all 0"),
    "seed": ("seed", "{}"),
}
AUGMENTATION = {
    "flip": ("mirror image", "every second face"),
    "rotation_degrees": ("rotation", "±{:g}°"),
    "shear_degrees": ("shear", "±{:g}°"),
    "zoom": ("zoom", "±{:.0%}"),
    "stretch": ("stretch of each axis", "±{:.0%}"),
    "shift": ("shift", "±{:.0%} of the side"),
    "brightness": ("brightness", "±{:.0%}"),
    "contrast": ("contrast", "±{:.0%}"),
    "erasing": ("erasing of a rectangle", "{:.0%} of the faces"),
    "crop_px": ("crop", "{0} × {0} pixels, the middle unless said otherwise"),
    "random_crop": ("crops drawn anew", "anywhere, and every second one is mirrored"),
    "first_px": ("growing pictures", "{0} × {0} at first"),
}
# Values that stand in a recipe as code spells them.
SPELT = {
    "sgd": "SGD",
    "adam": "Adam",
    "nadam": "NAdam",
    "adamax": "Adamax",
    "adamw": "AdamW",
    "muon": "Muon",
    "he_normal": "He-normal",
    "glorot_uniform": "Glorot-uniform",
    "imagenet": "ImageNet's weights",
}

TEXTS: dict[str, Callable[[Any], str]] = {
    "seconds": format_seconds,
    "commit": lambda commit: commit[:12] + (" and changes" if commit.endswith("+") else ""),
    "finished": lambda when: when[:16].replace("T", " ") + " UTC",  # ISO 8601, in UTC
    "data": lambda data: ", ".join(f"{of} {facts['count']:,}" for of, facts in data.items()),
}


def show_recipe(recipe: Recipe) -> None:
    """How the network was trained."""
    fields = recipe.to_json()
    if recipe.teacher:
        fields["teacher"] = format_list(recipe.teachers)
    else:
        fields = {name: value for name, value in fields.items() if not name.startswith("teacher_")}
    if recipe.optimizer not in ("sgd", "muon"):  # the others keep their own betas
        fields.pop("momentum")
    rest = {
        name: value for name, value in fields.items() if name not in TRAINING | AUGMENTATION | {"name": ()}
    }
    st.subheader("The recipe")
    _table(_rows(fields, TRAINING) | {_words(name): str(value) for name, value in rest.items()})
    _name_unused(fields, TRAINING)


def show_augmentation(recipe: Recipe) -> None:
    """What training did to the images."""
    st.subheader("What training did to the faces")
    _table(_rows(recipe.to_json(), AUGMENTATION))
    _name_unused(recipe.to_json(), AUGMENTATION)


def show_provenance(run: Run) -> None:
    """Everything that the run recorded about itself: command, commit, machine, versions, data."""
    st.subheader("Where it comes from")
    _table(_flatten(run.provenance))


def _table(rows: dict[str, str]) -> None:
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
    """Facts as one level of texts: what is nested becomes one line a fact."""
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
