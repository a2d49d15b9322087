"""Reading a picture file into exact samples, upright."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image, JpegImagePlugin, PngImagePlugin, TiffImagePlugin

from inpaint.images import gif
from inpaint.images.avif import avif_chroma, avif_depth
from inpaint.images.content import content_of, format_in
from inpaint.images.damaged import damaged, left_after
from inpaint.images.decoded_samples import samples_in
from inpaint.images.decoding import decode_with_pillow, several_frames
from inpaint.images.extra_formats import extra_losses, heif_chroma
from inpaint.images.jpeg_files import main_jpeg
from inpaint.images.large_decoding import large_pixels
from inpaint.images.metadata import turn, upright_exif, upright_xmp, webp_end, webp_is_lossless
from inpaint.images.picture import CodedJpeg, Compression, Picture, Stored
from inpaint.images.png_parts import part_png
from inpaint.images.tiff_parts import part_tiff
from inpaint.images.tiff_tags import X_RESOLUTION

MOST_PIXELS = 200_000_000  # pixels
LOSSY_TIFF = ("jpeg", "tiff_jpeg", "webp")


def read(path: Path | str, *, limit: int = MOST_PIXELS, data: bytes | None = None) -> Picture:
    """Read a picture file of any format here, upright: its EXIF orientation is applied here, once.

    The content tells the format, not the suffix.  data: the content of a file that lies in an archive; the path then
    only names it in errors.  Raises FileNotFoundError where there is no such file, and ValueError for a file that is
    empty, damaged, animated (`read_frames` reads those), no picture, of a kind that cannot be held exactly (32-bit
    samples, ...), or of more than `limit` pixels.

    >>> import tempfile, torch
    >>> from inpaint import images
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = images.write(images.from_array(torch.zeros(3, 40, 60)), f"{folder}/black.png")
    ...     picture = images.read(f"{folder}/black.png")
    >>> picture.size, picture.format, picture.colour.dtype
    ((40, 60), 'PNG', dtype('uint8'))
    >>> picture.tensor().shape  # float RGB in [0, 1]
    torch.Size([3, 40, 60])
    """
    path = Path(path)
    data = content_of(path, data)
    form = format_in(path, data)
    if form == "GIF":
        frames = gif.parse_gif(path, data, limit)
        if len(frames.frames) > 1:
            raise several_frames(path, len(frames.frames), form)
        return replace(next(gif.gif_pictures(path, frames)), lost=left_after(data, frames.end))
    return decoded_still(path, data, form, limit)


def decoded_still(path: Path, data: bytes, form: str, limit: int) -> Picture:
    """Decode a file of one picture, of any format but GIF, which Pillow or OpenCV decode."""
    if form == "PNG":
        parts = part_png(path, data)
        picture = _decoded(path, parts.data, form, limit)
        return replace(picture, icc=parts.icc or picture.icc, chunks=parts.kept, lost=parts.lost)
    if form == "TIFF":
        parts = part_tiff(path, data)
        picture = replace(_decoded(path, parts.data, form, limit), tags=parts.tags, lost=parts.lost)
        if parts.inverted:
            picture = replace(picture, colour=picture.peak - picture.colour)
        return replace(picture, alpha=None, extra=picture.alpha) if parts.unknown else picture
    if form == "JPEG":
        data, coded, mended = main_jpeg(path, data)
        picture = _decoded(path, data, form, limit)
        if coded is not None and picture.coded is not None:
            shown = picture.stored.samples if picture.stored is not None else picture.colour
            coded = coded._replace(orientation=picture.coded.orientation, shown=shown)
        return replace(picture, coded=coded, lost=mended)
    picture = _decoded(path, data, form, limit)
    return replace(picture, lost=left_after(data, webp_end(data))) if form == "WEBP" else picture


def _decoded(path: Path, data: bytes, form: str, limit: int) -> Picture:
    large = large_pixels(data, form, limit)
    data, pixels = (data, None) if large is None else (large.rest, large.samples)
    opened, orientation, data = decode_with_pillow(path, data, form, limit, load=large is None or form == "PNG")
    try:
        return picture_of(path, opened, orientation, data, form, pixels)
    except Exception as error:  # of ours, a sentence that names the file; else whatever a damaged one makes raise
        if isinstance(error, ValueError) and str(error).startswith(str(path)):
            raise
        raise damaged(path, form, error) from error


def picture_of(
    path: Path, opened: Image.Image, orientation: int, data: bytes, form: str, pixels: np.ndarray | None = None
) -> Picture:
    """Take the pixels that Pillow decoded from these data, turn them upright, and all that stands beside them.

    pixels: (H, W) or (H, W, C), those of a large picture, which were decoded by themselves.
    """
    samples = samples_in(path, opened, data, pixels)
    colour = turn(samples.colour, orientation)
    stored = None
    if samples.mode is not None:
        inks = opened.info.get("icc_profile") if samples.mode == "CMYK" and samples.icc else None
        stored = Stored(samples.mode, colour, turn(samples.stored, orientation), samples.palette, inks)
    return Picture(
        colour=colour,
        alpha=None if samples.alpha is None else turn(samples.alpha, orientation),
        format=form,
        lossless=_is_lossless(opened, data),
        icc=samples.icc,
        exif=upright_exif(opened),
        xmp=upright_xmp(opened),
        dpi=_dpi(opened, orientation),
        comment=opened.info.get("comment") if form == "JPEG" else None,
        text=_text(opened),
        compression=_compression(opened),
        coded=CodedJpeg(data, orientation, (), b"") if form == "JPEG" else None,
        chroma=avif_chroma(data) if form == "AVIF" else heif_chroma(opened) if form == "HEIF" else None,
        stored=stored,
        lost=_lost(opened, data),
    )


def _is_lossless(opened: Image.Image, data: bytes) -> bool:
    if opened.format == "WEBP":
        return webp_is_lossless(data)
    return opened.format not in ("JPEG", "AVIF", "HEIF") and opened.info.get("compression") not in LOSSY_TIFF


def _compression(opened: Image.Image) -> Compression | None:
    if not isinstance(opened, JpegImagePlugin.JpegImageFile):
        return None
    progressive = "progressive" in opened.info
    if opened.mode == "CMYK":  # Pillow gives the n-th table to the n-th ink, and may subsample all but the first
        inks = [(across, down, list(opened.quantization[table])) for _, across, down, table in opened.layer]
        tables = [table for _, _, table in inks]
        tables = tables[:1] if tables.count(tables[0]) == len(tables) or _is_ycck(opened) else tables
        first, *others = (ink[:2] for ink in inks)
        sampling = {(2, 1): 1, (2, 2): 2}.get(first, 0) if set(others) == {(1, 1)} else 0
        return Compression(tables, sampling, progressive)
    tables = {index: list(table) for index, table in opened.quantization.items()}
    return Compression(tables, JpegImagePlugin.get_sampling(opened), progressive)


def _is_ycck(opened: Image.Image) -> bool:
    """Say whether luma and colour differences of the inks were compressed; Pillow compresses the inks themselves."""
    return opened.info.get("adobe_transform") == 2


def _lost(opened: Image.Image, data: bytes) -> str | None:
    if opened.format == "AVIF" and avif_depth(data) > 8:
        return f"its {avif_depth(data)} bits per sample were reduced to 8"
    return ("; ".join(extra_losses(opened, data)) or None) if opened.format in ("HEIF", "JXL") else None


def _dpi(opened: Image.Image, orientation: int) -> tuple[float, float] | None:
    if isinstance(opened, TiffImagePlugin.TiffImageFile) and X_RESOLUTION not in opened.tag_v2:
        return None  # Pillow then reports 1 dpi, which nobody said
    x, y = (float(value) for value in opened.info.get("dpi", (0, 0)))
    if not (0 < x < 1e6 and 0 < y < 1e6):  # also refuses NaN
        return None
    return (y, x) if orientation in (5, 6, 7, 8) else (x, y)


def _text(opened: Image.Image) -> dict[str, str]:
    """Give the texts of a PNG, without those that hold EXIF or XMP."""
    if not isinstance(opened, PngImagePlugin.PngImageFile):
        return {}
    return {
        key: value for key, value in opened.text.items() if key not in ("Raw profile type exif", "XML:com.adobe.xmp")
    }
