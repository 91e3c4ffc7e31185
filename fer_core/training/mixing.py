"""Two images in one: mixup and CutMix, done to a whole epoch before its batches are cut.

``images`` is (N, 48, 48) uint8, ``targets`` (N, 7) float32 rows that sum to 1, ``weights`` (N,) float32.
"""

import numpy as np
import numpy.typing as npt

from fer_core.emotions import SIDE

Batch = tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32], npt.NDArray[np.float32]]


def mix_images(samples: Batch, rng: np.random.Generator, *, mixup: float, cutmix: float) -> Batch:
    """Blend each image, its target and its weight with those of another.

    Args:
        samples: images, targets, weights.
        rng: decides partners, shares and places.
        mixup: alpha of Beta(alpha, alpha), from which the share of the first image is drawn; the two are
            averaged with that share (Zhang et al. 2018, arXiv:1710.09412, equation 1).
        cutmix: the same alpha, where a rectangle of the second covers the rest (Yun et al. 2019,
            arXiv:1905.04899, equations 1 and 2). With both above 0 each image draws one of the two.

    Returns:
        Images, targets and weights of the same shapes and dtypes.
    """
    images, targets, weights = samples
    count = len(images)
    cut = rng.random(count) < cutmix / max(mixup + cutmix, 1e-9)
    partner = rng.permutation(count)
    share = np.ones(count, np.float32)
    for chosen, alpha in ((cut, cutmix), (~cut, mixup)):
        if alpha > 0:
            share[chosen] = rng.beta(alpha, alpha, int(chosen.sum()))
    mask, share = _covering(share, cut, rng)
    blended = np.empty_like(images)
    for start in range(0, count, 2048):  # the floats of a whole epoch would take half a gigabyte
        part = slice(start, start + 2048)
        keep = np.where(cut[part, None, None], ~mask[part], share[part, None, None]).astype(np.float32)
        blended[part] = np.rint(keep * images[part] + (1 - keep) * images[partner[part]])
    return (
        blended,
        share[:, None] * targets + (1 - share[:, None]) * targets[partner],
        share * weights + (1 - share) * weights[partner],
    )


def _covering(
    share: npt.NDArray[np.float32], cut: npt.NDArray[np.bool_], rng: np.random.Generator
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.float32]]:
    """Rectangles (N, 48, 48) of 1 - share of the area, and the shares that are left after rounding."""
    side = np.rint(SIDE * np.sqrt(1 - share)).astype(int)
    top, left = (rng.integers(0, SIDE - side + 1) for _ in range(2))
    line = np.arange(SIDE)
    rows, columns = ((line >= at[:, None]) & (line < (at + side)[:, None]) for at in (top, left))
    mask = rows[:, :, None] & columns[:, None, :]
    left_over = 1 - (side / SIDE) ** 2
    return mask, np.where(cut, left_over, share).astype(np.float32)
