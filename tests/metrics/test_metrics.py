"""The table of metrics; one from outside the package, over a whole set, is measured and shown like the others."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
import torch
from torch import Tensor

from inpaint.evaluation.cases import parse_case
from inpaint.evaluation.evaluate import evaluate
from inpaint.evaluation.evaluation_page import write_evaluation_page
from inpaint.evaluation.written_tables import markdown_table, text_table, write_scores
from inpaint.metrics import ALL_METRICS, METRICS, Metric
from inpaint.metrics.detail import detail
from inpaint.metrics.edge_agreement import edge_agreement
from inpaint.metrics.picture_regions import PictureRegion, region_of
from inpaint.metrics.pixelwise import l1_distance, psnr, psnr_luma
from inpaint.metrics.scoring import MeasuredScene, score
from inpaint.metrics.ssim import ssim
from inpaint.metrics.weighted import metrics_named


class DeviationOfMeans:
    """How much the mean brightness of the restored regions varies: no single picture has that number."""

    def observe(self, restored: Tensor, target: Tensor, mask: Tensor) -> Tensor:
        return torch.stack([restored[(mask > 0.5).expand_as(restored)].mean(), mask.sum()])

    def combine(self, statistics: Tensor) -> float:
        return statistics[:, 0].std().item()


OF_SET = Metric("deviation", "mask", "lower", 3, whole_set=DeviationOfMeans(), note="deviation over all pictures")
PICTURES = [(f"{level}.png", torch.full((3, 32, 32), level / 255)) for level in (40, 80, 160)]


def itself(image: Tensor, mask: Tensor, *, censor: str, grid: object) -> Tensor:
    return image


def knowing(image: Tensor, mask: Tensor, *, censor: str, grid: object) -> Tensor:
    return torch.where(mask > 0.5, image[:, :1, :1], image)  # every picture is of a single colour


@pytest.mark.parametrize("name", ALL_METRICS)
def test_every_metric_says_how_it_is_measured_in_exactly_one_way(name: str):
    metric = ALL_METRICS[name]
    ways = (metric.picture, metric.whole_set, metric.pixel_map, metric.of_mosaic)
    assert sum(way is not None for way in ways) == 1
    assert name.endswith(metric.region)


def test_a_metric_over_the_whole_set_stands_in_every_report(tmp_path: Path):
    found = evaluate(
        {"itself": itself, "knowing": knowing},
        PICTURES,
        cases=[parse_case("hole-boxes")],
        baselines=False,
        metrics=METRICS | {"deviation_mask": OF_SET},
    )
    write_scores(found, tmp_path / "scores.json")
    rows = json.loads((tmp_path / "scores.json").read_text())["rows"]
    expected = torch.tensor([40.0, 80.0, 160.0]).div(255).std().item()
    assert [row["deviation_mask"] for row in rows] == pytest.approx([0.0, expected], abs=1e-6)  # grey is always grey
    write_evaluation_page(found, tmp_path / "page.html")
    for text in (text_table(found), markdown_table(found), (tmp_path / "page.html").read_text()):
        assert "deviation" in text
        assert f"{expected:.3f}" in text
        assert "deviation over all pictures" in text


def test_a_metric_over_the_whole_set_is_given_its_region():
    regions: tuple[PictureRegion, ...] = ("mask", "ring", "whole")
    metrics = {region: Metric(region, region, "lower", 3, whole_set=DeviationOfMeans()) for region in regions}
    found = evaluate({"itself": itself}, PICTURES, cases=[parse_case("hole-boxes")], baselines=False, metrics=metrics)
    assert list(found.rows[0].scores) == ["mask", "ring", "whole"]
    for record in found.records:
        inside, around, everywhere = (record.noted[name][1] for name in metrics)
        assert everywhere == 32 * 32
        assert 0 < inside + around <= 32 * 32
        assert inside > 0


def test_all_metrics_are_measured_on_holes_and_mosaics_and_a_missing_number_is_said_to_be_missing(tmp_path: Path):
    pictures = [(f"{seed}", torch.rand(3, 48, 64, generator=torch.Generator().manual_seed(seed))) for seed in (1, 2)]
    found = evaluate({}, pictures, cases=[parse_case("hole-boxes"), parse_case("mosaic-4")], metrics=ALL_METRICS)
    for row in found.rows:
        assert list(row.scores) == list(ALL_METRICS)
        assert math.isnan(row.scores["ms_ssim_whole"])  # too small for five scales
        assert math.isnan(row.scores["cells_mask"]) == (row.case == "hole-boxes")
        assert row.scores["psnr_ring"] == 100  # known pixels come back bit for bit
    nothing = next(row for row in found.rows if row.case == "mosaic-4")
    assert nothing.scores["cells_mask"] < 1e-3
    write_scores(found, tmp_path / "scores.json")
    assert json.loads((tmp_path / "scores.json").read_text())["rows"][0]["cells_mask"] is None
    assert " - " in text_table(found)


def test_a_score_is_that_of_the_function_wherever_the_pictures_differ():
    rng = torch.Generator().manual_seed(0)
    target = torch.rand(3, 40, 50, generator=rng)
    for rows, columns in ((slice(0, 9), slice(0, 50)), (slice(30, 40), slice(20, 31)), (slice(12, 13), slice(7, 8))):
        mask = torch.zeros(1, 40, 50)
        mask[:, rows, columns] = 1
        restored = torch.where(mask > 0, torch.rand(target.shape, generator=rng), target)
        scores = score(restored, MeasuredScene(target, mask, restored, None), ALL_METRICS)
        ones = torch.ones_like(mask)[None]
        for region, where in (("mask", mask[None]), ("ring", region_of(mask[None], "ring")), ("whole", ones)):
            for name, metric in {
                "psnr": psnr,
                "psnr_luma": psnr_luma,
                "l1": l1_distance,
                "edges": edge_agreement,
            }.items():
                expected = metric(restored[None], target[None], where).item()
                assert scores[f"{name}_{region}"] == pytest.approx(expected, rel=1e-6, abs=1e-7)
            expected = ssim(restored[None], target[None], None if region == "whole" else where).item()
            assert scores[f"ssim_{region}"] == pytest.approx(expected, abs=1e-7)
            expected = detail(restored[None], target[None], where).item()
            assert scores[f"detail_{region}"] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("name", ["lpips_whole", "lpips_alex_whole", "dists_whole", "fid_vgg16_whole"])
def test_a_metric_without_its_weights_says_where_they_come_from(name: str, tmp_path: Path):
    with pytest.raises(ValueError, match=r"its weights are not here: .*; download https://.* with --weights"):
        metrics_named([name], tmp_path)


def test_an_unknown_metric_is_refused_with_the_choices():
    with pytest.raises(
        ValueError, match=r"metric 'beauty' is unknown; choose all, default, psnr_mask, .*kid_vgg16_whole"
    ):
        metrics_named(["beauty"])
    assert list(metrics_named(["default", "edges_ring"])) == [*METRICS, "edges_ring"]
