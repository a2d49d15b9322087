"""Networks of other projects: any that enlarges removes mosaics, any that inpaints fills holes.

The networks are small random ones of spandrel's own classes, written as their authors write files.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

import inpaint
from inpaint.importing.describe import describe_model
from inpaint.mosaic.grid import Grid, pixelate
from inpaint.restoring.community import CommunityInpainter, CommunityUpscaler, community_generator

spandrel = pytest.importorskip("spandrel")
from spandrel.architectures.Compact import Compact  # noqa: E402
from spandrel.architectures.LaMa import LaMa  # noqa: E402
from spandrel.architectures.PLKSR import PLKSR  # noqa: E402
from spandrel.architectures.SwinIR import SwinIR  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


def compact(factor: int, channels: int = 3) -> nn.Module:
    return Compact(num_in_ch=channels, num_out_ch=channels, num_feat=8, num_conv=2, upscale=factor)


def swinir() -> nn.Module:
    options: dict[str, Any] = {"img_size": 16, "depths": [2], "embed_dim": 12, "num_heads": [2], "window_size": 8}
    return SwinIR(**options, mlp_ratio=2, upscale=2, upsampler="pixelshuffledirect")


UPSCALERS = {
    "x2": lambda: compact(2),
    "x4": lambda: compact(4),
    "x8": lambda: compact(8),
    "x3": lambda: PLKSR(dim=16, n_blocks=1, upscaling_factor=3),
    "grey": lambda: compact(2, channels=1),
    "windows": swinir,
}
CELLS = {"square": (4, 4), "odd": (7, 7), "oblong": (6, 10), "large": (20, 20)}


def written(path: Path, network: nn.Module, holder: str | None = "params_ema") -> Path:
    torch.manual_seed(0)
    state = {name: it.clone().contiguous() for name, it in network.state_dict().items()}
    if path.suffix == ".safetensors":
        save_file(state, path)
    else:
        torch.save({holder: state} if holder else state, path)
    return path


def mosaic(block: tuple[int, int]) -> tuple[Tensor, Tensor, Grid]:
    torch.manual_seed(1)
    image, mask = torch.rand(3, 96, 110), torch.zeros(1, 96, 110)
    grid = Grid(block, (2, 3))
    top, left = block[0] + 2, 2 * block[1] + 3
    mask[:, top : top + 3 * block[0], left : left + 3 * block[1]] = 1
    return pixelate(image, grid).where(mask > 0.5, image), mask, grid


@pytest.mark.parametrize("block", CELLS.values(), ids=CELLS)
@pytest.mark.parametrize("name", UPSCALERS)
def test_any_network_that_enlarges_removes_mosaics_of_any_block(tmp_path: Path, name: str, block: tuple[int, int]):
    restore = inpaint.load(written(tmp_path / "network.pth", UPSCALERS[name]()), device="cpu")
    assert list(restore.shows) == ["mosaic"]
    image, mask, grid = mosaic(block)
    restored = restore(image, mask, censor="mosaic", grid=grid)
    assert torch.equal(restored.where(mask < 0.5, image), image)
    inside = pixelate(mask, grid) > 0.999
    difference = (pixelate(restored, grid) - pixelate(image, grid)).abs() * inside
    assert difference.max() < 1e-4, "every cell keeps its mean"
    assert (restored - image).abs().max() > 1e-3


def test_enlarging_begins_from_what_bicubic_reduction_would_have_given():
    """A network that repeats pixels answers the filtered cells at the first step, and estimates as they are."""

    class Repeats(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x.repeat_interleave(2, 2).repeat_interleave(2, 3)

    class Described:
        model, scale, input_channels, output_channels, purpose = Repeats(), 2, 3, 3, "SR"
        tiling = spandrel.ModelTiling.SUPPORTED
        size_requirements = spandrel.SizeRequirements()

        def __call__(self, picture: Tensor) -> Tensor:
            return self.model(picture)

    network = CommunityUpscaler(Described())
    image = torch.zeros(1, 3, 20, 20)
    image[..., 10:12, 10:12] = 1
    first, later = (
        network(image, torch.ones(1, 1, 20, 20), block=2, guessed=it).extras["raw"][0, 0] for it in (0.0, 1.0)
    )
    assert torch.equal(later, image[0, 0])
    assert first.sum() == pytest.approx(4, abs=1e-3), "the filter keeps the mean"
    assert 0.8 < first[10, 10] < 0.9
    assert first[10, 14] < -0.02


@pytest.mark.parametrize("form", ["bare", "lightning"])
def test_a_network_that_inpaints_fills_holes(tmp_path: Path, form: str):
    network = small_lama()
    state = network.state_dict()
    if form != "bare":
        state = {name.replace("model.model", "generator.model"): it for name, it in state.items()}
    if form == "lightning":
        state |= {"discriminator.model0.0.weight": torch.zeros(1), "loss_resnet_pl.impl.weight": torch.zeros(1)}
        state = {"state_dict": state, "epoch": 3}
    torch.save(state, tmp_path / "lama.ckpt")
    restore = inpaint.load(tmp_path / "lama.ckpt", device="cpu")
    image, mask = torch.rand(3, 50, 61), torch.zeros(1, 50, 61)
    mask[:, 20:30, 20:40] = 1
    restored = restore(image, mask)
    assert list(restore.shows) == ["hole"]
    assert torch.equal(restored.where(mask < 0.5, image), image)
    other = image.where(mask < 0.5, torch.rand_like(image))
    assert torch.equal(restore(other, mask) * mask, restored * mask), "what the hole hides is never seen"


def small_lama() -> nn.Module:
    torch.manual_seed(0)
    return LaMa(in_nc=4, out_nc=3)


def test_two_files_restore_a_censor_each_and_the_bundled_networks_the_rest(tmp_path: Path):
    file = written(tmp_path / "x4.safetensors", compact(4))
    both = inpaint.load({"mosaic": file}, device="cpu")
    assert set(both.shows) == {"hole", "mosaic"}
    image, mask, grid = mosaic((8, 8))
    alone, default = inpaint.load(file, device="cpu"), inpaint.load("default", device="cpu")
    assert torch.equal(both(image, mask, censor="mosaic", grid=grid), alone(image, mask, censor="mosaic", grid=grid))
    assert torch.equal(both(image, mask, censor="hole"), default(image, mask, censor="hole"))
    by_words = inpaint.load(f"mosaics={file}", device="cpu")
    assert set(by_words.shows) == {"hole", "mosaic"}
    with pytest.raises(ValueError, match=r"x4\.safetensors cannot restore a hole: it learned mosaic"):
        inpaint.load({"hole": file}, device="cpu")


def test_what_neither_enlarges_nor_inpaints_is_refused_in_a_sentence(tmp_path: Path):
    path = written(tmp_path / "x1.pth", compact(1))
    with pytest.raises(ValueError, match=r"x1\.pth is a .*Compact for Restoration, which enlarges 1 times"):
        inpaint.load(path, device="cpu")


def test_a_network_that_nobody_knows_is_refused_with_its_entries(tmp_path: Path):
    torch.save({"layer.weight": torch.zeros(3)}, tmp_path / "odd.pth")
    with pytest.raises(ValueError, match=r"odd\.pth is not a checkpoint .* knows no network .*layer\.weight"):
        inpaint.load(tmp_path / "odd.pth", device="cpu")


def test_without_spandrel_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = written(tmp_path / "x2.pth", compact(2))
    monkeypatch.setitem(sys.modules, "spandrel", None)
    with pytest.raises(ValueError, match=r"pip install 'inpaint\[community\]'"):
        inpaint.load(path, device="cpu")


def test_a_network_that_needs_full_precision_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = written(tmp_path / "x2.pth", compact(2))
    assert inpaint.load(path, device="cpu", precision="bfloat16")
    monkeypatch.setattr("spandrel.architectures.Compact.CompactArch.load", _without_half)
    with pytest.raises(ValueError, match=r"x2\.pth is a .*Compact, which needs float32: leave out bfloat16"):
        inpaint.load(path, device="cpu", precision="bfloat16")


def _without_half(self: Any, state: dict[str, Tensor]) -> Any:
    return spandrel.ImageModelDescriptor(
        compact(2), state, self, "SR", [], False, supports_bfloat16=False, scale=2, input_channels=3, output_channels=3
    )


def test_licence_and_origin_are_said_to_be_the_users_to_know(tmp_path: Path):
    with pytest.warns(UserWarning, match=r"x2\.pth is a network of another project: its licence and its origin"):
        inpaint.load(written(tmp_path / "x2.pth", compact(2)), device="cpu")


def test_what_a_file_is_is_said_in_a_few_lines(tmp_path: Path):
    first, sees, licence = describe_model(written(tmp_path / "x4.pth", compact(4)))
    assert first.startswith("x4.pth: RealESRGAN Compact")
    assert "enlarges 4 times" in first
    assert "restores mosaics" in first
    assert "any size" in sees
    assert "licence" in licence
    square, *_ = describe_model(written(tmp_path / "windows.pth", swinir()))[1:]
    assert "not cut into tiles" in square
    assert isinstance(community_generator_of(tmp_path), CommunityInpainter)


def community_generator_of(folder: Path) -> Any:
    state = small_lama().state_dict()
    return community_generator(spandrel.ModelLoader("cpu").load_from_state_dict(state), str(folder))


def test_an_upscaler_refuses_holes(tmp_path: Path):
    restore = inpaint.load(written(tmp_path / "x4.pth", compact(4)), device="cpu")
    image, mask, _ = mosaic((8, 8))
    with pytest.raises(ValueError, match="never learned to restore a hole; it learned mosaic"):
        restore(image, mask, censor="hole")
