"""CK+, JAFFE, FERG-DB and RaFD: pictures in folders -> aligned face crops -> ``Dataset``.

A reader a set lists the pictures with their label and subject; ``reading`` finds and crops the faces, the
same way for all. None of these pictures is part of this project: docs/datasets.md says where to ask for them.
"""

from fer_core.datasets.image_sets.image_set import CLASS_NAMES, ImageSet, LeftOut
from fer_core.datasets.image_sets.registry import READERS, load_dataset, load_image_set, parse_spec, recognise
from fer_core.datasets.image_sets.report import format_image_set, subject_counts
from fer_core.datasets.names import CONTEMPT

__all__ = [
    "CLASS_NAMES",
    "CONTEMPT",
    "READERS",
    "ImageSet",
    "LeftOut",
    "format_image_set",
    "load_dataset",
    "load_image_set",
    "parse_spec",
    "recognise",
    "subject_counts",
]
