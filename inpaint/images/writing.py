"""Writing a picture: the format by the suffix, everything the file carried, and never half a file."""

from __future__ import annotations

import io
import os
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from inpaint.files import atomically
from inpaint.images.decoding import opener_of
from inpaint.images.encoders import clear_bmp, compression_of, deep_png, joined_samples, png_info
from inpaint.images.gif_writing import encode_gif
from inpaint.images.jpeg_files import encode_jpeg
from inpaint.images.left_out import left_out
from inpaint.images.listing import format_of
from inpaint.images.metadata import EXIF_PREFIX, XMP_PREFIX
from inpaint.images.picture import Picture
from inpaint.images.png_parts import with_chunks
from inpaint.images.storing import MOST_PALETTE_ERROR, NativeSamples, image_of, native_samples
from inpaint.images.tiff import encode_tiff

# Where neither the caller nor the source says otherwise.
DEFAULT_QUALITY = {"JPEG": 95, "WEBP": 90, "AVIF": 90, "HEIF": 90}
LONGEST_SIDE = {"JPEG": 65500, "WEBP": 16383, "GIF": 65535, "AVIF": 65536}  # pixels along a side; limits of the formats
JPEG_SEGMENT_BYTES = 65533  # bytes that fit in one segment of a JPEG


def write(picture: Picture, path: Path | str, quality: int | None = None) -> str | None:
    """Write a picture in the format of the suffix, atomically: an error leaves what was at `path` before.

    Profile, EXIF, XMP, resolution, and the texts of a PNG are written back where the format can hold them (BMP holds
    the resolution only, GIF the profile and XMP).  `quality`, 1 to 100, applies to JPEG, WebP and AVIF; the others are
    always exact.  Without it a picture from a JPEG keeps its quantisation tables and subsampling, any other becomes a
    JPEG of quality 95 without subsampling; a WebP is exact unless the source was a lossy WebP (then quality 90); an
    AVIF or a HEIC has quality 90, a JPEG XL is exact.  A palette, CMYK and single bits come back as such.  Returns what
    of this could not be kept, in words.  Raises ValueError where the format cannot hold the picture (alpha in JPEG, 16
    bits outside PNG and TIFF, more than 256 colours in GIF), and OSError, with a sentence, where the file cannot be
    written.

    A mosaic's place is painted grey; every other pixel keeps its exact value:

    >>> import tempfile, torch
    >>> from inpaint import images
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     picture = images.from_array(torch.zeros(3, 40, 60))
    ...     mask = torch.zeros(1, 40, 60)
    ...     mask[:, 10:20, 10:30] = 1
    ...     restored = picture.restored(torch.full((3, 40, 60), 0.5), mask)
    ...     lost = images.write(restored, f"{folder}/restored.png")
    ...     again = images.read(f"{folder}/restored.png")
    >>> print(lost)  # a PNG holds all of it
    None
    >>> again.colour[0, 0].tolist(), again.colour[10, 10].tolist()
    ([0, 0, 0], [128, 128, 128])
    """
    form = format_of(path)
    refuse_what_does_not_fit(picture, Path(path), form, quality)
    data, note = encode(picture, form, quality)
    if form == "GIF" and note and picture.format != "GIF":
        raise ValueError(f"{path} cannot hold more than 256 colours, and the picture has more: choose .png")
    save_bytes(data, path)
    return "; ".join(said for said in (picture.lost, note, left_out(picture, form)) if said) or None


def save_bytes(data: bytes, path: Path | str) -> None:
    """Write bytes atomically; OSError with a sentence that names the path where that cannot be done."""
    try:
        with atomically(path) as temporary:
            temporary.write_bytes(data)
    except OSError as error:
        raise type(error)(f"{path} cannot be written: {error.strerror or error}") from error


def keep_times(source: os.stat_result, path: Path | str) -> None:
    """Give a file the times of access and change of another, whose status was asked for before it was read."""
    os.utime(path, ns=(source.st_atime_ns, source.st_mtime_ns))


