"""CK+, JAFFE, FERG-DB and RaFD on the Dataset page: selected by name, read from a path, and explored."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import streamlit as st

from fer_core.charts.dataset import plot_class_counts
from fer_core.datasets import class_counts, reference
from fer_core.datasets.exploration import mean_faces
from fer_core.datasets.image_sets import (
    CLASS_NAMES,
    CONTEMPT,
    READERS,
    ImageSet,
    load_image_set,
    subject_counts,
)
from fer_core.datasets.image_sets.report import EXAMPLES, duplicates, reasons
from fer_core.emotions import EMOTION_LABELS, EMOTIONS
from fer_core.errors import DataError
from fer_core.formats import escape_markdown
from pages.parts.choices import choose
from pages.parts.doors import ROOTS, check_path, may_name_paths
from pages.parts.figures import show_figure
from pages.parts.formats import counted, emotion_name
from pages.parts.metrics_row import Tile, show_tiles
from pages.parts.sample_grid import show_means, show_samples

FER2013 = "FER2013"
KEY_OF = {reader.name: key for key, reader in READERS.items()}
ABOUT = {each.name: each for each in reference.OTHER_SETS}
NAMES = {int(emotion): emotion_name(emotion) for emotion in EMOTIONS}
MOST_KEPT = 2  # sets in memory: FERG-DB's faces take 130 MB
TABLE_PX = 300
CLOSED = (
    "This app is open to other computers, so it reads no folders. Whoever runs it can allow some: "
    f"`{ROOTS}` names them."
)


@dataclass(frozen=True)
class Facts:
    """The page's numbers of a set, computed once."""

    subjects: dict[str, npt.NDArray[np.int64]]
    duplicates: dict[str, int]
    means: npt.NDArray[np.uint8]
    reasons: dict[str, list[str]]


def pick_set() -> str | None:
    """The set that the page is about, a key of ``READERS``; None for FER2013."""
    names = [FER2013, *KEY_OF]
    return KEY_OF.get(choose("Data set", names, key="set"))


def show_image_set(key: str) -> None:
    """The whole page for one set: its facts, and its images once its path is given."""
    name = READERS[key].name
    about = ABOUT[name]
    path = st.session_state.get(_at(key))
    image_set = None if path is None else _try_to_read(key, path)
    if image_set is None:
        st.markdown(f"**{about.size}**: {about.shows}. Terms of use: {about.terms}.")
        _ask_path(key)
        return
    facts = _count(image_set, _stamp(key, image_set.source))
    st.markdown(_summary(image_set, facts))
    _show_numbers(image_set, facts)
    _show_counts(image_set, facts)
    _show_source(key, image_set)
    names = NAMES | ({CONTEMPT: CLASS_NAMES[CONTEMPT]} if image_set.contempt else {})
    names = {label: name for label, name in names.items() if (image_set.labels == label).any()}
    show_means(facts.means, names)
    show_samples(image_set.images, image_set.labels, np.arange(len(image_set)), names)
    _show_left_out(image_set, facts)


def _at(key: str) -> str:
    return f"{key} at"


def _ask_path(key: str) -> None:
    reader = READERS[key]
    with st.container(border=True):
        st.markdown(
            f"**Give the folder of {reader.name} to see its images.** They are not part of this project: "
            "use your own copy. It stays on the computer that runs this app."
        )
        if not may_name_paths():
            st.info(CLOSED, icon=":material/lock:")
            return
        with st.form(f"path of {key}", border=False):
            path = st.text_input(
                f"The folder that holds {reader.expected}", placeholder=f"/home/you/{reader.name}"
            )
            asked = st.form_submit_button("Read", type="primary", icon=":material/folder_open:")
        st.caption(
            "The first time, faces are detected in all pictures; the crops are then cached on this computer. "
            "docs/datasets.md says where to request the set."
        )
    if not asked:
        return
    if not path.strip():
        st.error(f"The path of {reader.name} is needed, for example /home/you/data. Received: nothing.")
        return
    try:
        path = str(check_path(path))
    except DataError as error:
        st.error(escape_markdown(error), icon=":material/folder_off:")
        return
    if _try_to_read(key, path) is not None:
        st.session_state[_at(key)] = path
        st.rerun()


def _try_to_read(key: str, path: str) -> ImageSet | None:
    """The set at a path, or None and its sentence."""
    try:
        return _read(key, path)
    except DataError as error:
        st.error(escape_markdown(error), icon=":material/folder_off:")
        return None


def _read(key: str, path: str) -> ImageSet:
    """From memory where its folder has not changed; else with a bar, which no cached function can draw."""
    kept, stamp = _kept(), _stamp(key, Path(os.path.expanduser(path)))
    if stamp not in kept:
        bar = st.progress(0.0, f"Looking through {READERS[key].name}")

        def on_picture(done: int, total: int) -> None:
            if done % 20 == 0 or done == total:
                bar.progress(done / total, f"Detecting faces: {done:,} of {total:,} pictures")

        try:
            image_set = load_image_set(f"{key}={path}", on_picture=on_picture)
        finally:
            bar.empty()
        while len(kept) >= MOST_KEPT:
            kept.pop(next(iter(kept)))
        kept[stamp] = image_set
    return kept[stamp]


