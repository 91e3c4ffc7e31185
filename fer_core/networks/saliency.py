"""Saliency maps: which regions of a face contributed to a prediction, (48, 48) float32 in [0, 1].

Two methods, neither of which needs gradients: the network's class activation map where its head allows one,
else occlusion sensitivity, the fall of the probability when a part of the face is hidden.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from PIL import Image

from fer_core.emotions import EMOTION_COUNT, SIDE

Saliency = npt.NDArray[np.float32]
Crop = npt.NDArray[np.uint8]
Predict = Callable[[npt.NDArray[np.uint8]], npt.NDArray[np.float32]]

# A patch of 12 px hides an eye or half a mouth (see the template in vision.alignment: 17 px between the
# eyes, 14 across the mouth); in steps of 4 px that makes 10 x 10 positions, 101 images for the network.
PATCH_PX, STEP_PX = 12, 4


def activation_saliency(maps: npt.NDArray[np.float32], emotion: int) -> Saliency:
    """The class activation map of one emotion.

    Args:
        maps: (h, w, 7) float32, the network's output "activation_map" for one crop.
        emotion: whose map.

    Reference:
        Zhou et al., "Learning Deep Features for Discriminative Localization", CVPR 2016.
    """
    coarse = Image.fromarray(np.ascontiguousarray(maps[:, :, emotion], dtype=np.float32))
    return _normalize(np.asarray(coarse.resize((SIDE, SIDE), Image.Resampling.BICUBIC)))


def occlusion_saliency(predict: Predict, crop: Crop) -> Saliency:
    """How far each emotion's probability falls when a part of the crop is hidden: (7, 48, 48).

    Each pixel gets the mean fall over all patches that hid it.

    Args:
        predict: (N, 48, 48) uint8 to (N, 7) float32; called once.
        crop: (48, 48) uint8.

    Reference:
        Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014.
    """
    starts = range(0, SIDE - PATCH_PX + 1, STEP_PX)
    patches = [np.s_[y : y + PATCH_PX, x : x + PATCH_PX] for y in starts for x in starts]
    hidden = np.repeat(crop[None], len(patches) + 1, axis=0)  # The last one stays whole.
    for image, patch in zip(hidden, patches, strict=False):
        image[patch] = round(crop.mean())
    probabilities = predict(hidden)
    fall, covered = np.zeros((EMOTION_COUNT, SIDE, SIDE)), np.zeros((SIDE, SIDE))
    for patch, row in zip(patches, probabilities, strict=False):
        fall[:, *patch] += (probabilities[-1] - row)[:, None, None]
        covered[patch] += 1
    return np.stack([_normalize(each / covered) for each in fall])


def _normalize(saliency: npt.NDArray[np.floating]) -> Saliency:
    """The positive part, scaled to [0, 1]; all 0 where nothing is positive."""
    positive = np.maximum(saliency, 0)
    return np.asarray(positive / max(float(positive.max()), 1e-9), dtype=np.float32)
