"""A network whose parameters, gradients and moments are divided over the ranks, for those that fit on none.

By torch's FSDP2 (Zhao et al., PyTorch FSDP, 2023), block by block.  States and checkpoints hold whole tensors, so a run
may go on with any number of ranks, or without.  The average stays whole on every rank.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from inpaint import distributed
from inpaint.contracts import Recipe


def check_sharding(recipe: Recipe, precision: str) -> None:
    """Raise ValueError in a sentence where a run cannot be divided."""
    try:
        from torch.distributed.fsdp import fully_shard as fully_shard
    except ImportError:
        raise ValueError(f"shard needs torch 2.6 or newer, and this is {torch.__version__}") from None
    if distributed.world_size() == 1:
        raise ValueError(
            "shard divides a network over several processes, but there is one: start the run with torchrun"
        )
    if list(recipe.players) != ["generator"]:
        raise ValueError(
            f"shard divides a network that learns alone, but this run's players are {', '.join(recipe.players)}: "
            "set shard to false, and where memory is short recompute to true"
        )
    if precision == "float16":
        raise ValueError("shard and float16 do not go together: set precision to bfloat16")


def shard_generator(recipe: Recipe) -> None:
    """Divide the generator over all ranks, its blocks first, so that one at a time is whole."""
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import fully_shard

    device = next(iter(recipe.parameters())).device
    mesh = init_device_mesh(device.type, (distributed.world_size(),))
    for block in sequence_blocks(recipe.generator):
        fully_shard(block, mesh=mesh)
    fully_shard(recipe.generator, mesh=mesh)


def sequence_blocks(module: nn.Module) -> Iterator[nn.Module]:
    """Yield the outermost members of sequences that have parts and parameters of their own."""
    for child in module.children():
        in_sequence = isinstance(module, nn.Sequential | nn.ModuleList)
        lists = isinstance(child, nn.ModuleList | nn.ModuleDict)
        if in_sequence and not lists and any(True for _ in child.children()) and any(True for _ in child.parameters()):
            yield child
        else:
            yield from sequence_blocks(child)


def is_sharded(tensor: Any) -> bool:
    return hasattr(tensor, "full_tensor")


def whole(tensor: Tensor) -> Tensor:
    """Return all of a tensor that is divided; all ranks must ask.  Others come back as they are."""
    with distributed.others():
        return tensor.full_tensor() if is_sharded(tensor) else tensor  # pyright: ignore[reportAttributeAccessIssue]


def whole_tree(tree: Any) -> Any:
    """Return a tree of mappings and lists with all tensors whole; all ranks must ask."""
    if isinstance(tree, Tensor):
        return whole(tree.detach())
    if isinstance(tree, dict):
        return {key: whole_tree(value) for key, value in tree.items()}
    return [whole_tree(value) for value in tree] if isinstance(tree, list) else tree


def divided_as(value: Tensor, like: Tensor) -> Tensor:
    """Return a whole tensor, which every rank has, divided as another one of its shape; all ranks must ask."""
    if not is_sharded(like) or value.shape != like.shape:
        return value
    from torch.distributed.tensor import distribute_tensor

    template: Any = like
    return distribute_tensor(value.to(template.device), template.device_mesh, template.placements)


def load_weights(module: Any, weights: dict[str, Any]) -> None:
    """Load whole weights into a module, some of whose parameters may be divided."""
    own = module.state_dict()
    divided = {
        name: divided_as(it, own[name]) if name in own and isinstance(it, Tensor) else it
        for name, it in weights.items()
    }
    module.load_state_dict(divided)
