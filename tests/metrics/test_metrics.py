"""The table of metrics; one from outside the package, over a whole set, is measured and shown like the others."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from torch import Tensor

from inpaint.evaluation.cases import parse_case
from inpaint.evaluation.evaluate import evaluate
from inpaint.evaluation.evaluation_page import write_evaluation_page
from inpaint.evaluation.tables import markdown_table, text_table, write_scores
from inpaint.metrics import METRICS, Metric


class DeviationOfMeans:
    """How much the mean brightness of the restored regions varies: no single picture has that number."""

    def __init__(self) -> None:
        self.means: list[float] = []
        self.pixels: list[int] = []

    def update(self, restored: Tensor, target: Tensor, mask: Tensor) -> None:
        self.means.append(restored[(mask > 0.5).expand_as(restored)].mean().item())
        self.pixels.append(int(mask.sum()))

    def compute(self) -> float:
        return torch.tensor(self.means).std().item()


OF_SET = Metric("deviation", "mask", "lower", 3, whole_set=DeviationOfMeans, note="deviation over all pictures")
PICTURES = [(f"{level}.png", torch.full((3, 32, 32), level / 255)) for level in (40, 80, 160)]


def itself(image: Tensor, mask: Tensor, *, censor: str, grid: object) -> Tensor:
    return image


def knowing(image: Tensor, mask: Tensor, *, censor: str, grid: object) -> Tensor:
    return torch.where(mask > 0.5, image[:, :1, :1], image)  # every picture is of a single colour


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_says_how_it_is_measured_in_exactly_one_way(name: str):
    metric = METRICS[name]
    assert (metric.picture is None) != (metric.whole_set is None)
    assert metric.region in name


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
    seen: list[DeviationOfMeans] = []

    def made() -> DeviationOfMeans:
        seen.append(DeviationOfMeans())
        return seen[-1]

    metrics = {region: Metric(region, region, "lower", 3, whole_set=made) for region in ("mask", "whole")}
    found = evaluate({"itself": itself}, PICTURES, cases=[parse_case("hole-boxes")], baselines=False, metrics=metrics)
    assert list(found.rows[0].scores) == ["mask", "whole"]
    inside, everywhere = (each.pixels for each in seen)
    assert everywhere == [32 * 32] * 3
    assert all(0 < count < 32 * 32 for count in inside)
