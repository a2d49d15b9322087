"""Attention in pieces: some pictures and some rows of queries at a time, and nothing kept for the backward pass.

Source: our own.  A long-range layer weighs every place against every other, and the table of scores outgrows everything
else in the network.  Here it exists one piece at a time, in the backward pass too, which computes every piece once
more.  So memory does not grow with the batch or with the square of the picture, and pieces can be so small that the
many passes over one stay in the processor's cache.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

SharedTensors = Any  # a NamedTuple of tensors
Map = Callable[[Tensor], Tensor]
CHUNKED_UNEXPORTABLE = "its attention is computed in pieces whose number depends on the picture's size"


class Plan(NamedTuple):
    """How a layer is computed in pieces."""

    prepare: Callable[..., SharedTensors]  # some pictures' inputs -> what all pieces of these pictures share
    attend: Callable[[Any, int, int], Tensor]  # a scene and rows start to stop -> (b, stop - start + extra, ...)
    finish: Map  # the sum of the pieces, each in its rows, (b, height + extra, ...) -> the answer; linear
    adjoint: Map  # of finish
    pictures: int  # at a time
    rows: int  # at a time
    height: int
    extra: int  # rows that neighbouring pieces share

    def batches(self, batch: int) -> Iterator[slice]:
        return (slice(start, start + self.pictures) for start in range(0, batch, self.pictures))

    def pieces(self) -> Iterator[tuple[int, int]]:
        return ((start, min(start + self.rows, self.height)) for start in range(0, self.height, self.rows))

    def answer(self, scene: SharedTensors) -> Tensor:
        """Add up the pieces of some pictures."""
        if self.rows >= self.height:
            return self.finish(self.attend(scene, 0, self.height))
        total = None
        for start, stop in self.pieces():
            piece = self.attend(scene, start, stop)
            if total is None:
                total = piece.new_zeros(len(piece), self.height + self.extra, *piece.shape[2:])
            total[:, start : stop + self.extra] += piece
        assert total is not None
        return self.finish(total)


class InPieces(torch.autograd.Function):
    """Apply a plan to the inputs, (B, ...) each.  It can be differentiated once."""

    @staticmethod
    def forward(ctx: Any, plan: Plan, *inputs: Tensor) -> Tensor:
        ctx.plan = plan
        ctx.save_for_backward(*inputs)
        whole = None
        with torch.autocast(inputs[0].device.type, enabled=False):
            for some in plan.batches(len(inputs[0])):
                answer = plan.answer(plan.prepare(*(x[some] for x in inputs)))
                if whole is None:
                    whole = answer.new_empty(len(inputs[0]), *answer.shape[1:])
                whole[some] = answer
        assert whole is not None
        return whole

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        (gradient,), inputs, plan = gradients, ctx.saved_tensors, ctx.plan
        needed = ctx.needs_input_grad[1:]
        totals = [torch.empty_like(x) if need else None for x, need in zip(inputs, needed, strict=True)]
        with torch.autocast(gradient.device.type, enabled=False):
            for some in plan.batches(len(gradient)):
                leaves = [x[some].detach().requires_grad_(need) for x, need in zip(inputs, needed, strict=True)]
                differentiate(plan, leaves, gradient[some])
                for total, leaf in zip(totals, leaves, strict=True):
                    if total is not None:
                        total[some] = 0 if leaf.grad is None else leaf.grad
        return None, *totals


def differentiate(plan: Plan, leaves: list[Tensor], gradient: Tensor) -> None:
    """Give the leaves, which are some pictures' inputs, their gradients."""
    with torch.enable_grad():
        scene = plan.prepare(*leaves)
        shared = type(scene)(*(x.detach().requires_grad_(x.requires_grad) for x in scene))
        due = plan.adjoint(gradient)
        for start, stop in plan.pieces():
            torch.autograd.backward(plan.attend(shared, start, stop), due[:, start : stop + plan.extra])
        learned = [place for place, copy in enumerate(shared) if copy.grad is not None]
        torch.autograd.backward([scene[place] for place in learned], [shared[place].grad for place in learned])


class Linear(torch.autograd.Function):
    """A linear map in two pieces of code, itself and its adjoint; nothing is kept between them."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, function: Map, adjoint: Map) -> Tensor:
        ctx.adjoint = adjoint
        return function(x)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        return ctx.adjoint(*gradients), None, None


def diagonal_sum(x: Tensor, query: int, key: int) -> Tensor:
    """Add to every entry its neighbours one before and one after in both dimensions; outside lies 0."""

    def summed(x: Tensor) -> Tensor:  # its own adjoint
        queries, keys = x.shape[query] - 1, x.shape[key] - 1
        total = x.clone()
        total.narrow(query, 1, queries).narrow(key, 1, keys).add_(x.narrow(query, 0, queries).narrow(key, 0, keys))
        total.narrow(query, 0, queries).narrow(key, 0, keys).add_(x.narrow(query, 1, queries).narrow(key, 1, keys))
        return total

    return Linear.apply(x, summed, summed)  # pyright: ignore[reportReturnType]
