"""Files that a visitor hands in: how large they may be, and where those lie that are read from disk."""

import math
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TypeGuard, TypeVar

import streamlit as st
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile

from fer_core.formats import escape_markdown
from pages.parts.doors import UPLOADS_PREFIX
from pages.parts.quota import MB, why_refused

Given = TypeVar("Given")
MOST_LETTERS = 100  # of a file's name


def pick_allowed(files: Sequence[UploadedFile], most_mb: int) -> list[UploadedFile]:
    """The files that may be used; one that is too large gets its sentence, and so does the visit."""
    allowed, refused = [], ""
    for file in files:
        if is_small_enough(file, most_mb):
            why = why_refused(file.file_id, file.size)
            refused = refused or why
            allowed += [] if why else [file]
    if refused:
        st.warning(refused, icon=":material/front_hand:")
    return allowed


def may_use(file: UploadedFile | None, most_mb: int) -> TypeGuard[UploadedFile]:
    """Whether there is a file, and it may be used; else it gets its sentence."""
    return file is not None and bool(pick_allowed([file], most_mb))


def is_small_enough(file: UploadedFile, most_mb: int) -> bool:
    """Whether a file keeps its uploader's limit, which only the browser checks; else it gets its sentence."""
    if file.size <= most_mb * MB:
        return True
    st.error(
        f"{escape_markdown(file.name)}: expected at most {most_mb} MB. Received: "
        f"{math.ceil(file.size / MB):,} MB.",
        icon=":material/upload_file:",
    )
    return False


def remember(slot: str, given: Given | None, *, is_new: bool) -> Given | None:
    """What a widget was given last, also after its page was left; nothing once that was taken back.

    Args:
        slot: where the session keeps it.
        given: what the widget holds now.
        is_new: whether the widget is drawn for the first time since the page was entered.
    """
    had = not is_new and st.session_state.get(f"{slot} given", False)
    st.session_state[f"{slot} given"] = given is not None
    if given is not None:
        st.session_state[slot] = given
    elif had:
        st.session_state.pop(slot, None)
    return st.session_state.get(slot)


def tell_apart(names: Sequence[str]) -> list[str]:
    """The names, each once: a phone calls every photo image.jpg; the second becomes "image (2).jpg"."""
    told: list[str] = []
    for name in names:
        path, number, free = Path(name), 1, name
        while free in told or (number > 1 and free in names):
            number += 1
            free = f"{path.stem} ({number}){path.suffix}"
        told.append(free)
    return told


def keep_upload(file: UploadedFile) -> Path:
    """An upload as a file that only this session knows; it is deleted with the session, at the latest."""
    folder = Path(_folder().name) / file.file_id
    folder.mkdir(exist_ok=True)
    path = folder / Path(file.name).name[-MOST_LETTERS:]
    if not path.is_file():
        path.write_bytes(file.getbuffer())
    return path


def let_go(file: UploadedFile) -> None:
    """Free the memory of an upload that lies on disk: Streamlit keeps its own copy as long as the session."""
    context = get_script_run_ctx()
    if context is not None and isinstance(context.uploaded_file_mgr, MemoryUploadedFileManager):
        context.uploaded_file_mgr.remove_file(context.session_id, file.file_id)


def delete_uploads() -> None:
    """Delete what this session has uploaded."""
    _folder.clear()


def is_upload(path: Path) -> bool:
    """Whether a file was uploaded, by anybody."""
    return any(part.startswith(UPLOADS_PREFIX) for part in path.parts)


# Streamlit lets go of it when the browser closes the page, or the connection to it breaks.
@st.cache_resource(show_spinner=False, scope="session", on_release=tempfile.TemporaryDirectory.cleanup)
def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix=UPLOADS_PREFIX)
