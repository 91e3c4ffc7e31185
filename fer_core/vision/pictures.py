"""From a photo's file to RGB uint8 (H, W, 3), upright."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from fer_core.errors import PictureError, reason
from fer_core.vision.headers import LONGEST_SIDE, PictureFile, check_size, open_picture, read_picture

Picture = npt.NDArray[np.uint8]
Source = PictureFile | Image.Image | Picture

ORIENTATION = 0x0112  # the tag of EXIF
LONGEST_ASPECT = 3
BAND_PIXELS = 2_000_000  # as many are converted at once, which takes 16 MB however large the picture is


def load_picture(source: Source) -> Picture:
    """Read a photo the way a person sees it.

    The camera's EXIF orientation is applied, transparency is painted on white, and of an animation the
    first frame is read. Palette, gray, CMYK and deeper pictures become 8-bit RGB; of 16-bit samples those
    bits are kept that the picture uses, and floating-point ones are stretched from its darkest value to its
    brightest. A file or PIL image whose long side exceeds 4,096 px is reduced to that; one of more than 3:1,
    such as a long screenshot, only as far as it has more pixels than one of 4,096 x 1,365.

    Args:
        source: a path; a file's bytes, or a binary stream (read from its start), of a picture in one of
            ``headers.READERS``' formats; a PIL image; or pixels, RGB uint8 (H, W, 3) or gray uint8 (H, W),
            which are neither turned nor reduced.

    Returns:
        RGB uint8 (H, W, 3).

    Raises:
        PictureError: if the source is of another type (None, which ``cv2.imread`` returns for what it cannot
            read, is one), there is no such file, or it is no regular one; if it is empty, not a picture, of
            a format that is not read or damaged; or if decoding it would take too much memory or time.
    """
    if isinstance(source, np.ndarray):
        return _from_array(source)
    if isinstance(source, Image.Image):
        check_size("The picture", source.size)
        return decode("The picture", source)
    name, data = read_picture(source)
    return decode(name, open_picture(name, data), data)


def check_picture(picture: Picture) -> None:
    """Refuse anything but RGB uint8 (H, W, 3) with at least one pixel.

    Raises:
        PictureError: naming what was received.
    """
    shape, dtype = np.shape(picture), getattr(picture, "dtype", type(picture).__name__)
    if dtype != np.uint8 or len(shape) != 3 or shape[2] != 3 or 0 in shape:
        raise PictureError(f"A picture must be RGB uint8 (H, W, 3). Received: {shape} {dtype}.")


def _from_array(pixels: npt.NDArray[Any]) -> Picture:
    picture = np.dstack([pixels] * 3) if pixels.ndim == 2 else pixels
    check_picture(picture)
    return picture


def decode(name: str, image: Image.Image, data: bytes = b"") -> Picture:
    """The pixels of an opened image as ``load_picture`` returns them.

    Args:
        name: what a message calls it.
        image: of an animation the frame that it is at.
        data: the bytes of its file, if there is one.

    Raises:
        PictureError: if it is damaged.
    """
    is_deep = _has_deep_colour(image)
    try:
        image.load()
        if is_deep and data and _is_dark(image):
            image = _read_deep(name, image, data)
        return np.array(_turn_upright(to_rgb(image), image), dtype=np.uint8)
    except PictureError:
        raise
    except Exception as error:  # Decoders raise OSError, SyntaxError, ValueError, struct.error and more.
        raise PictureError(
            f"{name} is a damaged or unfinished {image.format or image.mode} picture. "
            f"The decoder says: {reason(error)}."
        ) from error


def _has_deep_colour(image: Image.Image) -> bool:
    """Whether the file has 16 bits a colour, which only a picture that is not decoded yet tells."""
    return image.mode in ("RGB", "RGBA") and any(";16" in str(tile[3]) for tile in getattr(image, "tile", ()))


def _is_dark(image: Image.Image) -> bool:
    """Whether no colour has its highest bit."""
    ends: Any = image.getextrema()  # (least, most) a band
    return max(most for _, most in ends[:3]) < 128


def _read_deep(name: str, image: Image.Image, data: bytes) -> Image.Image:
    """A picture with 16 bits a colour from those that it uses: Pillow keeps the upper eight alone.

    OpenCV turns a TIFF upright as Pillow does, and a PNG as little.
    """
    import cv2

    check_size(name, image.size, bytes_a_pixel=12)
    samples = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if samples is None or samples.dtype != np.uint16 or samples.ndim != 3:
        return image
    if reduced_size(image.size) != image.size:
        samples = cv2.resize(samples, reduced_size(image.size), interpolation=cv2.INTER_AREA)
    deep = Image.fromarray(_to_8_bits(samples[..., 2::-1], samples[..., :3].max()))
    if samples.shape[2] == 4:
        deep.putalpha(Image.fromarray(_to_8_bits(samples[..., 3], samples[..., 3].max())))
    deep.getexif()[ORIENTATION] = image.getexif().get(ORIENTATION, 1)
    return deep


def _to_8_bits(samples: npt.NDArray[Any], most: float) -> Picture:
    """The upper eight of the bits that are in use, of which ``most`` tells the number.

    A scanner or camera of 10 bits fills the lower 10 of 16: by the file's depth its picture would be black.
    """
    return (samples >> max(0, int(most).bit_length() - 8)).astype(np.uint8)


def to_rgb(image: Image.Image) -> Image.Image:
    """An image in RGB, reduced to ``reduced_size``, transparency painted on white; as it lies."""
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return _spread(image.resize(reduced_size(image.size), Image.Resampling.BOX))
    if not image.has_transparency_data:
        return _reduce(image, "RGB")
    clear = _reduce(image, "RGBA")
    return Image.alpha_composite(Image.new("RGBA", clear.size, "white"), clear).convert("RGB")


def reduced_size(size: tuple[int, int]) -> tuple[int, int]:
    """Width and height with the long side at most ``LONGEST_SIDE``, each at least 1.

    A picture longer than 3:1 may keep as many pixels as one of 3:1 does: a long screenshot brought down to
    4,096 px would be so narrow that the faces in it could no longer be seen.
    """
    scale = max(size) / LONGEST_SIDE
    scale = max(1.0, min(scale, math.sqrt(size[0] * size[1] / (LONGEST_SIDE**2 / LONGEST_ASPECT))))
    return max(1, round(size[0] / scale)), max(1, round(size[1] / scale))


def _reduce(image: Image.Image, mode: str) -> Image.Image:
    """Convert and resize in bands, as a converted copy of the whole may not fit into the memory."""
    size = width, height = reduced_size(image.size)
    down = image.height / height
    result = Image.new(mode, size)
    step = max(1, int(BAND_PIXELS / image.width / down))
    for top in range(0, height, step):
        bottom = min(top + step, height)
        first, last = int(top * down), min(image.height, math.ceil(bottom * down))
        band = image.crop((0, first, image.width, last)).convert(mode)
        box = (0.0, top * down - first, image.width, min(bottom * down, image.height) - first)
        result.paste(band.resize((width, bottom - top), Image.Resampling.BOX, box), (0, top))
    return result


def _spread(image: Image.Image) -> Image.Image:
    """An image of deeper gray values in RGB."""
    if image.mode.startswith("I;16"):
        values = np.asarray(image)
        return Image.fromarray(_to_8_bits(values, values.max())).convert("RGB")
    # No fixed range: the darkest value becomes black, the brightest white.
    ends: Any = image.getextrema() if image.mode == "I" else _finite_extremes(np.asarray(image))
    least, spread = ends[0], float(ends[1]) - ends[0]
    factor = 255 / spread if 0 < spread < np.inf else 0.0
    return image.point(lambda value: value * factor + (0.5 - least * factor)).convert("L").convert("RGB")


def _finite_extremes(values: npt.NDArray[np.float32]) -> tuple[float, float]:
    known = np.isfinite(values)
    if not known.any():
        return 0.0, 0.0
    return float(values.min(where=known, initial=np.inf)), float(values.max(where=known, initial=-np.inf))


def _turn_upright(lying: Image.Image, image: Image.Image) -> Image.Image:
    """``lying`` turned as ``image`` should be; where EXIF itself is broken, it is taken as it lies."""
    try:
        lying.getexif()[ORIENTATION] = image.getexif().get(ORIENTATION, 1)
        return ImageOps.exif_transpose(lying)
    except Exception:
        return lying
