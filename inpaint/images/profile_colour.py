"""What a colour of sRGB is in the numbers of a picture that has a profile of its own."""

from __future__ import annotations

import io

from PIL import Image, ImageCms


def in_profile(colour: tuple[int, int, int], icc: bytes) -> tuple[int, int, int] | None:
    """Return the 8-bit numbers of an sRGB colour in a profile; None for a profile of no RGB, or one that is damaged.

    A paint program that minds profiles writes these numbers when it is told to paint in that colour.

    >>> from PIL import ImageCms
    >>> in_profile((0, 255, 0), ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    (0, 255, 0)
    """
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        if str(getattr(profile.profile, "xcolor_space", "")).strip() != "RGB":
            return None
        one = Image.new("RGB", (1, 1), colour)
        turned = ImageCms.profileToProfile(one, ImageCms.createProfile("sRGB"), profile)
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None
    assert turned is not None
    red, green, blue = turned.tobytes()
    return red, green, blue
