"""What stands around every page: its title, the sidebar, and what a user sees when something fails.

A page is written as ``with page("Photo"): ...`` and nothing before it. To add a page, add its file and a line
to ``PAGES``; the sidebar and Home's list follow.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import streamlit as st
from streamlit import net_util
from streamlit.delta_generator import DeltaGenerator

from fer_core.errors import FerError
from fer_core.formats import escape_markdown
from pages.parts import state

APP_NAME = "FER studio"
ICON = str(Path(__file__).with_name("icon.png"))  # a local file: Streamlit would fetch an icon given by name

BESIDE_PX = 280
# Two things that the theme cannot say. On a phone columns stand below each other, at the distance that was
# meant for their sides; and why an upload was refused is text for screen readers alone.
STYLE = """<style>
@media (max-width: 640px) {div[data-testid=stHorizontalBlock] {row-gap: 1rem}}
div[data-testid=stFileChip][aria-invalid=true] {flex-wrap: wrap; height: auto; width: auto; max-width: 100%}
div[data-testid=stFileChip] span[role=alert] {
    position: static; width: 100%; height: auto; margin: 0; clip: auto; clip-path: none; white-space: normal
}
</style>"""
# Streamlit leaves the sidebar open over the page whose link was followed on a phone. Run once for each page.
CLOSE_SIDEBAR = """<script>{
    const close = "[data-testid=stSidebar] [data-testid=stSidebarCollapseButton] button"
    if (innerWidth <= 768) document.querySelector(close)?.click()  // %s
}</script>"""

FOLLOW = """<script>{
    const follow = tries => {
        const link = document.querySelector(".st-key-follow a")
        if (link) link.click()
        else if (tries) setTimeout(follow, 50, tries - 1)
    }
    follow(100)
}</script>"""

# No option keeps Streamlit from asking a server on the internet for its own address when a page of another
# site tries to connect.
net_util.get_external_ip = lambda: None

log = logging.getLogger(__name__)
_beside: ContextVar[DeltaGenerator] = ContextVar("the place beside the heading")


@dataclass(frozen=True)
class Page:
    """One page: its file (from the app's folder), title, icon, and the question that it answers."""

    file: str
    title: str
    icon: str
    question: str


HOME = Page("streamlit_app.py", "Home", ":material/home:", "What is this, and how good is it?")
PAGES = (
    HOME,
    Page("pages/1_Photo.py", "Photo", ":material/photo_camera:", "What does a face show?"),
    Page("pages/2_Live.py", "Live", ":material/videocam:", "And yours, now?"),
    Page("pages/3_Dataset.py", "Dataset", ":material/dataset:", "Why is the data hard?"),
    Page("pages/4_Training.py", "Training", ":material/show_chart:", "How did it learn?"),
    Page("pages/5_Evaluation.py", "Evaluation", ":material/grid_on:", "How good is it?"),
    Page("pages/6_Errors.py", "Errors", ":material/search:", "Where does it fail?"),
    Page("pages/7_Studies.py", "Studies", ":material/science:", "Which choices matter?"),
    Page("pages/8_Batch.py", "Batch", ":material/photo_library:", "And a whole collection?"),
    Page("pages/9_About.py", "About", ":material/info:", "What is it for?"),
)


@contextmanager
def page(title: str, *, heading: str | None = None) -> Iterator[None]:
    """Set the page up, draw sidebar and heading, run the page's body, and show what fails as one sentence.

    Streamlit's own stop and rerun signals are not ``Exception`` and pass through.

    Args:
        title: the page's name, as the browser's tab shows it.
        heading: what stands above the page, if not its name.
    """
    st.set_page_config(page_title=f"{title} · {APP_NAME}", page_icon=ICON, layout="wide")
    st.html(STYLE)
    state.enter(title)
    _sidebar(title)
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.title(heading or title, anchor=False, width="content")
        _beside.set(st.container(width=BESIDE_PX, gap="xxsmall"))
    try:
        yield
    except FerError as error:
        st.error(escape_markdown(error), icon=":material/error:")
    except Exception:  # the last guard before a user
        log.exception("The page %s failed", title)
        st.error(
            "This page could not be finished because of an error in the program; "
            "the terminal that runs the app shows the details.",
            icon=":material/error:",
        )
    finally:
        state.leave()


def beside_heading() -> DeltaGenerator:
    """The place to the right of the page's heading; on a phone it is below."""
    return _beside.get()


def _sidebar(title: str) -> None:
    st.logo(ICON, size="large")
    with st.sidebar:
        st.markdown(f"### {APP_NAME}")
        for each in PAGES:
            link(each, width="stretch")
        st.html(CLOSE_SIDEBAR % title, unsafe_allow_javascript=True)


def link(to: Page, *, width: Literal["content", "stretch"] = "content") -> None:
    """Link to a page as it was left, with the run that is chosen now."""
    st.page_link(
        to.file,
        label=to.title,
        icon=to.icon,
        width=width,
        query_params=state.query_for(to.title),
    )


def follow(title: str, label: str, **asked: str) -> None:
    """Draw a link to another page, with the run that is chosen now and what is asked of that page alone, and
    follow it: ``st.switch_page`` would add an entry to the browser's history for the page that is left."""
    to = next(each for each in PAGES if each.title == title)
    run = {key: value for key, value in state.query_for(title).items() if key == state.RUN}
    with st.container(key="follow"):
        st.page_link(to.file, label=label, icon=to.icon, query_params={**run, **asked})
    st.html(FOLLOW, unsafe_allow_javascript=True)
