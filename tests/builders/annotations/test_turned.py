from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageOps

from inpaint.builders.annotations import as_shown, draw_regions, exif_orientation
from inpaint.builders.annotations.region import AnnotatedRegion
from inpaint.builders.annotations.runs import runs_from_mask

STORED = (60, 90)  # height, width


def stored_file(orientation: int, mask: np.ndarray) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    stream = io.BytesIO()
    Image.fromarray(mask * np.uint8(255)).save(stream, "PNG", exif=exif)
    return stream.getvalue()


def region(kind: str, mask: np.ndarray) -> AnnotatedRegion:
    frame = (float(STORED[0]), float(STORED[1]))
    if kind == "mask":
        return AnnotatedRegion("x", "mask", pixels=runs_from_mask(mask))
    if kind == "box":
        return AnnotatedRegion("x", "box", (((5.0, 10.0), (15.0, 40.0)),), frame=frame)
    return AnnotatedRegion("x", "polygon", (((5.0, 10.0), (5.0, 40.0), (15.0, 40.0), (15.0, 10.0)),), frame=frame)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["box", "polygon", "mask"])
def test_what_was_drawn_on_the_stored_picture_lies_where_pillow_turns_it(orientation: int, kind: str):
    mask = np.zeros(STORED, bool)
    mask[5:15, 10:40] = True
    data = stored_file(orientation, mask)
    assert exif_orientation(data) == orientation
    with Image.open(io.BytesIO(data)) as opened:
        shown = np.array(ImageOps.exif_transpose(opened)) > 0
    frame = "auto" if orientation in (1, 5, 6, 7, 8) else "stored"
    turned = as_shown([region(kind, mask)], orientation, (shown.shape[0], shown.shape[1]), frame)
    assert np.array_equal(draw_regions(turned, shown.shape), shown)


def test_the_sizes_tell_what_is_annotated_and_where_they_do_not_it_is_asked():
    on_shown = AnnotatedRegion("x", "box", (((5.0, 5.0), (9.0, 9.0)),), frame=(90.0, 60.0))
    assert as_shown([on_shown], 6, (90, 60), "auto") == [on_shown]
    for unclear in (on_shown._replace(frame=(60.0, 60.0)), on_shown._replace(frame=None)):
        with pytest.raises(ValueError, match=r"set annotations\.frame to stored or to shown"):
            as_shown([unclear], 6, (60, 60), "auto")
        assert as_shown([unclear], 6, (60, 60), "shown") == [unclear]
