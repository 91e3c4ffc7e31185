"""The photos that a visitor handed in: kept as long as the page is open, whatever page is visited meanwhile.

A file uploader forgets its files when its page is left, so what it was given is noted here. It takes a
picture from the clipboard only while it has the focus, so the script below hands it what is pasted elsewhere.
"""

from dataclasses import replace

import streamlit as st

from fer_core.vision.headers import SUFFIXES
from pages.parts.formats import counted
from pages.parts.live.camera import take_snapshot
from pages.parts.reading import Photo, to_photo
from pages.parts.uploads import pick_allowed, remember, tell_apart

MOST_MB = 25  # a photo; a large one from a phone has 12
PRIVACY = "Photos are processed in memory on the computer that runs this app. Nothing is stored or sent."
# Where the session keeps them.
KEPT, LISTED, TURN, SNAPSHOT = "photos kept", "photos listed", "photos turn", "photo taken"
PASTE = """<script>{
    document.onpaste = event => {
        const zone = document.querySelector("[data-testid=stFileUploaderDropzone]")
        const files = event.clipboardData?.files
        if (!zone || !files?.length || event.target.closest("[data-testid=stFileUploaderDropzone]")) return
        event.preventDefault()
        zone.dispatchEvent(new ClipboardEvent("paste", {clipboardData: event.clipboardData, bubbles: true}))
    }
}</script>"""


def kept_photos() -> list[Photo]:
    """All photos that were handed in and not taken back, in their order."""
    photos = st.session_state.get(KEPT, {}).values()
    names = tell_apart([photo.name for photo in photos])
    return [replace(photo, name=name) for photo, name in zip(photos, names, strict=True)]


def upload_photos(key: str) -> None:
    """The uploader; what it is given is kept, what is taken out of it is kept no longer.

    Args:
        key: the widget's; each page has its own uploader.
    """
    kept = st.session_state.setdefault(KEPT, {})
    key = f"{key} {st.session_state.get(TURN, 0)}"
    is_new = key not in st.session_state  # the page was left in between, and the uploader is empty
    files = st.file_uploader(
        "Drop photos here, browse, or paste them with Ctrl+V",
        SUFFIXES,
        accept_multiple_files=True,
        max_upload_size=MOST_MB,
        key=key,
        help=PRIVACY,
    )
    st.html(PASTE, unsafe_allow_javascript=True)
    listed = set() if is_new else st.session_state.get(LISTED, set())
    now = {file.file_id for file in files}
    for gone in listed - now:
        kept.pop(gone, None)
    for file in pick_allowed([file for file in files if file.file_id not in kept], MOST_MB):
        kept[file.file_id] = to_photo(file.name, file.getvalue())
    st.session_state[LISTED] = now
    _offer_removal(len(kept.keys() - now))


def _offer_removal(earlier: int) -> None:
    """Say how many photos the uploader does not list, and take all away when asked."""
    if earlier:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(f"{counted(earlier, 'photo')} from an earlier visit", width="content")
            st.button("Remove", on_click=_remove_all, type="tertiary", icon=":material/delete:")


def _remove_all() -> None:
    st.session_state.pop(KEPT, None)
    st.session_state[TURN] = st.session_state.get(TURN, 0) + 1


def take_photo(key: str) -> list[Photo]:
    """The browser's snapshot camera; its last picture, also after another page was visited."""
    is_new = key not in st.session_state
    shot = take_snapshot(PRIVACY, key=key)
    taken = to_photo("snapshot.jpg", shot.getvalue()) if shot else None
    photo = remember(SNAPSHOT, taken, is_new=is_new)
    return [photo] if photo else []
