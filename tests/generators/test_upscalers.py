"""IMDN, RLFN and SPAN: counts, checksums of the authors' code, and steps of a mosaic."""

from __future__ import annotations

import pytest
import torch
from checksums import Summary, fill, image, summary
from torch import Tensor, nn

from inpaint.contracts import Generator
from inpaint.generators import imdn, rlfn, span
from inpaint.generators.span import ExpandedConv
from inpaint.layers.cell_filter import CELL_FILTERS, as_reduced, cell_filter
from inpaint.layers.cell_upscaler import CellUpscaler
from inpaint.mosaic.grid import Grid, pixelate

NTIRE_RLFN = {"width": 46, "middle": 48, "blocks": 4, "peak": 255.0}
# By scripts/parity/network_checksums.py: RLFN of Amazingren/NTIRE2024_ESR 6404fa4, IMDN of Zheng222/IMDN 8f158e6,
# SPAN of spandrel 0.4.2.
CHECKSUMS = {
    "rlfn": Summary(
        0.0014340150342627453, 0.5189800784491475, 0.2465537328370305, -0.785265425618438, 0.244756931172973
    ),
    "imdn": Summary(-0.13303080484440, 0.6993650024485, -1.55877929588156, -0.21329394193496, -1.50873786375986),
    "span": Summary(1.7741655114984505, 67.62683828107008, -40.690915441476, 50.01841397357221, 84.18947986679972),
}


def published(name: str) -> Generator:
    return {"rlfn": lambda: rlfn.build(**NTIRE_RLFN), "imdn": imdn.build, "span": span.build}[name]()


def small(name: str, width: int = 8, **options: object) -> Generator:
    torch.manual_seed(0)
    return {"rlfn": rlfn.build, "imdn": imdn.build, "span": span.build}[name](width=width, blocks=2, **options)


def count(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


@pytest.mark.parametrize(("name", "parameters"), [("rlfn", 317_218), ("imdn", 715_176), ("span", 1_840_488)])
def test_parameter_counts_are_the_authors(name: str, parameters: int):
    with torch.device("meta"):
        assert count(published(name)) == parameters


@pytest.mark.parametrize(("block", "parameters"), [(2, 694_404), (3, 703_059)])
def test_imdn_for_other_factors_has_the_parameters_of_the_authors_files(block: int, parameters: int):
    with torch.device("meta"):
        assert count(imdn.build(block=block)) == parameters


@pytest.mark.parametrize("name", CHECKSUMS)
def test_checksums_are_those_of_the_authors_code(name: str):
    trunk = published(name).get_submodule("trunk")
    fill(trunk)
    with torch.no_grad():
        assert summary(trunk(image(3, 24, 24, unit_range=True))) == pytest.approx(CHECKSUMS[name], rel=1e-9)


class Repeats(nn.Module):
    """Enlarges by repetition and remembers what it saw."""

    def __init__(self, factor: int):
        super().__init__()
        self.factor, self.seen = factor, []

    def forward(self, cells: Tensor) -> Tensor:
        self.seen.append(cells)
        return cells.repeat_interleave(self.factor, 2).repeat_interleave(self.factor, 3)


@pytest.mark.parametrize("block", [2, 3, 4])
def test_the_phase_of_a_mosaic_is_found_in_training_and_known_in_a_step(block: int):
    network = CellUpscaler(Repeats(block), block, reduction="box")
    torch.manual_seed(1)
    mask = torch.ones(1, 1, 24, 36)
    shifted = pixelate(torch.rand(1, 3, 24, 36), Grid((block, block), (1, block - 1)))
    torch.testing.assert_close(network(shifted, mask).image, shifted)
    aligned = pixelate(shifted, Grid((block, block), (0, 0)))
    torch.testing.assert_close(network(aligned, mask, block=block).extras["raw"], aligned)


@pytest.mark.parametrize("name", CHECKSUMS)
@pytest.mark.parametrize("block", [2, 3, 4])
def test_a_network_enlarges_by_its_block_whatever_the_size(name: str, block: int):
    network = small(name, block=block).eval()
    for height, width in ((1, 1), (5, 40)):
        picture = torch.rand(1, 3, height * block, width * block)
        answer = network(picture, torch.ones_like(picture[:, :1]), block=block).image
        assert answer.shape == picture.shape
        assert answer.isfinite().all()
    assert network.cell_steps == (block,)


@pytest.mark.parametrize("name", CHECKSUMS)
def test_every_parameter_learns(name: str):
    network = small(name, width=32)
    picture = torch.rand(2, 3, 32, 32)
    network(picture, torch.ones(2, 1, 32, 32)).image.square().mean().backward()
    assert all(it.grad is not None and it.grad.any() for it in network.parameters())


def test_the_merged_convolution_is_the_four_in_training():
    torch.manual_seed(0)
    layer, x = ExpandedConv(3, 5, expand=2), torch.rand(2, 3, 7, 9)
    four = layer.conv(nn.functional.pad(x, (1, 1, 1, 1))) + layer.sk(x)  # as the authors' code runs them
    torch.testing.assert_close(layer(x), four)
    assert {name.partition(".")[0] for name in ExpandedConv(3, 5, expand=0).state_dict()} == {"eval_conv"}


@pytest.mark.parametrize("factor", CELL_FILTERS)
def test_a_filter_keeps_flat_places_and_is_symmetric(factor: int):
    kernel = cell_filter(factor)
    assert kernel.sum() == pytest.approx(1, abs=2e-4)
    assert torch.equal(kernel, kernel.T)
    assert torch.equal(kernel, kernel.flip(0))


def reduced_bicubically(picture: Tensor, factor: int) -> Tensor:
    size = [side // factor for side in picture.shape[-2:]]
    return nn.functional.interpolate(picture, size, mode="bicubic", antialias=True, align_corners=False)


@pytest.mark.parametrize("factor", [2, 4])
def test_filtered_cells_are_nearer_to_the_reduced_picture(factor: int):
    torch.manual_seed(0)
    picture = nn.functional.interpolate(torch.rand(1, 3, 40, 40), (320, 320), mode="bicubic") + 0.05 * torch.rand(
        1, 3, 320, 320
    )
    cells, wanted = nn.functional.avg_pool2d(picture, factor), reduced_bicubically(picture, factor)
    before, after = ((it - wanted)[..., 4:-4, 4:-4].square().mean() for it in (cells, as_reduced(cells, factor)))
    assert after < 0.8 * before


@pytest.mark.parametrize(
    ("build", "options", "words"),
    [
        (rlfn.build, {"reduction": "area"}, "reduction 'area' is unknown; choose box or bicubic"),
        (rlfn.build, {"block": 1}, "block is 1"),
        (rlfn.build, {"peak": 0}, "peak is 0"),
        (imdn.build, {"width": 6}, "width is 6: it must divide by 4"),
        (span.build, {"expand": -1}, "expand is -1"),
    ],
)
def test_impossible_options_are_refused(build, options: dict, words: str):
    with pytest.raises(ValueError, match=words):
        build(**options)


def test_a_network_that_learned_from_mosaics_sees_cells_as_they_are():
    picture, mask = torch.rand(1, 3, 16, 16), torch.ones(1, 1, 16, 16)
    trunk, cells = Repeats(2), nn.functional.avg_pool2d(picture, 2)
    CellUpscaler(trunk, 2, reduction="box")(picture, mask, block=2)
    CellUpscaler(trunk, 2, reduction="bicubic")(picture, mask, block=2)
    assert torch.equal(trunk.seen[0], cells)
    assert torch.equal(trunk.seen[1], as_reduced(cells, 2))