def encode(picture: Picture, form: str, quality: int | None = None) -> tuple[bytes, str | None]:
    """Encode a picture in a format, as `write` does; also give what could not be kept, in words."""
    if form == "GIF":
        encoded = encode_gif(picture)
        return encoded.data, gif_note(encoded.inexact, encoded.error)
    stored, note = native_samples(picture, form)
    if stored is not None and stored.mode == "CMYK":
        picture = replace(picture, icc=stored.icc)
    elif picture.stored is not None and picture.stored.mode == "CMYK":  # its tables were made for inks
        picture = replace(picture, compression=None)
    if form == "TIFF":
        return encode_tiff(picture, stored), note
    if form == "BMP" and picture.alpha is not None:
        return clear_bmp(picture), note
    options = {"PNG": _png, "JPEG": _jpeg, "WEBP": _webp, "AVIF": _avif, "BMP": _bmp, "HEIF": _heif, "JXL": _jxl}[form](
        picture, quality
    )
    options |= {"dpi": picture.dpi} if picture.dpi else {}
    if form == "PNG":
        data, unfit = with_chunks(encode_png(joined_samples(picture), stored, options), picture.chunks)
        return data, "; ".join(said for said in (note, unfit) if said) or None
    native = stored or NativeSamples("", joined_samples(picture))
    if form == "JPEG":
        data, anew = encode_jpeg(picture, native, options, edit=quality is None)
        return data, "; ".join(said for said in (note, anew) if said) or None
    encoded = io.BytesIO()
    image_of(native).save(encoded, form, **options)
    return encoded.getvalue(), note


def png_options(picture: Picture) -> dict:
    """Give what Pillow's PNG encoder shall write beside the pixels."""
    return _png(picture, None) | ({"dpi": picture.dpi} if picture.dpi else {})


def encode_png(samples: np.ndarray, stored: NativeSamples | None, options: dict) -> bytes:
    """Encode samples (H, W, 1 to 4), or in their place native ones, as PNG; options: of Pillow's encoder."""
    plain = stored or NativeSamples("", samples)
    if plain.palette is not None and plain.mode == "KEY":
        key = tuple(plain.palette.tolist())
        options = options | {"transparency": key if len(key) == 3 else key[0]}
    elif plain.palette is not None and (plain.palette[:, 3] < 255).any():
        options = options | {"transparency": plain.palette[:, 3].tobytes()}
    if plain.samples.dtype == np.uint16:
        return deep_png(plain.samples, options)
    if plain.mode in ("", "KEY"):
        options = options | compression_of(plain.samples)
    encoded = io.BytesIO()
    image_of(plain).save(encoded, "PNG", **options)
    return encoded.getvalue()


def gif_note(inexact: bool, error: float) -> str | None:
    """Say where the palettes of a GIF could not hold its colours."""
    if inexact:
        return "a frame of a GIF holds 256 colours, but more were needed: some pixels outside the mask changed slightly"
    if error > MOST_PALETTE_ERROR:
        return f"a frame of a GIF holds 256 colours: restored pixels are off by about {error:.0f} of 255 levels"
    return None


