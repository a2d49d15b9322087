"""EdgeConnect: counts and names of the authors' checkpoints, a transcription of the table, what each network sees."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from checksums import fill, fill_spectral, hole, image, summary
from torch import Tensor, nn

from inpaint.generators.edge_connect import EdgeConnectTrunk, EdgeGenerator, InpaintGenerator, build
from inpaint.importing.layouts.edge_connect import edge_connect_name
from inpaint.layers.canny import canny, grey
from tests.generators.contract import CONTRACT, Check


def count(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def test_parameter_counts_are_the_published_ones():
    edges, painter = EdgeGenerator(), InpaintGenerator()
    assert count(edges) == 10_761_089
    assert sum(buffer.numel() for buffer in edges.buffers()) == 50_963
    assert count(painter) == 10_774_595
    assert count(EdgeGenerator(non_local=True)) == 10_761_089 + 81_921


def test_names_and_shapes_are_those_of_the_authors_checkpoints():
    plain, normed = ("weight",), ("weight_orig", "weight_u", "weight_v")
    for network, kinds, bias in ((EdgeGenerator(), normed, False), (InpaintGenerator(), plain, True)):
        expected = {f"{layer}.{kind}" for layer in outer() for kind in (*kinds, "bias")}
        inner = {f"middle.{i}.conv_block.{j}" for i in range(8) for j in (1, 5)}
        expected |= {f"{layer}.{kind}" for layer in inner for kind in (*kinds, *(["bias"] if bias else []))}
        expected |= {"decoder.7.weight", "decoder.7.bias"}
        found = {edge_connect_name(name, {}): tuple(entry.shape) for name, entry in network.state_dict().items()}
        assert set(found) == expected
        assert len(found) == (44 if bias else 70)
        weight = kinds[0]
        assert found[f"encoder.1.{weight}"] == (64, 4 if bias else 3, 7, 7)
        assert found[f"encoder.4.{weight}"] == (128, 64, 4, 4)
        assert found[f"decoder.0.{weight}"] == (256, 128, 4, 4)
        assert found["decoder.7.weight"] == (3 if bias else 1, 64, 7, 7)
        if not bias:
            vectors = [found[f"decoder.{key}"] for key in ("0.weight_u", "0.weight_v", "3.weight_u", "3.weight_v")]
            assert vectors == [(128,), (4096,), (64,), (2048,)]


def outer() -> list[str]:
    return ["encoder.1", "encoder.4", "encoder.7", "decoder.0", "decoder.3"]


def transcribed(network: EdgeConnectTrunk, x: Tensor) -> Tensor:
    """The table row by row, from the entries by the authors' names, with the spectral norm spelled out."""
    entries = {edge_connect_name(name, {}): entry for name, entry in network.state_dict().items()}

    def weight(name: str, *, turned: bool = False) -> Tensor:
        if f"{name}.weight" in entries:
            return entries[f"{name}.weight"]
        raw, left, right = (entries[f"{name}.weight_{kind}"] for kind in ("orig", "u", "v"))
        rows = (raw.transpose(0, 1) if turned else raw).flatten(1)
        return raw / (left @ rows @ right)

    def norm(y: Tensor) -> Tensor:
        mean, variance = y.mean((2, 3), keepdim=True), y.var((2, 3), correction=0, keepdim=True)
        return (y - mean) / (variance + 1e-5).sqrt()

    def conv(y: Tensor, name: str, *, margin: int = 0, **options: int) -> Tensor:
        y = F.pad(y, (margin,) * 4, mode="reflect") if margin else y
        return F.conv2d(y, weight(name), entries.get(f"{name}.bias"), **options)

    x = norm(conv(x, "encoder.1", margin=3)).relu()
    for name in ("encoder.4", "encoder.7"):
        x = norm(conv(x, name, stride=2, padding=1)).relu()
    for i in range(8):
        inner = norm(conv(x, f"middle.{i}.conv_block.1", margin=2, dilation=2)).relu()
        x = x + norm(conv(inner, f"middle.{i}.conv_block.5", margin=1))
    for name in ("decoder.0", "decoder.3"):
        x = norm(F.conv_transpose2d(x, weight(name, turned=True), entries[f"{name}.bias"], 2, 1)).relu()
    return conv(x, "decoder.7", margin=3)


