"""Sheets of pictures that show what a network makes of validation samples."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from inpaint.images import from_array, write
from inpaint.sample import Sample
from inpaint.training.validating import validation_score

ROW_LABEL_HEIGHT = 16  # px, of the strip above each row


def write_sheet(path: Path, samples: Sequence[Sample], restored: Sequence[Tensor]) -> None:
    """Write one PNG with a row per sample: input | output | target, under labels with the PSNR over the mask, in dB.

    Each sample and composite is a batch of one.
    """
    rows = []
    for sample, output in zip(samples, restored, strict=True):
        pictures = torch.cat([sample.image, output, sample.target], dim=3)[0].clamp(0, 1)  # (3, H, 3 W)
        before, after = (validation_score("psnr_mask", image, sample) for image in (sample.image, output))
        labels = f"input {before:.1f} dB", f"output {after:.1f} dB", "target"
        rows += [label_strip(labels, sample.image.shape[-1]), pictures]
    write(from_array(torch.cat(rows, dim=1)), path)


def label_strip(labels: Sequence[str], width: int) -> Tensor:
    """Return labels side by side, each this many pixels wide, white on black, (3, ROW_LABEL_HEIGHT, labels x width)."""
    strip = np.zeros((ROW_LABEL_HEIGHT, width * len(labels)), np.uint8)
    for number, label in enumerate(labels):
        place = strip[:, number * width : (number + 1) * width]
        written = np.zeros_like(place)
        cv2.putText(written, label, (2, ROW_LABEL_HEIGHT - 5), cv2.FONT_HERSHEY_SIMPLEX, 0.35, 255, 1, cv2.LINE_AA)
        place[:] = written
    return torch.from_numpy(strip).float().div(255).expand(3, -1, -1)
