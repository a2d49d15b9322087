"""What a PNG holds beside its pixels: what a decoder must not see, what is carried over as it is, and what is left out.

Source: PNG (W3C, third edition): the name of a chunk says whether it is needed to show the picture (first letter) and
whether it may be copied into a changed one (fourth letter).  As libpng does, a chunk that is not needed is left out
where its checksum or its length is wrong; Pillow refuses such files, and texts and profiles of more than 1 MB.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from inpaint.images.damaged import damaged, left_after

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
MOST_DECODED_TEXT = 1 << 20  # bytes of a text or a profile that Pillow reads
MOST_PROFILE = 1 << 26  # bytes of a profile
PngChunk = tuple[bytes, bytes]
# What the colours mean stands before the palette, whatever else before the pixels.
COLOUR_CHUNKS = (b"cHRM", b"cICP", b"gAMA", b"sRGB", b"sBIT", b"mDCV", b"mDCv", b"cLLI", b"cLLi")
OWN_CHUNKS = (b"tRNS", b"acTL", b"fcTL", b"fdAT", b"iCCP", b"eXIf", b"tEXt", b"zTXt", b"iTXt", b"pHYs")  # written anew
PASSING_CHUNKS = (b"tIME", b"iDOT")  # when it was last changed, and where its compressed parts lie
LENGTHS = {b"cHRM": 32, b"gAMA": 4, b"sRGB": 1, b"cICP": 4, b"pHYs": 9, b"acTL": 8, b"fcTL": 26, b"tIME": 7}
SAMPLE_LENGTHS = {  # of chunks that count in the channels of the file, by its colour type
    b"sBIT": {0: 1, 2: 3, 3: 3, 4: 2, 6: 4},
    b"bKGD": {0: 2, 2: 6, 3: 1, 4: 2, 6: 6},
}


class PngParts(NamedTuple):
    """A PNG, parted."""

    data: bytes  # the file as a decoder shall see it
    kept: tuple[PngChunk, ...]  # chunks that go into the restored file as they are
    icc: bytes | None  # a profile that a decoder would refuse
    lost: str | None  # what is left out, in words


def part_png(path: Path, data: bytes) -> PngParts:
    """Part a PNG; ValueError, which names the path, where its header does not come first or a needed chunk is wrong."""
    seen: list[PngChunk] = []
    kept, icc, left_out, at = [], None, {"damaged": [], "of the unchanged pixels": []}, len(PNG_SIGNATURE)
    count = 0
    for name, start, length in walked_chunks(data):
        chunk, at, count = data[start : start + length], start + length + 4, count + 1
        if not seen and (name != b"IHDR" or length != 13):
            raise damaged(path, "PNG", "its header does not come first")
        role = role_of(name, chunk, seen, sound=name in (b"IDAT", b"fdAT") or is_sound(data, start, length))
        if role == "broken":
            raise damaged(path, "PNG", f"the checksum of its chunk {name.decode('ascii', 'replace')} is wrong")
        if role in ("needed", "own", "carried", "passing", "of the unchanged pixels"):
            seen.append((name, chunk))
        if role in left_out:
            left_out[role].append(name)
        elif role in ("carried", "large text"):
            kept.append((name, widened_background(chunk, seen) if name == b"bKGD" else chunk))
        elif role == "large profile":
            icc = unpacked_profile(chunk)
    if not seen:
        raise damaged(path, "PNG", "it holds no chunks")
    notes = [f"PNG chunks {chunks_in_words(names)} ({why}) were left out" for why, names in left_out.items() if names]
    notes += [after] if (after := left_after(data, at)) else []
    decoded = data if len(seen) == count and at >= len(data) else png_of(seen)
    return PngParts(decoded, tuple(kept), icc, "; ".join(notes) or None)


def role_of(name: bytes, chunk: bytes, before: Iterable[PngChunk], *, sound: bool) -> str:
    """Say what becomes of a chunk: it is needed, written anew, carried over, or left out for a reason."""
    if not name[0] & 0x20:
        return "needed" if sound else "broken"
    if not (sound and is_well_formed(name, chunk, before)):
        return "damaged"
    if name == b"iCCP" and unpacks_beyond(chunk.partition(b"\0")[2][1:], MOST_DECODED_TEXT):
        return "large profile"
    if name in (b"tEXt", b"zTXt", b"iTXt") and is_large_text(name, chunk):
        return "large text"
    if name in OWN_CHUNKS:
        shape_of_a_pixel = name == b"pHYs" and len(chunk) == 9 and chunk[8] == 0  # which is no resolution
        return "carried" if shape_of_a_pixel else "own"
    if name in COLOUR_CHUNKS or name in SAMPLE_LENGTHS or name[3] & 0x20:
        return "carried"
    return "passing" if name in PASSING_CHUNKS else "of the unchanged pixels"


def walked_chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Walk the chunks of a PNG up to its end: name, start and length of what each holds."""
    at, name = len(PNG_SIGNATURE), b""
    while at + 8 <= len(data) and name != b"IEND":
        length, name = struct.unpack_from(">I4s", data, at)
        yield name, at + 8, length
        at += 12 + length


