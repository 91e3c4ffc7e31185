"""Images of a data set: the mean of each emotion, and a grid of random samples."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import streamlit as st

from fer_core.datasets.exploration import random_images, sample_grid
from pages.parts.formats import counted
from pages.parts.state import bound

WALL_FACES, WALL_ACROSS = 18, 6  # of each emotion, and in one line
MEAN_PX = 108  # seven beside each other in a window of 1280 px
MOST_SEEDS = 9999

Images = npt.NDArray[np.uint8]


def show_means(means: Images, names: Mapping[int, str]) -> None:
    """A row of mean images.

    Args:
        means: (classes, 48, 48).
        names: class -> what to write under its face, in the order of the row.
    """
    st.subheader("Mean images")
    st.image(
        [means[label] for label in names],
        caption=list(names.values()),
        width=MEAN_PX,
        output_format="PNG",
        alt=[f"Mean image of {_plain(name)}" for name in names.values()],
    )


def show_samples(
    images: Images, labels: npt.NDArray[np.uint8], chosen: npt.NDArray[np.int64], names: Mapping[int, str]
) -> None:
    """A sample grid for each class, in two columns; the seed stands in the URL.

    Args:
        images: (N, 48, 48).
        labels: (N,).
        chosen: positions of the faces to pick from.
        names: class -> what to write above its wall.
    """
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.subheader("Random samples", width="stretch")
        key = bound("seed", 0, between=(0, MOST_SEEDS))
        seed = st.number_input("Seed", 0, MOST_SEEDS, key=key, width=180)
        st.button("Shuffle", on_click=_shuffle, icon=":material/shuffle:")
    left, right = st.columns(2, gap="large")
    for label, name in names.items():
        picked = chosen[random_images(labels[chosen], label, count=WALL_FACES, seed=int(seed))]
        with right if label % 2 else left:
            _show_wall(images[picked], picked, name)


def _shuffle() -> None:
    st.session_state["seed"] = (st.session_state.get("seed", 0) + 1) % (MOST_SEEDS + 1)


def _show_wall(faces: Images, picked: npt.NDArray[np.int64], name: str) -> None:
    st.markdown(f"**{name}**")
    if not len(picked):
        st.caption("none")
        return
    st.image(
        sample_grid(faces, across=WALL_ACROSS),
        width="stretch",
        output_format="PNG",
        alt=f"{counted(len(picked), 'image')} labelled {_plain(name)}: rows " + ", ".join(map(str, picked)),
    )


def _plain(name: str) -> str:
    """``"● happy"`` -> ``"happy"``: an alt text is read aloud."""
    return name.rsplit(maxsplit=1)[-1]
