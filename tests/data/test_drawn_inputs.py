"""Training brings what a network declares: sketches, colours and noise of each original, the same for the same row."""

from __future__ import annotations

import torch
from torch import Tensor

from inpaint.contracts import ExtraInput
from inpaint.data.drawn_inputs import LEFT_OUT, with_inputs
from inpaint.data.samples import Positions, Samples, fixed_samples, load_batches
from inpaint.randomness import rng_for
from inpaint.sample import Sample, joined_batches

WANTED = {
    "sketch": ExtraInput(1, drawn=True),
    "colour": ExtraInput(3, drawn=True),
    "noise": ExtraInput(2, noise=True, drawn=True, every=8),
    "structure": ExtraInput(3),  # which its recipe makes
}
SIDE = 48


def halves(size: tuple[int, int], rng: torch.Generator) -> Tensor:
    """A yellow and a blue half, with a border at a place that is drawn."""
    place = 16 + int(torch.randint(16, (), generator=rng))
    picture = torch.zeros(3, *size)
    picture[:2, :, :place], picture[2, :, place:] = 1.0, 1.0
    return picture


def degrade(target: Tensor, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    return target * 0.5, torch.ones(1, *target.shape[1:])


def samples(inputs: dict[str, ExtraInput] | None = None) -> Samples:
    return Samples([(1.0, halves)], degrade, crop=SIDE, seed=3, inputs=inputs)


def test_a_sketch_has_the_edges_and_colours_those_of_the_original():
    for position in range(60):
        sample = samples(WANTED)[position]
        sketch, colour = sample.inputs["sketch"], sample.inputs["colour"]
        assert sorted(sample.inputs) == ["colour", "noise", "sketch"]
        assert (sketch.shape, colour.shape) == ((1, SIDE, SIDE), (3, SIDE, SIDE))
        assert sample.inputs["noise"].shape == (2, SIDE // 8, SIDE // 8)
        place = int(sample.target[0, 0].sum())
        if sketch.any():
            assert set(sketch.unique().tolist()) == {0.0, 1.0}
            columns = sketch[0].any(0).nonzero()[:, 0]
            assert (columns - place).abs().max() <= 1
        painted = colour.any(0)
        far = (torch.arange(SIDE) - place).abs() > 12
        assert (colour - sample.target)[:, painted & far].abs().max() < 0.02 if (painted & far).any() else True


def test_each_is_left_out_of_a_share_of_the_samples():
    drawn = [samples(WANTED)[position].inputs for position in range(200)]
    for name in ("sketch", "colour"):
        empty = sum(not it[name].any() for it in drawn) / len(drawn)
        assert abs(empty - LEFT_OUT) < 0.12, name


def test_a_row_is_the_same_for_ever_and_what_is_drawn_changes_no_other_draw():
    one, again, plain = samples(WANTED)[7], samples(WANTED)[7], samples()[7]
    assert all(torch.equal(one.inputs[name], again.inputs[name]) for name in one.inputs)
    assert plain.inputs == {}
    assert all(torch.equal(a, b) for a, b in zip(one[:3], plain[:3], strict=True))


def test_batches_carry_inputs_from_workers_and_into_validation():
    for workers in (0, 1):
        (batch,) = load_batches(samples(WANTED), Positions(0, 1, batch=3), workers=workers, pin=False)
        assert {name: len(it) for name, it in batch.inputs.items()} == dict.fromkeys(("sketch", "colour", "noise"), 3)
        assert torch.equal(batch.inputs["sketch"][1], samples(WANTED)[1].inputs["sketch"])
    one, two = fixed_samples([halves((SIDE, SIDE), rng_for(1))] * 2, degrade, seed=1, inputs=WANTED)
    assert one.inputs["colour"].shape == (1, 3, SIDE, SIDE)
    assert joined_batches([one, two]).inputs["noise"].shape[0] == 2


def test_chunks_and_changes_take_all_of_a_sample():
    batch = Sample(torch.rand(4, 3, 2, 2), torch.ones(4, 1, 2, 2), torch.rand(4, 3, 2, 2), {"noise": torch.rand(4, 5)})
    parts = batch.chunks(2)
    assert [len(it.inputs["noise"]) for it in parts] == [2, 2]
    assert torch.equal(joined_batches(parts).inputs["noise"], batch.inputs["noise"])
    assert batch.each(lambda part: part.double()).inputs["noise"].dtype == torch.float64


def test_a_network_that_declares_nothing_gets_nothing():
    sample = Sample(torch.zeros(3, 4, 4), torch.zeros(1, 4, 4), torch.zeros(3, 4, 4))
    assert with_inputs(sample, {}, rng_for(0)) is sample
