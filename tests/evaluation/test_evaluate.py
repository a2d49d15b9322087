from __future__ import annotations

import math

import pytest
import torch

from inpaint.evaluation.baselines import BASELINES, DO_NOTHING, NEAREST
from inpaint.evaluation.cases import DEFAULT_CASES, parse_case
from inpaint.evaluation.damaging import damage, picture_key
from inpaint.evaluation.evaluate import Evaluation, Row, evaluate
from inpaint.evaluation.examples import EXAMPLE_SIDE
from inpaint.metrics import METRICS, PSNR_CAP
from inpaint.metrics.detail import detail
from inpaint.metrics.pixelwise import l1_distance, psnr
from inpaint.metrics.ssim import ssim

CASES = tuple(map(parse_case, ("mosaic-8", "hole-bars")))


def pictures(*, count: int = 2, size: tuple[int, int] = (48, 64)) -> list[tuple[str, torch.Tensor]]:
    rng = torch.Generator().manual_seed(0)
    return [(f"{i}.png", torch.randint(0, 256, (3, *size), generator=rng).float() / 255) for i in range(count)]


def row(evaluation: Evaluation, case: str, method: str) -> Row:
    (found,) = [row for row in evaluation.rows if (row.case, row.method) == (case, method)]
    return found


def grey(image, mask, *, censor, grid):
    return torch.where(mask > 0.5, torch.full_like(image, 0.25), image)


def knowing(*targets: torch.Tensor):
    """A restorer that gives the originals back, which it knows by their known pixels."""

    def restore(image, mask, *, censor, grid):
        return next(it for it in targets if torch.equal(it[:, mask[0] == 0], image[:, mask[0] == 0]))

    return restore


def test_a_perfect_restorer_gets_the_capped_psnr_full_ssim_and_no_l1():
    given = pictures()
    evaluation = evaluate({"ours": knowing(*(target for _, target in given))}, given, cases=CASES)
    for case in CASES:
        scores = row(evaluation, case.name, "ours").scores
        assert (scores["psnr_mask"], scores["psnr_whole"]) == (PSNR_CAP, PSNR_CAP)
        assert (scores["l1_mask"], scores["l1_whole"]) == (0, 0)
        assert scores["ssim_mask"] == pytest.approx(1, abs=1e-6)
        assert scores["ssim_whole"] == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize(("case", "method"), list(zip(CASES, (NEAREST, DO_NOTHING), strict=True)))
def test_doing_nothing_is_the_mean_of_the_metrics_of_the_damage(case, method):
    expected = []
    for name, target in pictures():
        image, mask, _, _ = damage(target, case, seed=5, key=picture_key(name, target))
        shown, everywhere = ((image * 255).round() / 255)[None], torch.ones_like(mask)[None]
        expected.append(
            [
                *(metric(shown, target[None], mask[None]).item() for metric in (psnr, ssim, l1_distance)),
                psnr(shown, target[None], everywhere).item(),
                ssim(shown, target[None]).item(),
                l1_distance(shown, target[None], everywhere).item(),
                detail(shown, target[None], mask[None]).item(),
            ]
        )
    found = row(evaluate({}, pictures(), cases=CASES, seed=5), case.name, method)
    assert found.count == 2
    assert list(found.scores) == list(METRICS)
    assert list(found.scores.values()) == pytest.approx(torch.tensor(expected).mean(0).tolist(), abs=1e-5)


def test_a_mean_counts_an_infinite_psnr_as_the_cap():
    (first, target), (second, other) = pictures()
    case = parse_case("hole-bars")
    key = picture_key(second, other)
    answers = iter([target, damage(other, case, seed=0, key=key).image, target, other])
    found = evaluate({"ours": lambda *_, **__: next(answers)}, [(first, target), (second, other)], cases=[case], keep=0)
    image, mask, _, _ = damage(other, case, seed=0, key=key)
    alone = psnr((image[None] * 255).round() / 255, other[None], mask[None]).item()
    assert math.isfinite(alone)
    assert row(found, case.name, "ours").scores["psnr_mask"] == pytest.approx((PSNR_CAP + alone) / 2, abs=1e-4)


def test_answers_are_rounded_to_what_a_file_holds():
    given = pictures(count=1)
    target = given[0][1]

    def almost(image, mask, *, censor, grid):
        return torch.where(mask > 0.5, (target + 0.4 / 255).clamp(0, 1), image)

    assert row(evaluate({"ours": almost}, given, cases=CASES), "hole-bars", "ours").scores["l1_mask"] == 0


