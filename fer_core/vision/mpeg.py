"""MPEG streams, which state no length: whether the file ends within a packet, as one that was cut does.

Reference:
    ISO/IEC 13818-1: 2.4.3 (packets of 188 bytes in a transport stream), 2.5.3 (a program stream's packets).
"""

import os
from typing import BinaryIO

from fer_core.vision.content import transport_packets

HEAD_BYTES, TAIL_BYTES = 1024, 70_000  # a packet of a program stream has at most 65,541
FIRST_WITH_LENGTH, LAST_WITH_LENGTH = 0xBB, 0xFF  # stream ids; below there are the codes of the pictures


def ends_early(file: BinaryIO, form: str) -> bool:
    """Whether a file ends within a packet; one that was cut between two can't be told from a whole one.

    Args:
        file: can seek.
        form: as ``content.identify`` calls it; of others than MPEG's two streams nothing is known: False.
    """
    size = file.seek(0, os.SEEK_END)
    if form == "MPEG transport stream":
        file.seek(0)
        found = transport_packets(file.read(HEAD_BYTES))
        return found is not None and (size - found[0]) % found[1] != 0
    if form == "MPEG program stream":
        file.seek(max(0, size - TAIL_BYTES))
        return _reaches_beyond(file.read(TAIL_BYTES))
    return False


def _reaches_beyond(tail: bytes) -> bool:
    """Whether the last packet of a program stream states more bytes than there are."""
    at = len(tail)
    while (at := tail.rfind(b"\0\0\1", 0, at)) >= 0:
        header = tail[at + 3 : at + 6]
        if len(header) == 3 and FIRST_WITH_LENGTH <= header[0] <= LAST_WITH_LENGTH:
            return at + 6 + int.from_bytes(header[1:], "big") > len(tail)
        if header[:1] == b"\xba":  # a pack's own header, with no packet behind it yet
            return False
    return False