@torch.no_grad()
def test_both_networks_are_their_table():
    """Reference: the literal transcription above, with equal weights, float64."""
    torch.manual_seed(0)
    picture, grid = image(3, 32, 24, unit_range=True), image(2, 32, 24, unit_range=True).round()
    edges, mask = grid[:, :1], grid[:, 1:]
    drawing, painter = EdgeGenerator(width=8), InpaintGenerator(width=8)
    fill(drawing)
    fill(painter)
    grey_hole, black_hole = grey(picture) * (1 - mask) + mask, edges * (1 - mask)
    expected = transcribed(drawing, torch.cat([grey_hole, black_hole, mask], 1)).sigmoid()
    assert (drawing(grey(picture), edges, mask) - expected).abs().max() < 1e-5
    white_hole = picture.where(mask < 0.5, torch.ones_like(picture))
    expected = (transcribed(painter, torch.cat([white_hole, edges], 1)).tanh() + 1) / 2
    assert expected.std() > 0.05
    assert (painter(picture, edges, mask) - expected).abs().max() < 1e-5


@torch.no_grad()
def test_checksums():
    """Reference: src/networks.py of knazeri/edge-connect at 3142579, float64, equal weights, 64 x 64; no difference."""
    picture, edges, mask = image(3, 64, 64, unit_range=True), image(1, 64, 64, unit_range=True).round(), hole(64)
    drawing, painter = EdgeGenerator(), InpaintGenerator()
    fill_spectral(drawing)
    fill_spectral(painter)
    drawn = (0.5416440783, 0.1438211044, 0.3756521038, 0.6445798470, 0.4072995181)
    assert summary(drawing(grey(picture), edges, mask)) == pytest.approx(drawn, rel=1e-8)
    painted = (0.4597608438, 0.2460730929, 0.3580560506, 0.4443170832, 0.4162929510)
    assert summary(painter(picture, edges, mask)) == pytest.approx(painted, rel=1e-8)


@torch.no_grad()
def test_a_last_convolution_of_zeros_answers_one_half():
    network = build(width=4).eval()
    for name in ("edges.decoder.7", "painter.decoder.7"):
        for parameter in network.get_submodule(name).parameters():
            parameter.zero_()
    answer, extras = network(*scene())
    assert torch.equal(answer, torch.full_like(answer, 0.5))
    assert torch.equal(extras["edge"], torch.full_like(extras["edge"], 0.5))


def scene(height: int = 40, width: int = 48) -> tuple[Tensor, Tensor]:
    picture = F.interpolate(torch.rand(1, 3, 5, 6, generator=torch.Generator().manual_seed(1)), (height, width))
    mask = torch.zeros(1, 1, height, width)
    mask[..., 10:25, 8:30] = 1
    return picture, mask


@torch.no_grad()
def test_the_painter_gets_drawn_edges_in_the_hole_and_true_ones_outside():
    network = build(width=4).eval()
    picture, mask = scene()
    drawn, complete = network.draw(picture, mask)  # pyright: ignore[reportCallIssue]
    found = canny(grey(picture), mask)
    assert found.any()
    assert torch.equal(complete, drawn.where(mask > 0.5, found))
    answer, extras = network(picture, mask)
    assert torch.equal(extras["edge"], drawn)
    assert torch.equal(answer, network.restore_with_edges(picture, mask, complete).image)  # pyright: ignore
    assert not torch.equal(answer, network.restore_with_edges(picture, mask, found).image)  # pyright: ignore


@torch.no_grad()
def test_nothing_under_the_hole_is_read():
    network = build(width=4).eval()
    picture, mask = scene()
    assert torch.equal(network(picture, mask).image, network(picture * (1 - mask), mask).image)


@torch.no_grad()
def test_any_size_comes_back():
    network = build(width=4, non_local=True).eval()
    for size in ((250, 255), (3, 14)):
        answer, extras = network(torch.rand(1, 3, *size), torch.zeros(1, 1, *size))
        assert answer.shape == (1, 3, *size)
        assert extras["edge"].shape == (1, 1, *size)


@torch.no_grad()
def test_non_local_blocks_start_as_the_identity():
    plain, attending = build(width=4).eval(), build(width=4, non_local=True).eval()
    missing, unexpected = attending.load_state_dict(plain.state_dict(), strict=False)
    assert not unexpected
    assert all(".non_local." in name for name in missing)
    torch.testing.assert_close(plain(*scene()).image, attending(*scene()).image)


def test_edges_of_another_size_are_refused():
    picture, mask = scene()
    with pytest.raises(ValueError, match="must have the mask's shape"):
        build(width=4).restore_with_edges(picture, mask, mask[..., 1:])  # pyright: ignore[reportCallIssue]


@pytest.mark.parametrize("options", [{"width": 1}, {"sigma": 0.0}])
def test_impossible_options_are_refused(options: dict[str, float]):
    with pytest.raises(ValueError, match="width must be at least 2 and sigma above 0"):
        build(**options)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("check", CONTRACT)
def test_its_other_options_keep_the_contract(check: Check):
    check("edge_connect", {"width": 2, "sigma": 1.0, "non_local": True})
