"""How the Live page is laid out: a large picture with its controls in view, and for a projector still larger.

Presentation mode changes sizes alone, never what stands where: the video would start anew.
"""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from fer_core.experiments.runs import Run
from fer_core.formats import escape_markdown
from pages.parts.live import bars
from pages.parts.readers import NEAR, light_run

PRESENTATION, FULL_SCREEN, VIDEO = "presentation", "live-full-screen", "live-video"
SCALE = 1.6  # of the letters in presentation mode
# The video keeps its place while it is off, and leaves the height that heading and controls need. Below the
# picture the video component has its own buttons, 3.3rem high.
STYLE = """<style>
[data-testid=stMainBlockContainer] {padding-inline: clamp(1rem, 3vw, 5rem)}
[data-testid=stColumn]:has(.st-key-live-video) {container-type: inline-size}
.st-key-live-video {
    --width: min(100cqi, max(16rem, (100vh - %(others)s) * 4 / 3));
    width: var(--width); min-height: calc(var(--width) * 3 / 4 + 3.3rem); gap: 0
}
.st-key-live-video iframe {display: block}
.st-key-live-status {flex: none; height: 2.6rem; flex-wrap: nowrap}
%(bars)s
%(more)s
</style>"""
# While it is off, the component's own low placeholder goes on upwards.
OFF_STYLE = """<style>
.st-key-live-video {justify-content: flex-end}
.st-key-live-video::before {
    content: ""; flex: 1; align-self: stretch; margin-bottom: -1rem; z-index: 1;
    border-radius: 4px; background: %s
}
</style>"""
LARGE_STYLE = """
[data-testid=stSidebar], [data-testid=stExpandSidebarButton], [data-testid=stHeader] {display: none}
[data-testid=stMainBlockContainer] {padding-block: 0.75rem}
[data-testid=stLayoutWrapper]:has(> * > [data-testid=stElementContainer] h1) {display: none}
.st-key-live-status {height: 4rem}
.st-key-live-status p {font-size: 1.4rem; line-height: 1.3}
.live-bars {zoom: %s}
"""
# A browser goes to full screen on a click alone, before the server hears of it.
GO_FULL_SCREEN = """<script>{
    const toggle = event => {
        if (!event.target.closest(".st-key-%s button")) return
        document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen()
    }
    if (!window.ferFullScreen) document.addEventListener("click", window.ferFullScreen = toggle)
}</script>"""


def arrange(*, is_large: bool) -> tuple[DeltaGenerator, DeltaGenerator]:
    """The places for the video with its controls, and for the predictions.

    Args:
        is_large: presentation mode.
    """
    more = LARGE_STYLE % SCALE if is_large else ""
    st.html(STYLE % {"others": "14rem" if is_large else "21.5rem", "bars": bars.STYLE, "more": more})
    left, right = st.columns([3, 2], gap="medium")
    return left, right


def show_off() -> None:
    """While the camera is off its place is marked, in the colour of the component's placeholder."""
    colour = st.get_option(f"theme.{st.context.theme.type or 'light'}.secondaryBackgroundColor")
    st.html(OFF_STYLE % colour)


def show_presentation() -> None:
    """The switch of presentation mode, and in it the button that fills the screen with the page."""
    st.toggle(
        "Presentation mode",
        key=PRESENTATION,
        help="For a projector: a large picture with large labels, without the sidebar.",
    )
    if st.session_state[PRESENTATION]:
        st.button("Full screen", icon=":material/fullscreen:", key=FULL_SCREEN)
        st.html(GO_FULL_SCREEN % FULL_SCREEN, unsafe_allow_javascript=True)


def explain_model(run: Run) -> str:
    """Which network predicts here and why, as Markdown."""
    light = light_run()
    why = f"the smallest within {100 * NEAR:.0f} points of the best run's accuracy"
    if run.name == light.name:
        return f"Model: {_describe(run)}, {why}."
    return f"Model: {_describe(run)}. {_describe(light)} is {why}."


def _describe(run: Run) -> str:
    millions = run.provenance["parameters"] / 1e6
    return f"**{escape_markdown(run.name)}** ({millions:.2g} M parameters)"
