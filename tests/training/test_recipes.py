"""Recipes: round trips, overrides, and every value that cannot be trained."""

import dataclasses
import json

import pytest

from fer_core.errors import RecipeError
from fer_core.training import recipes
from fer_core.training.recipes import RECIPES, Recipe, load_recipe, override, paper_base
from fer_core.training.recipes.recipe import RENAMED, RETIRED

PLAIN = Recipe(name="plain", architecture="paper-cnn", epochs=3)


@pytest.mark.parametrize("name", RECIPES)
def test_a_named_recipe_is_valid_and_has_an_experiment_card(name):
    recipe = load_recipe(name)
    assert recipe.name == name
    card = RECIPES[name].__doc__
    for line in ("Expected:", "Time:", f"Command: ``fer train {name}"):
        assert line in card


@pytest.mark.parametrize("name", RECIPES)
def test_a_named_recipe_survives_json(name):
    recipe = load_recipe(name)
    assert Recipe.from_json(json.loads(json.dumps(recipe.to_json()))) == recipe


def test_json_holds_every_field_resolved():
    assert list(PLAIN.to_json()) == [field.name for field in dataclasses.fields(Recipe)]
    assert None not in PLAIN.to_json().values()


def test_fields_left_out_of_json_take_their_defaults():
    fields = {"name": "plain", "architecture": "paper-cnn", "epochs": 3}
    assert Recipe.from_json(fields) == PLAIN


@pytest.mark.parametrize(
    ("setting", "field", "value"),
    [
        ("epochs=10", "epochs", 10),
        ("learning_rate=3e-4", "learning_rate", 3e-4),
        ("rotation_degrees=7.5", "rotation_degrees", 7.5),  # the paper's recipe gives it as a whole number
        ("rotation_degrees=7", "rotation_degrees", 7),
        ("class_weights=true", "class_weights", True),
        ("flip=False", "flip", False),
        ("flip=0", "flip", False),
        ("optimizer=sgd", "optimizer", "sgd"),
        ("name=another-name", "name", "another-name"),
    ],
)
def test_settings_are_read_by_the_type_of_their_field(setting, field, value):
    recipe = paper_base()
    changed = override(recipe, [setting])
    assert changed == recipe.replace(**{field: value})
    assert type(getattr(changed, field)) is recipes.FIELD_TYPES[field]


def test_the_last_of_two_settings_counts():
    assert override(PLAIN, ["epochs=4", "seed=2", "epochs=5"]) == PLAIN.replace(epochs=5, seed=2)
    assert override(PLAIN, []) == PLAIN


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("epochs", r"--set takes key=value, e\.g\. epochs=10\. Received: 'epochs'"),
        ("epoch=3", r"Unknown recipe field 'epoch'\. The fields are: name, architecture, dropout"),
        ("epochs=3.5", r"epochs must be a whole number\. Received: '3\.5'"),
        ("epochs=", r"epochs must be a whole number\. Received: ''"),
        (
            "teacher=best+",
            r"teacher must be names of different runs, with \+ between several\. Received: 'best\+'",
        ),
        ("dropout=much", r"dropout must be a number\. Received: 'much'"),
        ("flip=yes", r"flip must be true or false\. Received: 'yes'"),
        ("learning_rate=nan", r"learning_rate must be a number\. Received: nan"),
        ("epochs=0", r"epochs must be at least 1\. Received: 0"),
    ],
)
def test_settings_that_cannot_be_read_are_refused(setting, message):
    with pytest.raises(RecipeError, match=message):
        override(PLAIN, [setting])


BAD_VALUES = [
    ("epochs", 0, "at least 1"),
    ("epochs", 2.0, "a whole number"),
    ("epochs", True, "a whole number"),
    ("batch_size", -1, "at least 1"),
    ("seed", -1, r"in \[0, 2\^32\)"),
    ("seed", 2**32, r"in \[0, 2\^32\)"),
    ("optimizer", "lion", "one of sgd, sgd-plain, adam, nadam, adamax, adamw, muon"),
    ("monitor", "loss", "one of val_accuracy, val_loss, epoch"),
    ("learning_rate", 0.0, "above 0"),
    ("learning_rate", float("inf"), "a number"),
    ("learning_rate", "0.1", "a number"),
    ("weight_decay", -1e-4, "at least 0"),
    ("patience", -1, "at least 0"),
    ("dropout", 1.0, r"in \[0, 1\)"),
    ("zoom", -0.1, r"in \[0, 1\)"),
    ("contrast", 1.5, r"in \[0, 1\)"),
    ("ema", 1, r"in \[0, 1\)"),
    ("zoom", float("nan"), "a number"),
    ("shift", 1.1, r"in \[0, 1\]"),
    ("brightness", -0.1, r"in \[0, 1\]"),
    ("erasing", 1.1, r"in \[0, 1\]"),
    ("self_distillation", 1.1, r"in \[0, 1\]"),
    ("rotation_degrees", -10, "at least 0"),
    ("shear_degrees", 90, r"in \[0, 90\)"),
    ("first_px", 8, r"0, or in \[16, 48\]"),
    ("first_px", 56, r"0, or in \[16, 48\]"),
    ("teacher", "best+best", "names of different runs"),
    ("flip", 1, "true or false"),
    ("architecture", None, "a text"),
    ("name", "../escape", "starting with a letter or digit"),
    ("name", ".hidden", "starting with a letter or digit"),
    ("name", "a b", "letters, digits"),
    ("name", "", "letters, digits"),
]


