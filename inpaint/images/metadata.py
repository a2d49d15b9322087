"""What stands beside the pixels: orientation, EXIF, XMP, and the chunks of WebP.

EXIF is carried as its original bytes, of which only two places change, so that maker notes and unknown tags survive:
the orientation becomes 1 because the pixels are turned on reading, and the embedded thumbnail is unlinked because it
would show the picture as it was before.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

import numpy as np
from PIL import Image

from inpaint.images.tiff_tags import XMP_PACKET

ORIENTATION = 0x0112
EXIF_DIRECTORY, GPS_DIRECTORY, INTEROPERABILITY = 0x8769, 0x8825, 0xA005
# ImageDescription, Make, Model, Software, DateTime, Artist, HostComputer, Copyright: what a TIFF says about its
# subject; its other tags describe how the pixels are stored and are written anew.
DESCRIPTIVE = (270, 271, 272, 305, 306, 315, 316, 33432)
EXIF_PREFIX = b"Exif\x00\x00"
XMP_PREFIX = b"http://ns.adobe.com/xap/1.0/\x00"
XMP_ORIENTATION = re.compile(rb'(tiff:Orientation(?:="|=\'|>)\s*)[1-8]')
TURNED_BACK = {6: 8, 8: 6}  # the orientations that another one undoes; the others undo themselves


def reset_orientation(block: bytes, *, unlink: bool, to: int = 1) -> bytes:
    """Set the orientation of a TIFF block in place; `unlink` also cuts the directory after the first (thumbnail).

    A block that ends early is changed as far as it can be walked, which is as far as anyone else can read it.
    """
    patched = bytearray(block)
    order = {b"II": "<", b"MM": ">"}.get(block[:2])
    if order is None:
        return block
    try:
        big = struct.unpack_from(order + "H", block, 2)[0] == 43  # BigTIFF
        start = struct.unpack_from(order + ("Q" if big else "I"), block, 8 if big else 4)[0]
        count = struct.unpack_from(order + ("Q" if big else "H"), block, start)[0]
        entry, stride, value = (start + 8, 20, 12) if big else (start + 2, 12, 8)
        for at in range(entry, entry + count * stride, stride):
            tag, kind = struct.unpack_from(order + "HH", block, at)
            if tag == ORIENTATION:
                struct.pack_into(order + ("I" if kind == 4 else "H"), patched, at + value, to)
        if unlink:
            struct.pack_into(order + ("Q" if big else "I"), patched, entry + count * stride, 0)
    except struct.error:
        pass
    return bytes(patched)


def upright_exif(picture: Image.Image) -> bytes | None:
    """Give the EXIF block of an opened picture with orientation 1; None where it has none."""
    if picture.format == "TIFF":
        block = _described(picture)
    elif picture.info.get("exif"):
        block = picture.info["exif"]
    elif "Raw profile type exif" in picture.info:  # ImageMagick's way to put EXIF in a PNG
        block = picture.getexif().tobytes()
    else:
        return None
    return reset_orientation(block.removeprefix(EXIF_PREFIX), unlink=True) or None


def _described(picture: Image.Image) -> bytes:
    """Gather what the tags of a TIFF file say about its subject into an EXIF block; empty where they say nothing."""
    source, kept = picture.getexif(), Image.Exif()
    for tag in DESCRIPTIVE:
        if tag in source:
            kept[tag] = source[tag]
    for tag in (EXIF_DIRECTORY, GPS_DIRECTORY):
        directory = {key: value for key, value in source.get_ifd(tag).items() if key != INTEROPERABILITY}
        if directory:
            kept[tag] = directory
    return kept.tobytes() if len(kept) else b""


def upright_xmp(picture: Image.Image) -> bytes | None:
    """Give the XMP packet of an opened picture with orientation 1; None where it has none."""
    packet = picture.info.get("xmp") or picture.info.get("XML:com.adobe.xmp")
    packet = packet or getattr(picture, "tag_v2", {}).get(XMP_PACKET)  # Pillow 10 leaves the XMP of a TIFF here
    for name, segment in getattr(picture, "applist", ()):  # and that of a JPEG here
        if name == "APP1" and segment.startswith(XMP_PREFIX):
            packet = segment.removeprefix(XMP_PREFIX)
    if isinstance(packet, str):
        packet = packet.encode("utf-8")
    return XMP_ORIENTATION.sub(rb"\g<1>1", packet) if packet else None


def turn(samples: np.ndarray, orientation: int) -> np.ndarray:
    """Turn an array (H, W, ...) upright as its EXIF orientation 1 to 8 demands; other values mean 1."""
    turned = {
        2: lambda: samples[:, ::-1],
        3: lambda: samples[::-1, ::-1],
        4: lambda: samples[::-1],
        5: lambda: samples.swapaxes(0, 1),
        6: lambda: samples[::-1].swapaxes(0, 1),
        7: lambda: samples[::-1, ::-1].swapaxes(0, 1),
        8: lambda: samples[:, ::-1].swapaxes(0, 1),
    }
    return np.ascontiguousarray(turned.get(orientation, lambda: samples)())


def webp_end(data: bytes) -> int:
    """Return how many bytes a WebP file has up to its end, by what it says itself; the last may be a filler."""
    length = 8 + int.from_bytes(data[4:8], "little")
    return length + length % 2


def riff_chunks(data: bytes, at: int = 12) -> Iterator[tuple[bytes, bytes]]:
    """Walk the (name, data) chunks of a WebP file, or of one of its frames from its 16th byte on, up to its end."""
    end = min(len(data), webp_end(data)) if at == 12 else len(data)
    while at + 8 <= end:
        name, length = struct.unpack_from("<4sI", data, at)
        yield name, data[at + 8 : at + 8 + length]
        at += 8 + length + length % 2


def webp_is_lossless(data: bytes, at: int = 12) -> bool:
    """Say whether a WebP file, or one of its frames from its 16th byte on, holds its pixels in the VP8L form."""
    names = [name for name, _ in riff_chunks(data, at)]
    return b"VP8L" in names and b"VP8 " not in names
