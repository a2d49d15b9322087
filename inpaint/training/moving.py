"""Samples on their way to the device that learns."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from inpaint.sample import Sample


class Mover:
    """Copies samples to a device; to a graphics card on a stream of its own, beside what is computed meanwhile."""

    def __init__(self, device: torch.device, *, channels_last: bool):
        self.device = device
        self.layout = torch.channels_last if channels_last else torch.contiguous_format
        self.stream = torch.cuda.Stream(device) if device.type == "cuda" else None

    def __call__(self, sample: Sample) -> Sample:
        """Return the sample on the device.  The processor runs ahead, so that what it copies is there when needed."""
        if self.stream is None:
            return sample.each(self.moved)
        with torch.cuda.stream(self.stream):
            moved = sample.each(self.moved)
        current = torch.cuda.current_stream(self.stream.device)
        current.wait_stream(self.stream)
        return moved.each(lambda part: recorded(part, current))

    def moved(self, part: Tensor) -> Tensor:
        """Return a part of a sample on the device; vectors have no layout."""
        layout: Any = {"memory_format": self.layout} if part.ndim == 4 else {}
        return part.to(self.device, non_blocking=True, **layout)


def recorded(part: Tensor, stream: torch.cuda.Stream) -> Tensor:
    """Keep the memory of a part from being used again before this stream has read it."""
    part.record_stream(stream)
    return part
