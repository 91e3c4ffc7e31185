"""What is known of FER2013 and of its neighbours, for whoever does not hold the files.

Every number about FER2013 and FER+ was counted on the original ``fer2013.csv`` and ``fer2013new.csv``; with
FER2013_PATH set, ``tests/test_exploration.py`` counts again.
"""

from typing import NamedTuple

from fer_core.datasets.dataset import PRIVATE_TEST, PUBLIC_TEST, TRAINING

# Images of each emotion, in the order of ``fer_core.Emotion``.
COUNTS: dict[str, tuple[int, ...]] = {
    TRAINING: (3995, 436, 4097, 7215, 4830, 3171, 4965),
    PUBLIC_TEST: (467, 56, 496, 895, 653, 415, 607),
    PRIVATE_TEST: (491, 55, 528, 879, 594, 416, 626),
}

# See ``fer_core.datasets.DataReport`` for what each counts.
DUPLICATE_GROUPS, DUPLICATE_IMAGES = 1516, 3369
CONFLICTING_GROUPS, CONFLICTING_IMAGES = 57, 160
PUBLIC_IN_TRAINING, PRIVATE_IN_TRAINING, PRIVATE_IN_EARLIER = 280, 288, 314
BLANK_IMAGES = 12

# FER+ votes (columns: ``VOTE_NAMES``) on all images that FER2013 labels as each emotion (rows).
VOTES: tuple[tuple[int, ...], ...] = (
    (12740, 2021, 2972, 4748, 18715, 1926, 1120, 1603, 3370, 315),
    (729, 197, 160, 1000, 967, 1444, 131, 449, 380, 12),
    (14236, 1933, 7340, 10807, 4532, 704, 6646, 912, 3885, 215),
    (6155, 77714, 2613, 500, 409, 193, 249, 431, 1241, 385),
    (25647, 1267, 1064, 24132, 2174, 624, 691, 1117, 3599, 455),
    (3849, 3273, 26374, 676, 740, 179, 3174, 173, 1433, 149),
    (44129, 5041, 967, 5583, 931, 321, 163, 1377, 3056, 412),
)
# Images whose FER2013 label is the annotators' first choice, of those with one first choice among the seven.
AGREEING, DECIDED = 22013, 33500


class OtherSet(NamedTuple):
    """Another data set: its name, how much it holds, what it shows, and who may use it."""

    name: str
    size: str
    shows: str
    terms: str


OTHER_SETS = (
    OtherSet(
        "CK+",
        "593 sequences of 123 people, 327 of them labelled",
        "posed in a laboratory, from neutral to the peak; mostly gray, 640 × 490",
        "by agreement",
    ),
    OtherSet(
        "JAFFE",
        "213 pictures of 10 women",
        "posed; gray, 256 × 256",
        "research, not commercial; not passed on",
    ),
    OtherSet(
        "FERG-DB", "55,767 pictures of 6 characters", "drawn by artists; colour, 256 × 256", "on request"
    ),
    OtherSet(
        "RaFD",
        "8,040 pictures of 67 models",
        "posed, from five angles, three directions of gaze; colour",
        "research, not commercial; not passed on",
    ),
)
