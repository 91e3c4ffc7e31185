"""What copies of the data sets call the emotions and the splits: the only list of such names."""

from fer_core.datasets.dataset import SPLITS
from fer_core.emotions import EMOTION_COUNT, Emotion

CONTEMPT = EMOTION_COUNT  # The label 7: CK+ and RaFD have it, FER2013 and our networks do not.

LABEL_OF: dict[str, int] = {
    "angry": Emotion.ANGRY, "anger": Emotion.ANGRY,
    "disgust": Emotion.DISGUST, "disgusted": Emotion.DISGUST,
    "fear": Emotion.FEAR, "fearful": Emotion.FEAR,
    "happy": Emotion.HAPPY, "happiness": Emotion.HAPPY, "joy": Emotion.HAPPY,
    "sad": Emotion.SAD, "sadness": Emotion.SAD,
    "surprise": Emotion.SURPRISE, "surprised": Emotion.SURPRISE,
    "neutral": Emotion.NEUTRAL,
    "contempt": CONTEMPT, "contemptuous": CONTEMPT,
}  # fmt: skip

_OFFICIAL = {"training": 0, "train": 0, "publictest": 1, "privatetest": 2}
_SPLIT_OF = _OFFICIAL | {"validation": 1, "val": 1, "valid": 1, "test": 2, "testing": 2}


def label_index(name: str) -> int | None:
    """The label that a copy's name of an emotion stands for, in any case; 7 is contempt."""
    return LABEL_OF.get(name.strip().lower())


def split_index(name: str) -> int | None:
    """The index in ``SPLITS`` of what a copy calls a split, in any case; None for any other name.

    What others call validation is PublicTest, which chooses; a test is PrivateTest, which measures.
    """
    return _SPLIT_OF.get(_plain(name))


def is_official(name: str) -> bool:
    """Whether a split is called as FER2013 itself or Kaggle's copies call it, so that nothing is open."""
    return _plain(name) in _OFFICIAL


def split_note(name: str) -> str:
    """How a split that others call otherwise is read, as a sentence."""
    index = split_index(name)
    return f"{name} is read as {SPLITS[2 if index is None else index]}."


def _plain(name: str) -> str:
    return name.strip().lower().replace(" ", "").replace("_", "").replace("-", "")
