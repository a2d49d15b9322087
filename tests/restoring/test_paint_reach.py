"""Holes grow as far as their paint is mixed into what is beside them, and no further."""

from __future__ import annotations

import io

import cv2
import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from inpaint.detection.damage import Damage
from inpaint.images import Picture
from inpaint.restoring.grown_damage import grown_damage
from inpaint.restoring.paint_reach import Reached, grown_to_reach, with_chroma_of

GREEN, RED, BLACK, WHITE = (0, 255, 0), (237, 28, 36), (0, 0, 0), (255, 255, 255)


def textured(seed: int = 0, height: int = 160, width: int = 200) -> np.ndarray:
    """A picture of smooth shades and texture, (H, W, 3) float."""
    rng = np.random.default_rng(seed)
    texture = cv2.GaussianBlur(rng.normal(0, 60, (height, width)).astype(np.float32), (0, 0), 2)
    y, x = np.mgrid[:height, :width]
    return np.stack([100 + 0.3 * x, 120 + 0.2 * y, 140 - 0.2 * x], 2) + texture[..., None]


def share_of_paint(soft: float, height: int = 160, width: int = 200) -> np.ndarray:
    """A thick stroke that is wholly paint up to its edge, and less over so many px beside it, (H, W)."""
    stroke = np.zeros((height, width), np.uint8)
    cv2.polylines(stroke, [np.array([[50, 50], [150, 60], [100, 110]])], False, (1,), 16)
    far = cv2.distanceTransform(1 - stroke, cv2.DIST_L2, 5)
    return np.clip(1 - far / (soft + 1), 0, 1)


def painted(soft: float, colour: tuple[int, int, int], seed: int = 0) -> tuple[np.ndarray, Tensor]:
    """A painted picture, uint8, and the mask of what is wholly paint, (1, H, W)."""
    share = share_of_paint(soft)
    mixed = textured(seed).clip(30, 225) * (1 - share[..., None]) + np.array(colour) * share[..., None]
    return mixed.round().astype(np.uint8), torch.from_numpy(share == 1).float()[None]


def reached(pixels: np.ndarray, mask: Tensor) -> Reached:
    return grown_to_reach(torch.from_numpy(pixels).permute(2, 0, 1) / 255, mask)


@pytest.mark.parametrize("colour", [GREEN, RED, BLACK, WHITE])
@pytest.mark.parametrize("soft", [0, 2, 4, 8, 12])
def test_a_hole_grows_as_far_as_a_soft_brush_reaches(soft: int, colour: tuple[int, int, int]):
    pixels, mask = painted(soft, colour)
    found = reached(pixels, mask)
    assert found.tinted is None
    assert 0.75 * soft - 1 <= found.farthest <= (soft + 1 if soft else 0)  # the last tenth of the paint is hardly seen
    far = cv2.distanceTransform((mask[0] == 0).byte().numpy(), cv2.DIST_L2, 5)
    assert np.array_equal(found.mask[0].numpy() > 0, np.rint(far) <= found.farthest)


@pytest.mark.parametrize("seed", range(6))
def test_a_hard_edge_on_any_texture_never_grows(seed: int):
    for colour in (GREEN, BLACK, WHITE):
        pixels, mask = painted(0, colour, seed)
        assert torch.equal(reached(pixels, mask).mask, mask)
    noise = np.random.default_rng(seed).integers(0, 200, (160, 200, 3), dtype=np.uint8)
    noise[mask[0].numpy() > 0] = GREEN
    assert torch.equal(reached(noise, mask).mask, mask)


@pytest.mark.parametrize(("form", "options"), [("JPEG", {"subsampling": 2}), ("WEBP", {})])
@pytest.mark.parametrize("quality", [60, 90])
def test_halved_chroma_is_restored_beside_luma_that_is_kept(form: str, options: dict, quality: int):
    pixels, mask = painted(0, GREEN)
    coded = io.BytesIO()
    Image.fromarray(pixels).save(coded, form, quality=quality, **options)
    decoded = torch.from_numpy(np.array(Image.open(coded).convert("RGB"))).permute(2, 0, 1) / 255
    found = grown_to_reach(decoded, mask, lossless=False)
    assert found.tinted is not None
    assert found.tinted.any()
    assert not (found.tinted & (found.mask > 0)).any()
    assert found.farthest <= 16  # blocks that hold chroma at half the size
    plain = grown_to_reach(decoded, mask)
    assert plain.tinted is None
    assert found.mask.sum() <= plain.mask.sum() < (found.mask + found.tinted).sum()


def test_each_hole_grows_by_its_own_distance():
    pixels, _ = painted(6, GREEN)
    pixels[130:150, 20:60] = GREEN
    mask = torch.from_numpy((pixels == GREEN).all(2)).float()[None]
    found = reached(pixels, mask)
    assert torch.equal(found.mask[:, 125:, :70], mask[:, 125:, :70])
    assert found.mask.sum() > 1.3 * mask.sum()


