"""A TIFF parted: its pages, of which previews are left out, and its tags, of which those that still hold are kept.

Source: TIFF 6.0, BigTIFF; IPTC and Photoshop's blocks as Adobe registered them, places on the earth as GeoTIFF.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from inpaint.images.jpeg_parts import PHOTOSHOP, without_thumbnails
from inpaint.images.metadata import DESCRIPTIVE, EXIF_DIRECTORY, GPS_DIRECTORY, ORIENTATION
from inpaint.images.tiff_tags import (
    BITS_PER_SAMPLE,
    EXTRA_SAMPLES,
    ICC_PROFILE,
    PHOTOMETRIC,
    SAMPLE_FORMAT,
    SAMPLES_PER_PIXEL,
    STORING_TAGS,
    XMP_PACKET,
)

KIND_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
INTEGERS = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q"}  # kinds of entries that hold whole numbers
UNITS = {5: 4, 10: 4}  # bytes that are swapped together, where that is not the size of the kind
NEW_KIND, OLD_KIND = 254, 255  # tags that say what a page is
PREVIEW, CLEAR_PARTS, OLD_PREVIEW = 1, 4, 2
IPTC, PHOTOSHOP_BLOCKS = 33723, 34377
CARRIED_TAGS = (269, 285, 337, 33550, 33922, 34264, 34735, 34736, 34737, 42112, 42113)  # names of the page, GeoTIFF
KNOWN_TAGS = {*STORING_TAGS, *DESCRIPTIVE, ORIENTATION, EXIF_DIRECTORY, GPS_DIRECTORY, ICC_PROFILE, XMP_PACKET}
MOST_PAGES = 10_000


class TiffEntry(NamedTuple):
    """What a tag of a page holds."""

    kind: int
    count: int
    start: int  # where in the file it stands

    @property
    def length(self) -> int:
        return self.count * KIND_SIZES.get(self.kind, 0)


class TiffPage(NamedTuple):
    """A directory of tags."""

    start: int
    link: int  # where the place of the next one stands
    entries: dict[int, TiffEntry]


class TiffParts(NamedTuple):
    """A TIFF, parted."""

    data: bytes  # the file as a decoder shall see it: of one page, if the others are previews
    tags: tuple[tuple[int, int, bytes], ...]  # tag, kind and little-endian content of what is carried over
    unknown: bool  # whether what a decoder shall take for alpha is a channel of an unknown kind
    inverted: bool  # whether what a decoder shall take for black is white
    lost: str | None  # what is left out, in words


def part_tiff(path: Path, data: bytes) -> TiffParts:
    """Part a TIFF; what cannot be walked is left for its decoder to tell.

    Raises ValueError, which names the path, for samples that cannot be held exactly.
    """
    pages = tiff_pages(data)
    if not pages:
        return TiffParts(data, (), False, False, None)
    whole = [page for page in pages if not is_preview(data, page)]
    notes, page = [], whole[0] if whole else pages[0]
    if len(pages) > 1 and len(whole) == 1:
        data = with_one_page(data, page)
        notes.append(f"{len(pages) - 1} of its pages, smaller pictures of the same, were left out")
    refuse_deep_samples(path, data, page)
    data, inverted = with_black_at_zero(data, page)
    data, unknown, beyond = with_known_channels(data, page)
    notes += [f"{beyond} of its channels, which are no colours, were left out"] if beyond else []
    carried, lost = [], []
    for tag, entry in page.entries.items():
        content = little_endian(data, entry)
        if tag == PHOTOSHOP_BLOCKS:
            content = without_thumbnails(PHOTOSHOP + content)[len(PHOTOSHOP) :]
        if tag in (IPTC, PHOTOSHOP_BLOCKS):
            carried.append((tag, 7, content))
        elif tag in CARRIED_TAGS:
            carried.append((tag, entry.kind, content))
        elif tag not in KNOWN_TAGS:
            lost.append(str(tag))
    if lost:
        notes.append(f"TIFF tags {', '.join(lost)} were left out")
    return TiffParts(data, tuple(carried), unknown, inverted, "; ".join(notes) or None)


def refuse_deep_samples(path: Path, data: bytes, page: TiffPage) -> None:
    """Raise ValueError for samples of more than 16 bits, or that are no whole numbers."""
    bits = max(numbers_of(data, page, BITS_PER_SAMPLE, (1,)))
    if bits > 16 or set(numbers_of(data, page, SAMPLE_FORMAT, (1,))) - {1, 4}:  # unsigned, or of no kind
        raise ValueError(
            f"{path} is a TIFF of {bits} bits per sample, signed or floating: only unsigned samples of 8 and 16 bits "
            "each can be kept exactly"
        )


def with_black_at_zero(data: bytes, page: TiffPage) -> tuple[bytes, bool]:
    """Let a decoder take 16-bit grey in which 0 is white for the usual one; also returns whether it was such."""
    entry = page.entries.get(PHOTOMETRIC)
    if entry is None or entry.kind != 3 or numbers_of(data, page, PHOTOMETRIC) != (0,):
        return data, False
    if set(numbers_of(data, page, BITS_PER_SAMPLE)) != {16}:  # which Pillow knows
        return data, False
    patched = bytearray(data)
    struct.pack_into(f"{byte_order(data)[0]}H", patched, entry.start, 1)
    return bytes(patched), True


def with_known_channels(data: bytes, page: TiffPage) -> tuple[bytes, bool, int]:
    """Let a decoder take a single channel of an unknown kind for alpha, so that it gives its samples as they are.

    Also returns whether there is one, and how many channels the decoder leaves out.
    """
    (kind,), (channels,) = (
        numbers_of(data, page, PHOTOMETRIC, (1,))[:1],
        numbers_of(data, page, SAMPLES_PER_PIXEL, (1,)),
    )
    further = channels - {2: 3, 5: 4, 6: 3, 8: 3}.get(kind, 1)
    entry, means = page.entries.get(EXTRA_SAMPLES), numbers_of(data, page, EXTRA_SAMPLES)
    if further == 1 and means == (0,) and entry is not None and entry.kind == 3 and kind in (1, 2):
        patched = bytearray(data)
        struct.pack_into(f"{byte_order(data)[0]}H", patched, entry.start, 2)
        return bytes(patched), True, 0
    alpha = kind in (1, 2) and (means[:1] in ((1,), (2,)) or 16 in numbers_of(data, page, BITS_PER_SAMPLE))
    return data, False, max(0, further - alpha)


def tiff_pages(data: bytes) -> list[TiffPage]:
    """Return the pages of a TIFF, as far as they can be walked."""
    order, big = byte_order(data)
    if order is None:
        return []
    word, pages = ("Q" if big else "I"), []
    try:
        at = struct.unpack_from(order + word, data, 8 if big else 4)[0]
        while at and len(pages) < MOST_PAGES and at not in {page.start for page in pages[-1:]}:
            count = struct.unpack_from(order + ("Q" if big else "H"), data, at)[0]
            first, stride, size = (at + 8, 20, 8) if big else (at + 2, 12, 4)
            entries = {}
            for place in range(first, first + min(count, 65535) * stride, stride):
                tag, kind, many = struct.unpack_from(order + "HH" + word, data, place)
                start = place + (12 if big else 8)
                if many * KIND_SIZES.get(kind, 0) > size:
                    start = struct.unpack_from(order + word, data, start)[0]
                entries[tag] = TiffEntry(kind, many, start)
            pages.append(TiffPage(at, first + count * stride, entries))
            at = struct.unpack_from(order + word, data, pages[-1].link)[0]
    except struct.error:
        pass
    return pages


def byte_order(data: bytes) -> tuple[str | None, bool]:
    """Return the byte order of a TIFF, as struct calls it, and whether it is a BigTIFF."""
    order = {b"II": "<", b"MM": ">"}.get(data[:2])
    return order, order is not None and data[2:4] in (b"+\0", b"\0+")


def main_page(data: bytes) -> TiffPage | None:
    """Return the page that is read: the only one that is no preview, else the first; None where there is none."""
    pages = tiff_pages(data)
    whole = [page for page in pages if not is_preview(data, page)]
    return next(iter(whole or pages), None)


def is_preview(data: bytes, page: TiffPage) -> bool:
    """Say whether a page is a smaller version of another, or says which parts of it are clear."""
    (new,), (old,) = numbers_of(data, page, NEW_KIND, (0,)), numbers_of(data, page, OLD_KIND, (0,))
    return bool(new & (PREVIEW | CLEAR_PARTS)) or old == OLD_PREVIEW


def numbers_of(data: bytes, page: TiffPage, tag: int, default: tuple[int, ...] = ()) -> tuple[int, ...]:
    """Return the whole numbers that a tag holds, or the default where there are none."""
    entry = page.entries.get(tag)
    if entry is None or entry.kind not in INTEGERS or entry.start + entry.length > len(data):
        return default
    return struct.unpack_from(f"{byte_order(data)[0]}{entry.count}{INTEGERS[entry.kind]}", data, entry.start) or default


def with_one_page(data: bytes, page: TiffPage) -> bytes:
    """Return a TIFF whose only page is this one."""
    order, big = byte_order(data)
    patched, word = bytearray(data), "Q" if big else "I"
    struct.pack_into(f"{order}{word}", patched, 8 if big else 4, page.start)
    struct.pack_into(f"{order}{word}", patched, page.link, 0)
    return bytes(patched)


def little_endian(data: bytes, entry: TiffEntry) -> bytes:
    """Return what a tag holds, in the byte order that this house writes."""
    content = data[entry.start : entry.start + entry.length]
    unit = UNITS.get(entry.kind, KIND_SIZES.get(entry.kind, 1))
    if byte_order(data)[0] == "<" or unit == 1 or len(content) % unit:
        return content
    return b"".join(content[at : at + unit][::-1] for at in range(0, len(content), unit))


def planes_as_files(data: bytes, page: TiffPage) -> list[bytes]:
    """Return each plane of a TIFF that holds its channels one after the other, as a grey TIFF of its own."""
    order, _ = byte_order(data)
    (count,) = numbers_of(data, page, 277, (1,))
    tiled = 324 in page.entries
    places, sizes = (numbers_of(data, page, tag) for tag in ((324, 325) if tiled else (273, 279)))
    share = len(places) // count
    kept = [tag for tag in (256, 257, 258, 259, 266, 278, 317, 322, 323) if tag in page.entries]
    whole = {tag: numbers_of(data, page, tag)[:1] for tag in kept}
    files = []
    for number in range(count):
        part = slice(number * share, (number + 1) * share)
        own = whole | {262: (1,), 277: (1,), 324 if tiled else 273: places[part], 325 if tiled else 279: sizes[part]}
        files.append(with_directory(data, sorted(own.items()), order or "<"))
    return files


def with_directory(data: bytes, tags: Iterable[tuple[int, tuple[int, ...]]], order: str) -> bytes:
    """Return a classic TIFF with a new directory of whole numbers behind everything else; it leads there alone."""
    tags = list(tags)
    at = len(data) + len(data) % 2
    behind, entries = at + 2 + 12 * len(tags) + 4, b""
    extra = b""
    for tag, values in tags:
        packed = struct.pack(f"{order}{len(values)}I", *values)
        if len(values) > 1:
            packed, extra = struct.pack(order + "I", behind + len(extra)), extra + packed
        entries += struct.pack(order + "HHI", tag, 4, len(values)) + packed
    head = (b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, at)
    directory = struct.pack(order + "H", len(tags)) + entries + bytes(4)
    return head + data[8:] + bytes(len(data) % 2) + directory + extra


def values_of(kind: int, content: bytes) -> bytes | tuple[float, ...]:
    """Return what a tag of a kind holds as Pillow writes it; rows of bytes as they are."""
    letter = {3: "H", 4: "I", 11: "f", 12: "d"}.get(kind)
    return content if letter is None else struct.unpack(f"<{len(content) // KIND_SIZES[kind]}{letter}", content)
