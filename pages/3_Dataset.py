"""FER2013: class distribution, sample images, duplicates, FER+ annotations, and other data sets."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import streamlit as st

from fer_core.charts.dataset import plot_class_counts, plot_class_weights, plot_votes
from fer_core.datasets import (
    PRIVATE_TEST,
    PUBLIC_TEST,
    SPLITS,
    TRAINING,
    VOTE_NAMES,
    class_weights,
    reference,
)
from fer_core.datasets.exploration import (
    conflicting_sets,
    count_votes,
    first_choice,
    mean_faces,
)
from fer_core.datasets.table import Table
from fer_core.emotions import EMOTION_LABELS, EMOTIONS
from fer_core.errors import DataError
from fer_core.formats import escape_markdown, format_percent
from pages.parts import formats
from pages.parts.choices import choose
from pages.parts.connect import Data, connect_data, find_data, read_report
from pages.parts.dataset.image_sets import pick_set, show_image_set
from pages.parts.figures import show_figure
from pages.parts.frame import page
from pages.parts.metrics_row import Tile, show_tiles
from pages.parts.sample_grid import show_means, show_samples

CONFLICT_PX = 90
MOST_CONFLICTS = 16


class Facts(NamedTuple):
    """The numbers of the page: counted in the connected copy, or those of the original."""

    counts: dict[str, tuple[int, ...]]
    duplicates: tuple[int, int]  # sets, images in them
    conflicting: int
    seen_before: dict[str, int]  # test split -> its images with a duplicate in an earlier one
    votes: npt.NDArray[np.int64]  # (7, 10)
    agreeing: tuple[int, int]  # images whose label has most votes, of how many


def main() -> None:
    """FER2013: summary, metrics, class counts; then images, annotations, other sets. Or another set."""
    other = pick_set()
    if other is not None:
        show_image_set(other)
        return
    data = find_data()
    facts = _count(data) if data else KNOWN
    split = choose("Split", SPLITS, key="split")
    st.markdown(_summary(facts))
    _show_numbers(facts)
    _show_classes(facts.counts, split)
    connect_data(data)
    if data:
        _show_faces(data, split)
        _show_conflicts(data)
    _show_votes(facts)
    _show_other_sets()


KNOWN = Facts(
    counts=reference.COUNTS,
    duplicates=(reference.DUPLICATE_GROUPS, reference.DUPLICATE_IMAGES),
    conflicting=reference.CONFLICTING_GROUPS,
    seen_before={PUBLIC_TEST: reference.PUBLIC_IN_TRAINING, PRIVATE_TEST: reference.PRIVATE_IN_EARLIER},
    votes=np.array(reference.VOTES),
    agreeing=(reference.AGREEING, reference.DECIDED),
)


def _count(data: Data) -> Facts:
    report = read_report(data.table, data.key)
    facts = KNOWN._replace(
        counts=report.counts,
        duplicates=(report.duplicate_groups, report.duplicate_images),
        conflicting=report.conflicting_groups,
        seen_before={PUBLIC_TEST: report.public_in_training, PRIVATE_TEST: report.private_in_earlier},
    )
    if data.votes is None:
        return facts
    first = first_choice(data.votes)
    agreeing = (int((first == data.table.labels).sum()), int((first >= 0).sum()))
    return facts._replace(votes=count_votes(data.table.labels, data.votes), agreeing=agreeing)


def _summary(facts: Facts) -> str:
    """One sentence: number of images, class imbalance, annotator agreement."""
    totals = np.sum(list(facts.counts.values()), axis=0)
    most, least = int(totals.argmax()), int(totals.argmin())
    sentence = (
        f"**{totals.sum():,}** grayscale images of 48 × 48 pixels, found by web search and labelled by hand. "
    )
    if totals[least]:
        sentence += (
            f"**{EMOTION_LABELS[most].capitalize()}** is {totals[most] / totals[least]:.0f} times as "
            f"frequent as **{EMOTION_LABELS[least]}**, some images are duplicated, and "
        )
    share = format_percent(facts.agreeing[0] / max(1, facts.agreeing[1]), digits=0)
    return f"{sentence}FER+ annotators chose the label most often for **{share}** of the images."


def _show_numbers(facts: Facts) -> None:
    total = sum(map(sum, facts.counts.values()))
    groups, images = facts.duplicates
    tiles = [
        Tile("Images", f"{total:,}", ", ".join(f"{name} {sum(n):,}" for name, n in facts.counts.items())),
        Tile(
            "Duplicate images",
            f"{images:,}",
            f"Pixel-identical images, in {groups:,} groups. "
            f"In {facts.conflicting:,} of the groups the labels differ.",
        ),
    ]
    for split, seen in facts.seen_before.items():
        count = sum(facts.counts[split])
        if count:
            note = f"{format_percent(seen / count)} of {count:,}"
            tiles.append(Tile(f"{split} duplicates", f"{seen:,}", DUPLICATES_HELP, note))
    agreeing, decided = facts.agreeing
    help = (
        f"Images whose label has the most FER+ votes, of the {decided:,} images on which one of the seven "
        "emotions has most. That need not be the majority: 5 of 10 annotators may be enough."
    )
    tiles.append(Tile("Annotator agreement", format_percent(agreeing / max(1, decided)), help))
    show_tiles(*tiles)


DUPLICATES_HELP = (
    "Images of this split with an exact duplicate in an earlier split, which a network may have seen in "
    "training. So accuracy is also reported without them."
)


def _show_classes(counts: dict[str, tuple[int, ...]], split: str) -> None:
    """The class distribution of the chosen split, and the class weights, which come of Training alone."""
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader(f"Class distribution: {split}")
        if not sum(counts[split]):
            st.info(f"This copy of FER2013 has no {split} images.", icon=":material/database:")
        else:
            alt = ", ".join(
                f"{label} {count:,}" for label, count in zip(EMOTION_LABELS, counts[split], strict=True)
            )
            show_figure(plot_class_counts(counts[split]), key="counts", alt=f"{split} images: {alt}")
    with right:
        st.subheader(f"Class weights: {TRAINING}")
        try:
            weights = class_weights(np.repeat(np.arange(len(EMOTIONS)), counts[TRAINING]))
        except DataError as error:
            st.info(escape_markdown(error))
            return
        alt = ", ".join(
            f"{label} {weight:.2f}" for label, weight in zip(EMOTION_LABELS, weights, strict=True)
        )
        show_figure(plot_class_weights(weights), key="weights", alt=f"Class weights: {alt}")
        st.caption(
            "N / (7 × Training images of the class), whatever split is shown: with these weights each class "
            "counts the same in training, and the mean weight of an image is 1."
        )


def _show_faces(data: Data, split: str) -> None:
    """Mean images, and the sample grids under them."""
    chosen = np.flatnonzero(data.table.splits == SPLITS.index(split))
    if not len(chosen):
        return
    names = {int(emotion): formats.emotion_name(emotion) for emotion in EMOTIONS}
    show_means(_mean_faces(data.table, data.key, split), names)
    show_samples(data.table.images, data.table.labels, chosen, names)


@st.cache_data(show_spinner=False, max_entries=12)
def _mean_faces(_table: Table, key: str, split: str) -> npt.NDArray[np.uint8]:
    chosen = _table.splits == SPLITS.index(split)
    return mean_faces(_table.images[chosen], _table.labels[chosen])


def _show_conflicts(data: Data) -> None:
    """Duplicate images with different labels."""
    sets = _conflicts(data.table, data.key)
    if not sets:
        return
    st.subheader("Duplicates with conflicting labels")
    shown = [rows for rows in sets if np.ptp(data.table.images[rows[0]])][
        :MOST_CONFLICTS
    ]  # not the blank one
    st.image(
        [data.table.images[rows[0]] for rows in shown],
        caption=[_names(data.table, rows) for rows in shown],
        width=CONFLICT_PX,
        output_format="PNG",
        alt=[f"An image labelled {_names(data.table, rows)}" for rows in shown],
    )
    st.caption(f"{len(shown)} of the {formats.counted(len(sets), 'image')} with more than one label.")


@st.cache_data(show_spinner=False, max_entries=4)
def _conflicts(_table: Table, key: str) -> list[npt.NDArray[np.int64]]:
    return conflicting_sets(_table.images, _table.labels)


def _names(table: Table, rows: npt.NDArray[np.int64]) -> str:
    """``"fear ×2, sad"``: the labels of one image, with how often each was given."""
    labels, counts = np.unique(table.labels[rows], return_counts=True)
    return ", ".join(
        EMOTION_LABELS[label] + (f" ×{count}" if count > 1 else "")
        for label, count in zip(labels, counts, strict=True)
    )


def _show_votes(facts: Facts) -> None:
    st.subheader("FER+ annotations")
    show_figure(
        plot_votes(facts.votes),
        key="votes",
        alt="FER+ votes in percent: rows are FER2013's labels, columns the votes. "
        + "; ".join(_row_alt(row, label) for row, label in zip(facts.votes, EMOTION_LABELS, strict=True)),
    )
    st.caption(
        "Ten annotators relabelled each image for FER+ (Barsoum et al. 2016). Each row shows the votes on "
        "the images with this FER2013 label, in percent, over all splits."
    )


def _row_alt(row: npt.NDArray[np.int64], label: str) -> str:
    order = np.argsort(-row)[:2]
    said = " and ".join(
        f"{VOTE_NAMES[i]} {format_percent(row[i] / max(1, row.sum()), digits=0)}" for i in order
    )
    return f"{label}: {said}"


def _show_other_sets() -> None:
    st.subheader("Other data sets named in the paper")
    st.table(
        {
            "set": [each.name for each in reference.OTHER_SETS],
            "size": [each.size for each in reference.OTHER_SETS],
            "content": [each.shows for each in reference.OTHER_SETS],
            "terms of use": [each.terms for each in reference.OTHER_SETS],
        },
        border="horizontal",
        hide_index=True,
    )
    st.caption("None of these images is part of this project. Request each data set from its owner.")


with page("Dataset"):
    main()
