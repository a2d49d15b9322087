from __future__ import annotations

from pathlib import Path

import pytest
import torch

from inpaint.evaluation.cases import DEFAULT_CASES, HOLE_MASKS, Case, named_masks, parse_case
from inpaint.evaluation.damaging import damage, picture_key, touches_border
from inpaint.images import from_array, write
from inpaint.mosaic.grid import cell_means, enlarge

SIZE = (97, 130)


def picture(*, size: tuple[int, int] = SIZE) -> torch.Tensor:
    values = torch.randint(0, 256, (3, *size), generator=torch.Generator().manual_seed(0))
    return values.float() / 255


def names() -> list[str]:
    return [case.name for case in DEFAULT_CASES]


def test_the_default_cases_are_three_mosaics_and_two_holes():
    assert names() == ["mosaic-4", "mosaic-8", "mosaic-16", "hole-freeform", "hole-bars"]


@pytest.mark.parametrize(
    ("name", "censor", "mask", "block"),
    [
        ("mosaic-8", "mosaic", "boxes", 8),
        ("hole-bars", "hole", "bars", None),
        ("hole-irregular", "hole", "irregular", None),
    ],
)
def test_a_name_says_the_case(name, censor, mask, block):
    case = parse_case(name)
    assert (case.name, case.censor, case.mask, case.block) == (name, censor, mask, block)


def test_an_irregular_hole_may_say_its_thickness():
    assert parse_case("hole-irregular-thick").options == {"thickness": "thick"}
    with pytest.raises(ValueError, match="gigantic"):
        parse_case("hole-irregular-gigantic")


@pytest.mark.parametrize(
    "name",
    [
        "",
        "mosaic",
        "mosaic-1",
        "mosaic-x",
        "mosaic--4",
        "hole",
        "hole-moon",
        "hole-bars-thin",
        "hole-mixture",
        "blur-4",
    ],
)
def test_an_unknown_name_is_refused_with_the_choices(name):
    with pytest.raises(ValueError, match="mosaic-BLOCK"):
        parse_case(name)


@pytest.mark.parametrize("hole", HOLE_MASKS)
def test_every_hole_is_grey_inside_and_untouched_outside(hole):
    target = picture()
    image, mask, grid = damage(target, parse_case(f"hole-{hole}"), seed=0, key="0")[:3]
    assert grid is None
    assert mask.shape == (1, *SIZE)
    assert set(mask.unique().tolist()) == {0.0, 1.0}
    assert (image[:, mask[0] == 1] == 0.5).all()
    assert torch.equal(image[:, mask[0] == 0], target[:, mask[0] == 0])


@pytest.mark.parametrize("block", [2, 4, 7, 16, 40])
def test_a_mosaic_shows_the_rounded_means_of_whole_cells(block):
    target = picture()
    image, mask, grid = damage(target, parse_case(f"mosaic-{block}"), seed=0, key="0")[:3]
    assert grid is not None
    assert grid.block == (block, block)
    top, left = grid.phase
    cells = 0
    for y in range(top - block, SIZE[0], block):
        for x in range(left - block, SIZE[1], block):
            cut = (..., slice(max(y, 0), max(y + block, 0)), slice(max(x, 0), max(x + block, 0)))
            if target[cut].numel() == 0:
                continue
            assert mask[cut].min() == mask[cut].max()  # painted or not, never in part
            if mask[cut].max() == 1:
                cells += 1
                mean = target[cut].double().mean((-1, -2), keepdim=True)
                assert (image[cut] - mean).abs().max() < 0.5 / 255 + 1e-6  # which way a tie goes is left open
                assert (image[cut] == image[cut][:, :1, :1]).all()
                assert torch.equal((image[cut] * 255).round() / 255, image[cut])
            else:
                assert torch.equal(image[cut], target[cut])
    assert cells >= 1


def test_the_cells_can_be_read_back_from_the_mosaic():
    image, mask, grid = damage(picture(), parse_case("mosaic-8"), seed=0, key="3")[:3]
    assert grid is not None
    again = enlarge(cell_means(image, grid), grid, SIZE)
    assert ((again - image) * mask).abs().max() < 1e-6


@pytest.mark.parametrize("name", names())
def test_damage_depends_on_seed_key_and_case_only(name):
    case = parse_case(name)
    first, again = (damage(picture(), case, seed=1, key="2") for _ in range(2))
    assert torch.equal(first.image, again.image)
    assert torch.equal(first.mask, again.mask)
    assert first.grid == again.grid
    assert not torch.equal(first.mask, damage(picture(), case, seed=1, key="3").mask)
    assert not torch.equal(first.mask, damage(picture(), case, seed=2, key="2").mask)


