"""Every function of the public API has an example in its docstring, and what the example says comes out."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path
from typing import Any

import pytest

import inpaint
from inpaint import images

PUBLIC = {
    "inpaint.load": inpaint.load,
    "inpaint.Restorer.__call__": inpaint.Restorer.__call__,
    "inpaint.decensor": inpaint.decensor,
    "inpaint.evaluate": inpaint.evaluate,
    "inpaint.Grid": inpaint.Grid,
    "inpaint.images.read": images.read,
    "inpaint.images.write": images.write,
    "inpaint.images.read_mask": images.read_mask,
    "inpaint.images.read_mask_for": images.read_mask_for,
}


def examples_of(name: str, thing: Any) -> list[doctest.DocTest]:
    """Return the examples in a docstring, which see the names of the module that it stands in."""
    names = vars(importlib.import_module(thing.__module__))
    found = doctest.DocTestFinder(recurse=False).find(thing, name, globs=dict(names))
    return [test for test in found if test.examples]


@pytest.mark.parametrize("name", PUBLIC)
def test_the_example_of_a_public_function_passes(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))  # where an example leaves what it makes
    (example,) = examples_of(name, PUBLIC[name])
    said: list[str] = []
    result = doctest.DocTestRunner(verbose=False).run(example, out=said.append)
    assert result.failed == 0, "".join(said)


def test_every_public_name_of_the_package_has_an_example():
    assert {name.split(".")[1] for name in PUBLIC} - {"images"} == set(inpaint.__all__)
