"""What one face shows over time: the network's predictions, corrected for its neutral face and smoothed.

Times are seconds on any clock that never goes back; nothing here counts frames, so a slow machine and a fast
one give the same result. Probabilities are (7,), one per emotion, and sum to 1; their logarithms are natural.
"""

import math

import numpy as np
import numpy.typing as npt

from fer_core.emotions import EMOTION_COUNT, Emotion
from fer_core.errors import DataError

Floats = npt.NDArray[np.floating]

NEUTRAL_SECONDS = 1.0
REFUSAL_SECONDS = 5.0  # so long a refused calibration is told of
# What a network gives less than this is noise; its logarithm would dominate every average.
LEAST_PROBABILITY = 0.01
# From here on a face is clearly expressive: no calibration changes its emotion, and it is not taken for a
# neutral one. On PublicTest 86 % of the smiles that ``small`` recognises are, and 3 % of the neutral faces
# are taken for something else as clearly (``best``, ``quick`` and ``paper-cnn``: 83 to 87 % and 3 to 4 %).
CLEAR = 0.8
LARGEST_SHIFT = math.log(CLEAR / (1 - CLEAR))


class Expression:
    """What one face shows.

    Attributes:
        probabilities: (7,) what is shown; None before the first prediction.
        baseline: (7,) mean log-probabilities of the calibrated neutral face; None without one.
        refused: for five seconds, the emotion that the face clearly showed when it was to be calibrated;
            else None.
    """

    def __init__(self) -> None:
        self.probabilities: Floats | None = None
        self.baseline: Floats | None = None
        self.refused: Emotion | None = None
        self._time = 0.0
        self._calibrating: list[Floats] | None = None
        self._calibrate_until = 0.0

    def update(
        self, probabilities: Floats, now: float, *, time_constant: float, reference: Floats
    ) -> npt.NDArray[np.float32]:
        """Take the network's prediction for this frame; returns what to show.

        Args:
            probabilities: (7,), the network's.
            now: seconds.
            time_constant: see ``smooth``.
            reference: see ``correct``.
        """
        if self._calibrating is not None:
            self._collect(self._calibrating, probabilities, now)
        elif now > self._calibrate_until + REFUSAL_SECONDS:
            self.refused = None
        corrected: Floats = np.asarray(probabilities, dtype=np.float64)
        if self.baseline is not None:
            corrected = correct(corrected, self.baseline, reference)
        if self.probabilities is not None:
            corrected = smooth(self.probabilities, corrected, now - self._time, time_constant)
        self.probabilities, self._time = corrected, now
        return corrected.astype(np.float32)

    @property
    def is_calibrating(self) -> bool:
        """Whether the neutral face is still being recorded."""
        return self._calibrating is not None

    def calibrate_neutral(self, now: float) -> None:
        """Take the next second as this person's neutral face, unless it clearly shows another emotion."""
        self._calibrating, self._calibrate_until, self.refused = [], now + NEUTRAL_SECONDS, None

    def reset_neutral(self) -> None:
        """Show the network's own predictions again."""
        self.baseline = self._calibrating = self.refused = None

    def _collect(self, calibrating: list[Floats], probabilities: Floats, now: float) -> None:
        calibrating.append(log_probabilities(probabilities))
        if now >= self._calibrate_until:
            baseline = np.mean(calibrating, axis=0)
            self._calibrating, self.refused = None, clear_emotion(baseline)
            self.baseline = baseline if self.refused is None else self.baseline


def smooth(before: Floats, new: Floats, seconds: float, time_constant: float) -> Floats:
    """Exponential smoothing over time: after one time constant, 63 % of a change is shown.

    ``before + (1 - exp(-seconds / time_constant)) * (new - before)``: two short steps towards the same value
    equal one long step, so the frame rate does not matter. A mean of probabilities still sums to 1.

    Args:
        before: what was shown.
        new: the network's prediction now.
        seconds: the time between the two, at least 0.
        time_constant: seconds, at least 0; 0 shows ``new`` as it is.

    Raises:
        DataError: if the time or the time constant is negative or not a number.
    """
    if not (seconds >= 0 and time_constant >= 0):
        raise DataError(
            f"Smoothing needs a time and a time constant of at least 0 seconds. "
            f"Received: {seconds} and {time_constant}."
        )
    share = 1.0 if time_constant == 0 else -math.expm1(-seconds / time_constant)
    return np.asarray(before + share * (new - before))


def correct(probabilities: Floats, baseline: Floats, reference: Floats) -> Floats:
    """Probabilities as if this person's resting face were no less neutral than the average person's.

    Some people look stern, or amused, at rest. By how much more an emotion stands out against neutral in
    their resting face (``baseline``) than in the average neutral face (``reference``), in log-odds, by so
    much it is lowered against neutral in each prediction:

    ``shift = (baseline - baseline[neutral]) - (reference - reference[neutral])``, held between 0 and
    ``log 4``, and ``q ~ p * exp(-shift)``, scaled to sum to 1.

    It is the change of priors of Saerens et al., with each emotion's evidence at rest as prior, within two
    bounds. No shift is negative, so no face becomes less neutral, whatever was calibrated. And none exceeds
    log(0.8 / 0.2), so an emotion that the network gives 80 % or more stays the most probable one: that the
    face was at rest is the user's word, where Baltrusaitis et al. have the median of a whole video.

    Args:
        probabilities: (7,), the network's.
        baseline: (7,) mean of ``log_probabilities`` over the person's resting face.
        reference: (7,) mean of ``log_probabilities`` over neutral faces of many people.

    Reference:
        Saerens, Latinne and Decaestecker, "Adjusting the Outputs of a Classifier to New a Priori
        Probabilities", Neural Computation 14, 2002. Baltrusaitis, Mahmoud and Robinson, "Cross-dataset
        learning and person-specific normalisation for automatic Action Unit detection", FG 2015.
    """
    evidence = baseline - reference
    shift = np.clip(evidence - evidence[Emotion.NEUTRAL], 0, LARGEST_SHIFT)
    weighed = probabilities * np.exp(-shift)
    return np.asarray(weighed / weighed.sum())


def clear_emotion(logs: Floats) -> Emotion | None:
    """The emotion other than neutral that mean log-probabilities (7,) clearly show, or None."""
    shares = np.exp(logs) / np.exp(logs).sum()
    strongest = Emotion(int(shares.argmax()))
    return strongest if strongest != Emotion.NEUTRAL and shares[strongest] >= CLEAR else None


def log_probabilities(probabilities: npt.ArrayLike) -> Floats:
    """Natural logarithms of probabilities (..., 7), of which none counts as less than 0.01."""
    return np.asarray(np.log(np.maximum(probabilities, LEAST_PROBABILITY)))


def neutral_reference(labels: npt.ArrayLike, probabilities: npt.ArrayLike) -> Floats:
    """(7,): the mean log-probabilities of the images labelled neutral; see ``correct``.

    Args:
        labels: (N,) integers in [0, 6].
        probabilities: (N, 7), a network's predictions for the same images.

    Raises:
        DataError: if no image is labelled neutral.
    """
    neutral = np.asarray(labels) == Emotion.NEUTRAL
    if not neutral.any():
        raise DataError(
            f"The average neutral face needs an image labelled neutral. Received: {len(neutral)} others."
        )
    predictions = np.asarray(probabilities).reshape(len(neutral), EMOTION_COUNT)[neutral]
    return np.asarray(log_probabilities(predictions).mean(axis=0))
