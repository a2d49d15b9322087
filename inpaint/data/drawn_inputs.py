"""What training draws of an original for networks that are given more than a picture and its mask.

Source: Jo and Park, SC-FEGAN: Face Editing Generative Adversarial Network with User's Sketch and Color (2019), who take
the edges of a network (HED) and the medians of a face's segments.  What differs: the edges are Canny's of a picture
that is smoothed by more or less, without their shortest pieces; the colours are those of a picture without its fine
details, seen through strokes as a hand makes them; each is left out of a share of the samples, so that the network also
restores where nobody draws.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import cv2
import numpy as np
import torch
from torch import Tensor

from inpaint.contracts import ExtraInput
from inpaint.degradation.masks import scribbles
from inpaint.layers.canny import canny, grey
from inpaint.randomness import chance, integer, uniform
from inpaint.sample import Sample

LEFT_OUT = 0.25  # of the samples, for each input by itself
SKETCH_SIGMAS = (1.0, 3.0)  # px, of the Gaussian before the edges are looked for
LEAST_LINE = (4, 24)  # px of a line of the sketch, below which it is left out
COLOUR_MEDIAN = 5  # px
COLOUR_ROUNDS = 3  # of the bilateral filter
BILATERAL = (9, 40.0, 5.0)  # px, levels, px
COLOUR_STROKES = scribbles(count=(1, 8), width=(4, 24), segments=(1, 5), length=(10, 60))


def with_inputs(sample: Sample, inputs: Mapping[str, ExtraInput], rng: torch.Generator) -> Sample:
    """Return a single sample with the inputs that training brings, (channels, H, W) each; without any it stays."""
    drawn = inputs_of(sample.target, inputs, rng)
    return sample._replace(inputs=drawn) if drawn else sample


def inputs_of(target: Tensor, inputs: Mapping[str, ExtraInput], rng: torch.Generator) -> dict[str, Tensor]:
    """Draw the inputs that training brings for an original (3, H, W)."""
    drawn: dict[str, Tensor] = {}
    for name, wanted in inputs.items():
        if not wanted.drawn:
            continue
        if wanted.noise:
            drawn[name] = wanted.draw(target[None], rng)[0]
            continue
        assert name in DRAWN_INPUTS, f"nothing draws the input {name}"
        if chance(rng, LEFT_OUT):
            drawn[name] = target.new_zeros(wanted.channels, *target.shape[1:])
        else:
            drawn[name] = DRAWN_INPUTS[name](target, rng)
    return drawn


def drawn_sketch(target: Tensor, rng: torch.Generator) -> Tensor:
    """Return lines where the original (3, H, W) has edges, (1, H, W) of exact zeros and ones."""
    edges = canny(grey(target[None]), sigma=uniform(rng, *SKETCH_SIGMAS))[0, 0].numpy().astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(edges, connectivity=8)
    long = stats[:count, cv2.CC_STAT_AREA] >= integer(rng, *LEAST_LINE)
    long[0] = False
    return torch.from_numpy(long[np.asarray(labels, np.int32)]).to(target)[None]


def drawn_colours(target: Tensor, rng: torch.Generator) -> Tensor:
    """Return plain colours of the original (3, H, W) where strokes run, (3, H, W), 0 elsewhere."""
    pixels = (target * 255).round().to(torch.uint8).permute(1, 2, 0).numpy()
    plain = cv2.medianBlur(np.ascontiguousarray(pixels), COLOUR_MEDIAN)
    for _ in range(COLOUR_ROUNDS):
        plain = cv2.bilateralFilter(plain, *BILATERAL)
    strokes = COLOUR_STROKES((target.shape[1], target.shape[2]), rng)
    return torch.from_numpy(plain).permute(2, 0, 1).to(target) / 255 * strokes


DRAWN_INPUTS: dict[str, Callable[[Tensor, torch.Generator], Tensor]] = {
    "sketch": drawn_sketch,
    "colour": drawn_colours,
}
