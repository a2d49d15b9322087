"""Samples on their way to the device that learns."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from inpaint.degradation.batches import damaged_batch
from inpaint.degradation.drafts import Drafts
from inpaint.sample import Sample


class Mover:
    """Copies samples to a device; to a graphics card on a stream of its own, beside what is computed meanwhile."""

    def __init__(self, device: torch.device, *, channels_last: bool):
        self.device = device
        self.layout = torch.channels_last if channels_last else torch.contiguous_format
        self.stream = torch.cuda.Stream(device) if device.type == "cuda" else None

    def __call__(self, batch: Sample | Drafts) -> Sample:
        """Return the sample on the device, where drafts are damaged.

        The processor runs ahead, so that what it copies and damages is there when needed.
        """
        if self.stream is None:
            return self.ready(batch)
        with torch.cuda.stream(self.stream):
            ready = self.ready(batch)
        current = torch.cuda.current_stream(self.stream.device)
        current.wait_stream(self.stream)
        return ready.each(lambda part: recorded(part, current))

    def ready(self, batch: Sample | Drafts) -> Sample:
        """Copy a batch, and damage it where that is still to be done."""
        if isinstance(batch, Drafts):
            batch = damaged_batch(batch.each(lambda part: part.to(self.device, non_blocking=True)))
        return batch.each(self.moved)

    def moved(self, part: Tensor) -> Tensor:
        """Return a part of a sample on the device; vectors have no layout."""
        layout: Any = {"memory_format": self.layout} if part.ndim == 4 else {}
        return part.to(self.device, non_blocking=True, **layout)


def recorded(part: Tensor, stream: torch.cuda.Stream) -> Tensor:
    """Keep the memory of a part from being used again before this stream has read it."""
    part.record_stream(stream)
    return part
