"""SinGAN's folder of one picture: state dicts and lists of numbers come in, whole programs are never opened."""

from __future__ import annotations

import pickle
import sys
import types
from pathlib import Path

import pytest
import torch

from inpaint.assemble import load_network
from inpaint.discriminators import DISCRIMINATORS
from inpaint.generators.singan import SinGAN
from inpaint.importing.convert import import_weights
from inpaint.importing.describe import describe_model
from tests.importing.authors.singan import OPTIONS, scales
from tests.importing.authors.written import network
from tests.importing.imported import assert_same_answers

SIZES = ((16, 20), (24, 30), (36, 45))


def trained(folder: Path, *, critics: bool = True) -> SinGAN:
    """Write the folder as SinGAN's program does, with 1 and then tensors for strengths; return the network."""
    original = network("singan", **OPTIONS)
    assert isinstance(original, SinGAN)
    original.strengths.copy_(torch.tensor([1.0, 0.07, 0.02]))
    judge = DISCRIMINATORS["singan"](**OPTIONS)
    theirs = scales(original.state_dict())
    for number in range(3):
        (folder / str(number)).mkdir(parents=True)
        own = {name: it for name, it in theirs.items() if name.startswith(f"{number}.")}
        saved = {"netG": {name.partition(".")[2]: it for name, it in own.items()}}
        if critics:
            saved["netD"] = judge.get_submodule(f"critics.{number}").state_dict()
        for name, state in saved.items():
            torch.save(state, folder / str(number) / f"{name}.pth", _use_new_zipfile_serialization=number > 0)
    torch.save([1, torch.tensor(0.07), torch.tensor(0.02)], folder / "NoiseAmp.pth")
    torch.save([torch.zeros(1, 3, *size) for size in SIZES], folder / "reals.pth")
    torch.save([torch.zeros(1, 3, 30, 30)] * 3, folder / "Zs.pth")
    return original


def whole_programs(file: Path) -> None:
    """Write what opens by importing SinGAN's modules, as Gs.pth does."""
    for name in ("SinGAN", "SinGAN.models"):
        sys.modules[name] = types.ModuleType(name)
    made = type("GeneratorConcatSkip2CleanAdd", (), {"__module__": "SinGAN.models"})
    sys.modules["SinGAN.models"].GeneratorConcatSkip2CleanAdd = made  # pyright: ignore[reportAttributeAccessIssue]
    try:
        torch.save([made()], file, pickle_module=pickle)
    finally:
        del sys.modules["SinGAN.models"], sys.modules["SinGAN"]


@pytest.mark.parametrize("layout", ["singan", None])
def test_a_folder_comes_in_with_its_critics(tmp_path: Path, layout: str | None):
    original = trained(tmp_path / "cat")
    report = import_weights([tmp_path / "cat"], tmp_path / "ours.safetensors", layout=layout)
    assert not report.ignored or report.ignored == ["sizes"]
    assert_same_answers(original, report.output)
    restorer = load_network(report.output, device="cpu")
    assert isinstance(restorer.generator, SinGAN)
    assert restorer.generator.strengths.tolist() == pytest.approx([1.0, 0.07, 0.02])
    assert restorer.judges is not None
    assert len(restorer.judges.networks[0].critics) == 3  # pyright: ignore[reportArgumentType]
    assert (restorer.side, restorer.unranked) == (250, False)
    assert any("the most real of several results first: critics" in line for line in describe_model(report.output))


def test_without_critics_its_answers_are_in_no_order(tmp_path: Path):
    original = trained(tmp_path / "cat", critics=False)
    report = import_weights([tmp_path / "cat"], tmp_path / "ours.safetensors")
    assert_same_answers(original, report.output)
    assert load_network(report.output, device="cpu").unranked


def test_what_cannot_be_read_safely_is_refused_with_what_to_do(tmp_path: Path):
    folder = tmp_path / "cat"
    trained(folder)
    whole_programs(folder / "Gs.pth")
    with pytest.raises(ValueError, match="whole programs of SinGAN and was not opened: give the folder"):
        import_weights([folder / "Gs.pth"], tmp_path / "ours.safetensors")
    for number in range(3):
        (folder / str(number) / "netG.pth").unlink()
    with pytest.raises(ValueError, match=r"without 0/netG.pth, .* Gs.pth holds whole programs, which are not opened"):
        import_weights([folder], tmp_path / "ours.safetensors")
    assert not (tmp_path / "ours.safetensors").exists()


@pytest.mark.parametrize(("name", "words"), [("NoiseAmp.pth", "is missing"), ("reals.pth", "is missing")])
def test_a_folder_that_is_not_whole_says_what_is_missing(tmp_path: Path, name: str, words: str):
    trained(tmp_path / "cat")
    (tmp_path / "cat" / name).unlink()
    with pytest.raises(ValueError, match=f"{name} {words}"):
        import_weights([tmp_path / "cat"], tmp_path / "ours.safetensors")
    torch.save([1.0], tmp_path / "cat" / name)
    with pytest.raises(ValueError, match="a list of 3 numbers"):
        import_weights([tmp_path / "cat"], tmp_path / "ours.safetensors")
