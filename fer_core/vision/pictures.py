"""From a photo's file to RGB uint8 (H, W, 3), upright; Pillow lives here."""

import io
import warnings
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps, UnidentifiedImageError

from fer_core.errors import PictureError

Picture = npt.NDArray[np.uint8]
Source = str | Path | bytes | BinaryIO

# Pillow reads more, but some of it by starting other programs (EPS) or without bounds.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "PPM")
MOST_PIXELS = 90_000_000  # A larger picture is refused by its header, before it fills the memory.
LONGEST_SIDE = 4096  # Larger pictures are reduced: faces are looked for at 1280 px and read at 48.


def load_picture(source: Source) -> Picture:
    """Read a photo the way a person sees it.

    The camera's EXIF orientation is applied, transparency is painted on white, and of an animation the
    first frame is read. Palette, gray, 16-bit and CMYK pictures become 8-bit RGB. A picture whose long
    side exceeds 4,096 px is reduced to that.

    Args:
        source: a path, the file's bytes, or a binary stream (read from its start).

    Returns:
        RGB uint8 (H, W, 3).

    Raises:
        PictureError: if there is no such file, it is empty, not a picture, of a format that is not read,
            damaged, or larger than 90 megapixels.
    """
    name, data = _read(source)
    # Pillow warns of odd metadata and of large sizes; the first is harmless and the second is refused here.
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="PIL")
        image = _open(name, data)
        try:
            image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # Lets a JPEG decode at a fraction of its size.
            image.load()
            upright = _flatten(_turn_upright(image))
        except Exception as error:  # Decoders raise OSError, SyntaxError, ValueError, struct.error and more.
            raise PictureError(
                f"{name} is a damaged or unfinished {image.format} picture. Received: {len(data):,} bytes, "
                f"of which the decoder says: {error}."
            ) from error
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.BOX)
    return np.array(upright, dtype=np.uint8)


def check_picture(picture: Picture) -> None:
    """Refuse anything but RGB uint8 (H, W, 3) with at least one pixel.

    Raises:
        PictureError: naming what was received.
    """
    shape, dtype = np.shape(picture), getattr(picture, "dtype", type(picture).__name__)
    if dtype != np.uint8 or len(shape) != 3 or shape[2] != 3 or 0 in shape:
        raise PictureError(f"A picture must be RGB uint8 (H, W, 3). Received: {shape} {dtype}.")


def picture_suffixes() -> set[str]:
    """How the names of files may end that ``load_picture`` reads: ".jpg", ".png" and so on."""
    return {suffix for suffix, form in Image.registered_extensions().items() if form in (*FORMATS, "MPO")}


def _read(source: Source) -> tuple[str, bytes]:
    """What to call the picture in a message, and its bytes."""
    if isinstance(source, bytes):
        return "The file", source
    if isinstance(source, (str, Path)):
        return str(source), _read_file(Path(source))
    if source.seekable():  # An uploaded file may have been read before.
        source.seek(0)
    return str(getattr(source, "name", None) or "The file"), source.read()


def _read_file(path: Path) -> bytes:
    """A file's bytes, or what is wrong with the path, in one sentence."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise PictureError(f"There is no picture at {path}.") from None
    except IsADirectoryError:
        raise PictureError(f"A picture must be a file. Received: the folder {path}.") from None
    except (OSError, ValueError) as error:  # ValueError: a null byte in the name.
        raise PictureError(f"{path} cannot be read: {error}.") from error


def _open(name: str, data: bytes) -> Image.Image:
    """Read the header alone: format and size, both checked."""
    wanted = f"Expected one of {', '.join(FORMATS)}."
    try:
        image = Image.open(io.BytesIO(data))
    except UnidentifiedImageError:
        raise PictureError(f"{name} is not a picture. {wanted} Received: {_describe(data)}.") from None
    except Image.DecompressionBombError:
        raise PictureError(
            f"{name} is too large. Expected at most {MOST_PIXELS / 1e6:.0f} megapixels. "
            f"Received: more than {2 * (Image.MAX_IMAGE_PIXELS or 0) / 1e6:.0f}."
        ) from None
    except Exception as error:
        raise PictureError(f"{name} has a damaged header. {wanted} Received: {error}.") from error
    if image.format not in (*FORMATS, "MPO"):  # MPO: a JPEG with more pictures behind it, from phones.
        raise PictureError(f"{name} is of a format that is not read. {wanted} Received: {image.format}.")
    if image.width * image.height > MOST_PIXELS:
        raise PictureError(
            f"{name} is too large. Expected at most {MOST_PIXELS / 1e6:.0f} megapixels. "
            f"Received: {image.width} x {image.height} pixels."
        )
    return image


def _describe(data: bytes) -> str:
    """What bytes that are no picture are, as far as it helps."""
    if not data:
        return "an empty file"
    if data[4:8] == b"ftyp" and data[8:12] in (b"heic", b"heix", b"mif1", b"msf1", b"hevc"):
        return "a HEIC photo; save it as JPEG first"
    return f"{len(data):,} bytes that begin with {data[:8]!r}"


def _turn_upright(image: Image.Image) -> Image.Image:
    """Apply the EXIF orientation; where EXIF itself is broken, the pixels are taken as they lie."""
    try:
        return ImageOps.exif_transpose(image)
    except Exception:
        return image


def _flatten(image: Image.Image) -> Image.Image:
    """8-bit RGB, with transparency painted on white."""
    if image.mode.startswith("I;16"):
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    elif image.mode in ("I", "F"):  # No fixed range: the darkest value becomes black, the brightest white.
        values = np.nan_to_num(np.asarray(image, dtype=np.float64))
        spread = np.ptp(values) or 1.0
        image = Image.fromarray(np.rint((values - values.min()) / spread * 255).astype(np.uint8))
    if not image.has_transparency_data:
        return image.convert("RGB")
    image = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
