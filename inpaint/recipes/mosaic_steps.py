"""Learning to restore mosaics of several blocks by steps of 2 and 4, the later ones from the network's own answers.

The samples hold mosaics of 4 px, which are one step.  Of some of them mosaics of 8 and 16 px are made, which are two:
one of 2 or 4 at a quarter of the resolution, then one of 4 from what that answered, as they are restored.  A network
that learns steps of 4 alone forgets the rest: the bundled one, fine-tuned so on drawings of one hand, gained 0.4 dB at
4 px and lost as much at 8 and 16.

Source: our own, as scripts/train_cells.py trains the bundled network, with a block for each sample.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inpaint.contracts import Generator, Turn
from inpaint.generators.cells import Cells, repeated, with_means
from inpaint.losses import Weight, check_weights, weighted
from inpaint.losses.scene import Scene
from inpaint.sample import Prediction, Sample

LAST = 4  # px a cell has in the last step
FIRST_STEPS = {8: 2, 16: 4}  # the step before it, by the block


class ShownMosaics(NamedTuple):
    """Mosaics of one block: what the last step sees, and what it is to keep."""

    sample: Sample
    cells: Tensor  # (B, 3, H / block, W / block), the measured means
    block: int


class MosaicSteps(nn.Module):
    """The network over cells learns, once per batch."""

    def __init__(
        self, generator: Generator, *, weights: Mapping[str, Weight], blocks: Sequence[int] = (LAST, 8, LAST, 16)
    ):
        """Take the network that learns and how much each term counts.

        blocks: of the mosaics, 4, 8 or 16 px, that the samples take in turn.
        """
        super().__init__()
        check_weights(weights, features=None)
        if not isinstance(generator, Cells):
            raise ValueError(f"the recipe mosaic_steps cannot teach a {type(generator).__name__}: choose cells")
        known = [LAST, *(block for block, step in FIRST_STEPS.items() if step in generator.cell_steps)]
        if not blocks or not set(blocks) <= set(known):
            raise ValueError(f"blocks are {list(blocks)}: choose among {', '.join(map(str, known))}")
        self.generator = generator
        self.weights = dict(weights)
        self.blocks = tuple(blocks)

    @property
    def players(self) -> dict[str, nn.Module]:
        """The networks that learn, one optimizer each."""
        return {"generator": self.generator}

    def turns(self, sample: Sample, step: int) -> Iterator[Turn]:
        """Yield the generator's turn: all last steps of a batch are one call."""
        first = step * len(sample.image)  # the same blocks on every rank: each term is a mean over all of them
        turns = [self.blocks[(first + number) % len(self.blocks)] for number in range(len(sample.image))]
        terms: dict[str, Tensor] = {}
        parts: list[ShownMosaics] = []
        for block in sorted(set(turns)):
            chosen = torch.tensor([it == block for it in turns], device=sample.image.device)
            given = sample.each(lambda it, chosen=chosen: it[chosen])
            if block == LAST:
                parts.append(ShownMosaics(given, F.avg_pool2d(given.image, LAST), LAST))
            else:
                coarse, part = self.coarser(given, block, step)
                add_terms(terms, coarse, len(given.image) / len(turns))
                parts.append(part)
        image, mask = (torch.cat(it) for it in zip(*(part.sample[:2] for part in parts), strict=True))
        guessed = torch.cat([image.new_full((len(it.cells), 1, 1, 1), float(it.block > LAST)) for it in parts])
        raw = self.generator(image, mask, block=LAST, guessed=guessed).extras["raw"]  # (B, 3, H, W)
        for part, answer in zip(parts, raw.split([len(it.cells) for it in parts]), strict=True):
            add_terms(terms, self.missed(answer, part, step), len(part.cells) / len(turns))
        yield Turn("generator", terms)

    def coarser(self, sample: Sample, block: int, step: int) -> tuple[dict[str, Tensor], ShownMosaics]:
        """Make mosaics of a larger block of samples and take the first step.

        Returns its terms, and what the last step sees: the answer, without a gradient.
        """
        pooled = F.max_pool2d(sample.mask, block)
        mask = repeated(pooled, block)  # whole cells of the larger block
        cells = (F.avg_pool2d(sample.target, block) * 255).round() / 255  # (B, 3, h, w), as files hold them
        known = torch.where(mask > 0, repeated(cells, block), sample.image)
        small = Sample(F.avg_pool2d(known, LAST), F.avg_pool2d(mask, LAST), F.avg_pool2d(sample.target, LAST))
        answer = self.generator(small.image, small.mask, block=FIRST_STEPS[block]).extras["raw"]
        terms = self.missed(answer, ShownMosaics(small, cells, FIRST_STEPS[block]), step)
        kept = with_means(answer.detach().to(cells.dtype), small.mask, cells, FIRST_STEPS[block])
        image = torch.where(mask > 0, repeated(kept, LAST), sample.image)
        return terms, ShownMosaics(Sample(image, mask, sample.target), cells, block)

    def missed(self, raw: Tensor, part: ShownMosaics, step: int) -> dict[str, Tensor]:
        """Return the terms of an answer and of the same with the measured means, on average."""
        raw, terms = raw.to(part.cells.dtype), {}
        for answer in (raw, with_means(raw, part.sample.mask, part.cells, part.block)):
            add_terms(terms, weighted(self.weights, Scene(Prediction(answer, {}), part.sample), step), 0.5)
        return terms


def add_terms(terms: dict[str, Tensor], more: Mapping[str, Tensor], share: float) -> None:
    """Add a share of some terms to others, in place."""
    for name, term in more.items():
        terms[name] = terms[name] + share * term if name in terms else share * term
