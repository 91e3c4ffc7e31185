"""CK+, JAFFE, FERG-DB and RaFD: pictures in folders -> faces framed like FER2013's -> ``Dataset``.

A reader a set lists the pictures with their label and person; ``reading`` finds and crops the faces, the
same way for all. None of these pictures is part of this project: docs/datasets.md says where to ask for them.
"""

from fer_core.photosets.photoset import CLASS_NAMES, CONTEMPT, LeftOut, PhotoSet
from fer_core.photosets.registry import READERS, load_dataset, load_photoset, parse_spec, recognise
from fer_core.photosets.report import format_photoset, subject_counts

__all__ = [
    "CLASS_NAMES",
    "CONTEMPT",
    "READERS",
    "LeftOut",
    "PhotoSet",
    "format_photoset",
    "load_dataset",
    "load_photoset",
    "parse_spec",
    "recognise",
    "subject_counts",
]
