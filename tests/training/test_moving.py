"""Batches reach a graphics card on a stream of their own; without a card, as far as the order of calls shows it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import torch

from inpaint.degradation.build import degradation_of
from inpaint.degradation.drafts import joined_drafts
from inpaint.parts import Choice
from inpaint.randomness import rng_for
from inpaint.training import moving
from inpaint.training.moving import Mover


class Stream:
    """Stands for a stream of a card, and notes what waits for what."""

    def __init__(self, name: str, told: list[str]):
        self.name, self.told, self.device = name, told, torch.device("cpu")

    def wait_stream(self, other: Stream) -> None:
        self.told.append(f"{self.name} waits for {other.name}")


def test_copies_and_damage_run_beside_the_steps_which_wait_for_them(monkeypatch: pytest.MonkeyPatch):
    told: list[str] = []

    @contextmanager
    def within(stream: Stream) -> Iterator[None]:
        told.append(f"on {stream.name}")
        yield
        told.append(f"off {stream.name}")

    monkeypatch.setattr(torch.cuda, "stream", within)
    monkeypatch.setattr(torch.cuda, "current_stream", lambda _: Stream("steps", told))
    monkeypatch.setattr(
        moving, "damaged_batch", lambda it, real=moving.damaged_batch: told.append("damaged") or real(it)
    )
    monkeypatch.setattr(moving, "recorded", lambda part, stream: told.append(f"kept for {stream.name}") or part)
    mover = Mover(torch.device("cpu"), channels_last=True)
    mover.stream = Stream("copies", told)  # pyright: ignore[reportAttributeAccessIssue]
    degradation = degradation_of([Choice(name="scribbles")], [Choice(name="mosaic"), Choice(name="hole")])
    target = torch.rand(3, 32, 32, generator=rng_for("moved"))
    drafts = joined_drafts([degradation.draft(target, rng_for("draft", number)) for number in range(4)])
    sample = mover(drafts)
    assert told[:4] == ["on copies", "damaged", "off copies", "steps waits for copies"]
    assert told[4:] == ["kept for steps"] * 3
    assert sample.image.shape == (4, 3, 32, 32)
    assert sample.image.is_contiguous(memory_format=torch.channels_last)


def test_what_was_damaged_before_is_only_copied():
    from inpaint.sample import Sample

    given = Sample(torch.rand(2, 3, 8, 8), torch.ones(2, 1, 8, 8), torch.rand(2, 3, 8, 8), {"noise": torch.rand(2, 5)})
    moved = Mover(torch.device("cpu"), channels_last=False)(given)
    assert all(torch.equal(one, other) for one, other in zip(moved[:3], given[:3], strict=True))
    assert torch.equal(moved.inputs["noise"], given.inputs["noise"])