def test_every_method_meets_every_case_on_every_picture():
    evaluation = evaluate({"ours": grey, "theirs": grey}, pictures())
    expected = [(c.name, m) for c in DEFAULT_CASES for m in (*BASELINES[c.censor], "ours", "theirs")]
    assert [(row.case, row.method) for row in evaluation.rows] == expected
    assert {row.count for row in evaluation.rows} == {2}
    assert [row.method for row in evaluation.rows if not row.baseline] == ["ours", "theirs"] * len(DEFAULT_CASES)


def test_the_same_seed_gives_the_same_numbers_and_another_seed_others():
    first, again, other = (evaluate({"ours": grey}, pictures(), cases=CASES, seed=seed) for seed in (0, 0, 1))
    numbers = [[row.scores for row in evaluation.rows] for evaluation in (first, again, other)]
    assert numbers[0] == numbers[1]
    assert numbers[0] != numbers[2]


def test_a_case_gives_the_same_numbers_alone_and_among_others():
    alone = evaluate({"ours": grey}, pictures(), cases=CASES[1:])
    among = evaluate({"ours": grey}, pictures(), cases=CASES)
    assert row(alone, "hole-bars", "ours").scores == row(among, "hole-bars", "ours").scores


def test_a_restorer_is_told_the_censor_and_the_grid():
    seen = []

    def spy(image, mask, *, censor, grid):
        seen.append((censor, None if grid is None else grid.block, image.shape, mask.shape))
        return image

    evaluate({"spy": spy}, pictures(count=1), cases=CASES, keep=0)
    assert seen == [
        ("mosaic", (8, 8), (3, 48, 64), (1, 48, 64)),
        ("hole", None, (3, 48, 64), (1, 48, 64)),
    ]


def test_a_restorer_that_changes_a_known_pixel_is_named():
    def careless(image, mask, *, censor, grid):
        changed = image.clone()
        y, x = (mask[0] == 0).nonzero()[0].tolist()
        changed[1, y, x] += 1e-6
        return changed

    with pytest.raises(ValueError, match=r"careless, for 0\.png \(mosaic-8\), changed 1 known pixel"):
        evaluate({"careless": careless}, pictures(), cases=CASES)


def test_writing_into_the_given_image_hides_nothing():
    def sly(image, mask, *, censor, grid):
        return image.fill_(0.5)

    with pytest.raises(ValueError, match="known pixel"):
        evaluate({"sly": sly}, pictures(), cases=CASES)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda image, mask, **_: image[None], "shape"),
        (lambda image, mask, **_: torch.where(mask > 0.5, torch.full_like(image, math.nan), image), "not finite"),
    ],
)
def test_an_answer_that_is_no_picture_is_refused(answer, message):
    with pytest.raises(ValueError, match=message):
        evaluate({"ours": answer}, pictures(), cases=CASES)


def test_no_pictures_are_refused():
    with pytest.raises(ValueError, match="no pictures"):
        evaluate({"ours": grey}, [])


def test_a_restorer_cannot_take_the_name_of_a_baseline():
    with pytest.raises(ValueError, match="'telea'"):
        evaluate({"telea": grey}, pictures())


def test_a_case_may_be_asked_for_once():
    with pytest.raises(ValueError, match="once"):
        evaluate({"ours": grey}, pictures(), cases=(*CASES, CASES[0]))


def test_nothing_to_compare_is_refused():
    with pytest.raises(ValueError, match="nothing to evaluate"):
        evaluate({}, pictures(), baselines=False)


def test_baselines_can_be_left_out_and_progress_is_told():
    told = []
    evaluation = evaluate({"ours": grey}, pictures(), cases=CASES, baselines=False, progress=told.append)
    assert [row.method for row in evaluation.rows] == ["ours", "ours"]
    assert told == ["0.png", "1.png"]


def weaker_on_later_pictures():
    """Pictures that a grey answer fits worse and worse."""
    return [(f"{it}.png", torch.full((3, 48, 64), (64 + 13 * it) / 255)) for it in range(1, 10)]


def test_examples_are_the_best_the_median_and_the_worst_and_show_every_method():
    evaluation = evaluate({"ours": grey}, weaker_on_later_pictures(), cases=CASES[1:])
    assert [(example.name, example.place) for example in evaluation.examples] == [
        (f"{name}.png", f"{place} of 9 by PSNR mask of ours")
        for name, place in ((1, "best"), (5, "median"), (9, "worst"))
    ]
    for example in evaluation.examples:
        methods = [row.method for row in evaluation.rows if row.case == example.case]
        assert list(example.restored) == list(example.psnr) == methods
        measured = {it.method: it.scores["psnr_mask"] for it in evaluation.records if it.picture == example.name}
        assert example.psnr == pytest.approx(measured, abs=1e-4)
        assert all(
            picture.shape == (3, 48, 64) for picture in (example.image, example.target, *example.restored.values())
        )


