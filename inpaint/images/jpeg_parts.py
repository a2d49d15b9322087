"""What a JPEG holds beside its pixels: its segments, where it ends, and what follows its end.

Source: ITU-T T.81, annex B; CIPA DC-007 (several pictures in one file) for the index of what follows.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable
from typing import NamedTuple

from inpaint.images.metadata import EXIF_PREFIX, XMP_PREFIX

SOI, EOI, SOS, DRI, COM = 0xD8, 0xD9, 0xDA, 0xDD, 0xFE
APP0, APP1, APP2, APP13, APP14 = 0xE0, 0xE1, 0xE2, 0xED, 0xEE
END = b"\xff\xd9"
FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}  # markers of headers that give the size and the components
PROGRESSIVE_FRAMES = {0xC2, 0xC6, 0xCA, 0xCE}
LONE = {0x01, *range(0xD0, 0xD8)}  # markers without a length: restarts and a filler
MARKER_IN_SCAN = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")  # beginning with one byte, it is found fast
RESTART_IN_SCAN = re.compile(rb"\xff[\xd0-\xd7]")
ICC_PREFIX, PHOTOSHOP, SEVERAL_PICTURES = b"ICC_PROFILE\0", b"Photoshop 3.0\0", b"MPF\0"
THUMBNAILS = (1033, 1036)  # numbers of Photoshop's blocks that show the picture as it was
MP_ENTRY = 0xB002  # the tag of the index of pictures
Segment = tuple[int, bytes]  # its marker, and what it holds


class JpegParts(NamedTuple):
    """A JPEG, parted."""

    segments: tuple[Segment, ...]  # before the first scan
    starts: tuple[int, ...]  # where in the file each of them holds what it holds
    scans: tuple[tuple[bytes, int, int], ...]  # header of each scan, and where its compressed data begin and end
    end: int  # where the file says that it ends; its length where it does not
    ended: bool


def part_jpeg(data: bytes) -> JpegParts | None:
    """Part a JPEG; None for one that cannot be walked through, as its decoder will tell."""
    segments, starts, scans, at = [], [], [], 2
    while at + 2 <= len(data):
        if data[at] != 0xFF:
            return None
        marker = data[at + 1]
        if marker == 0xFF:  # a filler
            at += 1
        elif marker == EOI:
            return JpegParts(tuple(segments), tuple(starts), tuple(scans), at + 2, True) if scans else None
        elif marker in LONE:
            at += 2
        else:
            length = int.from_bytes(data[at + 2 : at + 4], "big")
            start, at = at + 4, at + 2 + length
            body = data[start:at]
            if length < 2 or at > len(data):
                break
            if marker != SOS:
                segments += [] if scans else [(marker, body)]
                starts += [] if scans else [start]
                continue
            found = MARKER_IN_SCAN.search(data, at)
            stop = found.start() if found else len(data)
            while found and stop > at and data[stop - 1] == 0xFF:  # fillers
                stop -= 1
            scans.append((body, at, stop))
            at = scans[-1][2]
    return JpegParts(tuple(segments), tuple(starts), tuple(scans), len(data), False) if scans else None


def is_progressive(data: bytes) -> bool:
    """Say whether a JPEG holds its pixels in several scans that refine each other."""
    parts = part_jpeg(data)
    return parts is not None and any(marker in PROGRESSIVE_FRAMES for marker, _ in parts.segments)


def inks_as_luma(data: bytes) -> bool:
    """Say whether Adobe's segment tells that a JPEG holds three of its four inks as luma and colour differences."""
    parts = part_jpeg(data)
    assert parts is not None
    told = [body for marker, body in parts.segments if marker == APP14 and body.startswith(b"Adobe")]
    return bool(told) and told[-1][11:12] == b"\2"


def lacks_pixels(data: bytes, parts: JpegParts) -> bool:
    """Say whether scans or restarts of a JPEG without its end marker are missing; within one the decoder must tell."""
    frame = next((body for marker, body in parts.segments if marker in FRAMES), b"")
    if len(frame) < 6 or len(frame) < 6 + 3 * frame[5]:
        return True
    coarse = {(frame[6 + 3 * number], place) for number in range(frame[5]) for place in range(64)}
    for header, _, _ in parts.scans:
        count = header[0] if header else 0
        if len(header) < 4 + 2 * count:
            return True
        first, last, precision = header[1 + 2 * count : 4 + 2 * count]
        if precision & 15 == 0:
            coarse -= {(header[1 + 2 * number], place) for number in range(count) for place in range(first, last + 1)}
    return bool(coarse) or lacks_restarts(data, parts, frame)


