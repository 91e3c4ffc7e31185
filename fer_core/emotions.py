"""The seven emotions, in FER2013's order: the only list of them in this project; and the size of an image.

A label is an integer in [0, 6] everywhere, a vector of probabilities has one entry an emotion in this
order. FER2013: Goodfellow et al., "Challenges in Representation Learning", 2013, arXiv:1307.0414.
"""

from enum import IntEnum

SIDE = 48  # FER2013's images, and every face crop, are SIDE x SIDE pixels.


class Emotion(IntEnum):
    """One of FER2013's seven classes; the value is the label in ``fer2013.csv``."""

    ANGRY = 0
    DISGUST = 1
    FEAR = 2
    HAPPY = 3
    SAD = 4
    SURPRISE = 5
    NEUTRAL = 6

    @property
    def label(self) -> str:
        """The name that people read: ``"angry"`` ... ``"neutral"``."""
        return self.name.lower()


EMOTIONS: tuple[Emotion, ...] = tuple(Emotion)
EMOTION_LABELS: tuple[str, ...] = tuple(emotion.label for emotion in EMOTIONS)
EMOTION_COUNT = len(EMOTIONS)
