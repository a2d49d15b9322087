"""What stands beside the pixels of a picture and has no place in a format, in words."""

from __future__ import annotations

from inpaint.images.extra_formats import is_srgb
from inpaint.images.jpeg_parts import PHOTOSHOP
from inpaint.images.picture import Picture

NO_PLACE = {  # formats that have no place for what a picture carries
    "its profile": ("BMP",),
    "EXIF": ("BMP", "GIF"),
    "XMP": ("BMP",),
    "its resolution": ("GIF", "WEBP", "AVIF", "HEIF", "JXL"),
    "its comment": ("PNG", "WEBP", "AVIF", "HEIF", "JXL", "BMP", "TIFF"),
    "its texts": ("JPEG", "GIF", "WEBP", "AVIF", "HEIF", "JXL", "BMP", "TIFF"),
}


def left_out(picture: Picture, form: str) -> str | None:
    """Say what of a picture is lost in a format; None where that is nothing."""
    carried = {
        "its profile": picture.icc,
        "EXIF": picture.exif,
        "XMP": picture.xmp,
        "its resolution": picture.dpi,
        "its comment": picture.comment,
        "its texts": picture.text,
    }
    lost = [what for what, formats in NO_PLACE.items() if form in formats and carried[what]]
    if form == "JXL" and not is_srgb(picture.icc):
        lost.append("its profile, so that its colours may look different")
    if picture.chunks and form != "PNG":
        names = dict.fromkeys(name.decode("ascii", "replace") for name, _ in picture.chunks)
        lost.append(f"its PNG chunks {', '.join(names)}")
    if picture.tags and form != "TIFF":
        lost.append(f"its TIFF tags {', '.join(str(tag) for tag, _, _ in picture.tags)}")
    if picture.extra is not None and form != "TIFF":
        lost.append("its fourth channel of unknown kind")
    if picture.coded is not None and form != "JPEG":
        lost += segments_in_words(picture.coded.segments)
        if picture.coded.trailer.strip(b"\0"):
            lost.append(f"the {len(picture.coded.trailer)} bytes after its end")
    return f"{form} has no place for {', '.join(lost)}: left out" if lost else None


def segments_in_words(segments: tuple[tuple[int, bytes], ...]) -> list[str]:
    """Name the segments of a JPEG that other formats do not know."""
    iptc = [body for _, body in segments if body.startswith(PHOTOSHOP)]
    others = sorted({f"APP{marker - 0xE0}" for marker, body in segments if not body.startswith(PHOTOSHOP)})
    return [*(["IPTC"] if iptc else []), *([f"its segments {', '.join(others)}"] if others else [])]
