"""Which of several answers is the best, told by the discriminators that a network learned against.

Source: Zheng et al., Pluralistic Image Completion (2019), who draw many answers and show those that their discriminator
takes for real, composed with the known pixels.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

from inpaint.contracts import Discriminator, View
from inpaint.sample import composite


class AnswerJudges:
    """Discriminators that judge answers as they learned to: at the size of their training."""

    def __init__(self, judges: Mapping[str, Discriminator], *, device: torch.device, side: int, view: View):
        """side: of the pictures that they learned from, px; 0 where nobody knows.  view: what the network sees."""
        self.networks = [judge.eval().to(device) for judge in judges.values()]
        self.device, self.side, self.view = device, side, view

    @torch.no_grad()
    def score(self, answer: Tensor, image: Tensor, mask: Tensor) -> Tensor:
        """Return how real an answer looks in what is known, (1,); high is real.

        answer, image: (3, h, w) in [0, 1].  mask: (1, h, w).  The sum over the discriminators of the means of what they
        say.
        """
        seen = composite(answer, image, mask)
        candidate, image, mask = (self.shown(it[None]) for it in (seen, image, mask))
        mask = (mask > 0).to(mask.dtype)
        said = [network(candidate, image, mask).logits.float().mean() for network in self.networks]
        return torch.stack(said).sum()[None].cpu()

    def shown(self, picture: Tensor) -> Tensor:
        """Return a picture (1, C, h, w) at the size of training; one that a network sees shrunk keeps its shape."""
        height, width = picture.shape[-2:]
        size = (self.side or height, self.side or width)
        if self.view == "small":
            factor = max(1.0, max(height, width) / (self.side or max(height, width)))
            size = (max(1, round(height / factor)), max(1, round(width / factor)))
        shown = picture.to(self.device)
        if size == (height, width):
            return shown
        return F.interpolate(shown, size, mode="bilinear", align_corners=False, antialias=True)
