"""A store of earlier fakes, so that a discriminator does not only chase the newest ones.

Source: Shrivastava et al., Learning from Simulated and Unsupervised Images through Adversarial Training (2017), in the
form of CycleGAN (Zhu et al. 2017): 50 pictures, exchanged one by one.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from inpaint.randomness import chance, integer


class Pool(nn.Module):
    """Up to `size` pictures; a size of 0 stores nothing and gives back what it gets.

    What it holds is part of the state dict, for it decides what is learned from next.
    """

    def __init__(self, size: int):
        super().__init__()
        if size < 0:
            raise ValueError(f"the pool's size is {size}: it must be at least 0")
        self.size = size
        self.pictures: list[Tensor] = []  # each (C, H, W); H and W are known with the first batch, not before

    def exchange(self, pictures: Tensor, rng: torch.Generator) -> Tensor:
        """Return a batch for the discriminator, picture by picture, and store what was not returned.

        pictures: (B, C, H, W), detached in the answer.  Until the pool is full, pictures are stored and returned; from
        then on each is as likely returned itself as exchanged for a random stored one.
        """
        return torch.stack([self.exchange_one(picture, rng) for picture in pictures.detach()])

    def exchange_one(self, picture: Tensor, rng: torch.Generator) -> Tensor:
        """Return a picture (C, H, W), new or old."""
        if len(self.pictures) < self.size:
            self.pictures.append(picture.clone())
            return picture
        if not self.size or chance(rng, 0.5):
            return picture
        place = integer(rng, 0, self.size - 1)
        old, self.pictures[place] = self.pictures[place], picture.clone()
        return old.to(picture.device)  # a resumed run finds them on the CPU

    def get_extra_state(self) -> list[Tensor]:
        """Return the pictures for the state dict."""
        return list(self.pictures)

    def set_extra_state(self, state: list[Tensor]) -> None:
        """Take the pictures of a state dict."""
        self.pictures = list(state)
