"""Contextual attention: worked out by hand, and against the formula as it is written."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
import torch
from torch import Tensor

from inpaint.layers.contextual_attention import check_reduction, contextual_attention, hole_cells, nearest

SCRIPT = Path(__file__).parents[2] / "scripts" / "literal_layers.py"


@pytest.fixture(scope="module")
def literal() -> ModuleType:
    """The literal transcriptions; scripts/ is no package."""
    spec = importlib.util.spec_from_file_location("literal_layers", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def no_hole(x: Tensor) -> Tensor:
    return torch.zeros(len(x), 1, x.shape[2] // 2, x.shape[3] // 2, dtype=x.dtype)


def known_patches(hole: Tensor) -> Tensor:
    return (torch.nn.functional.max_pool2d(hole, 3, stride=1, padding=1) == 0).sum()


def test_sharp_attention_finds_every_patch_itself():
    x = drawn(1, 8, 16, 16)
    y = contextual_attention(x, x, no_hole(x), fuse=False, scale=1e4)
    covered = torch.full_like(x, 4.0)  # how many patches lie on a pixel
    covered[..., [0, -1], :] /= 2
    covered[..., [0, -1]] /= 2
    torch.testing.assert_close(y, x * covered / 4)


@pytest.mark.parametrize("fuse", [False, True])
def test_invalid_patches_keep_their_share_of_the_softmax(fuse: bool):
    mask = torch.zeros(1, 1, 64, 64)
    mask[..., 24:40, 24:40] = 1
    hole = hole_cells(mask)
    assert known_patches(hole) == 48
    y = contextual_attention(torch.zeros(1, 4, 16, 16), torch.ones(1, 4, 16, 16), hole, fuse=fuse)
    expected = torch.tensor([161 / 256, 0.34375, 0.1875])
    torch.testing.assert_close(y[0, 0, [4, 0, 0], [4, 4, 0]], expected)


@pytest.mark.parametrize(
    ("start", "stop", "corners", "cells", "known"),
    [
        (64, 192, True, 256, 700),
        (96, 160, True, 64, 924),
        (100, 228, True, 225, 735),
        (100, 228, False, 256, 700),
    ],
)
def test_masks_shrink_as_the_authors_shrink_them(start: int, stop: int, corners: bool, cells: int, known: int):
    mask = torch.zeros(1, 1, 256, 256)
    mask[..., start:stop, start:stop] = 1
    hole = hole_cells(mask, corners=corners)
    assert hole.sum() == cells
    assert known_patches(hole) == known


@pytest.mark.parametrize(("top", "thickness"), [(100, 4), (97, 6)])
def test_a_thin_bar_survives_only_when_any_pixel_counts(top: int, thickness: int):
    mask = torch.zeros(1, 1, 256, 256)
    mask[..., top : top + thickness, :] = 1
    assert not hole_cells(mask, corners=False).any()
    assert hole_cells(mask, reduction="any").sum() == 32


def test_halving_takes_the_pixels_tensorflow_takes():
    columns = torch.arange(64.0).expand(1, 1, 1, 64)
    expected = [2 * k if k < 16 else 2 * k + 1 for k in range(32)]
    assert nearest(columns, (1, 32), corners=True).flatten().tolist() == expected
    assert nearest(columns, (1, 32), corners=False).flatten().tolist() == list(range(0, 64, 2))
    assert nearest(columns, (1, 1), corners=True).flatten().tolist() == [0]


@pytest.mark.parametrize("corners", [False, True])
@pytest.mark.parametrize("fuse", [False, True])
@pytest.mark.parametrize("size", [(16, 16), (10, 14), (12, 2), (2, 6)])
def test_it_equals_the_literal_formula(literal: ModuleType, size: tuple[int, int], fuse: bool, corners: bool):
    x, other = drawn(3, 5, *size), drawn(3, 5, *size, seed=1)
    hole = (drawn(3, 1, size[0] // 2, size[1] // 2, seed=2) > 1.5).double()  # another for every sample
    expected = literal.literal_contextual_attention(x, other, hole, fuse=fuse, corners=corners)
    answer = contextual_attention(x, other, hole, fuse=fuse, corners=corners)
    torch.testing.assert_close(answer, expected, rtol=1e-9, atol=1e-11)
    assert expected.abs().sum() > 0


@pytest.mark.parametrize("fuse", [False, True])
@pytest.mark.parametrize("rows", [1, 2, 3, 5])
def test_chunks_change_neither_the_answer_nor_the_gradient(rows: int, fuse: bool):
    answers, gradients = [], []
    hole = (drawn(2, 1, 5, 6, seed=2) > 1.5).double()
    for budget in (10**9, rows * 2 * 6 * 30):
        x = drawn(2, 3, 10, 12).requires_grad_()
        answer = contextual_attention(x, x, hole, fuse=fuse, budget=budget)
        (answer * drawn(*answer.shape, seed=3)).sum().backward()
        answers.append(answer.detach())
        gradients.append(x.grad)
        with torch.no_grad():
            assert torch.equal(contextual_attention(x, x, hole, fuse=fuse, budget=budget), answer)
    torch.testing.assert_close(*answers)
    torch.testing.assert_close(*gradients)


def test_the_gradient_is_the_literal_formulas(literal: ModuleType):
    hole = (drawn(2, 1, 4, 6, seed=2) > 1.5).double()
    gradients = []
    for attend in (contextual_attention, literal.literal_contextual_attention):
        x, other = drawn(2, 3, 8, 12).requires_grad_(), drawn(2, 3, 8, 12, seed=1).requires_grad_()
        answer = attend(x, other, hole)
        (answer * drawn(*answer.shape, seed=3)).sum().backward()
        gradients.append((x.grad, other.grad))
    torch.testing.assert_close(*gradients, rtol=1e-7, atol=1e-9)


def test_an_all_zero_background_has_a_finite_gradient():
    x = torch.zeros(1, 2, 8, 8, requires_grad=True)
    contextual_attention(x, x, no_hole(x)).sum().backward()
    assert x.grad is not None
    assert x.grad.isfinite().all()


@torch.no_grad()
def test_scores_are_computed_in_full_precision_also_under_autocast():
    x = drawn(1, 8, 16, 16).bfloat16()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        answer = contextual_attention(x, x, no_hole(x))
    assert answer.dtype == torch.bfloat16
    assert torch.equal(answer, contextual_attention(x.float(), x.float(), no_hole(x).float()).bfloat16())


def test_an_unknown_reduction_is_refused():
    with pytest.raises(ValueError, match="'mean': choose among nearest, any"):
        check_reduction("mean")
