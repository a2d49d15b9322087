"""A network that is given what somebody draws, for the tests of sketches and colours."""

from __future__ import annotations

import torch
from torch import Tensor

from inpaint.contracts import ExtraInput, Generator
from inpaint.sample import Prediction


class Drawing(Generator):
    """Answers what was drawn, and grey where nothing was."""

    def __init__(self):
        super().__init__()
        self.inputs = {"sketch": ExtraInput(1), "colour": ExtraInput(3), "noise": ExtraInput(1, noise=True)}
        self.given: list[dict[str, Tensor | None]] = []

    def forward(
        self,
        image: Tensor,
        mask: Tensor,
        *,
        sketch: Tensor | None = None,
        colour: Tensor | None = None,
        noise: Tensor | None = None,
    ) -> Prediction:
        self.given.append({"sketch": sketch, "colour": colour})
        answer = torch.full_like(image, 0.5)
        if sketch is not None and colour is not None:
            answer = torch.where(sketch > 0, 1.0, torch.where(colour > 0, colour, answer))
        return Prediction(answer, {})
