from __future__ import annotations

import math

import pytest
import torch

from inpaint.evaluation.baselines import BASELINES, DO_NOTHING, NEAREST
from inpaint.evaluation.cases import DEFAULT_CASES, damage, parse_case
from inpaint.evaluation.evaluate import EXAMPLE_SIDE, Evaluation, Row, evaluate
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


def knowing(*targets: torch.Tensor, cases: int = len(CASES)):
    """A restorer that gives the originals back, in the order in which it is asked."""
    answers = iter([target for target in targets for _ in range(cases)])
    return lambda image, mask, *, censor, grid: next(answers)


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
    for index, (_, target) in enumerate(pictures()):
        image, mask, _ = damage(target, case, seed=5, index=index)
        shown = ((image * 255).round() / 255)[None]
        expected.append(
            [
                metric(shown, target[None], where).item()
                for where in (mask[None], torch.ones_like(mask)[None])
                for metric in (psnr, ssim, l1_distance)
            ]
            + [detail(shown, target[None], mask[None]).item()]
        )
    found = row(evaluate({}, pictures(), cases=CASES, seed=5), case.name, method)
    assert found.count == 2
    assert list(found.scores) == list(METRICS)
    assert list(found.scores.values()) == pytest.approx(torch.tensor(expected).mean(0).tolist(), abs=1e-5)


def test_a_mean_counts_an_infinite_psnr_as_the_cap():
    (first, target), (second, other) = pictures()
    case = parse_case("hole-bars")
    answers = iter([target, damage(other, case, seed=0, index=1).image])
    found = evaluate({"ours": lambda *_, **__: next(answers)}, [(first, target), (second, other)], cases=[case])
    image, mask, _ = damage(other, case, seed=0, index=1)
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

    evaluate({"spy": spy}, pictures(count=1), cases=CASES)
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


def test_examples_come_from_the_first_pictures_and_show_every_method():
    evaluation = evaluate({"ours": grey}, pictures(count=3), cases=CASES, keep=2)
    assert [(example.name, example.case) for example in evaluation.examples] == [
        (name, case.name) for name in ("0.png", "1.png") for case in CASES
    ]
    for example in evaluation.examples:
        methods = [row.method for row in evaluation.rows if row.case == example.case]
        assert list(example.restored) == list(example.psnr) == methods
        assert all(
            picture.shape == (3, 48, 64) for picture in (example.image, example.target, *example.restored.values())
        )


def test_an_example_of_a_large_picture_is_a_window_around_its_mask():
    size = (EXAMPLE_SIDE + 40, EXAMPLE_SIDE * 2)
    (example,) = evaluate({"ours": grey}, pictures(count=1, size=size), cases=CASES[:1], baselines=False).examples
    _, mask, _ = damage(pictures(count=1, size=size)[0][1], CASES[0], seed=0, index=0)
    assert example.mask.shape == (1, EXAMPLE_SIDE, EXAMPLE_SIDE)
    assert example.mask.sum() == mask.sum()  # the box is smaller than the window, so all of it is in view
    assert (example.restored["ours"][:, example.mask[0] == 1] == 64).all()


def test_a_picture_too_small_to_be_measured_is_named():
    with pytest.raises(ValueError, match=r"^0\.png has 60 x 5 pixels"):
        evaluate({}, pictures(size=(5, 60)), cases=CASES)
    assert evaluate({}, pictures(size=(6, 60)), cases=CASES).count == 2