@pytest.mark.parametrize(("field", "value", "expected"), BAD_VALUES)
def test_values_that_cannot_be_trained_are_refused(field, value, expected):
    with pytest.raises(RecipeError, match=f"Recipe field {field} must be .*{expected}.*Received: ") as caught:
        Recipe.from_json(PLAIN.to_json() | {field: value})
    assert repr(value) in str(caught.value)
    assert str(caught.value).count("\n") == 0


def test_a_recipe_can_be_read_at_a_glance():
    assert len(dataclasses.fields(Recipe)) <= 30


@pytest.mark.parametrize(("teacher", "weight"), [("best", 0.0), ("", 0.5)])
def test_a_teacher_and_its_weight_come_together(teacher, weight):
    with pytest.raises(
        RecipeError, match="distillation_weight must be above 0 with a teacher, and 0 without"
    ):
        PLAIN.replace(teacher=teacher, distillation_weight=weight)


def test_small_images_grow_to_the_crop():
    growing = PLAIN.replace(crop_px=40, first_px=24, epochs=6)
    assert [growing.side_at(epoch) for epoch in range(6)] == [24, 24, 32, 32, 40, 40]
    assert [PLAIN.side_at(epoch) for epoch in range(3)] == [48, 48, 48]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"name": "plain", "epochs": 3}, r"not whole: .*'architecture'"),
        ({}, "not whole"),
        (PLAIN.to_json() | {"epoch": 3}, "Unknown recipe field 'epoch'"),
        ([], r"must be a JSON object of fields\. Received: \[\]"),
        (5, r"must be a JSON object of fields\. Received: 5"),
    ],
)
def test_json_that_is_no_recipe_is_refused(fields, message):
    with pytest.raises(RecipeError, match=message):
        Recipe.from_json(fields)


def test_an_unknown_recipe_names_those_there_are():
    with pytest.raises(RecipeError, match=r"no recipe 'papercnn'\. The recipes are: .*paper-cnn"):
        load_recipe("papercnn")


STORED = """{
 "name": "best",
 "architecture": "residual-wide",
 "epochs": 8,
 "seed": 27,
 "batch_size": 128,
 "optimizer": "muon",
 "momentum": 0.9,
 "learning_rate": 0.02,
 "warmup_epochs": 0.5,
 "weight_decay": 0.005,
 "label_smoothing": 0.1,
 "average": 0.999,
 "mixup": 0.2,
 "cutmix": 0.2,
 "unmixed_epochs": 0,
 "class_weights": false,
 "dropout": 0.0,
 "batch_norm": true,
 "initializer": "he_normal",
 "patience": 0,
 "monitor": "epoch",
 "precision": "mixed_bfloat16",
 "self_share": 0.0,
 "refit_head": true,
 "start": "best-50",
 "teacher": "best-50+quick-50+quick-whole+paper-plain",
 "teacher_share": 0.8,
 "teacher_temperature": 3.0,
 "teacher_maps": 0.0,
 "lessons": 8,
 "drop_blank": true,
 "flip": true,
 "rotation_degrees": 15,
 "shear_degrees": 5,
 "zoom": 0.15,
 "stretch": 0.08,
 "shift": 0.1,
 "brightness": 0.1,
 "contrast": 0.4,
 "erasing": 0.2,
 "crop_px": 48,
 "random_crop": true,
 "first_px": 0
}"""


def test_a_recipe_stored_before_0_25_is_read():
    stored = json.loads(STORED)
    assert set(RENAMED) | set(RETIRED) <= set(stored)
    recipe = Recipe.from_json(stored)
    assert (recipe.ema, recipe.self_distillation) == (stored["average"], stored["self_share"])
    assert (recipe.retrain_classifier, recipe.distillation_weight) == (True, stored["teacher_share"])
    kept = {key: value for key, value in recipe.to_json().items() if key not in RENAMED.values()}
    assert kept == {key: stored[key] for key in kept}


@pytest.mark.parametrize(
    ("stored", "field", "now"),
    [
        ({"architecture": "paper-cnn", "batch_norm": False}, "architecture", "paper-cnn-no-batch-norm"),
        ({"architecture": "paper-cnn", "initializer": "glorot_uniform"}, "architecture", "paper-cnn-glorot"),
        ({"architecture": "paper-cnn", "initializer": "he_normal"}, "architecture", "paper-cnn"),
        ({"architecture": "residual", "optimizer": "sgd", "momentum": 0.0}, "optimizer", "sgd-plain"),
        ({"architecture": "residual", "optimizer": "sgd", "momentum": 0.9}, "optimizer", "sgd"),
    ],
)
def test_what_retired_fields_said_is_not_lost(stored, field, now):
    assert getattr(Recipe.from_json({"name": "old", **stored}), field) == now
