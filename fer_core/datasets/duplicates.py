"""Which images are the same, pixel for pixel: groups, duplicates and fingerprints.

FER2013 was gathered from the web, and holds some images several times, across its splits too.
``images`` is (N, 48, 48) uint8 everywhere.
"""

from hashlib import sha256

import numpy as np
import numpy.typing as npt

from fer_core.datasets.dataset import Dataset

Images = npt.NDArray[np.uint8]


def group_identical(images: Images) -> npt.NDArray[np.int64]:
    """A number for each image, (N,) int64, the same for identical images; in order of first appearance."""
    numbers: dict[bytes, int] = {}
    return np.array([numbers.setdefault(image.tobytes(), len(numbers)) for image in images], np.int64)


def find_duplicates(images: Images, among: Images) -> npt.NDArray[np.bool_]:
    """Whether each image, (N,), is identical to any in ``among`` (M, 48, 48)."""
    known = {image.tobytes() for image in among}
    return np.array([image.tobytes() in known for image in images], np.bool_)


def fingerprint(dataset: Dataset) -> str:
    """SHA-256 over pixels, labels and their order, as 64 hexadecimal digits.

    The same for every form that holds the same images in the same order; where the file lay, how it was
    written and its rows do not matter.
    """
    digest = sha256(np.ascontiguousarray(dataset.images).data)
    digest.update(np.ascontiguousarray(dataset.labels).data)
    return digest.hexdigest()
