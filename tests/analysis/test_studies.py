"""Every study writes its figures and numbers; blends lie between their ends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from inpaint.analysis.ambiguity_study import study_ambiguity
from inpaint.analysis.blends import MixedAnswers, blended
from inpaint.analysis.pyramid_study import study_pyramid
from inpaint.analysis.spectrum_study import study_spectrum, whole_cells
from inpaint.analysis.tradeoff_study import study_tradeoff
from inpaint.data.synthetic import render
from inpaint.evaluation.cases import parse_case
from inpaint.randomness import rng_for

pytest.importorskip("matplotlib")


@pytest.fixture(scope="module")
def pictures() -> list[tuple[str, Tensor]]:
    return [(f"p{number}", render((96, 112), rng_for("studied", number))) for number in range(2)]


def softened(image: Tensor, mask: Tensor, *, censor: str, grid: Any) -> Tensor:
    blurred = nn.functional.avg_pool2d(image[None], 5, stride=1, padding=2, count_include_pad=False)[0]
    return torch.where(mask > 0.5, blurred, image)


def written(folder: Path, name: str) -> dict[str, Any]:
    """Return what the JSON of a study holds, once its PNG files are whole."""
    figures = list(folder.glob(f"{name}*.png"))
    assert figures
    for path in figures:
        with Image.open(path) as picture:
            picture.load()
            assert picture.width > 300
    return json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))


def test_the_spectrum_says_how_much_of_each_band_is_left(pictures: list, tmp_path: Path):
    study_spectrum(pictures, [4, 8], {"soft": softened}, tmp_path)
    told = written(tmp_path, "spectrum")
    shares = told["share_of_power"]
    assert shares["picture"] == {"low": 1, "band": 1, "high": 1}
    assert shares["mosaic of 8"]["band"] < shares["mosaic of 4"]["band"] < 1
    assert shares["mosaic of 8 restored by soft"]["high"] < shares["mosaic of 8"]["high"]
    response = told["response"]["8"]
    assert response["blur_measured"] == pytest.approx(response["blur_theory"], abs=1e-5)
    assert response["mosaic_measured"] == pytest.approx(response["mosaic_theory"], abs=1e-5)
    with pytest.raises(ValueError, match="smaller than 35 px, the least common multiple of the blocks 5, 7"):
        whole_cells(torch.zeros(3, 20, 60), [5, 7])


def test_the_pyramid_is_exact_and_loses_fine_bands_first(pictures: list, tmp_path: Path):
    study_pyramid(pictures, [4, 16], {"soft": softened}, tmp_path)
    told = written(tmp_path, "pyramid")
    assert told["largest_error_of_reconstruction"] < 1e-12
    energies = [band["energy"] for band in told["means"]["mosaic of 16"]]
    assert energies[0] < energies[-1]
    assert len(told["means"]) == 3


def test_ambiguity_counts_more_patches_the_more_they_may_differ(pictures: list, tmp_path: Path):
    study_ambiguity(pictures, [4, 8], tmp_path, cells=1)
    told = written(tmp_path, "ambiguity")["blocks"]["4"]
    totals = [sum(counts) for counts in told["fitting"].values()]
    assert totals == sorted(totals)
    assert totals[-1] > totals[0]
    assert told["squared_error_of_mean"] < told["squared_error_of_another_patch"]
    assert told["roughness_of_mean"] < told["roughness_of_patches"]


def test_the_tradeoff_places_networks_and_their_blends(pictures: list, tmp_path: Path):
    networks = {"soft": softened, "grey": lambda image, mask, **_: torch.where(mask > 0.5, 0.5, image)}
    study_tradeoff(pictures, networks, [parse_case("mosaic-8")], tmp_path, blend=("soft", "grey"), steps=3)
    told = written(tmp_path, "tradeoff")
    assert told["blends"] == {"names": ["soft", "50% grey", "grey"], "how": "answers"}
    points = {it["method"]: it for it in told["points"]["mosaic-8"]}
    assert points["grey"]["psnr"] < points["50% grey"]["psnr"] < points["soft"]["psnr"]
    assert points["grey"]["unnatural"] > points["50% grey"]["unnatural"] > points["soft"]["unnatural"]
    with pytest.raises(ValueError, match="'nobody' cannot be blended: choose two of soft, grey"):
        study_tradeoff(pictures, networks, [parse_case("mosaic-8")], tmp_path, blend=("soft", "nobody"))


class Shifted:
    """A restorer whose network adds one number."""

    def __init__(self, amount: float) -> None:
        self.generator = nn.Conv2d(3, 3, 1)
        self.shows = {"hole": "grey"}
        with torch.no_grad():
            self.generator.weight.copy_(torch.eye(3)[:, :, None, None])
            self.generator.bias.fill_(amount)  # pyright: ignore[reportOptionalMemberAccess]

    def __call__(self, image: Tensor, mask: Tensor, **_: Any) -> Tensor:
        with torch.no_grad():
            return torch.where(mask > 0.5, self.generator(image[None])[0], image)


@pytest.mark.parametrize("alike", [True, False])
def test_a_blend_is_between_and_at_its_ends_the_networks_themselves(alike: bool):
    first, second = Shifted(0.1), Shifted(0.3)
    if not alike:
        second.shows = {"hole": "grey", "mosaic": "nearest"}
    image, mask = torch.full((3, 4, 4), 0.5), torch.zeros(1, 4, 4)
    mask[:, 1:3] = 1
    for share in (0.0, 0.25, 1.0):
        between: Any = blended(first, second, share)
        assert isinstance(between, MixedAnswers) is not alike
        assert list(between.shows) == ["hole"]
        answer = between(image, mask, censor="hole", grid=None)
        assert answer[:, 1].flatten().tolist() == pytest.approx([0.6 + 0.2 * share] * 12)
        assert torch.equal(answer[:, 0], image[:, 0])
    assert first.generator.bias is not None
    assert first.generator.bias[0].item() == pytest.approx(0.1)  # the ends are left as they are
    with pytest.raises(ValueError, match="from 0 to 1, not 2"):
        blended(first, second, 2)
