"""What this may be used for and what not, the card of the chosen network, and whose work it stands on."""

import platform
from importlib import metadata
from itertools import groupby
from typing import NamedTuple

import numpy as np
import streamlit as st

from fer_core.emotions import EMOTION_LABELS
from fer_core.experiments.model_card import write_card
from fer_core.experiments.runs import Run
from fer_core.formats import format_accuracy, format_percent
from pages.parts.frame import page
from pages.parts.readers import all_runs, empty_state, pick_run

PACKAGES = ("streamlit", "plotly", "numpy", "pandas", "pillow", "ai-edge-litert", "opencv-python-headless")

NEVER = """
- **An expression is not an emotion.** What a face shows does not tell what a person feels: people scowl when
  they think and smile when they are polite (Barrett et al. 2019).
- **Not to judge people**: not in hiring, lending, policing, insurance or health, and not to grade attention.
- **Not at work or at school.** The European Union prohibits AI systems that infer emotions in the workplace
  and in education, save for medical or safety reasons (AI Act, Regulation (EU) 2024/1689, Article 5(1)(f),
  since 2 February 2025). Elsewhere the Act counts emotion recognition as high risk (Annex III), and people
  must be told that it is at work (Article 50(3)).
- **Not to identify anybody.** Nothing here knows or stores who a face belongs to.
"""
FOR = "**For teaching, research and play**: to see what a small network reads in a face, and how it fails."
PRIVACY = """
- Photos, snapshots and camera frames are read in the memory of the computer that runs this app. They are
  written to no disk and sent nowhere.
- The app asks nobody on the internet for anything; usage statistics are off. The one exception is the button
  that fetches FER2013 from Kaggle, when you press it.
- A data set that you upload lies in a temporary folder until the app ends. The choices in a page's address
  are names and numbers, never pictures or paths.
"""
BIASES = """
- **The labels are opinions.** FER2013's faces were found by searching the web for emotion words. When people
  voted again for FER+, their first choice was the label on about two faces in three.
- **The faces are not everybody's.** Web pictures from before 2013, many of them posed, exaggerated or of
  celebrities; the shares of age, sex, skin colour and culture are unknown. Nobody has measured how accurate
  this network is for any of these groups: expect it to be worse for people who are rare there.
- **The emotions are not equally frequent.** There are 16 happy faces for a disgusted one.
"""


class Work(NamedTuple):
    """Something to cite: who, when, what, where."""

    authors: str
    title: str
    where: str
    use: str


WORKS = (
    Work("S. Lonkar", "Facial Expressions Recognition with Convolutional Neural Networks", "", "The paper"),
    Work(
        "I. Goodfellow et al.",
        "Challenges in Representation Learning: A Report on Three Machine Learning Contests",
        "2013, [arXiv:1307.0414](https://arxiv.org/abs/1307.0414)",
        "FER2013",
    ),
    Work(
        "E. Barsoum et al.",
        "Training Deep Networks for Facial Expression Recognition with Crowd-Sourced Label Distribution",
        "ICMI 2016, [arXiv:1608.01041](https://arxiv.org/abs/1608.01041)",
        "FER+",
    ),
    Work(
        "W. Wu, H. Peng, S. Yu",
        "YuNet: A Tiny Millisecond-level Face Detector",
        "Machine Intelligence Research 20, 2023, "
        "[doi:10.1007/s11633-023-1423-y](https://doi.org/10.1007/s11633-023-1423-y)",
        "YuNet",
    ),
    Work(
        "L. F. Barrett et al.",
        "Emotional Expressions Reconsidered",
        "Psychological Science in the Public Interest 20, 2019",
        "Expressions",
    ),
    Work(
        "M. Mitchell et al.",
        "Model Cards for Model Reporting",
        "2019, [arXiv:1810.03993](https://arxiv.org/abs/1810.03993)",
        "The card",
    ),
)
LICENCE = """
The code is under the MIT licence (the file LICENSE). FER2013 is for research and is no part of this project.
The FER+ votes and the weights of YuNet are under the MIT licence of their authors; the sample photos are in
the public domain.
"""


def main() -> None:
    """The page: what not to do first, then privacy and biases, the card, and the sources."""
    run = pick_run(baselines=True) if all_runs() else None
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("What it is for, and what not")
        st.markdown(FOR + "\n" + NEVER)
    with right:
        st.subheader("Where your pictures go")
        st.markdown(PRIVACY)
        st.subheader("Known biases")
        st.markdown(BIASES + (_weakness(run) if run else ""))
    st.subheader("The model card" + (f" of {run.name}" if run else ""))
    if run:
        _show_card(run)
    else:
        empty_state()
    _show_sources()


def _weakness(run: Run) -> str:
    """Where the chosen run is weakest, from its own numbers."""
    scores = run.metrics["PrivateTest"]["single"]["all"]
    recall = np.array(scores["recall"])
    best, worst = int(recall.argmax()), int(recall.argmin())
    best_share, worst_share = (format_percent(recall[index], digits=0) for index in (best, worst))
    return (
        f"- **It is wrong often.** The run {run.name} is right on {format_accuracy(scores, digits=1)} of the "
        f"PrivateTest faces: on {best_share} of the {EMOTION_LABELS[best]} ones, and on {worst_share} of the "
        f"{EMOTION_LABELS[worst]} ones.\n"
    )


def _show_card(run: Run) -> None:
    card = write_card(run)
    with st.container(border=True):
        for is_table, lines in groupby(
            _shorten(card, with_recipe=not run.has_network).splitlines(), lambda line: line.startswith("|")
        ):
            if is_table:  # one that scrolls on its own: Markdown's would leave a phone's screen
                st.table(_columns(list(lines)), border="horizontal", hide_index=True)
            else:
                st.markdown("\n".join(lines), anchors=False)
    st.download_button(
        "Card as Markdown",
        card,
        f"{run.name}.md",
        "text/markdown",
        icon=":material/description:",
        on_click="ignore",
    )


def _shorten(card: str, *, with_recipe: bool) -> str:
    """The card without its title, which the page has, and without the recipe where Training shows it."""
    body = card.partition("\n")[2]
    body = body if with_recipe else body.partition("\n## Recipe")[0]
    return body.replace("\n## ", "\n##### ")


def _columns(lines: list[str]) -> dict[str, list[str]]:
    """A Markdown table as its columns."""
    names, _, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines)
    return {name: [row[index] for row in rows] for index, name in enumerate(names)}


def _show_sources() -> None:
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.subheader("Whose work this is")
        st.markdown(
            "\n".join(
                f"- **{work.use}**: {work.authors}, *{work.title}*{', ' if work.where else ''}{work.where}."
                for work in WORKS
            )
        )
        st.subheader("Licence")
        st.markdown(LICENCE)
    with right:
        st.subheader("What runs here")
        st.table(_versions(), border="horizontal", hide_header=True)


def _versions() -> dict[str, str]:
    found = {"Python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "not installed"
    return found


with page("About"):
    main()
