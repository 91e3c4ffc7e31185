"""Predictions drawn into pictures: boxes with number, emotion and percent, and saliency over a face.

Pictures are RGB uint8 (H, W, 3); nothing here changes its input. Colours are ``fer_core.palette``'s, and
never stand alone: number and name say the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from fer_core.palette import EMOTION_COLOURS, ink_on, person_colour, rgb
from fer_core.vision.alignment import rotate_face, rotate_picture
from fer_core.vision.pictures import Picture, check_picture

if TYPE_CHECKING:  # Drawing needs no network.
    from fer_core.inference.recognizer import Prediction
    from fer_core.networks.saliency import Saliency

Colour = tuple[int, int, int]
Rectangle = tuple[float, float, float, float]  # left, top, right, bottom

BLACK, WHITE = (0, 0, 0), (255, 255, 255)
SMALLEST_TEXT_PX, LARGEST_TEXT_PX = 9, 64


def draw_predictions(
    picture: Picture,
    predictions: "Sequence[Prediction]",
    *,
    numbers: Sequence[int] | None = None,
    notes: Mapping[int, str] = MappingProxyType({}),
    label_scale: float = 1.0,
) -> Picture:
    """A copy of the picture with each face boxed and labelled "1 happy 97%", upright.

    The text grows with the picture and shrinks with the face; where a picture is too small for the whole
    label, the percent and then the emotion are left out. Labels stay inside the picture and, as far as
    there is room, off each other.

    On a photo box and label have the emotion's colour. A face that is tracked through a video has its
    person's: the box and the number's plate keep it, and the words' plate alone has the emotion's.

    Args:
        picture: RGB uint8 (H, W, 3).
        predictions: from ``Recognizer.predict``.
        numbers: of the tracked faces, one per prediction; without them this is a photo, whose faces
            are numbered in their order, from 1.
        notes: a word more about some faces, by number; it stands by their box.
        label_scale: how much larger than usual the letters are, for an audience at a distance.

    Returns:
        RGB uint8 (H, W, 3), rotated where the predictions' ``rotation`` says that the picture lies.

    Raises:
        PictureError: if the picture is not RGB uint8 (H, W, 3).
    """
    check_picture(picture)
    picture, predictions = _stand_up(picture, predictions)
    image = Image.fromarray(picture)
    draw = ImageDraw.Draw(image)
    line = max(1, round(max(image.size) / 320))
    if numbers is not None:
        line += 1  # videos store colour at half the resolution, which would fade a thin line
    emotions = [EMOTION_COLOURS[each.emotion] for each in predictions]
    people = emotions if numbers is None else [person_colour(number) for number in numbers]
    for prediction, colour in zip(predictions, people, strict=True):
        _draw_box(draw, _rectangle(prediction), line, rgb(colour))
    taken: list[Rectangle] = []
    numbered = range(1, len(predictions) + 1) if numbers is None else numbers
    for number, prediction, *colours in zip(numbered, predictions, people, emotions, strict=True):
        box = _rectangle(prediction)
        wanted_px = _letters(image.size, box[2] - box[0]) * label_scale
        text, font = _fit_text(_texts(number, prediction), wanted_px, image.size)
        pieces = [text] if numbers is None else text.split(maxsplit=1)
        taken.append(_draw_label(draw, box, list(zip(pieces, colours, strict=False)), font, taken))
        if number in notes:
            note, font = _fit_text([notes[number]], 0.7 * wanted_px, image.size)
            taken.append(_draw_label(draw, box, [(note, colours[0])], font, taken))
    return np.array(image, dtype=np.uint8)


def _stand_up(
    picture: Picture, predictions: "Sequence[Prediction]"
) -> tuple[Picture, "Sequence[Prediction]"]:
    """Picture and predictions as they are once the picture stands upright."""
    rotation = predictions[0].rotation if predictions else 0
    if not rotation:
        return picture, predictions
    turned = [replace(each, face=rotate_face(each.face, rotation, picture.shape)) for each in predictions]
    return rotate_picture(picture, rotation), turned


def overlay_saliency(crop: npt.NDArray[np.uint8], saliency: "Saliency", *, side_px: int = 192) -> Picture:
    """The saliency map over the enlarged crop, from transparent to yellow.

    Args:
        crop: (48, 48) uint8.
        saliency: (48, 48) in [0, 1], from ``Recognizer.explain``.
        side_px: the side of the result.

    Returns:
        RGB uint8 (side_px, side_px, 3).
    """
    size = (side_px, side_px)
    gray = cv2.resize(np.asarray(crop), size, interpolation=cv2.INTER_CUBIC)
    level = cv2.resize(np.asarray(saliency, dtype=np.float32), size, interpolation=cv2.INTER_LINEAR)
    # Inferno's lightness grows evenly, so the map reads in gray and with any colour vision.
    colours = cv2.applyColorMap(np.rint(level * 255).astype(np.uint8), cv2.COLORMAP_INFERNO)[:, :, ::-1]
    opacity = 0.7 * level[:, :, None]
    return np.rint(gray[:, :, None] * (1 - opacity) + colours * opacity).astype(np.uint8)


def _rectangle(prediction: "Prediction") -> Rectangle:
    x, y, width, height = prediction.face.box
    return x, y, x + width, y + height


def _draw_box(draw: ImageDraw.ImageDraw, box: Rectangle, line: int, colour: Colour) -> None:
    """A coloured frame between two thin ones, white inside and black outside: seen on any background."""
    left, top, right, bottom = box
    for inset, shade, width in ((-1, BLACK, 1), (line, WHITE, 1), (0, colour, line)):
        corners = (left + inset, top + inset, right - 1 - inset, bottom - 1 - inset)
        if corners[0] <= corners[2] and corners[1] <= corners[3]:
            draw.rectangle(corners, outline=shade, width=width)


def _draw_label(
    draw: ImageDraw.ImageDraw,
    box: Rectangle,
    pieces: Sequence[tuple[str, str]],
    font: ImageFont.FreeTypeFont,
    taken: list[Rectangle],
) -> Rectangle:
    """Write each piece of a face's label on a plate of its colour; returns what the plates cover."""
    picture = draw.im.size  # type: ignore[union-attr]
    padding, edge = max(1, round(font.size / 5)), max(1, round(max(picture) / 640))
    widths = [font.getlength(text) + 2 * padding for text, _ in pieces]
    place = _place_plate(box, (sum(widths), font.size * 1.2 + padding), picture, taken)
    left = place[0]
    for (text, colour), width in zip(pieces, widths, strict=True):
        plate = left, place[1], left + width, place[3]
        draw.rectangle(plate, fill=rgb(colour), outline=BLACK, width=edge)
        middle = (plate[0] + plate[2]) / 2, (plate[1] + plate[3]) / 2
        draw.text(middle, text, fill=rgb(ink_on(colour)), font=font, anchor="mm")
        left += width
    return place


