"""What happens to a censored picture afterwards: it is blurred, resized, noisy, and above all saved as JPEG.

Sources: the kinds and their order (blur, rescale, noise, JPEG) are those of DeepMosaics' degrader; Lada and
Real-ESRGAN use the same.  What differs: milder ranges, because they restore video and we restore pictures; the
target stays clean, so that the network also learns to undo the damage; the size never changes.

The artefacts also change what the network sees outside the mask, as in a real JPEG; the composite takes those pixels
from the file that is restored, so they are only context.  A loss on known pixels asks the network to clean them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor

from inpaint.degradation.painting import integer_between, number_between, probability, span, units, whole_span

SHRINKING = (cv2.INTER_AREA, cv2.INTER_LINEAR, cv2.INTER_CUBIC)
ENLARGING = (cv2.INTER_LINEAR, cv2.INTER_CUBIC)


class Realism:
    """Spoil a degraded picture as storing and sharing do; every kind of damage is drawn independently."""

    def __init__(
        self,
        *,
        blur: float = 0.1,
        sigma: Sequence[float] = (0.2, 1.0),
        rescale: float = 0.2,
        factor: Sequence[float] = (0.7, 1.4),
        noise: float = 0.1,
        deviation: Sequence[float] = (0.5, 4.0),
        jpeg: float = 0.4,
        quality: Sequence[int] = (60, 95),
        known: str = "degraded",
    ) -> None:
        """Say how probable and how strong each kind is.

        blur with sigma in pixels; rescale by factor and back, log-uniform; noise with a standard deviation in
        levels of 255; jpeg with quality 1 to 100, colours at half resolution.
        known: "degraded" damages the whole picture, "clean" only the pixels where mask is 1.
        """
        if known not in ("degraded", "clean"):
            raise ValueError(f"known is {known!r}, but must be degraded or clean")
        self.blur = probability("blur", blur)
        self.sigma = span("sigma", sigma, 0.01)
        self.rescale = probability("rescale", rescale)
        self.factor = span("factor", factor, 0.01)
        self.noise = probability("noise", noise)
        self.deviation = span("deviation", deviation, 0.0)
        self.jpeg = probability("jpeg", jpeg)
        self.quality = whole_span("quality", quality, 1)
        if self.quality[1] > 100:
            raise ValueError(f"quality is {list(quality)}, but JPEG quality ends at 100")
        self.known = known

    def __call__(
        self, degraded: Tensor, mask: Tensor, rng: torch.Generator, record: dict[str, Any] | None = None
    ) -> Tensor:
        """Return the picture (3, H, W) in [0, 1] as it would be found; without any damage it is the same tensor.

        mask: (1, H, W); only read when known is "clean".  record gets each kind that happened, and how strong it was.
        """
        record = {} if record is None else record
        numbers = units(rng, 10)
        if not self.happens(numbers):
            return degraded
        do_blur, do_rescale, do_noise, do_jpeg, sigma, factor, deviation, quality, shrink, grow = numbers
        picture = np.ascontiguousarray(degraded.permute(1, 2, 0).numpy())  # (H, W, 3), RGB
        if do_blur < self.blur:
            record["blur"] = number_between(sigma, *self.sigma)
            picture = cv2.GaussianBlur(picture, (0, 0), record["blur"])
        if do_rescale < self.rescale:
            low, high = self.factor
            shrinking, enlarging = SHRINKING[integer_between(shrink, 0, 2)], ENLARGING[integer_between(grow, 0, 1)]
            record["rescale"] = low * (high / low) ** factor
            picture = rescaled(picture, record["rescale"], shrinking=shrinking, enlarging=enlarging)
        if do_noise < self.noise:
            grain = torch.randn(picture.shape, generator=rng).numpy()
            record["noise"] = number_between(deviation, *self.deviation)
            picture = picture + grain * np.float32(record["noise"] / 255)
        picture = picture.clip(0, 1)
        if do_jpeg < self.jpeg:
            record["jpeg"] = integer_between(quality, *self.quality)
            picture = compressed(picture, record["jpeg"])
        found = torch.from_numpy(picture).permute(2, 0, 1).contiguous()  # (3, H, W)
        return torch.where(mask > 0, found, degraded) if self.known == "clean" else found

    def happens(self, numbers: Sequence[float]) -> bool:
        """Tell whether any kind of damage follows from the numbers that a call draws first."""
        wanted = (self.blur, self.rescale, self.noise, self.jpeg)
        return any(number < share for number, share in zip(numbers[:4], wanted, strict=True))

    def next_happens(self, rng: torch.Generator) -> bool:
        """Draw as a call does first, and tell whether it would do anything."""
        return self.happens(units(rng, 10))


def rescaled(picture: np.ndarray, factor: float, *, shrinking: int, enlarging: int) -> np.ndarray:
    """Resize (H, W, 3) by the factor and back to its own size, with cv2's filters for either direction."""
    height, width = picture.shape[:2]
    other = (max(1, round(width * factor)), max(1, round(height * factor)))
    there, back = (shrinking, enlarging) if factor < 1 else (enlarging, shrinking)
    return cv2.resize(cv2.resize(picture, other, interpolation=there), (width, height), interpolation=back)


def compressed(picture: np.ndarray, quality: int) -> np.ndarray:
    """Save (H, W, 3) RGB in [0, 1] as JPEG with 4:2:0 colours and read it back."""
    levels = np.rint(picture[..., ::-1] * 255).astype(np.uint8)  # cv2 keeps BGR
    done, file = cv2.imencode(".jpg", levels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert done
    decoded = cv2.imdecode(file, cv2.IMREAD_COLOR)
    assert decoded is not None
    return decoded[..., ::-1].astype(np.float32) / 255