def test_the_key_of_a_picture_is_its_name_and_content_alone():
    target = picture()
    key = picture_key("some/folder/cat.png", target)
    assert key == picture_key("cat", target) == picture_key("cat.jpg", target + 0.2 / 255)  # as 8 bits hold it
    changed = target.clone()
    changed[0, 0, 0] = 1 - changed[0, 0, 0]
    others = [picture_key("dog", target), picture_key("cat", changed), picture_key("cat", target.flip(1))]
    assert len({key, *others, picture_key("cat", target.reshape(3, 130, 97))}) == 5


def test_the_phase_of_the_mosaic_is_drawn():
    phases = {damage(picture(), parse_case("mosaic-16"), seed=0, key=str(i)).grid for i in range(20)}
    assert len(phases) > 10


@pytest.mark.parametrize("name", names())
def test_a_picture_of_a_few_pixels_is_still_damaged(name):
    image, mask, _ = damage(picture(size=(6, 9)), parse_case(name), seed=0, key="0")[:3]
    assert image.shape == (3, 6, 9)
    assert mask.any()


@pytest.mark.parametrize("size", [(48, 64), (256, 256), (300, 900)])
def test_a_mosaic_leaves_known_pixels_around_it(size):
    for index in range(20):
        mask = damage(picture(size=size), parse_case("mosaic-8"), seed=0, key=str(index)).mask
        assert 0.001 < mask.mean() < 0.5


@pytest.mark.parametrize("share", [(0.0, 0.1), (0.1, 0.2), (0.3, 0.4), (0.5, 0.6)])
@pytest.mark.parametrize("border", ["touching", "apart"])
@pytest.mark.parametrize("mask", ["irregular", "scribbles"])
def test_a_mask_covers_the_share_and_keeps_from_the_border_or_reaches_it(mask: str, border: str, share):
    options = {"thickness": "thin"} if mask == "irregular" else {}
    case = Case("some", "hole", mask, options, share=share, border=border)
    for number in range(4):
        drawn = damage(picture(size=(256, 200)), case, seed=0, key=str(number)).mask
        assert share[0] <= drawn.mean() <= share[1]
        assert drawn.any()
        assert touches_border(drawn) == (border == "touching")
        if border == "apart":
            assert not drawn[:, :25].any()  # 50 px of 512
            assert not drawn[:, :, -19:].any()


def test_a_share_that_no_mask_covers_is_refused():
    with pytest.raises(ValueError, match="no mask of centre covers 90% to 100%"):
        damage(picture(), Case("centre", "hole", "centre", {}, share=(0.9, 1.0)), seed=0, key="0")


def test_what_happens_to_a_mosaic_afterwards_is_done_to_the_whole_picture():
    plain = parse_case("mosaic-8")
    before = damage(picture(), plain, seed=0, key="0")
    saved = damage(picture(), plain._replace(jpeg=60), seed=0, key="0")
    assert torch.equal(saved.mask, before.mask)
    assert saved.grid == before.grid
    assert (saved.image != before.image).float().mean() > 0.5
    resized = damage(picture(), plain._replace(scale=0.75), seed=0, key="0")
    assert resized.target is not None
    assert resized.target.shape == resized.image.shape == (3, 73, 98)
    assert resized.grid is None  # cells of 6 px, but not on whole pixels
    assert torch.equal(resized.image[:, resized.mask[0] == 0], resized.target[:, resized.mask[0] == 0])
    assert abs(float(resized.mask.mean()) - float(before.mask.mean())) < 0.03


def test_masks_come_from_files_drawn_from_a_folder_or_by_the_name_of_the_picture(tmp_path: Path):
    drawn = torch.zeros(1, 50, 60)
    drawn[:, 10:20, 10:40] = 1
    write(from_array(drawn.expand(3, -1, -1)), tmp_path / "cat_mask.png")
    one_of = damage(picture(), Case("set", "hole", "folder", {"path": str(tmp_path)}), seed=0, key="dog 1")
    assert abs(float(one_of.mask.mean()) - float(drawn.mean())) < 0.01
    own = damage(picture(size=(50, 60)), named_masks(str(tmp_path)), seed=0, key=picture_key("cat", picture()))
    assert torch.equal(own.mask, drawn)
    with pytest.raises(ValueError, match="has no file for dog"):
        damage(picture(size=(50, 60)), named_masks(str(tmp_path)), seed=0, key=picture_key("dog", picture()))
    with pytest.raises(ValueError, match="must have the size of its picture"):
        damage(picture(), named_masks(str(tmp_path)), seed=0, key=picture_key("cat", picture()))
    with pytest.raises(ValueError, match="holds no picture"):
        damage(picture(), named_masks(str(tmp_path / "none")), seed=0, key="cat 1")
