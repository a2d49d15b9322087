"""Samples as a pure function of (seed, position): the same for any number of workers, and after any interruption."""

from __future__ import annotations

import atexit
import re
import signal
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from inpaint.contracts import ExtraInput
from inpaint.data.drawn_inputs import inputs_of, with_inputs
from inpaint.data.skipped import Replacing, Skipped, collated, joined_to_batch
from inpaint.data.sources import PictureSource
from inpaint.degradation.drafts import Draft
from inpaint.interrupt import deaf_children, ignore_stopping, in_main_thread
from inpaint.randomness import choose, rng_for
from inpaint.sample import Sample

WORKERS: weakref.WeakSet[Any] = weakref.WeakSet()  # the processes that prepare pictures and may still run
Degrade = Callable[..., tuple[Tensor, Tensor]]  # (target, rng), and own where a picture brings its mask


class Samples(Dataset[Any]):
    """An endless table of samples; row n is drawn from nothing but the seed and n."""

    def __init__(
        self,
        sources: Sequence[tuple[float, PictureSource]],
        degrade: Degrade,
        *,
        crop: int | tuple[int, int],
        seed: int,
        inputs: Mapping[str, ExtraInput] | None = None,
        distinct: int | None = None,
        drafts: bool = False,
    ):
        """Take sources with their shares and what damages a picture.

        crop: side of a sample, or its height and width, px.
        inputs: of the network beside picture and mask; those that training brings are drawn.
        distinct: after so many samples the same ones come again.
        drafts: leave the damage to whoever takes the batches (`degradation.batches`); degrade is a Degradation.
        """
        self.drafts = drafts
        self.inputs = dict(inputs or {})
        self.shares = [share for share, _ in sources]
        self.sources = [source for _, source in sources]
        self.degrade = degrade
        self.size = (crop, crop) if isinstance(crop, int) else crop
        self.seed, self.distinct = seed, distinct

    def __getitem__(self, position: int) -> Any:  # a Sample or a Draft
        position = position % self.distinct if self.distinct else position
        rng = rng_for(self.seed, "train", position)
        with single_threaded():
            target = choose(rng, self.sources, self.shares)(self.size, rng)
            damage = drafted_sample if self.drafts else damaged_sample
            sample = damage(target, self.degrade, rng)
            inputs = inputs_of(target[:3], self.inputs, rng_for(self.seed, "inputs", position))
            return sample._replace(inputs=inputs) if inputs else sample


def damaged_sample(target: Tensor, degrade: Degrade, rng: torch.Generator) -> Sample:
    """Damage a picture (3, H, W), or one that brings its own mask as a fourth plane."""
    if len(target) == 3:
        return Sample(*degrade(target, rng), target)
    return Sample(*degrade(target[:3], rng, own=target[3:]), target[:3])


def drafted_sample(target: Tensor, degrade: Any, rng: torch.Generator) -> Draft:
    """Draw all of a damage but leave it to be done; target as of `damaged_sample`."""
    return degrade.draft(target[:3], rng, own=target[3:] if len(target) > 3 else None)


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


def load_batches(
    samples: Samples, positions: Positions, *, workers: int, pin: bool, skipped: Skipped | None = None
) -> Iterator[Any]:
    """Yield the batches of these positions, in order, prepared by `workers` processes (0: in this one).

    Each is a Sample, or Drafts where the table holds drafts.

    skipped: gets the faults of samples that cannot be made, which are replaced by the next position; with None such a
    ValueError (a picture smaller than the crop) is raised here, as the same single sentence from any worker.
    """
    loader = DataLoader(
        samples if skipped is None else Replacing(samples),
        batch_sampler=positions,
        collate_fn=joined_to_batch if skipped is None else collated,
        num_workers=workers,
        pin_memory=pin,
        worker_init_fn=begin_worker if workers else None,
        prefetch_factor=4 if workers else None,
    )
    batches = started(loader)
    try:
        for batch in batches:
            if skipped is None:
                yield batch
            else:
                sample, faults = batch
                skipped.new += faults
                yield sample
    except ValueError as error:  # a worker's message is its whole traceback, which ends with the sentence
        sentence = str(error).rstrip().rpartition("\nValueError: ")[2]
        raise ValueError(sentence) from error
    except RuntimeError as error:
        died = re.search(r"DataLoader worker \(pid\(?s?\)? ?([\d, ]+)\)", str(error))
        if not died:
            raise
        raise ValueError(
            f"the process {died[1]} that prepares pictures ended, most often because memory ran out: lower data.workers"
        ) from error
    finally:
        end_workers(batches)


def started(loader: DataLoader) -> Iterator:
    """Start the workers of a loader so that they end when their parent does, and no signal before.

    torch would raise the death of a worker anywhere, even between two weights of one step; without its handler it is
    noticed when the next batch is asked for.
    """
    child = getattr(signal, "SIGCHLD", None)
    before = signal.getsignal(child) if child else None
    with deaf_children():
        batches = iter(loader)
    if child and in_main_thread():
        signal.signal(child, before)
    WORKERS.update(getattr(batches, "_workers", ()))
    atexit.unregister(kill_workers)
    atexit.register(kill_workers)  # Python's own end of them is SIGTERM, to which they are deaf
    return batches


def end_workers(batches: Any) -> None:
    """End the processes of a loader's iterator, if it has any."""
    if hasattr(batches, "_shutdown_workers"):
        batches._shutdown_workers()
        for worker in batches._workers:
            worker.kill()


def kill_workers() -> None:
    """End every worker that is left."""
    for worker in list(WORKERS):
        worker.kill()


def begin_worker(worker: int) -> None:
    """Keep a worker to one thread, for the workers are the parallelism, and leave it to its parent to end it."""
    import cv2

    ignore_stopping()
    torch.set_num_threads(1)
    cv2.setNumThreads(0)


def fixed_samples(
    targets: Sequence[Tensor], degrade: Degrade, *, seed: int, inputs: Mapping[str, ExtraInput] | None = None
) -> list[Sample]:
    """Damage each target (3 or 4, H, W) in its own fixed way, for validation.  Each sample is a batch of one."""
    samples = []
    for number, target in enumerate(targets):
        sample = damaged_sample(target, degrade, rng_for(seed, "validation", number))
        sample = with_inputs(sample, inputs or {}, rng_for(seed, "validation inputs", number))
        samples.append(sample.each(lambda part: part[None]))
    return samples
