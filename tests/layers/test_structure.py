"""The structure of a picture: texture goes, edges stay, and the linear systems are solved."""

from __future__ import annotations

import torch

from inpaint.layers.structure import STRENGTH, forward_differences, smoothed, structure_of, texture_weights


def test_texture_goes_and_edges_stay():
    rows, columns = torch.meshgrid(torch.arange(48), torch.arange(48), indexing="ij")
    clean = torch.where(columns < 24, 0.25, 0.75).expand(1, 3, 48, 48)
    checks = 0.1 * ((rows + columns) % 2 * 2 - 1)
    structure = structure_of(clean + checks)
    inside = (..., slice(8, -8), slice(8, 16))
    assert structure[inside].std() < 0.1 * (clean + checks)[inside].std()
    step = structure[..., 26] - structure[..., 21]
    assert (step[..., 8:-8] > 0.4).all()


def test_flat_pictures_come_back_and_the_gradient_stops():
    flat = torch.full((1, 3, 16, 20), 0.4, requires_grad=True)
    structure = structure_of(flat)
    torch.testing.assert_close(structure, flat.detach(), atol=1e-5, rtol=0)
    assert not structure.requires_grad


def test_the_linear_system_is_solved():
    rng = torch.Generator().manual_seed(0)
    target = torch.rand(2, 3, 20, 24, generator=rng, dtype=torch.float64)
    wide, tall = texture_weights(target, 3.0)
    answer = smoothed(target, target, wide, tall)
    across, down = forward_differences(answer)
    energy = (answer - target).square().sum() + STRENGTH / 2 * (
        (wide * across.square()).sum() + (tall * down.square()).sum()
    )
    for other in (target, target.mean(dim=(2, 3), keepdim=True).expand_as(target)):
        across, down = forward_differences(other)
        assert energy < (other - target).square().sum() + STRENGTH / 2 * (
            (wide * across.square()).sum() + (tall * down.square()).sum()
        )
    noise = 0.01 * torch.randn(answer.shape, generator=rng, dtype=torch.float64)
    for moved in (answer + noise, answer - noise):
        across, down = forward_differences(moved)
        assert energy < (moved - target).square().sum() + STRENGTH / 2 * (
            (wide * across.square()).sum() + (tall * down.square()).sum()
        )