def lacks_restarts(data: bytes, parts: JpegParts, frame: bytes) -> bool:
    """Say whether the last scan ends before its last restart."""
    interval = next((int.from_bytes(body[:2], "big") for marker, body in parts.segments if marker == DRI), 0)
    header, start, end = parts.scans[-1]
    if not interval:
        return False
    height, width = struct.unpack_from(">HH", frame, 1)
    sampling = [(frame[6 + 3 * it], frame[7 + 3 * it]) for it in range(frame[5])]
    factors = {component: (factor & 15, factor >> 4) for component, factor in sampling}  # down, across
    tall, wide = (max(factor[axis] for factor in factors.values()) for axis in (0, 1))
    down, across = 8 * tall, 8 * wide
    if header[0] == 1:  # a scan of one component has no interleaved blocks
        down, across = 8 * tall // max(1, factors[header[1]][0]), 8 * wide // max(1, factors[header[1]][1])
    blocks = -(-height // down) * -(-width // across)
    return len(RESTART_IN_SCAN.findall(data, start, end)) < -(-blocks // interval) - 1


def components_named(data: bytes, like: bytes) -> bytes:
    """Give the components of a JPEG the names (bytes) that they have in another one; readers guess colours by them."""
    parts, others = part_jpeg(data), part_jpeg(like)
    assert parts is not None
    assert others is not None
    renamed = bytearray(data)
    (body, start), (wanted, _) = (
        next((body, start) for (marker, body), start in zip(it.segments, it.starts, strict=True) if marker in FRAMES)
        for it in (parts, others)
    )
    names = {body[place]: wanted[place] for place in range(6, len(body), 3)}
    places = [start + place for place in range(6, len(body), 3)]
    for header, begins, _ in parts.scans:
        places += [begins - len(header) + 1 + 2 * number for number in range(header[0])]
    for place in places:
        renamed[place] = names[renamed[place]]
    return bytes(renamed)


def with_last_first(data: bytes, *, back: bool = False) -> bytes:
    """Let the frame of a JPEG name its last component first, or, back, the first one last; its scans stay as they are.

    Decoders find the blocks of a component by its name.
    """
    parts = part_jpeg(data)
    assert parts is not None
    (_, body), start = next(it for it in zip(parts.segments, parts.starts, strict=True) if it[0][0] in FRAMES)
    components = [body[place : place + 3] for place in range(6, len(body), 3)]
    components = components[1:] + components[:1] if back else components[-1:] + components[:-1]
    return data[: start + 6] + b"".join(components) + data[start + len(body) :]


def carried_segments(parts: JpegParts) -> tuple[Segment, ...]:
    """Return the segments that a restored file gets as they are: not those written anew, nor pictures of what was.

    The places in an index of further pictures are counted from the end of the first one.
    """
    carried = []
    for (marker, body), start in zip(parts.segments, parts.starts, strict=True):
        if marker == APP2 and body.startswith(SEVERAL_PICTURES):
            index = bytearray(body)
            move_pictures(index, len(SEVERAL_PICTURES), by=start + len(SEVERAL_PICTURES) - parts.end, size=0)
            body = bytes(index)
        if marker == APP13 and body.startswith(PHOTOSHOP):
            body = without_thumbnails(body)
        if APP1 <= marker <= 0xEF and marker != APP14 and not body.startswith((EXIF_PREFIX, XMP_PREFIX, ICC_PREFIX)):
            carried.append((marker, body))
    return tuple(carried)


def without_thumbnails(body: bytes) -> bytes:
    """Take the small picture of what was out of Photoshop's blocks, as far as they can be walked."""
    kept, at = [PHOTOSHOP], len(PHOTOSHOP)
    while body[at : at + 4] == b"8BIM" and at + 7 <= len(body):
        named = 1 + body[at + 6]
        where = at + 6 + named + named % 2
        if where + 4 > len(body):
            break
        length = int.from_bytes(body[where : where + 4], "big")
        end = where + 4 + length + length % 2
        if int.from_bytes(body[at + 4 : at + 6], "big") not in THUMBNAILS:
            kept.append(body[at:end])
        at = end
    return b"".join(kept) + body[at:]


def segment(marker: int, body: bytes) -> bytes:
    """Write a segment; what holds more than fits in one is left out by whoever calls."""
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def joined_jpeg(header: Iterable[Segment], coded: bytes, trailer: bytes) -> bytes:
    """Join what stands before the tables, the tables with the scans, and what follows the end.

    coded: from the first table to the end marker.  An index of further pictures, whose places were counted from the end
    of the first one, counts from itself again.
    """
    head = bytearray(b"\xff\xd8")
    indexes = []
    for marker, body in header:
        if marker == APP2 and body.startswith(SEVERAL_PICTURES):
            indexes.append(len(head) + 4 + len(SEVERAL_PICTURES))
        head += segment(marker, body)
    size = len(head) + len(coded)
    for start in indexes:
        move_pictures(head, start, by=size - start, size=size)
    return bytes(head) + coded + trailer


def move_pictures(file: bytearray, start: int, *, by: int, size: int) -> None:
    """Change an index of pictures (MPF), which begins at `start`, in place: where the others lie, and the first's size.

    An index that cannot be walked leads nowhere, and is left as it is.
    """
    try:
        order = "<" if file[start : start + 2] == b"II" else ">"
        directory = start + struct.unpack_from(order + "I", file, start + 4)[0]
        for entry in range(struct.unpack_from(order + "H", file, directory)[0]):
            tag, _, length, where = struct.unpack_from(order + "HHII", file, directory + 2 + 12 * entry)
            if tag == MP_ENTRY:  # for each picture: attributes, size, place, and two others that it depends on
                places = range(start + where, start + where + length, 16)
                struct.pack_into(order + "I", file, places[0] + 4, size)
                for place in places[1:]:
                    lies = struct.unpack_from(order + "I", file, place + 8)[0]
                    struct.pack_into(order + "I", file, place + 8, lies + by)
    except (struct.error, IndexError):
        pass
