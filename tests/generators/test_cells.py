"""The network over cells: its start, the means that it keeps, what it may not read, and its export."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inpaint.generators.cells import Cells, build, masked_means, repeated
from inpaint.mosaic.grid import Grid, enlarge
from inpaint.mosaic.projection import project
from inpaint.sample import Prediction

STEPS = pytest.mark.parametrize("block", [2, 4])


def small(*, left_start: bool = True) -> Cells:
    torch.manual_seed(0)
    network = build(width=8, blocks=1, deep=8, deep_blocks=1).eval()
    assert isinstance(network, Cells)
    if left_start:
        with torch.no_grad():
            for parameter in network.parameters():
                parameter += 0.1 * torch.randn_like(parameter)
    return network


def mosaic(block: int, *, cut: bool = False) -> tuple[Tensor, Tensor]:
    """A picture of 8 by 6 cells, with a mosaic of 4 by 3 of them; cut: one pixel of its first row is known."""
    rng = torch.Generator().manual_seed(1)
    image = torch.rand(2, 3, 8 * block, 6 * block, generator=rng)
    mask = torch.zeros(2, 1, 8 * block, 6 * block)
    mask[..., 2 * block + cut : 6 * block, block : 4 * block] = 1
    return torch.where(mask > 0.5, repeated(masked_means(image, mask, block), block), image), mask


def test_the_bundled_size_has_fewer_than_one_and_a_half_million_parameters():
    with torch.device("meta"):
        network = build()
    assert sum(parameter.numel() for parameter in network.parameters()) == 1_263_996


@STEPS
@torch.no_grad()
def test_at_the_start_the_answer_is_bicubic_with_the_cell_means(block: int):
    image, mask = mosaic(block)
    cells, grid = F.avg_pool2d(image, block), Grid((block, block), (0, 0))
    smooth = enlarge(cells, grid, (image.shape[2], image.shape[3]), "bicubic")
    prediction = small(left_start=False)(image, mask, block=block)
    assert torch.equal(prediction.extras["raw"], smooth)
    torch.testing.assert_close(prediction.image, project(smooth, cells, grid, mask))


@STEPS
@pytest.mark.parametrize("cut", [False, True])
@torch.no_grad()
def test_the_means_of_masked_pixels_are_kept(block: int, cut: bool):
    image, mask = mosaic(block, cut=cut)
    answer = small()(image, mask, block=block).image
    inside = F.avg_pool2d(mask, block) > 0
    given, kept = (masked_means(it, mask, block) for it in (image, answer))
    torch.testing.assert_close(torch.where(inside, kept, 0), torch.where(inside, given, 0))


@torch.no_grad()
def test_pixels_under_the_mask_are_read_through_their_mean_alone():
    image, mask = mosaic(4)
    noise = torch.randn_like(image)
    noise = (noise - repeated(F.avg_pool2d(noise, 4), 4)) * mask
    network = small()
    torch.testing.assert_close(network(image + noise, mask).image, network(image, mask).image, rtol=0, atol=1e-5)


@torch.no_grad()
def test_known_pixels_are_seen_sharply():
    image, mask = mosaic(4)
    noise = torch.randn_like(image)
    noise = (noise - repeated(F.avg_pool2d(noise, 4), 4)) * (1 - mask)
    network = small()
    assert not torch.allclose(network(image + noise, mask).image, network(image, mask).image, atol=1e-3)


@torch.no_grad()
def test_guessed_cells_are_restored_otherwise_than_measured_ones():
    image, mask = mosaic(4)
    network = small()
    both = network(image, mask, guessed=torch.tensor([0.0, 1.0])[:, None, None, None]).image
    torch.testing.assert_close(both[0], network(image, mask).image[0])
    torch.testing.assert_close(both[1], network(image, mask, guessed=1.0).image[1])
    assert not torch.allclose(both[1], network(image, mask).image[1])


def test_an_option_below_one_is_refused():
    with pytest.raises(ValueError, match="at least 1"):
        build(deep_blocks=0)


class Step(nn.Module):
    """One step of a network, as it is exported."""

    def __init__(self, network: nn.Module, block: int):
        super().__init__()
        self.network, self.block = network, block

    def forward(self, image: Tensor, mask: Tensor, guessed: Tensor) -> Tensor:
        prediction: Prediction = self.network(image, mask, block=self.block, guessed=guessed)
        return prediction.image


@STEPS
def test_each_step_is_exported_for_any_number_of_cells(block: int, tmp_path: Path):
    onnxruntime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnx")
    network, file = small(), str(tmp_path / "network.onnx")
    image, mask = mosaic(block)
    guessed = torch.ones(1, 1, 1, 1)
    axes: dict[str, Any] = {name: {0: "batch", 2: "height", 3: "width"} for name in ("image", "mask", "answer")}
    torch.onnx.export(
        Step(network, block),
        (image, mask, guessed),
        file,
        input_names=["image", "mask", "guessed"],
        output_names=["answer"],
        dynamic_axes=axes,
        opset_version=17,
        dynamo=False,
    )
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    image, mask = (F.pad(it[:1], (0, 2 * block, 0, 4 * block), mode="replicate") for it in (image, mask))
    given = {"image": image.numpy(), "mask": mask.numpy(), "guessed": guessed.numpy()}
    with torch.no_grad():
        expected = network(image, mask, block=block, guessed=guessed).image
    torch.testing.assert_close(torch.from_numpy(session.run(None, given)[0]), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("steps", [[], [2], [3, 4], [4, 8]])
def test_steps_that_no_block_is_reached_by_are_refused(steps: list[int]):
    with pytest.raises(ValueError, match=r"must be \[4\], or \[2, 4\]"):
        build(steps=steps)
