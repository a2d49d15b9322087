"""Reading a picture file into exact samples.

Pillow decodes what has 8 bits; it cannot hold 16-bit RGB, so 16-bit PNG and TIFF are decoded by OpenCV, whose BGR
order ends in this file.  The decoders are called directly, not through `Image.open`, so that only the five formats
can be reached and no limit that is global to the process takes part.
"""

from __future__ import annotations

import io
import warnings
from pathlib import Path

import cv2
import numpy as np
from PIL import BmpImagePlugin, Image, ImageCms, JpegImagePlugin, PngImagePlugin, TiffImagePlugin, WebPImagePlugin

from inpaint.images.metadata import (
    ORIENTATION,
    png_chunks,
    reset_orientation,
    turn,
    upright_exif,
    upright_xmp,
    webp_is_lossless,
)
from inpaint.images.picture import Compression, Picture

LIMIT = 200_000_000  # pixels
OPENERS = {
    "PNG": PngImagePlugin.PngImageFile,
    "JPEG": JpegImagePlugin.JpegImageFile,  # of a multi-picture JPEG (phones) this is the main picture
    "WEBP": WebPImagePlugin.WebPImageFile,
    "BMP": BmpImagePlugin.BmpImageFile,
    "TIFF": TiffImagePlugin.TiffImageFile,
}
MODES = {"1": "L", "L": "L", "LA": "LA", "La": "LA", "PA": "RGBA", "RGB": "RGB", "RGBA": "RGBA", "RGBa": "RGBA"}
MODES |= {"RGBX": "RGB", "YCbCr": "RGB"}
COLOUR_CHUNKS = (b"cHRM", b"cICP", b"gAMA", b"sRGB")
LOSSY_TIFF = ("jpeg", "tiff_jpeg", "webp")
BITS, PHOTOMETRIC, RESOLUTION, PLANAR, EXTRA, SAMPLE_FORMAT = 258, 262, 282, 284, 338, 339  # TIFF tags


def read(path: Path | str, *, limit: int = LIMIT, data: bytes | None = None) -> Picture:
    """Read a PNG, JPEG, WebP, BMP or TIFF file, upright: its EXIF orientation is applied here, once.

    The format is told by the content, not by the suffix.  data: the content of a file that lies in an archive; the path
    then only names it in errors.  Raises FileNotFoundError where there is no such file, and
    ValueError for a file that is empty, damaged, animated, no picture, of a kind that cannot be held exactly (32-bit
    samples, ...), or of more than `limit` pixels.
    """
    path = Path(path)
    data = _content(path, data)
    form = _format(path, data)
    opened, orientation, data = _decode(path, data, form, limit)
    colour, alpha, icc = _samples(path, opened, data)
    return Picture(
        colour=turn(colour, orientation),
        alpha=None if alpha is None else turn(alpha, orientation),
        format=form,
        lossless=_is_lossless(opened, data),
        icc=icc,
        exif=upright_exif(opened),
        xmp=upright_xmp(opened),
        dpi=_dpi(opened, orientation),
        comment=opened.info.get("comment") if form == "JPEG" else None,
        text=_text(opened),
        chunks=tuple(item for item in png_chunks(data) if item[0] in COLOUR_CHUNKS) if form == "PNG" else (),
        compression=_compression(opened),
    )


def _content(path: Path, data: bytes | None) -> bytes:
    try:
        data = path.read_bytes() if data is None else data
    except FileNotFoundError:
        raise FileNotFoundError(f"{path} does not exist.") from None
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}.") from error
    if not data:
        raise ValueError(f"{path} is empty (0 bytes).")
    return data


