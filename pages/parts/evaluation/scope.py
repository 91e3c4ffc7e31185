"""Which of a run's predictions the Evaluation page is about: the split, the images of it, and the view."""

from dataclasses import dataclass

import streamlit as st

from fer_core.datasets.dataset import PRIVATE_TEST, PUBLIC_TEST
from fer_core.evaluation.metrics import Evaluation
from fer_core.experiments.runs import Run
from pages.parts.choices import choose

# What each control offers; these words also stand in the URL.
SPLITS = (PRIVATE_TEST, PUBLIC_TEST)
VIEWS = ("single", "flip")
ALL, UNIQUE = "all images", "without duplicates"
SUBSETS = {ALL: "all", UNIQUE: "twin_free"}
SPLIT_HELP = (
    "PrivateTest was used once, after training, and selected nothing. PublicTest was used for model "
    "selection (calibration, mostly the best epoch too), so its scores are optimistic."
)
DUPLICATES_HELP = (
    "A duplicate is a pixel-identical image in an earlier split, which the network may have seen in "
    "training. Everything below follows this choice."
)
VIEW_HELP = "Single: the image as it is. Flip: probabilities averaged with those of the mirrored image."


@dataclass(frozen=True)
class Scope:
    """What is looked at.

    Attributes:
        split: "PublicTest" or "PrivateTest".
        images: "all images" or "without duplicates".
        view: "single" or "flip".
    """

    split: str
    images: str
    view: str

    @property
    def subset(self) -> str:
        """The images, as metrics.json calls them."""
        return SUBSETS[self.images]

    @property
    def is_unique(self) -> bool:
        """Whether images with a duplicate in an earlier split are left out."""
        return self.images == UNIQUE

    def evaluation(self, run: Run) -> Evaluation:
        """The run's predictions of these images."""
        found = run.evaluation(self.split)
        return found.without_duplicates() if self.is_unique else found


def choose_scope(run: Run) -> Scope:
    """Draw the three controls, of what the run's metrics hold."""
    splits = [split for split in SPLITS if split in run.metrics]
    known = [name for name, key in SUBSETS.items() if key in run.metrics[splits[0]][VIEWS[0]]]
    with st.container(horizontal=True, gap="medium"):
        split = choose("Split", splits, key="split", help=SPLIT_HELP)
        images = choose("Duplicates", known, key="duplicates", help=DUPLICATES_HELP)
        view = choose("View", VIEWS, key="view", help=VIEW_HELP)
    return Scope(split, images, view)
