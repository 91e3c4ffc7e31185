"""Faces drawn by code: seven expressions that a small network learns in seconds, with no data set at hand.

A face is a few soft shapes (head, hair, eyes, brows, nose, mouth) on a plane whose x and y run from -1 to 1,
y downwards. The expression moves brows, lids and mouth the way the action units of FACS do; the person,
the pose, the light and the noise vary at random. Everything is one NumPy expression over all faces at once,
so thousands take a second, and a seed always gives the same faces.

FACS: Ekman and Friesen, "Facial Action Coding System", 1978; the prototypes of each emotion follow
EMFACS (1983).
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fer_core.emotions import EMOTION_COUNT, SIDE, Emotion
from fer_core.errors import DataError

Floats = npt.NDArray[np.floating]
CHUNK = 512  # Faces drawn at once: bounds the memory to some 100 MB at 48 x 48.


class Expression(NamedTuple):
    """Where the features stand, in units of the drawing plane; arrays (N, 1, 1) when many faces are drawn."""

    brow_raise: float = 0.0
    brow_tilt: float = 0.0  # Positive: inner ends down (angry). Negative: inner ends up (sad, fear).
    eye_open: float = 0.10
    mouth_curve: float = 0.0  # Positive: corners up.
    mouth_open: float = 0.015
    mouth_width: float = 0.27
    nose_wrinkle: float = 0.0


# Comments name the FACS action units that the numbers stand for.
EXPRESSIONS: dict[Emotion, Expression] = {
    Emotion.ANGRY: Expression(-0.07, 0.50, 0.075, -0.05, 0.02, 0.24, 0.2),  # 4 + 5 + 7 + 23
    Emotion.DISGUST: Expression(-0.05, 0.20, 0.045, -0.13, 0.06, 0.22, 1.0),  # 9 + 15 + 16
    Emotion.FEAR: Expression(0.08, -0.35, 0.145, -0.06, 0.09, 0.33),  # 1 + 2 + 4 + 5 + 20 + 26
    Emotion.HAPPY: Expression(0.02, 0.0, 0.07, 0.20, 0.09, 0.40),  # 6 + 12
    Emotion.SAD: Expression(0.0, -0.50, 0.065, -0.17, 0.01, 0.25),  # 1 + 4 + 15
    Emotion.SURPRISE: Expression(0.15, 0.0, 0.155, 0.0, 0.20, 0.18),  # 1 + 2 + 5 + 26
    Emotion.NEUTRAL: Expression(),
}
JITTER = Expression(0.015, 0.06, 0.008, 0.02, 0.008, 0.02, 0.1)  # Standard deviations between people.


def draw_faces(
    count_per_emotion: int, seed: int, *, side: int = SIDE, fading: float = 0.0
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """Draw ``count_per_emotion`` faces of each emotion; face i shows emotion i modulo 7.

    Args:
        count_per_emotion: at least 0.
        seed: the same seed gives the same faces.
        side: height and width of each picture in pixels; 48 as in FER2013.
        fading: in [0, 1], how far an expression may fade: each face shows a share of its own, uniform in
            [1 - fading, 1], of the way from a neutral face.

    Returns:
        Images (N, side, side) uint8 and labels (N,) uint8, where N = 7 x ``count_per_emotion``.

    Raises:
        DataError: if the count is negative.
    """
    if count_per_emotion < 0:
        raise DataError(f"The count of faces per emotion must be at least 0. Received: {count_per_emotion}.")
    rng = np.random.default_rng(seed)
    labels = np.tile(np.arange(EMOTION_COUNT, dtype=np.uint8), count_per_emotion)
    images = np.empty((len(labels), side, side), np.uint8)
    for start in range(0, len(labels), CHUNK):
        images[start : start + CHUNK] = _draw(labels[start : start + CHUNK], rng, side, fading)
    return images, labels


def _draw(
    labels: npt.NDArray[np.uint8], rng: np.random.Generator, side: int, fading: float
) -> npt.NDArray[np.uint8]:
    """Faces (N, side, side) uint8 of the given labels; every random number comes from ``rng``."""
    means = np.array([EXPRESSIONS[Emotion(int(label))] for label in labels], np.float32).reshape(-1, 7)
    if fading:
        calm = np.array(EXPRESSIONS[Emotion.NEUTRAL], np.float32)
        means = calm + (1 - _uniform(rng, len(labels), 0, fading)[:, 0]) * (means - calm)
    values = means + rng.normal(size=means.shape) * np.array(JITTER)
    expression = Expression(*(values.T[:, :, None, None].astype(np.float32)))
    x, y = _pose(len(labels), rng, side)
    picture = _head(x, y, rng)
    picture = _features(picture, x, y, expression, rng)
    across = np.linspace(-1, 1, side, dtype=np.float32)
    light = (
        1
        + _uniform(rng, len(labels), -0.25, 0.25) * across
        + _uniform(rng, len(labels), -0.15, 0.15) * (across[:, None])
    )
    noise = rng.normal(0, 1, picture.shape).astype(np.float32) * _uniform(rng, len(labels), 2, 8)
    return np.clip(picture * light + noise, 0, 255).astype(np.uint8)


def _uniform(rng: np.random.Generator, count: int, low: float, high: float) -> Floats:
    """One number a face, (N, 1, 1), ready to broadcast over its pixels."""
    return rng.uniform(low, high, (count, 1, 1)).astype(np.float32)


def _pose(count: int, rng: np.random.Generator, side: int) -> tuple[Floats, Floats]:
    """Face coordinates of every pixel, two arrays (N, side, side): shifted, turned and scaled at random."""
    axis = ((np.arange(side) + 0.5) / side * 2 - 1).astype(np.float32)
    x = axis - _uniform(rng, count, -0.08, 0.08)
    y = axis[:, None] - _uniform(rng, count, -0.08, 0.08)
    angle = _uniform(rng, count, -0.17, 0.17)  # About 10 degrees either way.
    scale = _uniform(rng, count, 0.92, 1.12)
    return (x * np.cos(angle) + y * np.sin(angle)) / scale, (y * np.cos(angle) - x * np.sin(angle)) / scale


def _ellipse(x: Floats, y: Floats, width: Floats | float, height: Floats | float) -> Floats:
    """Cover in [0, 1] of an ellipse with these half axes around the origin, its edge softened."""
    distance = (np.hypot(x / width, y / height) - 1) * np.minimum(width, height)
    return _soft(distance)


def _soft(distance: Floats) -> Floats:
    """Cover in [0, 1] from a signed distance (negative inside); the edge is one pixel of 48 wide."""
    return np.clip(0.5 - distance * (SIDE / 2), 0, 1)


def _paint(picture: Floats, cover: Floats, tone: Floats | float) -> Floats:
    return picture + cover * (tone - picture)


def _head(x: Floats, y: Floats, rng: np.random.Generator) -> Floats:
    """Background, hair, head and nose, (N, side, side) float32 of gray values."""
    count = len(x)
    skin, hair = _uniform(rng, count, 110, 215), _uniform(rng, count, 20, 90)
    width, height = _uniform(rng, count, 0.58, 0.72), _uniform(rng, count, 0.80, 0.92)
    picture = np.broadcast_to(_uniform(rng, count, 20, 235), x.shape).astype(np.float32)
    picture = _paint(picture, _ellipse(x, y + 0.12, width + 0.12, height + 0.06), hair)
    shade = skin * (1.08 - 0.28 * np.hypot(x / width, y / height) ** 2)  # Rounder towards the edge.
    picture = _paint(picture, _ellipse(x, y - 0.10, width, height * 0.92), shade)
    return _paint(picture, 0.45 * _ellipse(np.abs(x) - 0.07, y - 0.18, 0.05, 0.03), skin * 0.35)


def _features(
    picture: Floats, x: Floats, y: Floats, expression: Expression, rng: np.random.Generator
) -> Floats:
    """Eyes, brows, the wrinkles beside the nose and the mouth, painted over the head."""
    e, apart = expression, _uniform(rng, len(x), 0.26, 0.33)
    beside = np.abs(x) - apart  # Mirror symmetry: negative towards the nose.
    eyes_y = y + 0.17
    white = _ellipse(beside, eyes_y, 0.15, np.maximum(e.eye_open, 0.03))
    picture = _paint(picture, _ellipse(beside, eyes_y, 0.175, np.maximum(e.eye_open, 0.03) + 0.03), 55.0)
    picture = _paint(picture, white, 235.0)
    picture = _paint(picture, white * _ellipse(beside, eyes_y, 0.075, 0.085), 25.0)
    brow_y = eyes_y + 0.20 + e.brow_raise + e.brow_tilt * beside
    brow = np.maximum(np.abs(brow_y) - 0.032, np.abs(beside) - 0.19)
    picture = _paint(picture, _soft(brow), 40.0)
    wrinkle = np.maximum(np.abs(np.abs(x) - 0.10 - 0.6 * (y - 0.02)) - 0.02, np.abs(y - 0.12) - 0.14)
    picture = _paint(picture, np.clip(e.nose_wrinkle, 0, 1) * _soft(wrinkle), 60.0)
    return _mouth(picture, x, y - 0.45, e)


def _mouth(picture: Floats, x: Floats, y: Floats, expression: Expression) -> Floats:
    """Lips along a parabola, dark inside where they part; a narrow opening shows teeth."""
    e = expression
    width, opening = np.maximum(e.mouth_width, 0.1), np.maximum(e.mouth_open, 0.005)
    along = np.clip(1 - (x / width) ** 2, 0, None)
    middle = y - e.mouth_curve * (along - 0.5)  # Distance below the line between the lips.
    gap = np.abs(middle) - opening * np.sqrt(along)
    outside = np.abs(x) - width
    picture = _paint(picture, _soft(np.maximum(gap - 0.05, outside - 0.03)), 85.0)
    inside = _soft(np.maximum(gap, outside))
    picture = _paint(picture, inside, 25.0)
    teeth = inside * _soft(middle) * (opening > 0.03) * (opening < 0.14)
    return _paint(picture, teeth, 225.0)