def _format(path: Path, data: bytes) -> str:
    """Tell the format by the first bytes."""
    if data[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        return "TIFF"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    for form, signature in (("PNG", b"\x89PNG\r\n\x1a\n"), ("JPEG", b"\xff\xd8\xff"), ("BMP", b"BM")):
        if data.startswith(signature):
            return form
    raise ValueError(f"{path} is not a picture that can be read: it is none of PNG, JPEG, WebP, BMP and TIFF.")


def _decode(path: Path, data: bytes, form: str, limit: int) -> tuple[Image.Image, int, bytes]:
    """Open and decode with Pillow; also give the orientation still to be applied, and the data without it."""
    try:
        opened = OPENERS[form](io.BytesIO(data), str(path))
        width, height = opened.size
        frames = getattr(opened, "n_frames", 1)
        if width * height <= limit and frames == 1:
            orientation = _orientation(path, opened) if form != "PNG" else 1
            if form == "TIFF" and orientation != 1:  # Pillow would turn it, OpenCV sometimes: leave them nothing to do
                data = reset_orientation(data, unlink=False)
                opened = OPENERS[form](io.BytesIO(data), str(path))
            opened.load()
            if form == "PNG":  # EXIF may stand after the pixels
                orientation = _orientation(path, opened)
            return opened, orientation, data
    except Exception as error:  # decoders raise nearly everything when a file is damaged
        raise ValueError(f"{path} is damaged or cut off and cannot be decoded as {form}: {error}.") from error
    if frames != 1:
        raise ValueError(f"{path} holds {frames} frames or pages: animated images are not supported yet, only stills.")
    raise ValueError(f"{path} has {width} x {height} pixels, more than the limit of {limit}.")


def _orientation(path: Path, opened: Image.Image) -> int:
    try:
        return opened.getexif().get(ORIENTATION, 1)
    except Exception as error:  # whatever a damaged block makes the parser raise; the pixels are good all the same
        warnings.warn(f"{path} has EXIF that cannot be read ({error}): it is taken to stand upright.", stacklevel=2)
        return 1


def _samples(path: Path, opened: Image.Image, data: bytes) -> tuple[np.ndarray, np.ndarray | None, bytes | None]:
    """Give colour (H, W, 1 or 3), alpha (H, W) or None, and the ICC profile that the colours are in."""
    icc = opened.info.get("icc_profile")
    if _is_deep(path, opened, data):
        samples = _deep_samples(path, opened, data)
    elif opened.mode == "CMYK":
        samples, icc = _from_cmyk(path, opened, icc)
    elif opened.mode == "P":
        clear = "transparency" in opened.info or (opened.palette is not None and opened.palette.mode == "RGBA")
        samples = np.array(opened.convert("RGBA" if clear else "RGB"))
    elif opened.mode in MODES:
        wanted = MODES[opened.mode]
        samples = np.array(opened if opened.mode == wanted else opened.convert(wanted))
    else:
        raise ValueError(f"{path} holds samples of the kind {opened.mode!r}: only 8 and 16 bits each can be kept.")
    return *_split(samples, _clear_colour(opened, data)), icc


def _split(samples: np.ndarray, clear: np.ndarray | None) -> tuple[np.ndarray, np.ndarray | None]:
    """Part colour from alpha; without alpha, the one colour that is declared clear makes one."""
    samples = samples if samples.ndim == 3 else samples[:, :, None]
    if samples.shape[2] in (2, 4):
        return samples[:, :, :-1], samples[:, :, -1]
    if clear is None:
        return samples, None
    opaque = (samples != clear.astype(samples.dtype)).any(axis=2)
    return samples, opaque.astype(samples.dtype) * np.iinfo(samples.dtype).max


def _clear_colour(opened: Image.Image, data: bytes) -> np.ndarray | None:
    """Give the colour that a grey or RGB PNG declares transparent (tRNS), as the samples hold it."""
    if opened.format != "PNG" or data[25] not in (0, 2):  # colour types grey and RGB
        return None
    depth = data[24]
    scale = 255 // (2**depth - 1) if depth < 8 else 1  # Pillow widens fewer bits to 8
    keys = [key for name, key in png_chunks(data) if name == b"tRNS"]
    return np.frombuffer(keys[0], ">u2").astype(np.int64) * scale if keys else None


def _from_cmyk(path: Path, opened: Image.Image, icc: bytes | None) -> tuple[np.ndarray, bytes | None]:
    """Turn CMYK into sRGB through the embedded profile; without one, by Pillow's formula."""
    if icc:
        srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
        try:
            turned = ImageCms.profileToProfile(opened, io.BytesIO(icc), srgb, outputMode="RGB")  # pyright: ignore
            return np.array(turned), srgb.tobytes()
        except (ImageCms.PyCMSError, OSError):
            warnings.warn(f"{path} has a CMYK profile that cannot be used: its colours are estimated.", stacklevel=2)
    return np.array(opened.convert("RGB")), None


def _is_deep(path: Path, opened: Image.Image, data: bytes) -> bool:
    """Say whether samples have 16 bits; ValueError for a TIFF whose samples have neither 8 bits or fewer nor 16."""
    if opened.format == "PNG":
        return data[24] == 16
    if not isinstance(opened, TiffImagePlugin.TiffImageFile):
        return False
    tags = opened.tag_v2
    bits = set(tags.get(BITS, (1,)))
    if bits <= {1, 2, 4, 8}:
        return False
    plain = tags.get(PHOTOMETRIC) in (1, 2) and tags.get(PLANAR, 1) == 1 and set(tags.get(SAMPLE_FORMAT, (1,))) == {1}
    if bits != {16} or not plain or not set(tags.get(EXTRA, (2,))) <= {0, 2} or len(tags.get(EXTRA, ())) > 1:
        raise ValueError(
            f"{path} is a TIFF of {max(bits)} bits per sample in an unusual layout: beyond 8 bits only unsigned 16-bit "
            "grey, RGB and RGBA, interleaved and not premultiplied, can be kept exactly."
        )
    return True


def _deep_samples(path: Path, opened: Image.Image, data: bytes) -> np.ndarray:
    """Decode 16-bit samples with OpenCV into (H, W, 1 to 4): grey, grey and alpha, RGB or RGBA."""
    samples = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if samples is None or samples.dtype != np.uint16 or samples.shape[:2] != (opened.height, opened.width):
        raise ValueError(f"{path} is damaged or of an unusual kind and cannot be decoded at 16 bits per sample.")
    if samples.ndim == 2:
        return samples[:, :, None]
    grey = opened.format == "PNG" and data[25] in (0, 4)  # OpenCV widens grey with alpha to BGRA
    colour = samples[:, :, :1] if grey else samples[:, :, 2::-1]
    return np.concatenate([colour, samples[:, :, 3:]], axis=2)


def _is_lossless(opened: Image.Image, data: bytes) -> bool:
    if opened.format == "WEBP":
        return webp_is_lossless(data)
    return opened.format != "JPEG" and opened.info.get("compression") not in LOSSY_TIFF


def _compression(opened: Image.Image) -> Compression | None:
    if not isinstance(opened, JpegImagePlugin.JpegImageFile) or opened.mode not in ("L", "RGB"):
        return None
    tables = {index: list(table) for index, table in opened.quantization.items()}
    return Compression(tables, JpegImagePlugin.get_sampling(opened), "progressive" in opened.info)


def _dpi(opened: Image.Image, orientation: int) -> tuple[float, float] | None:
    if isinstance(opened, TiffImagePlugin.TiffImageFile) and RESOLUTION not in opened.tag_v2:
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