def test_a_run_of_few_pictures_shows_all_of_them():
    evaluation = evaluate({"ours": grey}, pictures(count=2), cases=CASES)
    assert sorted((it.case, it.name) for it in evaluation.examples) == [
        (case, name) for case in ("hole-bars", "mosaic-8") for name in ("0.png", "1.png")
    ]


def test_an_example_of_a_large_picture_is_a_window_around_its_mask():
    size = (EXAMPLE_SIDE + 40, EXAMPLE_SIDE * 2)
    given = pictures(count=1, size=size)
    (example,) = evaluate({"ours": grey}, given, cases=CASES[:1], baselines=False).examples
    mask = damage(given[0][1], CASES[0], seed=0, key=picture_key(*given[0])).mask
    assert example.mask.shape == (1, EXAMPLE_SIDE, EXAMPLE_SIDE)
    assert example.mask.sum() == mask.sum()  # the box is smaller than the window, so all of it is in view
    assert (example.restored["ours"][:, example.mask[0] == 1] == 64).all()


def unreadable():
    raise ValueError("it was cut off")


@pytest.mark.parametrize("bad", [torch.zeros(3, 5, 60), unreadable], ids=["tiny", "damaged"])
def test_a_picture_that_cannot_be_measured_is_left_out_and_named(bad):
    good = pictures(count=3)
    alone = evaluate({"ours": grey}, good, cases=CASES)
    for place in range(4):
        found = evaluate({"ours": grey}, [*good[:place], ("bad.png", bad), *good[place:]], cases=CASES)
        assert found.count == 3
        assert [it.picture for it in found.skipped] == ["bad.png"]
        assert "cut off" in found.skipped[0].reason or "bad.png has 60 x 5 pixels" in found.skipped[0].reason
        assert [row.scores for row in found.rows] == [row.scores for row in alone.rows]
    with pytest.raises(ValueError, match=r"no picture could be measured on mosaic-8: 1 were skipped, such as bad\.png"):
        evaluate({}, [("bad.png", bad)], cases=CASES)


def test_neither_other_pictures_nor_their_order_change_a_number():
    given = pictures(count=4)
    whole = {it[1:5]: it.scores for it in evaluate({"ours": grey}, given, cases=CASES).records}
    for part in (given[1:2], given[::-1], given[::2]):
        for record in evaluate({"ours": grey}, part, cases=CASES).records:
            assert record.scores == whole[record[1:5]]


class OnlyHoles:
    shows = ("hole",)

    def __call__(self, image, mask, *, censor, grid):
        assert censor == "hole"
        return grey(image, mask, censor=censor, grid=grid)


def test_a_restorer_is_asked_for_the_censors_that_it_shows_alone():
    found = evaluate({"ours": OnlyHoles(), "theirs": grey}, pictures(), cases=CASES, baselines=False)
    assert [(row.case, row.method) for row in found.rows] == [
        ("mosaic-8", "theirs"),
        ("hole-bars", "ours"),
        ("hole-bars", "theirs"),
    ]
    with pytest.raises(ValueError, match="no method here restores a mosaic, as the case mosaic-8 asks for"):
        evaluate({"ours": OnlyHoles()}, pictures(), cases=CASES, baselines=False)


def test_differences_are_taken_to_the_chosen_row_on_the_same_pictures():
    given = weaker_on_later_pictures()
    found = evaluate({"ours": grey, "theirs": knowing(*(it for _, it in given))}, given, cases=CASES[1:])
    assert found.against == "ours"
    theirs, ours = row(found, "hole-bars", "theirs"), row(found, "hole-bars", "ours")
    gap = theirs.against["psnr_mask"]
    assert (gap.wins, gap.pairs) == (9, 9)
    assert gap.mean == pytest.approx(theirs.scores["psnr_mask"] - ours.scores["psnr_mask"])
    assert gap.low < gap.mean < gap.high
    other = evaluate({"ours": grey}, given, cases=CASES[1:], against="smooth")
    assert row(other, "hole-bars", "ours").against["psnr_mask"].mean < 0
    with pytest.raises(ValueError, match="there is no method 'nobody' to compare with; choose do nothing"):
        evaluate({"ours": grey}, given, cases=CASES, against="nobody")
