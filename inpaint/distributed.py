"""Ranks: several processes started by torchrun act as one; a single process is rank 0 of 1.

Recipes with one player learn by torch's DistributedDataParallel (`training.replicated`).  The others do not: they ask
one network several times in a step, freeze it for some of them, and differentiate in between, and that wrapper knows
one forward and one backward of fixed parameters.  Their gradients are averaged here.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import TypeVar

import torch
import torch.distributed as dist
from torch import nn

Item = TypeVar("Item")


# What gloo and nccl say when a rank is gone or silent.
SAID_OF_RANKS = (
    "gloo",
    "Gloo",
    "NCCL",
    "nccl",
    "onnection",
    "peer",
    "roken pipe",
    "imed out",
    "timeout",
    "ProcessGroup",
)


class RankLost(ValueError):
    """Another rank ended, so that this one cannot go on."""


def join(patience: timedelta | None = None) -> None:
    """Join the processes that torchrun started, each on its own GPU where there are GPUs; alone, do nothing.

    Tensors on CUDA go by nccl, all others by gloo.  patience: how long ranks wait for each other, else torch's.
    """
    if "WORLD_SIZE" not in os.environ or dist.is_initialized():
        return
    if torch.cuda.is_available():
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")) % torch.cuda.device_count())
        dist.init_process_group("cpu:gloo,cuda:nccl", timeout=patience)
    else:
        dist.init_process_group("gloo", timeout=patience)


def leave(*, wait: bool = True) -> None:
    """End what `join` began; wait: for the other ranks, so that none of them loses its partner too early."""
    if not dist.is_initialized():
        return
    try:
        if wait:
            barrier()
            dist.destroy_process_group()
    except (RankLost, RuntimeError):  # the others are gone, and have said why
        return


def launch_command() -> str:
    """Return how these ranks were started, "torchrun --nproc-per-node 2 -m", or "" for a process that is alone."""
    if world_size() == 1:
        return ""
    local = int(os.environ.get("LOCAL_WORLD_SIZE", world_size()))
    nodes = world_size() // local
    return f"torchrun {f'--nnodes {nodes} ' if nodes > 1 else ''}--nproc-per-node {local} -m"


@contextmanager
def others(*, computing: bool = False) -> Iterator[None]:
    """Say in a sentence that another rank is gone, where torch fails to reach it.

    computing: something else may fail as well, so that only what speaks of other ranks is taken for that.
    """
    try:
        yield
    except RuntimeError as error:
        if (
            world_size() == 1
            or "out of memory" in str(error)
            or (computing and not any(it in str(error).lower() for it in SAID_OF_RANKS))
        ):
            raise
        raise RankLost(
            f"another process of this run ended, so process {rank()} of {world_size()} cannot go on"
        ) from error


def rank() -> int:
    return dist.get_rank() if dist.is_initialized() else 0


def world_size() -> int:
    return dist.get_world_size() if dist.is_initialized() else 1


def average_gradients(parameters: Iterable[nn.Parameter]) -> None:
    """Replace every gradient by its mean over the ranks; one all-reduce over all of them.

    Those that are divided over the ranks are means already.
    """
    if world_size() == 1:
        return
    gradients = [it.grad for it in parameters if it.grad is not None and not hasattr(it, "full_tensor")]
    if not gradients:
        return
    flat = torch.cat([gradient.flatten() for gradient in gradients])
    with others():
        dist.all_reduce(flat)
    flat /= world_size()
    offset = 0
    for gradient in gradients:
        gradient.copy_(flat[offset : offset + gradient.numel()].view_as(gradient))
        offset += gradient.numel()


def barrier() -> None:
    """Wait for the other ranks."""
    if dist.is_initialized():
        with others():
            dist.barrier()


def highest(values: Sequence[int]) -> list[int]:
    """Return the highest that any rank has brought, place by place, to all of them."""
    if world_size() == 1:
        return list(values)
    together = torch.tensor(values)
    with others():
        dist.all_reduce(together, dist.ReduceOp.MAX)
    return together.tolist()


def mean_over_ranks(value: torch.Tensor) -> torch.Tensor:
    """Return the mean over the ranks of a tensor that each of them has, without a gradient."""
    if world_size() == 1:
        return value.detach()
    total = value.detach().clone()
    with others():
        dist.all_reduce(total)
    return total / world_size()


def gathered(item: Item) -> list[Item]:
    """Return what every rank has brought, in the order of the ranks, to all of them."""
    if world_size() == 1:
        return [item]
    items: list = [None] * world_size()
    with others():
        dist.all_gather_object(items, item)
    return items


def gathered_by_first(item: Item) -> list[Item]:
    """Return what every rank has brought, in the order of the ranks, to rank 0; to others, an empty list."""
    if world_size() == 1:
        return [item]
    items: list | None = [None] * world_size() if rank() == 0 else None
    with others():
        dist.gather_object(item, items)
    return items or []