def test_thin_lines_of_blended_pixels_grow():
    line = np.zeros((640, 800), np.uint8)
    cv2.line(line, (80, 90), (700, 500), (255,), 10)  # 2.5 px
    share = cv2.resize(line, (200, 160), interpolation=cv2.INTER_AREA)[..., None] / 255
    pixels = (textured().clip(30, 200) * (1 - share) + np.array([245, 240, 225]) * share).round().astype(np.uint8)
    tight = torch.from_numpy(share[..., 0] >= 0.5).float()[None]
    found = reached(pixels, tight)
    assert found.farthest == 1
    assert (found.mask[0].numpy()[share[..., 0] > 0.1] > 0).mean() > 0.97


def scratched(seed: int, smooth: bool) -> tuple[np.ndarray, Tensor]:
    """A drawing with flat shapes of white, white lines on it of 2 px, and a mask of what is at least half white."""
    rng, pixels, lines = np.random.default_rng(seed), np.full((160, 200, 3), 140.0), np.zeros((640, 800), np.uint8)
    for _ in range(9):
        at, size = tuple(map(int, rng.integers(0, 160, 2))), int(rng.integers(8, 30))
        cv2.circle(pixels, at, size, [(255, 255, 255), (90, 140, 60), (40, 40, 40)][int(rng.integers(3))], -1)
    for _ in range(2):
        one, other = (tuple(map(int, rng.integers(40, 600, 2))) for _ in range(2))
        cv2.line(lines, one, other, (255,), 9)
    share = cv2.resize(lines, (200, 160), interpolation=cv2.INTER_AREA) / 255.0
    share = share if smooth else (share >= 0.5).astype(float)
    mixed = pixels * (1 - share[..., None]) + 255 * share[..., None]
    return mixed.round().astype(np.uint8), torch.from_numpy(share >= 0.5).float()[None]


def test_lines_grow_in_a_picture_that_has_their_colour_too_if_their_edge_is_smooth():
    grown = [reached(*scratched(seed, True)).farthest for seed in range(12)]
    assert sum(far == 1 for far in grown) >= 10
    assert [reached(*scratched(seed, False)).farthest for seed in range(12)].count(0) >= 11


def test_holes_of_many_colours_and_of_the_colour_around_them_do_not_grow():
    pixels = textured().clip(0, 255).astype(np.uint8)
    mask = torch.zeros(1, 160, 200)
    mask[:, 40:90, 50:120] = 1
    assert torch.equal(reached(pixels, mask).mask, mask)
    assert torch.equal(reached(np.full_like(pixels, 90), mask).mask, mask)


@pytest.mark.parametrize("size", [(1, 1), (1, 30), (2, 2), (9, 5)])
def test_pictures_of_any_size_and_holes_at_their_edges_are_taken(size: tuple[int, int]):
    for mask in (torch.ones(1, *size), torch.zeros(1, *size).index_fill_(1, torch.tensor([0]), 1.0)):
        found = grown_to_reach(torch.rand(3, *size), mask)
        assert (found.mask >= mask).all()


def test_nothing_grows_over_a_mosaic_or_into_clear_pixels():
    pixels, mask = painted(6, GREEN)
    barred = torch.zeros(1, 160, 200)
    barred[:, :, 100:] = 1 - mask[:, :, 100:]
    damage = [Damage("mosaic", None, barred), Damage("hole", None, mask)]
    grown, _, farthest, *_ = grown_damage(Picture(pixels), damage, None)
    assert farthest >= 4
    assert not (grown[1].mask * barred).any()
    alpha = np.where(barred[0].numpy() > 0, 0, 255).astype(np.uint8)
    (hole,), *_ = grown_damage(Picture(pixels, alpha), damage[1:], None)
    assert torch.equal(hole.mask, grown[1].mask)
    fixed, _, farthest, *_ = grown_damage(Picture(pixels), damage, 2)
    assert (fixed[1].mask * barred).sum() == farthest == 0


def test_the_chroma_of_another_image_leaves_luma_as_it_is():
    image, other = torch.rand(3, 8, 9) * 0.2 + 0.4, torch.rand(3, 8, 9) * 0.2 + 0.4
    where = torch.zeros(1, 8, 9, dtype=torch.bool)
    where[:, 2:5] = True
    mixed, weights = with_chroma_of(other, image, where), torch.tensor([0.299, 0.587, 0.114])[:, None, None]
    torch.testing.assert_close((mixed * weights).sum(0), (image * weights).sum(0))
    assert torch.equal(mixed[:, 5:], image[:, 5:])
    torch.testing.assert_close((mixed - other)[0, 2:5], (mixed - other)[2, 2:5])  # the same grey is added to all


@pytest.mark.parametrize("colour", [GREEN, BLACK, WHITE])
@pytest.mark.parametrize("seed", range(4))
def test_small_hard_marks_on_large_soft_colours_do_not_grow(seed: int, colour: tuple[int, int, int]):
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 255, (30, 40, 3), dtype=np.uint8)
    pixels = cv2.resize(coarse, (400, 300), interpolation=cv2.INTER_CUBIC)
    marks = np.zeros((300, 400), np.uint8)
    for _ in range(8):
        cv2.circle(marks, (int(rng.integers(20, 380)), int(rng.integers(20, 280))), int(rng.integers(8, 20)), (1,), -1)
    pixels[marks > 0] = colour
    assert torch.equal(reached(pixels, torch.from_numpy(marks).float()[None]).mask[0], torch.from_numpy(marks).float())
