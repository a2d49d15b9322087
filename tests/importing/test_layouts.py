"""Every layout: what the authors' file holds computes the same here, to the last bit."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from checksums import fill, hole, image, summary
from safetensors.torch import save_file
from torch import Tensor, nn

import inpaint
from inpaint.checkpoint import load_checkpoint
from inpaint.config import parse_run
from inpaint.degradation.build import degradation_of
from inpaint.generators import GENERATORS
from inpaint.generators.pconv import PConv
from inpaint.importing.convert import Report, import_weights
from inpaint.importing.layouts import LAYOUTS
from inpaint.importing.layouts.pconv import divided_by_window
from inpaint.layers.partial_conv import Partial
from inpaint.randomness import rng_for
from tests.importing.authors import (
    CASES,
    PORT_LAYERS,
    edge_connect_files,
    gated_flat,
    naoto,
    network,
    pix2pix,
    without_trunk,
)

RGB = {"channels": "rgb"}


def picture(size: int = 64) -> tuple[Tensor, Tensor]:
    image = torch.rand(1, 3, size, size, generator=rng_for("imported", 0))
    mask = torch.zeros(1, 1, size, size)
    mask[..., 20:45, 18:40] = 1
    return image, mask


def taken(tmp_path: Path, state: object, layout: str, **options: object) -> Report:
    """Save a file as training programs do, and import it."""
    torch.save(state, tmp_path / "theirs.pth")
    return import_weights([tmp_path / "theirs.pth"], tmp_path / "ours.safetensors", layout=layout, **options)  # pyright: ignore


@torch.no_grad()
def assert_same_answers(original: nn.Module, imported: Path) -> None:
    image, mask = picture()
    restorer = inpaint.load(imported, device="cpu")
    original = original.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
    expected = original(image, mask).image
    assert torch.equal(restorer.generator(image, mask).image, expected)
    assert expected.std() > 1e-3  # a network that answers one grey would prove nothing


@pytest.mark.parametrize("case", CASES)
def test_the_imported_network_answers_as_the_original(tmp_path: Path, case: str):
    layout, name, options, made = CASES[case]
    original = network(name, **options)
    report = taken(tmp_path, {"n_iter": 9, "G": made(original.state_dict())}, layout, **RGB)
    assert report.taken == len(original.state_dict())
    assert not report.started
    assert_same_answers(original, report.output)


def test_edge_connects_two_generators_are_taken_in_any_order(tmp_path: Path):
    original = network("edge_connect", width=4)
    edges, painter = edge_connect_files(original.state_dict())
    assert (len(edges), len(painter)) == (70, 44)  # as in the authors' files
    files = [tmp_path / "EdgeModel_gen.pth", tmp_path / "InpaintingModel_gen.pth"]
    for file, state in zip(files, (edges, painter), strict=True):
        torch.save({"iteration": 3, "generator": state}, file)
    for order in (files, files[::-1]):
        report = import_weights(order, tmp_path / "ours.safetensors", layout="edge_connect")
        assert_same_answers(original, report.output)


@pytest.mark.parametrize("levels", [5, 6])
def test_naotos_weights_are_scaled_to_the_size_of_their_windows(tmp_path: Path, levels: int):
    original = network("pconv", width=4, levels=levels)
    theirs = naoto(original.state_dict(), levels)
    ours = original.state_dict()
    for name, weight in ours.items():
        if name.endswith("convolution.weight"):
            weight /= weight.shape[1] * weight.shape[2] * weight.shape[3]
    report = taken(tmp_path, {"model": theirs}, "pconv")
    assert f"enc_N.conv.mask_conv.weight ({levels})" in report.text()
    assert_same_answers(original, report.output)
    image, mask = picture()
    valid = (1 - mask).expand(-1, 3, -1, -1)
    first = theirs["enc_1.conv.input_conv.weight"]
    known = F.conv2d(valid, torch.ones_like(first), stride=2, padding=3)  # their layer: sum over what is known
    expected = F.conv2d(image * valid, first, stride=2, padding=3) / known.clamp(min=1) * (known > 0)
    layer = GENERATORS["pconv"](width=4, levels=levels)
    layer.load_state_dict(load_checkpoint(report.output).weights)
    assert isinstance(layer, PConv)
    answer = layer.trunk.encoders[0].convolution(Partial(image, 1 - mask)).features  # pyright: ignore
    torch.testing.assert_close(answer, expected)


@torch.no_grad()
def test_scaled_weights_answer_as_naotos_own_layer():
    network = GENERATORS["pconv"](levels=7)
    assert isinstance(network, PConv)
    fill(network.trunk)
    for name, parameter in network.named_parameters():
        parameter.copy_(divided_by_window(name, parameter))
    expected = (0.01947228, 0.02413720, 0.02880816, -0.01360004, 0.04318704)  # made with naoto's code, float64
    assert summary(network.trunk(image(3, 256, 256), 1 - hole())) == pytest.approx(expected, rel=1e-6)


def test_full_size_files_have_the_entries_that_the_authors_count():
    def on_meta(name: str, **options: object) -> dict[str, Tensor]:
        with torch.device("meta"):
            return GENERATORS[name](**options).state_dict()

    numbers = ("running_mean", "running_var", "num_batches_tracked")
    seven = naoto(on_meta("pconv", levels=7), 7)
    assert sum(it.numel() for name, it in seven.items() if not name.endswith(numbers)) == 51_550_757
    flat = gated_flat(on_meta("gated"))
    assert len(flat) == 84
    shapes = {"conv1": (48, 5, 5, 5), "conv4_downsample": (192, 48, 3, 3), "conv16": (24, 24, 3, 3)}
    shapes |= {"conv17": (3, 12, 3, 3), "xconv1": (48, 3, 5, 5), "allconv11": (192, 192, 3, 3)}
    assert {name: tuple(flat[f"{name}.conv.weight"].shape) for name in shapes} == shapes
    assert "conv13_upsample.conv.conv.bias" in flat
    assert len(set(PORT_LAYERS)) == 42
    assert "model.model.1.model.3.model.3.model.3.model.3.model.3.model.3.model.3.weight" in pix2pix(
        on_meta("unet", shape="pix2pix"), 8
    )


def test_region_norm_and_cyclegan_have_their_authors_names():
    leaves, blends = ("weight", "bias"), ("gamma", "beta")
    region = {f"encoder_conv{n}.{leaf}" for n, leaf in product((1, 2, 3), leaves)}
    region |= {
        f"encoder_in{n}.{where}_{blend}" for n, where, blend in product((1, 2, 3), ("foreground", "background"), blends)
    }
    region |= {f"middle.{n}.conv_block.{place}.{leaf}" for n, place, leaf in product(range(8), (1, 5), leaves)}
    region |= {f"decoder.{place}.{leaf}" for place, leaf in product((0, 4, 9), leaves)}
    for norm in [*(f"middle.{n}.conv_block.{p}" for n, p in product(range(8), (2, 6))), "decoder.2", "decoder.6"]:
        region |= {f"{norm}.sa.conv1.weight"}
        region |= {f"{norm}.sa.{blend}_conv.{leaf}" for blend, leaf in product(blends, leaves)}
    assert set(without_trunk(network("region_norm", width=4).state_dict())) == region
    cycle = {f"model.{place}.{leaf}" for place, leaf in product((1, 4, 7, 19, 22, 26), leaves)}
    cycle |= {f"model.{n}.conv_block.{p}.{leaf}" for n, p, leaf in product(range(10, 19), (1, 5), leaves)}
    assert set(without_trunk(network("resnet9", width=4).state_dict())) == cycle


@torch.no_grad()
def test_weights_that_expect_bgr_answer_the_same_about_swapped_pictures(tmp_path: Path):
    original = network("gated", width=8)
    state = gated_flat(original.state_dict())
    image, mask = picture()
    expected = original(image.flip(1), mask)
    for channels in ("auto", "bgr"):  # converted from TensorFlow, whose program reads BGR
        report = taken(tmp_path, state, "gated", channels=channels)
        assert "BGR, swapped to RGB" in report.text()
        answer = inpaint.load(report.output, device="cpu").generator(image, mask)
        torch.testing.assert_close(answer.image, expected.image.flip(1))
        torch.testing.assert_close(answer.extras["coarse"], expected.extras["coarse"].flip(1))


@pytest.mark.parametrize("prefix", ["module.", "generator.", "generator.module.", "netG.module."])
def test_prefixes_of_wrappers_and_whole_models_are_taken_off(tmp_path: Path, prefix: str):
    original = network("region_norm", width=4, blocks=2)
    state = {prefix + name: it for name, it in without_trunk(original.state_dict()).items()}
    if prefix != "module.":
        state["discriminator.conv1.0.weight_orig"] = torch.zeros(4, 3, 4, 4)
    report = taken(tmp_path, state, "region_norm")
    assert report.ignored == [name for name in state if name.startswith("discriminator")]
    assert_same_answers(original, report.output)


def test_files_of_older_and_newer_kinds_are_read(tmp_path: Path):
    original = network("resnet9", width=4, blocks=6)
    state = without_trunk(original.state_dict())
    old = state | {"model.2.running_mean": torch.zeros(4), "model.10.conv_block.2.running_var": torch.ones(16)}
    torch.save(old, tmp_path / "old.pth", _use_new_zipfile_serialization=False)
    save_file(state, tmp_path / "new.safetensors")
    for file, ignored in ((tmp_path / "old.pth", 2), (tmp_path / "new.safetensors", 0)):
        report = import_weights([file], tmp_path / "ours.safetensors", layout="cyclegan")
        assert len(report.ignored) == ignored
        assert_same_answers(original, report.output)


def test_counters_that_older_files_lack_start_at_0(tmp_path: Path):
    original = network("unet", shape="pix2pix", width=4, levels=6)
    state = {name: it for name, it in pix2pix(original.state_dict(), 6).items() if not name.endswith("tracked")}
    report = taken(tmp_path, state, "pix2pix")
    assert "started at 0: trunk.encoders.N.N.num_batches_tracked (4)" in report.text()
    assert "--eval" in report.text()
    assert_same_answers(original, report.output)


def test_the_checkpoint_tells_where_it_comes_from_and_what_it_is_shown(tmp_path: Path):
    layout, name, options, made = CASES["port"]
    state = made(network(name, **options).state_dict())
    report = taken(tmp_path, state, layout, settings=["generator.fuse=false"])
    checkpoint = load_checkpoint(report.output)
    (source,) = checkpoint.provenance["imported"]["files"]
    assert source["file"] == "theirs.pth"
    assert len(source["sha256"]) == 64
    assert checkpoint.provenance["imported"]["layout"] == "gated"
    assert checkpoint.run["generator"] == {"name": "gated", "width": 8, "padding": "pytorch", "fuse": False}
    assert inpaint.load(report.output, device="cpu").shows == {"hole": "black"}


@pytest.mark.parametrize("layout", [layout for layouts in LAYOUTS.values() for layout in layouts])
def test_what_a_layout_is_shown_can_be_made(layout):
    tree = {"train": "synthetic", "mask": {"name": layout.mask}, "fill": list(layout.fills)}
    run = {"output": "o", "steps": 1, "data": tree, "generator": {"name": layout.generator}}
    run |= {"recipe": {"name": "supervised", "weights": {"l1": 1.0}}, "optim": {"generator": {"lr": 1e-4}}}
    data = parse_run(run, "test").data
    _, mask = degradation_of(data.mask, data.fill)(torch.rand(3, 64, 64), rng_for("shown", 1))
    assert mask.shape == (1, 64, 64)
