"""From listed pictures to face crops like FER2013's; what gives none is counted, with its reason."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fer_core.datasets.cache import Arrays, cached_arrays
from fer_core.datasets.image_sets.image_set import ImageSet, LeftOut
from fer_core.datasets.image_sets.listing import Listing, stamp
from fer_core.emotions import SIDE
from fer_core.errors import PictureError
from fer_core.vision.detection import Face, FaceDetector, crop_face, whole_picture
from fer_core.vision.pictures import Picture, load_picture

Crop = Callable[[Picture], npt.NDArray[np.uint8] | None]  # RGB (H, W, 3) -> gray (48, 48), None: no face
OnPicture = Callable[[int, int], None]  # (pictures done, all pictures)
CROPS_VERSION = 2  # part of the cache's key: another detection or alignment gives other crops
FOUND, UNREADABLE, NO_FACE, WHOLE = range(4)
REASONS = {UNREADABLE: "cannot be read as a picture", NO_FACE: "no face found in it"}


def build_crop(detector: FaceDetector | None = None) -> Crop:
    """What turns a picture into its face: as ``Recognizer`` does, but the largest face alone.

    A picture of 48 x 48 px is a crop already and taken as it is.
    """
    detector = detector or FaceDetector()

    def crop(picture: Picture) -> npt.NDArray[np.uint8] | None:
        faces = [] if picture.shape[:2] == (SIDE, SIDE) else detector.detect(picture)
        face = max(faces, key=lambda face: face.box[2] * face.box[3]) if faces else whole_picture(picture)
        return None if face is None else crop_face(picture, face)

    return crop


def read_pictures(
    name: str,
    folder: Path,
    listing: Listing,
    *,
    crop: Crop | None = None,
    cache: bool = True,
    on_picture: OnPicture | None = None,
) -> ImageSet:
    """Open every picture of the listing and crop its face.

    Args:
        name: of the set.
        folder: where the listing's paths start.
        listing: from a reader.
        crop: finds and crops the face of a picture; by default ``build_crop()``.
        cache: whether to keep the crops for the next time; never those of a ``crop`` that was handed in.
        on_picture: called after each picture, for a progress bar.

    Raises:
        OSError: if a picture that was listed is gone.
    """

    def read() -> Arrays:
        return _read(folder, listing, crop or build_crop(detector), on_picture)

    if crop is None:
        detector = FaceDetector()
        key = f"{name} {detector.detector} {CROPS_VERSION} {stamp(folder, listing)}"
        arrays = cached_arrays(folder, key, read) if cache else read()
    else:
        arrays = read()
    states = arrays["states"]
    kept = np.flatnonzero((states == FOUND) | (states == WHOLE))
    chosen = [listing.pictures[index] for index in kept]
    failed = [
        LeftOut(picture.path, REASONS[int(state)])
        for picture, state in zip(listing.pictures, states, strict=True)
        if int(state) in REASONS
    ]
    return ImageSet(
        name=name,
        source=folder,
        images=np.asarray(arrays["images"]),
        labels=np.array([picture.label for picture in chosen], np.uint8),
        paths=np.array([picture.path for picture in chosen], np.str_),
        groups=np.array([picture.group for picture in chosen], np.str_),
        left_out=(*listing.left_out, *failed),
        whole=int((states == WHOLE).sum()),
    )


def _read(folder: Path, listing: Listing, crop: Crop, on_picture: OnPicture | None) -> Arrays:
    """The crops (M, 48, 48) of those that gave one, and what became of each picture (N,)."""
    crops, states = [], []
    for number, listed in enumerate(listing.pictures, start=1):
        found, state = _read_one(folder / listed.path, crop, listing.heads)
        states.append(state)
        if found is not None:
            crops.append(found)
        if on_picture:
            on_picture(number, len(listing.pictures))
    images = np.array(crops, np.uint8).reshape(-1, SIDE, SIDE)
    return {"images": images, "states": np.array(states, np.uint8)}


def _read_one(path: Path, crop: Crop, heads: bool) -> tuple[npt.NDArray[np.uint8] | None, int]:
    if not path.is_file():  # a pipe or a device would never end
        return None, UNREADABLE
    try:
        picture = load_picture(path)
    except PictureError:
        return None, UNREADABLE
    found = crop(picture)
    if found is not None:
        return found, FOUND
    if not heads:
        return None, NO_FACE
    height, width = picture.shape[:2]
    return crop_face(picture, Face((0.0, 0.0, float(width), float(height)), None, 0.0)), WHOLE