def refuse_what_does_not_fit(picture: Picture, path: Path, form: str, quality: int | None) -> None:
    """Raise ValueError, which names the path, where a format cannot hold a picture."""
    if quality is not None and not 1 <= quality <= 100:
        raise ValueError(f"the quality is {quality}, but must lie between 1 and 100")
    if picture.alpha is not None and form == "JPEG":
        raise ValueError(f"{path} cannot hold transparency, which the picture has: choose .png, .webp, .tif or .bmp")
    if form == "GIF" and picture.alpha is not None and not np.isin(picture.alpha, (0, 255)).all():
        raise ValueError(f"{path} cannot hold half transparent pixels, which the picture has: choose .png or .webp")
    if form not in ("GIF", "TIFF"):
        opener_of(path, form)
    grey = picture.colour.shape[2] == 1 and picture.alpha is None
    if picture.colour.dtype == np.uint16 and form not in ("PNG", "TIFF") and not (form == "JXL" and grey):
        raise ValueError(f"{path} cannot hold 16 bits per sample, which the picture has: choose .png or .tif")
    if max(picture.size) > LONGEST_SIDE.get(form, max(picture.size)):
        height, width = picture.size
        raise ValueError(
            f"{path} cannot hold {width} x {height} pixels, a side has at most {LONGEST_SIDE[form]}: "
            "choose .png or .tif"
        )
    if form == "JPEG":
        for name, block in (("EXIF", picture.exif), ("XMP", picture.xmp)):
            if block and len(block) + len(XMP_PREFIX) > JPEG_SEGMENT_BYTES:
                raise ValueError(
                    f"{path} cannot hold {len(block)} bytes of {name} (at most {JPEG_SEGMENT_BYTES}): choose .png"
                )


def _profile_and_exif(picture: Picture) -> dict:
    options = {"icc_profile": picture.icc} if picture.icc else {}
    return options | ({"exif": EXIF_PREFIX + picture.exif} if picture.exif else {})


def _png(picture: Picture, quality: int | None) -> dict:
    return _profile_and_exif(picture) | {"pnginfo": png_info(picture)}


def _bmp(picture: Picture, quality: int | None) -> dict:
    return {}


def _jpeg(picture: Picture, quality: int | None) -> dict:
    options = _profile_and_exif(picture)
    if picture.xmp:  # spelled out, because Pillow 10 does not write XMP itself
        packet = XMP_PREFIX + picture.xmp
        options["extra"] = b"\xff\xe1" + struct.pack(">H", len(packet) + 2) + packet
    if picture.comment:
        options["comment"] = picture.comment
    source = picture.compression
    if source is not None:
        options["progressive"] = source.progressive
    if quality is not None or source is None:
        return options | {"quality": quality or DEFAULT_QUALITY["JPEG"], "subsampling": 0}
    return options | {"qtables": source.tables, "subsampling": max(source.subsampling, 0)}


def _avif(picture: Picture, quality: int | None) -> dict:
    options = _profile_and_exif(picture) | ({"xmp": picture.xmp} if picture.xmp else {})
    if picture.exif and not _is_readable(picture.exif):
        options.pop("exif")  # Pillow takes EXIF apart to move the orientation, which is upright anyway
    chroma = picture.chroma or "4:4:4"
    if chroma == "4:0:0" and picture.colour.shape[2] == 3:
        chroma = "4:4:4"
    return options | {"quality": quality or DEFAULT_QUALITY["AVIF"], "subsampling": chroma}


def _heif(picture: Picture, quality: int | None) -> dict:
    options = _profile_and_exif(picture) | ({"xmp": picture.xmp} if picture.xmp else {})
    chroma = {"4:2:0": 420, "4:2:2": 422}.get(picture.chroma or "", 444)
    return options | {"quality": quality or DEFAULT_QUALITY["HEIF"], "chroma": chroma}


def _jxl(picture: Picture, quality: int | None) -> dict:
    options = _profile_and_exif(picture) | ({"xmp": picture.xmp} if picture.xmp else {})
    return options | ({"lossless": True} if quality is None else {"quality": quality})


def _is_readable(block: bytes) -> bool:
    try:
        Image.Exif().load(EXIF_PREFIX + block)
    except Exception:  # whatever a damaged block makes the parser raise
        return False
    return True


def _webp(picture: Picture, quality: int | None) -> dict:
    options = _profile_and_exif(picture) | ({"xmp": picture.xmp} if picture.xmp else {})
    options |= {"exact": True}  # keep the colours under transparency
    if quality is None and (picture.lossless or picture.format != "WEBP"):
        return options | {"lossless": True}
    return options | {"quality": quality or DEFAULT_QUALITY["WEBP"]}
