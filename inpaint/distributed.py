"""Ranks: several processes started by torchrun act as one; a single process is rank 0 of 1."""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import timedelta
from typing import TypeVar

import torch
import torch.distributed as dist
from torch import nn

Item = TypeVar("Item")


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


def rank() -> int:
    return dist.get_rank() if dist.is_initialized() else 0


def world_size() -> int:
    return dist.get_world_size() if dist.is_initialized() else 1


def average_gradients(parameters: Iterable[nn.Parameter]) -> None:
    """Replace every gradient by its mean over the ranks; one all-reduce over all of them."""
    if world_size() == 1:
        return
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    if not gradients:
        return
    flat = torch.cat([gradient.flatten() for gradient in gradients])
    dist.all_reduce(flat)
    flat /= world_size()
    offset = 0
    for gradient in gradients:
        gradient.copy_(flat[offset : offset + gradient.numel()].view_as(gradient))
        offset += gradient.numel()


def barrier() -> None:
    """Wait for the other ranks."""
    if dist.is_initialized():
        dist.barrier()


def gathered(item: Item) -> list[Item]:
    """Return what every rank has brought, in the order of the ranks, to all of them."""
    if world_size() == 1:
        return [item]
    items: list = [None] * world_size()
    dist.all_gather_object(items, item)
    return items
