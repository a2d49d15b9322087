"""The bundled networks: small, described, and better than what needs no network."""

from __future__ import annotations

from pathlib import Path

import pytest

from inpaint.assemble import load
from inpaint.evaluation.cases import parse_case
from inpaint.evaluation.evaluate import Row, evaluate
from inpaint.evaluation.pictures import picture_paths, read_pictures
from inpaint.weights import BUNDLED_NETWORKS, bundled_path

ROOT = Path(__file__).parent.parent.parent
MOST = 25e6  # bytes, all together
CASES = ("mosaic-4", "mosaic-8", "mosaic-16", "hole-freeform", "hole-bars")


def test_the_bundled_networks_stay_small():
    assert sum(bundled_path(name).stat().st_size for name in BUNDLED_NETWORKS) < MOST


@pytest.mark.parametrize("name", BUNDLED_NETWORKS)
def test_every_bundled_network_has_a_card(name: str):
    card = bundled_path(name).with_suffix(".md").read_text(encoding="utf-8")
    for said in ("steps", "time", "licence", "PSNR mask", "invented, not recovered"):
        assert said in card


@pytest.fixture(scope="module")
def rows() -> tuple[Row, ...]:
    """The default network beside the baselines on the demo's clean pictures, which it was not trained on."""
    clean = [(name, image[:, -288:, :288]) for name, image in read_pictures(picture_paths(ROOT / "data/demo/clean"))]
    return evaluate({"default": load("default", device="cpu")}, clean, cases=[parse_case(case) for case in CASES]).rows


@pytest.mark.parametrize("case", CASES)
def test_the_default_network_beats_every_baseline(rows: tuple[Row, ...], case: str):
    scores = {row.method: row.scores["psnr_mask"] for row in rows if row.case == case}
    assert scores.pop("default") > max(scores.values()) + 0.2, scores
