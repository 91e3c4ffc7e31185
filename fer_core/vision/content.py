"""What a file holds, told by its first bytes and not by its name."""

from dataclasses import dataclass
from typing import Literal

HEAD_BYTES = 1024  # an MPEG transport stream is known by its third packet, which begins before byte 576

Kind = Literal["picture", "video", "other"]

# (kind, format, where, first bytes). The formats of pictures and videos that are read are the keys of
# ``headers.READERS`` and ``frames.DEMUXERS``; the others are here so that a message can call them by name.
_SIGNATURES: tuple[tuple[Kind, str, int, bytes], ...] = (
    ("picture", "JPEG", 0, b"\xff\xd8\xff"),
    ("picture", "PNG", 0, b"\x89PNG\r\n\x1a\n"),
    ("picture", "GIF", 0, b"GIF87a"),
    ("picture", "GIF", 0, b"GIF89a"),
    ("picture", "WEBP", 8, b"WEBP"),
    ("picture", "BMP", 0, b"BM"),
    ("picture", "TIFF", 0, b"II*\0"),
    ("picture", "TIFF", 0, b"MM\0*"),
    ("picture", "TIFF", 0, b"II+\0"),
    ("picture", "TIFF", 0, b"MM\0+"),
    *(
        ("picture", "PPM", 0, b"P%d" % number + space)
        for number in range(1, 7)
        for space in (b"\n", b" ", b"\r", b"\t")
    ),
    ("picture", "JPEG 2000", 4, b"jP  "),
    ("picture", "JPEG XL", 4, b"JXL "),
    ("picture", "JPEG XL", 0, b"\xff\x0a"),
    ("picture", "Photoshop", 0, b"8BPS"),
    ("picture", "Windows icon", 0, b"\0\0\1\0"),
    ("picture", "PostScript", 0, b"%!PS"),
    ("picture", "SVG", 0, b"<svg"),
    ("video", "AVI", 8, b"AVI "),
    ("video", "Matroska", 0, b"\x1a\x45\xdf\xa3"),
    ("video", "MPEG program stream", 0, b"\0\0\1\xba"),
    ("video", "MPEG video", 0, b"\0\0\1\xb3"),
    ("video", "Windows Media", 0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11"),
    ("video", "Flash", 0, b"FLV"),
    ("video", "Ogg", 0, b"OggS"),
    ("video", "RealMedia", 0, b".RMF"),
    ("other", "a sound file (WAV)", 8, b"WAVE"),
    ("other", "a sound file (MP3)", 0, b"ID3"),
    ("other", "a sound file (FLAC)", 0, b"fLaC"),
    ("other", "a document (PDF)", 0, b"%PDF"),
    ("other", "an archive (ZIP)", 0, b"PK\3\4"),
    ("other", "an archive (gzip)", 0, b"\x1f\x8b"),
)
# The kinds of an ISO media file (ISO 14496-12) that are pictures; every other is a video.
_BRANDS = (
    ("AVIF", (b"avif", b"avis")),
    ("HEIC", (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1")),
    ("Canon raw", (b"crx ",)),
)
_OLD_BOXES = (b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot", b"uuid")  # before there was a first box
_SYNC, _PACKETS = 0x47, (188, 192)  # of a transport stream; cameras put four bytes before each packet


@dataclass(frozen=True)
class Content:
    """What a file is.

    Attributes:
        kind: "picture" or "video", whether or not its format is read; else "other".
        format: "JPEG", "Matroska"; of kind "other" a description, "a document (PDF)".
    """

    kind: Kind
    format: str

    def __str__(self) -> str:
        return self.format if self.kind == "other" else f"a {self.kind} ({self.format})"


def identify(head: bytes) -> Content:
    """What a file is whose first ``HEAD_BYTES`` bytes, or fewer if it is shorter, are ``head``."""
    if not head:
        return Content("other", "an empty file")
    if head[4:8] == b"ftyp":
        return _iso_media(head)
    if head[4:8] in _OLD_BOXES and (head[0] == 0 or head[4:8] == b"mdat"):  # no text begins with 0
        return Content("video", "MPEG-4")
    for kind, name, where, signature in _SIGNATURES:
        if head.startswith(signature, where):
            return Content(kind, name)
    if transport_packets(head):
        return Content("video", "MPEG transport stream")
    return Content("other", f"a file that begins with {head[:8]!r}")


def _iso_media(head: bytes) -> Content:
    """A picture or a video, by the brands in its first box."""
    box = head[8 : int.from_bytes(head[:4], "big")]
    brands = {box[:4]} | {box[start : start + 4] for start in range(8, len(box), 4)}
    if box[:4] in {brand for _, pictures in _BRANDS for brand in pictures}:
        for name, pictures in _BRANDS:
            if brands & set(pictures):
                return Content("picture", name)
    return Content("video", "MPEG-4")


def transport_packets(head: bytes) -> tuple[int, int] | None:
    """Where a transport stream's first whole packet begins, and the packets' size; None if it is none.

    A recording may start in the middle of a packet.
    """
    for size in _PACKETS:
        for start in range(min(size, len(head) - 2 * size)):
            if head[start] == head[start + size] == head[start + 2 * size] == _SYNC:
                return (start - (size - _PACKETS[0])) % size, size
    return None
