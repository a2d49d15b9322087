"""The public face: light to import, complete when used."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import inpaint
from inpaint.weights import BUNDLED, BUNDLED_NETWORKS, bundled_path

HEAVY = "torch, torchvision, cv2, numpy, PIL, yaml"  # typer itself may import pydantic
PROBE = "import sys; heavy = [name for name in {names!r}.split(', ') if name in sys.modules]; assert not heavy, heavy"


def python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)


def test_importing_the_package_imports_nothing_heavy():
    done = python("import inpaint; inpaint.__version__; " + PROBE.format(names=HEAVY))
    assert done.returncode == 0, done.stderr


def test_help_imports_nothing_heavy():
    for arguments in (["--help"], ["train", "--help"], ["decensor", "--help"]):
        code = f"import sys; sys.argv = {['inpaint', *arguments]!r}\nfrom inpaint.cli import app\ntry:\n    app()\n"
        done = python(code + "except SystemExit as end:\n    assert not end.code\n" + PROBE.format(names=HEAVY))
        assert done.returncode == 0, done.stderr
        assert "Usage: inpaint" in done.stdout


@pytest.mark.parametrize("name", inpaint.__all__)
def test_every_public_name_is_what_it_says(name: str):
    thing = getattr(inpaint, name)
    assert callable(thing), "a module of the same name would shadow it"
    assert thing.__name__ == name
    assert thing.__module__ == inpaint.PUBLIC[name]


def test_a_star_import_brings_the_public_names():
    assert set(inpaint.__all__) == set(inpaint.PUBLIC)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module inpaint has no attribute 'restore'"):
        inpaint.restore  # noqa: B018  # pyright: ignore[reportAttributeAccessIssue]


@pytest.mark.parametrize("name", BUNDLED_NETWORKS)
def test_bundled_networks_lie_in_the_package(name: str):
    assert bundled_path(name).parent == Path(inpaint.__file__).parent / "weights"
    assert bundled_path(name).suffix == ".safetensors"
    assert (bundled_path(name).with_suffix(".md")).is_file(), "a model card lies beside it"


@pytest.mark.parametrize("name", BUNDLED)
def test_bundled_networks_restore_holes_and_mosaics(name: str):
    import torch

    from inpaint.mosaic.grid import pixelate

    restore, grid = inpaint.load(name, device="cpu"), inpaint.Grid((8, 8), (0, 0))
    image, mask = torch.rand(3, 50, 60, generator=torch.Generator().manual_seed(0)), torch.zeros(1, 50, 60)
    mask[:, 16:32, 16:40] = 1
    assert torch.equal(restore(image, mask)[:, :16], image[:, :16])
    mosaic = torch.where(mask > 0.5, pixelate(image, grid), image)
    restored = restore(mosaic, mask, censor="mosaic", grid=grid)
    assert (pixelate(restored, grid) - pixelate(mosaic, grid)).abs().max() < 1 / 510
