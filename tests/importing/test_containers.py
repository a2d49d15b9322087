"""Containers of weights: TensorFlow's and TorchScript's are read without their programs, others are refused."""

from __future__ import annotations

import argparse
import pickle
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from inpaint.foreign_files import read_entries, read_foreign
from inpaint.importing.convert import import_weights
from tests.importing.authors import WRITTEN
from tests.importing.authors.written import network, without_trunk
from tests.importing.imported import assert_same_answers
from tests.importing.tensorflow_files import write_tensorflow

TENSORFLOW = ["deepfill_v1", "deepfill_v2", "pepsi", "region_wise"]


@pytest.mark.parametrize("name", TENSORFLOW)
@pytest.mark.parametrize("part", ["snap-0", "snap-0.index", "snap-0.data-00000-of-00001"])
def test_a_tensorflow_checkpoint_is_read_by_any_of_its_names(tmp_path: Path, name: str, part: str):
    _, case = WRITTEN[name]
    original = network(case.generator, **case.options)
    (state,) = case.files(original.state_dict())
    write_tensorflow(tmp_path / "model" / "snap-0", state)
    report = import_weights([tmp_path / "model" / part], tmp_path / "ours.safetensors", channels="rgb")
    assert report.taken == len(original.state_dict())
    assert_same_answers(original, report.output)


def test_a_tensorflow_checkpoint_without_its_data_says_what_is_missing(tmp_path: Path):
    write_tensorflow(tmp_path / "snap", {"a/kernel": torch.zeros(2, 3, 1, 1)})
    (tmp_path / "snap.data-00000-of-00001").unlink()
    with pytest.raises(ValueError, match=r"belongs to snap\.data-00000-of-00001, which is missing"):
        read_entries(tmp_path / "snap.index")


@pytest.mark.parametrize("kept", [0, 10, 60, -9])
def test_a_damaged_index_is_refused(tmp_path: Path, kept: int):
    index = write_tensorflow(tmp_path / "snap", {"a/kernel": torch.zeros(2, 3, 1, 1), "b": torch.ones(3)})
    index.write_bytes(index.read_bytes()[:kept])
    with pytest.raises(ValueError, match="is not the index of a TensorFlow checkpoint"):
        read_entries(index)


def scripted(path: Path, module: nn.Module) -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.trace(module.eval(), torch.rand(1, 3, 16, 16)).save(str(path))  # pyright: ignore
    return path


def test_a_torchscript_file_gives_its_weights_and_its_program_is_never_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    module = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.Sequential(nn.Conv2d(4, 3, 1)))
    path = scripted(tmp_path / "network.pt", module)
    monkeypatch.setattr(torch.jit, "load", None)
    entries = read_entries(path)
    assert set(entries) == set(module.state_dict())
    assert all(torch.equal(it, entries[name]) for name, it in module.state_dict().items())


def state() -> dict[str, Tensor]:
    return without_trunk(network("region_norm", width=4, blocks=2).state_dict())


@pytest.mark.parametrize(
    "wrapped",
    [
        lambda it: {"params": {"x": torch.zeros(1)}, "params_ema": it},
        lambda it: {"netG_state_dict": it, "epoch": 3},
        lambda it: {"model_state_dict": it, "optimizer": {"lr": 1.0}},
        lambda it: {"state_dict": {f"model.{name}": value for name, value in it.items()}, "hyper_parameters": {}},
        lambda it: {f"_orig_mod.module.{name}": value for name, value in it.items()},
        lambda it: {f"net_g.{name}": value for name, value in it.items()},
        lambda it: {"inpaint_net": it, "optimizer_g": {"state": {0: {"exp_avg": torch.zeros(1)}}}, "netD": it},
        lambda it: {"nets": {"first": it, "critic": it}, "step": 3, "scaler": {"scale": torch.ones(1)}},
        lambda it: {f"network.{name}": value for name, value in it.items()},
        lambda it: {"state_dict": {f"model.net.{name}": value for name, value in it.items()}},
    ],
)
def test_holders_and_prefixes_are_taken_off_by_rule(tmp_path: Path, wrapped):
    torch.save(wrapped(state()), tmp_path / "theirs.ckpt")
    assert import_weights([tmp_path / "theirs.ckpt"], tmp_path / "ours.safetensors").layout.generator == "region_norm"


