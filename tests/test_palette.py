"""The colours can be told apart and read, by the numbers."""

from itertools import combinations

import numpy as np
import pytest

from fer_core.emotions import EMOTIONS
from fer_core.palette import (
    EMOTION_COLOURS,
    EMOTION_GLYPHS,
    PERSON_COLOURS,
    ink_on,
    person_colour,
    rgb,
)

BACKGROUNDS = {"light": "#ffffff", "dark": "#0f1419"}

# Full colour-vision deficiency as linear-RGB matrices: Machado, Oliveira and Fernandes, IEEE TVCG 2009.
VISION = {
    "ordinary": np.eye(3),
    "protan": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deutan": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritan": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


def linear(colour: str) -> np.ndarray:
    channels = np.array(rgb(colour)) / 255
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def luminance(colour: str) -> float:
    return float(linear(colour) @ [0.2126, 0.7152, 0.0722])


def contrast(first: str, second: str) -> float:
    dark, light = sorted((luminance(first), luminance(second)))
    return (light + 0.05) / (dark + 0.05)


def oklab(colour: str, vision: str) -> np.ndarray:
    """OKLab (Ottosson 2020) times 100, as seen with the given vision."""
    seen = np.clip(np.asarray(VISION[vision]) @ linear(colour), 0, 1)
    cones = np.array(
        [
            [0.41222147, 0.53633254, 0.05144599],
            [0.21190350, 0.68069955, 0.10739696],
            [0.08830246, 0.28171884, 0.62997870],
        ]
    )
    opponents = np.array(
        [
            [0.21045426, 0.79361779, -0.00407205],
            [1.97799850, -2.42859221, 0.45059371],
            [0.02590404, 0.78277177, -0.80867577],
        ]
    )
    return 100 * opponents @ np.cbrt(cones @ seen)


@pytest.mark.parametrize("background", BACKGROUNDS.values(), ids=BACKGROUNDS.keys())
@pytest.mark.parametrize("emotion", EMOTIONS, ids=lambda emotion: emotion.label)
def test_every_colour_reads_on_both_backgrounds(emotion, background):
    assert contrast(EMOTION_COLOURS[emotion], background) >= 3


def distance(one: str, two: str, vision: str) -> float:
    return float(np.linalg.norm(oklab(one, vision) - oklab(two, vision)))


@pytest.mark.parametrize("vision", VISION)
def test_any_two_colours_stay_apart(vision):
    apart = {pair: distance(*pair, vision) for pair in combinations(EMOTION_COLOURS.values(), 2)}
    closest = min(apart, key=apart.get)
    assert apart[closest] > 9, closest  # Okabe and Ito's own hues come as close as 3.


@pytest.mark.parametrize("vision", VISION)
def test_any_two_people_stay_further_apart(vision):
    apart = {pair: distance(*pair, vision) for pair in combinations(PERSON_COLOURS, 2)}
    closest = min(apart, key=apart.get)
    assert apart[closest] > 18, closest


@pytest.mark.parametrize("colour", PERSON_COLOURS)
def test_a_persons_colour_is_no_emotions_and_shows_between_black_and_white(colour):
    assert min(distance(colour, other, "ordinary") for other in EMOTION_COLOURS.values()) > 8
    assert contrast(colour, "#000000") >= 3
    assert all(distance(colour, edge, vision) > 13 for edge in ("#000000", "#ffffff") for vision in VISION)


def test_people_keep_their_colours_and_share_them_only_from_the_seventh_on():
    colours = [person_colour(number) for number in range(1, 8)]
    assert colours == [*PERSON_COLOURS, PERSON_COLOURS[0]]
    assert len(set(PERSON_COLOURS)) == 6


@pytest.mark.parametrize("colour", [*EMOTION_COLOURS.values(), *PERSON_COLOURS])
def test_ink_reads_on_every_colour(colour):
    assert contrast(ink_on(colour), colour) >= 4.5  # WCAG 2.2, 1.4.3


@pytest.mark.parametrize("table", [EMOTION_COLOURS, EMOTION_GLYPHS])
def test_every_emotion_has_its_own(table):
    assert tuple(table) == EMOTIONS
    assert len(set(table.values())) == len(EMOTIONS)


def test_rgb_reads_hex():
    assert rgb("#0a80ff") == (10, 128, 255)
