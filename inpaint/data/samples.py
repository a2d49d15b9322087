"""Samples as a pure function of (seed, position): the same for any number of workers, and after any interruption."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from inpaint.data.sources import PictureSource
from inpaint.randomness import choose, rng_for
from inpaint.sample import Sample

Degrade = Callable[[Tensor, torch.Generator], tuple[Tensor, Tensor]]


class Samples(Dataset[Sample]):
    """An endless table of samples; row n is drawn from nothing but the seed and n."""

    def __init__(self, sources: Sequence[tuple[float, PictureSource]], degrade: Degrade, *, crop: int, seed: int):
        """Take sources with their shares and what damages a picture; crop: side of a sample, px."""
        self.shares = [share for share, _ in sources]
        self.sources = [source for _, source in sources]
        self.degrade = degrade
        self.size = (crop, crop)
        self.seed = seed

    def __getitem__(self, position: int) -> Sample:
        rng = rng_for(self.seed, "train", position)
        with single_threaded():
            target = choose(rng, self.sources, self.shares)(self.size, rng)
            image, mask = self.degrade(target, rng)
        return Sample(image, mask, target)


@contextmanager
def single_threaded() -> Iterator[None]:
    """Keep torch to one thread, as in a worker: how many threads share a sum decides its last bits."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


class Positions(Sampler[list[int]]):
    """The positions that one of `world` ranks takes, from batch `start` to batch `stop`."""

    def __init__(self, start: int, stop: int, *, batch: int, rank: int = 0, world: int = 1):
        self.batches = range(start, stop)
        self.batch = batch
        self.rank = rank
        self.world = world

    def __len__(self) -> int:
        return len(self.batches)

    def __iter__(self) -> Iterator[list[int]]:
        for number in self.batches:
            first = (number * self.world + self.rank) * self.batch
            yield list(range(first, first + self.batch))


def load_batches(samples: Samples, positions: Positions, *, workers: int, pin: bool) -> Iterator[Sample]:
    """Yield the batches of these positions, in order, prepared by `workers` processes (0: in this one).

    A ValueError of a worker (a picture smaller than the crop) is raised here as the same single sentence.
    """
    loader = DataLoader(
        samples,
        batch_sampler=positions,
        num_workers=workers,
        pin_memory=pin,
        worker_init_fn=one_thread if workers else None,
        prefetch_factor=4 if workers else None,
    )
    try:
        yield from loader
    except ValueError as error:  # a worker's message is its whole traceback, which ends with the sentence
        sentence = str(error).rstrip().rpartition("\nValueError: ")[2]
        raise ValueError(sentence) from error


def one_thread(worker: int) -> None:
    """Keep a worker to one thread: the workers are the parallelism, and the trainer wants its cores."""
    import cv2

    torch.set_num_threads(1)
    cv2.setNumThreads(0)


def fixed_samples(targets: Sequence[Tensor], degrade: Degrade, *, seed: int) -> list[Sample]:
    """Damage each target (3, H, W) in its own fixed way, for validation.  Each sample is a batch of one."""
    samples = []
    for number, target in enumerate(targets):
        image, mask = degrade(target, rng_for(seed, "validation", number))
        samples.append(Sample(image[None], mask[None], target[None]))
    return samples