def png_chunks(data: bytes) -> Iterator[PngChunk]:
    """Walk the (name, data) chunks of a PNG file up to its end."""
    return ((name, data[start : start + length]) for name, start, length in walked_chunks(data))


def is_sound(data: bytes, start: int, length: int) -> bool:
    """Say whether a chunk is there to its end and has the checksum that it was written with."""
    body = memoryview(data)[start - 4 : start + length]
    return data[start + length : start + length + 4] == struct.pack(">I", zlib.crc32(body))


def png_is_whole(data: bytes) -> bool:
    """Say whether the chunks of a PNG reach to its end, and those that show it are as they were written."""
    name = b""
    for name, start, length in walked_chunks(data):
        shows = not name[0] & 0x20 or name in (b"acTL", b"fcTL", b"fdAT")
        if shows and not is_sound(data, start, length):
            return False
    return name == b"IEND"


def is_well_formed(name: bytes, chunk: bytes, before: Iterable[PngChunk]) -> bool:
    """Say whether what a chunk beside the pixels holds can be what its name says."""
    if name == b"tRNS":
        return fits_clear_colours(chunk, before)
    if name == b"iCCP":
        return unpacked_profile(chunk) is not None
    if name == b"zTXt":
        return chunk.partition(b"\0")[2][:1] == b"\0"  # packed by deflate
    return len(chunk) == LENGTHS.get(name, len(chunk))


def fits_clear_colours(chunk: bytes, before: Iterable[PngChunk]) -> bool:
    """Say whether a tRNS has the length that the file's kind of colours asks for."""
    known = dict(before)
    entries = len(known.get(b"PLTE", b"")) // 3
    return {0: len(chunk) == 2, 2: len(chunk) == 6, 3: 0 < len(chunk) <= entries}.get(known[b"IHDR"][9], False)


def widened_background(chunk: bytes, before: Iterable[PngChunk]) -> bytes:
    """Return a bKGD as it counts when grey of few bits has been widened to 8."""
    depth, kind = dict(before)[b"IHDR"][8:10]
    if kind != 0 or depth not in (2, 4) or len(chunk) != 2:
        return chunk
    return struct.pack(">H", min(255, int.from_bytes(chunk, "big") * (255 // (2**depth - 1))))


def unpacked_profile(chunk: bytes) -> bytes | None:
    """Unpack a profile; None where that cannot be done."""
    packed = chunk.partition(b"\0")[2]
    if packed[:1] != b"\0":  # packed by deflate
        return None
    try:
        return zlib.decompressobj().decompress(packed[1:], MOST_PROFILE) or None
    except zlib.error:
        return None


def is_large_text(name: bytes, chunk: bytes) -> bool:
    """Say whether a text is too large for the decoder."""
    rest = chunk.partition(b"\0")[2]
    if name == b"iTXt":  # whether it is packed, how, its language, and its key in that language
        packed = rest[2:].partition(b"\0")[2].partition(b"\0")[2] if rest[:1] == b"\1" else b""
    else:
        packed = rest[1:] if name == b"zTXt" else b""
    return len(chunk) > MOST_DECODED_TEXT or unpacks_beyond(packed, MOST_DECODED_TEXT)


def unpacks_beyond(packed: bytes, most: int) -> bool:
    """Say whether compressed bytes stand for more than so many."""
    try:
        return len(zlib.decompressobj().decompress(packed, most + 1)) > most
    except zlib.error:
        return False


def png_of(chunks: Iterable[PngChunk]) -> bytes:
    """Join (name, data) chunks into a PNG file."""
    encoded = [PNG_SIGNATURE]
    for name, data in chunks:
        encoded += [struct.pack(">I", len(data)), name, data, struct.pack(">I", zlib.crc32(data, zlib.crc32(name)))]
    return b"".join(encoded)


def with_chunks(encoded: bytes, kept: Iterable[PngChunk]) -> tuple[bytes, str | None]:
    """Put chunks into an encoded PNG, as far as they fit its samples; also say in words which do not."""
    chunks = list(png_chunks(encoded))
    kind, fitting, unfit = chunks[0][1][9], [], []
    for name, chunk in kept:
        fits = name not in SAMPLE_LENGTHS or len(chunk) == SAMPLE_LENGTHS[name][kind]
        (fitting if fits else unfit).append((name, chunk))
    note = (
        f"PNG chunks {chunks_in_words(name for name, _ in unfit)} do not fit its new samples: left out"
        if unfit
        else None
    )
    if not fitting:
        return encoded, note
    first = next(number for number, (name, _) in enumerate(chunks) if name == b"IDAT")
    early = [chunk for chunk in fitting if chunk[0] in COLOUR_CHUNKS]
    late = [chunk for chunk in fitting if chunk[0] not in COLOUR_CHUNKS]
    return png_of([chunks[0], *early, *chunks[1:first], *late, *chunks[first:]]), note


def chunks_in_words(names: Iterable[bytes]) -> str:
    """Return the names of chunks, each once, as they can be shown."""
    shown = (name.decode("ascii") if name.isalpha() and name.isascii() else name.hex() for name in names)
    return ", ".join(dict.fromkeys(shown))