def _letters(picture: tuple[int, int], face_width: float) -> float:
    """The height in pixels of letters that suit the picture and the face."""
    wanted = min(face_width / 7, max(picture) / 24)
    return float(np.clip(wanted, SMALLEST_TEXT_PX + 3, LARGEST_TEXT_PX))


def _texts(number: int, prediction: "Prediction") -> list[str]:
    """A face's label, and what is left of it where room is short."""
    emotion = prediction.emotion.label
    return [f"{number} {emotion} {prediction.confidence:.0%}", f"{number} {emotion}", f"{number}"]


def _fit_text(
    texts: Sequence[str], wanted_px: float, picture: tuple[int, int]
) -> tuple[str, ImageFont.FreeTypeFont]:
    """The first text, in the largest letters up to those wanted, that fits the picture."""
    for text in texts:
        for size in range(int(wanted_px), SMALLEST_TEXT_PX - 1, -1):
            font = _font(size)
            if font.getlength(text) + size <= picture[0]:
                return text, font
    return texts[-1], _font(SMALLEST_TEXT_PX)


def _place_plate(
    box: Rectangle, size: tuple[float, float], picture: tuple[int, int], taken: list[Rectangle]
) -> Rectangle:
    """Above the box, below it, or inside it: the first place in the picture that no other label has."""
    width, height = size
    left = float(np.clip(box[0], 0, max(0, picture[0] - 1 - width)))
    tops = [box[1] - height - 1, box[3] + 1, box[1] + 2, box[3] - height - 2]
    lowest = max(0.0, picture[1] - 1 - height)
    plates = [(left, top, left + width, top + height) for top in tops if 0 <= top <= lowest]
    free = [plate for plate in plates if not any(_overlap(plate, other) for other in taken)]
    top = float(np.clip(tops[0], 0, lowest))
    return (free or plates or [(left, top, left + width, top + height)])[0]


def _overlap(one: Rectangle, other: Rectangle) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


@lru_cache(maxsize=64)
def _font(size: int) -> ImageFont.FreeTypeFont:
    """Pillow's own scalable font: no file of the system is needed."""
    font = ImageFont.load_default(size=size)
    assert isinstance(font, ImageFont.FreeTypeFont)
    return font
