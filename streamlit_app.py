"""Home: what this is, a photo predicted there and then, how good the predictions are, and where to go."""

import streamlit as st

from fer_core import charts
from fer_core.errors import FerError
from fer_core.experiments.model_card import summarize_training
from fer_core.experiments.runs import Run
from fer_core.formats import escape_markdown, format_accuracy, format_percent
from pages.parts import formats
from pages.parts.faces import show_face_briefly, show_photo
from pages.parts.figures import show_figure
from pages.parts.frame import PAGES, link, page
from pages.parts.photos import PRIVACY, kept_photos, upload_photos
from pages.parts.readers import all_networks, empty_state
from pages.parts.reading import Photo, Reading, read_photo, sample_photos

# On the same PrivateTest images. The paper: S. Lonkar, "Facial Expressions Recognition with Convolutional
# Neural Networks". People: Goodfellow et al. 2013, arXiv:1307.0414, who organised the challenge.
PAPER = 0.7010
PEOPLE, PEOPLE_LOW, PEOPLE_HIGH = 0.65, 0.60, 0.70
WAYS_ACROSS = 3
PHOTO_PX = 270  # its height: the pages below stay in view in a window of 1280 x 800


def main() -> None:
    """The page; without a run it says how to train one and shows what there is."""
    best = next(iter(all_networks()), None)
    st.markdown("Predicts the expression of every face in a photo or video, and shows how often it is wrong.")
    left, right = st.columns([3, 2], gap="large")
    with left:
        _show_photo(best)
    with right:
        if best is None:
            empty_state()
        else:
            _show_result(best)
        _show_comparison(best)
    _show_ways()
    st.caption(
        "An expression is not an emotion: the network names what a face shows, not what a person feels. "
        + PRIVACY
    )


def _show_photo(run: Run | None) -> None:
    """The drop zone; the photo that was handed in last, or until then a sample, with its predictions."""
    upload_photos("home files")
    photo = next(reversed([*sample_photos().values()][:1] + kept_photos()))
    if run is None:
        st.image(photo.content, width=PHOTO_PX, alt="A photo, without predictions")
        return
    reading = _read(run, photo)
    if reading is None:
        return
    picture, prediction = st.columns(2, gap="medium")
    with picture:
        show_photo(reading, most_height=PHOTO_PX)
    with prediction:
        if reading.predictions:
            show_face_briefly(reading, 1)
        else:
            st.info(f"No face was detected in {escape_markdown(reading.name)}.")


def _read(run: Run, photo: Photo) -> Reading | None:
    """Its predictions; None with a sentence where there are none: the numbers beside it need no network."""
    try:
        return read_photo(run, photo)
    except FerError as error:
        st.error(escape_markdown(error), icon=":material/error:")
        return None


def _show_result(run: Run) -> None:
    """The run's test accuracy, large, with its interval, and that without duplicates."""
    score, unique = (run.metrics["PrivateTest"]["single"][subset] for subset in ("all", "twin_free"))
    st.metric(
        f"Test accuracy (PrivateTest, {score['count']:,} images)",
        format_percent(score["accuracy"], digits=2),
        f"95% interval {formats.interval(score)}",
        delta_color="off",
        delta_arrow="off",
        help=f"Run {run.name!r}, single view.",
    )
    st.caption(
        f"{score['count'] - unique['count']:,} of these images have an exact duplicate in Training or "
        f"PublicTest; without them: {format_accuracy(unique)}."
    )
    st.caption(summarize_training(run))


def _show_comparison(run: Run | None) -> None:
    """The same number beside the paper's and people's."""
    results = {}
    if run is not None:
        score = run.metrics["PrivateTest"]["single"]["all"]
        name = f"This network {format_percent(score['accuracy'], digits=2)}"
        results[name] = (score["accuracy"], *score["accuracy_interval"])
    results[f"The paper {format_percent(PAPER, digits=2)}"] = (PAPER, PAPER, PAPER)
    results[f"People {format_percent(PEOPLE, digits=0)} ± 5"] = (PEOPLE, PEOPLE_LOW, PEOPLE_HIGH)
    show_figure(
        charts.plot_comparison(results, ours=run is not None, height=140),
        key="comparison",
        alt="PrivateTest accuracy: " + ", ".join(results),
    )
    st.caption("The paper: S. Lonkar. People: Goodfellow et al. 2013.")


def _show_ways() -> None:
    """A box a page, with the question that it answers."""
    ways = PAGES[1:]
    for start in range(0, len(ways), WAYS_ACROSS):
        for column, each in zip(st.columns(WAYS_ACROSS), ways[start : start + WAYS_ACROSS], strict=False):
            with column.container(border=True, horizontal=True, vertical_alignment="center", gap="xsmall"):
                link(each)
                st.caption(each.question)


with page("Home", heading="Facial expression recognition"):
    main()