@st.cache_resource(show_spinner=False)
def _kept() -> dict[str, ImageSet]:
    return {}


def _stamp(key: str, path: Path) -> str:
    """Changes with the set, its path and the files directly in it."""
    try:
        return f"{key} {path} {path.stat().st_mtime}"
    except (OSError, ValueError):  # the reader says what is wrong with it
        return f"{key} {path}"


@st.cache_data(show_spinner="Counting", max_entries=4)
def _count(_image_set: ImageSet, stamp: str) -> Facts:
    means = mean_faces(_image_set.images, _image_set.labels)
    if _image_set.contempt:
        mean = _image_set.images[_image_set.labels == CONTEMPT].mean(axis=0)
        means = np.concatenate([means, np.rint(mean).astype(np.uint8)[None]])
    return Facts(subject_counts(_image_set), duplicates(_image_set), means, reasons(_image_set))


def _summary(image_set: ImageSet, facts: Facts) -> str:
    about = ABOUT[image_set.name]
    who = f" of **{counted(len(facts.subjects), _person(image_set))}**" if facts.subjects else ""
    return f"**{len(image_set):,}** images{who}: {about.shows}. Terms of use: {about.terms}."


def _person(image_set: ImageSet) -> str:
    return "character" if image_set.name == "FERG-DB" else "subject"


def _show_numbers(image_set: ImageSet, facts: Facts) -> None:
    seven = len(image_set) - image_set.contempt
    tiles = [
        Tile("Images", f"{seven:,}", "With one of the seven emotions of FER2013."),
        Tile(
            "Contempt",
            f"{image_set.contempt:,}",
            "FER2013 has no such label: not used in evaluation.",
        ),
    ]
    if facts.subjects:
        sizes = [int(counts.sum()) for counts in facts.subjects.values()]
        fewest = "" if min(sizes) == max(sizes) else f"{min(sizes):,} to "
        each = f"{fewest}{counted(max(sizes), 'image')} each"
        tiles.append(Tile(f"{_person(image_set).capitalize()}s", f"{len(sizes):,}", SUBJECTS_HELP, each))
    tiles.append(
        Tile("Duplicate images", f"{facts.duplicates['images']:,}", _duplicates_help(facts.duplicates))
    )
    if image_set.whole:
        tiles.append(Tile("Uncropped", f"{image_set.whole:,}", "No face was detected: taken whole."))
    left_out = len(image_set.left_out)
    tiles.append(Tile("Files left out", f"{left_out:,}", "The reasons are at the end of this page."))
    show_tiles(*tiles)


SUBJECTS_HELP = "Nobody may be in both training and test data, so all images of a person are in one fold."


def _duplicates_help(duplicates: dict[str, int]) -> str:
    return (
        f"Pixel-identical images, in {counted(duplicates['groups'], 'group')}. "
        f"In {duplicates['conflicting']:,} of the groups the labels differ, "
        f"in {duplicates['shared']:,} the subjects."
    )


def _show_counts(image_set: ImageSet, facts: Facts) -> None:
    left, right = st.columns(2, gap="large")
    counts = class_counts(image_set.dataset().labels)
    with left:
        st.subheader("Class distribution")
        alt = ", ".join(f"{label} {count:,}" for label, count in zip(EMOTION_LABELS, counts, strict=True))
        show_figure(plot_class_counts(counts), key="counts", alt=f"{image_set.name} images: {alt}")
    with right:
        st.subheader(f"Images per {_person(image_set)}")
        if not facts.subjects:
            st.info("This form of the set has no subject identifiers.", icon=":material/group_off:")
            return
        table = np.stack(list(facts.subjects.values()))
        columns = [label for label in range(len(CLASS_NAMES)) if label != CONTEMPT or image_set.contempt]
        st.dataframe(
            {_person(image_set): list(facts.subjects), "all": table.sum(axis=1)}
            | {CLASS_NAMES[label]: table[:, label] for label in columns},
            hide_index=True,
            height=min(TABLE_PX, 36 * (len(table) + 1) + 2),
        )


def _show_source(key: str, image_set: ImageSet) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"Images from {escape_markdown(image_set.source.name)}.", width="content")
        st.button("Reload", on_click=_read_again, type="tertiary", icon=":material/refresh:")
        st.button("Change path", on_click=_forget, args=(key,), type="tertiary", icon=":material/link_off:")


def _read_again() -> None:
    _kept().clear()
    _count.clear()


def _forget(key: str) -> None:
    st.session_state.pop(_at(key), None)


def _show_left_out(image_set: ImageSet, facts: Facts) -> None:
    st.subheader("Files left out")
    if not facts.reasons:
        st.caption("No file was left out.")
        return
    st.table(
        {
            "reason": [escape_markdown(reason) for reason in facts.reasons],
            "files": [f"{len(paths):,}" for paths in facts.reasons.values()],
            "for example": [escape_markdown(", ".join(paths[:EXAMPLES])) for paths in facts.reasons.values()],
        },
        border="horizontal",
        hide_index=True,
    )
