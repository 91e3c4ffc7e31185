"""The embedding of a split: every image as a mark, to zoom, to point at, and to draw a lasso around."""

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from PIL import Image

from fer_core.charts.error_analysis import COLOUR_BY, plot_embedding
from fer_core.datasets.dataset import TRAINING
from fer_core.datasets.exploration import sample_grid
from fer_core.emotions import SIDE
from fer_core.evaluation.error_analysis import PROJECTIONS, Points, Positions, SplitPredictions, project
from fer_core.experiments.embedding import project_run
from fer_core.experiments.runs import Run
from pages.parts.choices import choose
from pages.parts.errors.corrections import show_corrections
from pages.parts.errors.gallery import Faces, open_face, show_gallery, to_first_page
from pages.parts.figures import show_figure
from pages.parts.formats import counted
from pages.parts.readers import last_change

LASSO = "lasso"  # in the session: the split, and the rows inside the lasso
ACROSS, GAP = 28, 2  # thumbnails side by side: Streamlit shrinks pictures wider than 1460 px
THUMBNAIL_PX = 96
MOST_MARKS = 6000  # a browser draws each of them
# Plotly's own hover labels hold no pictures. GRID: images side by side, the step, their side, the size shown.
THUMBNAILS = """<script>{
    const [across, step, side, shown] = GRID
    const attach = (tries) => {
        const plot = document.querySelector(".st-key-embedding .js-plotly-plot")
        if (!plot?.on || plot.ferThumbnail) return tries && setTimeout(attach, 200, plot ? 0 : tries - 1)
        const box = plot.ferThumbnail = document.createElement("div")
        const zoom = shown / side
        box.className = "thumbnail"
        box.style = `display: none; position: absolute; z-index: 9; pointer-events: none; width: ${shown}px;
            height: ${shown}px; border: 2px solid #fff; border-radius: 6px; box-shadow: 0 2px 8px #0008`
        plot.appendChild(box)
        plot.on("plotly_hover", ({points: [point], event}) => {
            const sheet = document.querySelector(".st-key-thumbnails img")
            if (!sheet || !point.customdata) return
            const [x, y] = [point.customdata[1] % across, Math.floor(point.customdata[1] / across)]
            const edge = plot.getBoundingClientRect()
            box.style.background = `url(${sheet.src}) ${-x * step * zoom}px ${-y * step * zoom}px /
                ${sheet.naturalWidth * zoom}px auto`
            box.style.left = `${Math.min(event.clientX - edge.left + 16, edge.width - shown)}px`
            box.style.top = `${Math.max(event.clientY - edge.top - shown - 16, 0)}px`
            box.style.display = "block"
        })
        plot.on("plotly_unhover", () => { box.style.display = "none" })
    }
    attach(100)
}</script>"""


def show_embedding(faces: Faces) -> Positions:
    """The chart and the images inside the lasso; returns what previous and next go through."""
    predictions = faces.predictions
    with st.container(horizontal=True, gap="medium"):
        method = choose("Projection", PROJECTIONS, key="method")
        colour_by = choose("Colour", COLOUR_BY, key="colour")
    if not 3 <= len(predictions) <= MOST_MARKS:
        st.info(
            f"An embedding shows 3 to {MOST_MARKS:,} images; {predictions.evaluation.split} has "
            f"{len(predictions):,}.",
            icon=":material/scatter_plot:",
        )
        return np.arange(len(predictions))
    with st.spinner(f"Projecting {len(predictions):,} images", show_time=True):
        points = project_split(
            faces.run.path, last_change(faces.run.path), predictions.evaluation.split, method, predictions
        )
    figure = plot_embedding(
        points, predictions.labels, predictions.predicted, predictions.rows, colour_by=colour_by
    )
    alt = f"Every image as a mark, by {colour_by}; similar images lie near each other."
    with st.container(key="embedding"):
        show_figure(figure, key="map", alt=alt, on_pick=_pick, on_draw=_draw(faces))
    _show_thumbnails(faces)
    placed = "logits" if predictions.evaluation.features is None else "features before the last layer"
    st.caption(
        f"{method} of the {placed}: images that are similar to the network lie near each other. Colour and "
        f"shape tell the {colour_by}; misclassified images are bold. Click a mark to open its image, draw a "
        "lasso to see those inside it, or enter a row."
    )
    inside = _inside(faces)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        _ask_row(predictions)
        if not len(inside):
            show_corrections(faces.data)
    if not len(inside):
        return np.arange(len(predictions))
    wrong = int((predictions.predicted[inside] != predictions.labels[inside]).sum())
    st.markdown(f"**{counted(len(inside), 'image')}** inside the lasso, {wrong:,} of them misclassified.")
    show_gallery(faces, inside, beside=lambda: _offer(faces))
    return inside


@st.cache_data(show_spinner=False, max_entries=8)
def project_split(
    run_path: Path, changed: float, split: str, method: str, _predictions: SplitPredictions
) -> Points:
    """Where each image lies, (N, 2): stored with a run for its test splits, computed for Training."""
    if split == TRAINING:
        return project(_predictions.evaluation, method)
    return project_run(Run(run_path), split, method)


def _pick(point: Mapping[str, Any]) -> None:
    open_face(int(point["customdata"][0]))


def _draw(faces: Faces) -> Any:
    """What keeps the rows inside a lasso or a box."""
    split = (faces.run.name, faces.predictions.evaluation.split)

    def draw(points: list[Mapping[str, Any]]) -> None:
        st.session_state[LASSO] = (split, [int(point["customdata"][0]) for point in points])
        to_first_page()

    return draw


def _inside(faces: Faces) -> Positions:
    """The positions inside the lasso; none where none was drawn on this split."""
    split, rows = st.session_state.get(LASSO, (None, []))
    here = split == (faces.run.name, faces.predictions.evaluation.split)
    return np.flatnonzero(np.isin(faces.predictions.rows, rows if here else []))


def _offer(faces: Faces) -> None:
    st.button("Clear the lasso", on_click=_clear, icon=":material/lasso_select:")
    show_corrections(faces.data)


def _clear() -> None:
    st.session_state.pop(LASSO, None)


def _ask_row(predictions: SplitPredictions) -> None:
    first, last = int(predictions.rows.min()), int(predictions.rows.max())
    row = st.number_input("Row", first, last, None, key="row", width=180, placeholder=f"{first} to {last}")
    if row is not None:
        st.button("Open", on_click=open_face, args=(int(row),), icon=":material/person_search:")


def _show_thumbnails(faces: Faces) -> None:
    """The images in one hidden picture, and the script that shows the part of it under the mouse."""
    if faces.data is None:
        return
    predictions = faces.predictions
    sheet = _sheet(faces.data.key, predictions.evaluation.split, faces)
    st.html("<style>.st-key-thumbnails {display: none}</style>")
    with st.container(key="thumbnails"):
        st.image(sheet, output_format="JPEG")
        told = json.dumps([ACROSS, SIDE + GAP, SIDE, THUMBNAIL_PX])
        st.html(THUMBNAILS.replace("GRID", told), unsafe_allow_javascript=True)


@st.cache_data(show_spinner=False, max_entries=4)
def _sheet(key: str, split: str, _faces: Faces) -> bytes:
    """The split's images side by side, as a JPEG."""
    assert _faces.data is not None
    grid = sample_grid(_faces.data.table.images[_faces.predictions.rows], across=ACROSS, gap=GAP)
    file = io.BytesIO()
    Image.fromarray(grid[:, :, 0]).save(file, "JPEG", quality=80)
    return file.getvalue()