def test_what_lies_beside_a_network_under_another_name_is_left_out_and_named(tmp_path: Path):
    whole = {f"inpainter.{name}": value for name, value in state().items()}
    torch.save({"state_dict": whole | {"metric.features.0.weight": torch.zeros(2, 2)}}, tmp_path / "theirs.ckpt")
    report = import_weights([tmp_path / "theirs.ckpt"], tmp_path / "ours.safetensors")
    assert report.layout.generator == "region_norm"
    assert report.ignored == ["metric.features.0.weight"]


@pytest.mark.parametrize("nested", [False, True])
def test_of_two_networks_in_a_file_none_is_chosen(tmp_path: Path, nested: bool):
    held = {"first": state(), "second": state()}
    flat = {f"{part}.{name}": value for part, it in held.items() for name, value in it.items()}
    torch.save(held if nested else flat, tmp_path / "theirs.pth")
    with pytest.raises(ValueError, match="only first, second" if nested else "has no layout that is known here"):
        import_weights([tmp_path / "theirs.pth"], tmp_path / "ours.safetensors")


def test_numpy_archives_and_pickled_objects_are_refused_with_what_to_do(tmp_path: Path):
    np.savez(tmp_path / "weights.npz", a=np.zeros(3))
    with pytest.raises(ValueError, match=r"weights\.npz holds NumPy arrays.*save_file"):
        read_entries(tmp_path / "weights.npz")
    torch.save(nn.Conv2d(3, 3, 1), tmp_path / "whole.pth")
    torch.save({"args": argparse.Namespace(lr=1), "state_dict": state()}, tmp_path / "space.pth")
    (tmp_path / "plain.pth").write_bytes(pickle.dumps({"a": argparse.Namespace()}))
    for name in ("whole.pth", "space.pth"):
        with pytest.raises(ValueError, match=rf"{name} wants to run code .*save\s+model\.state_dict\(\)"):
            read_entries(tmp_path / name)
    with pytest.raises(ValueError, match=r"plain\.pth"):
        read_entries(tmp_path / "plain.pth")


def test_edges_of_pytorch_before_1_0_get_their_right_vectors(tmp_path: Path):
    _, case = WRITTEN["edge connect"]
    original = network(case.generator, **case.options)
    drawing, painting = case.files(original.state_dict())
    for name in [name for name in drawing if name.endswith("weight_v")]:
        del drawing[name]
    paths = [tmp_path / "edges.pth", tmp_path / "painter.pth"]
    for path, it in zip(paths, (drawing, painting), strict=True):
        torch.save({"generator": it}, path)
    assert import_weights(paths, tmp_path / "ours.safetensors").taken == len(original.state_dict())


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_not_finite_are_refused(tmp_path: Path, value: float):
    torch.save({"a.weight": torch.zeros(2, 2), "b.weight": torch.tensor([1.0, value])}, tmp_path / "net.pth")
    for read in (read_entries, read_foreign):
        with pytest.raises(ValueError, match=r"net\.pth holds numbers that are not finite \(b\.weight\)"):
            read(tmp_path / "net.pth")


@pytest.mark.parametrize("content", [b"", b"hello", b"\x80"])
def test_bytes_of_another_kind_are_refused_in_words(tmp_path: Path, content: bytes):
    (tmp_path / "net.pth").write_bytes(content)
    with pytest.raises(ValueError, match=r"that can be read safely: \w+[ ,]"):
        import_weights([tmp_path / "net.pth"], tmp_path / "ours.safetensors")
