"""What a file of weights is, in a few lines: whose network, what it restores, and what it takes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from torch import nn

from inpaint.checkpoint import is_checkpoint, load_checkpoint
from inpaint.config import parse_run
from inpaint.degradation.presentations import presentations
from inpaint.foreign_files import read_foreign
from inpaint.generators import GENERATORS
from inpaint.importing.recognise import candidates, nearest_in_words
from inpaint.parts import build
from inpaint.restoring.community import UnknownNetwork, community_generator, community_shows, described_network
from inpaint.restoring.onnx_session import Session
from inpaint.weights import BUNDLED_NETWORKS, NETWORKS_OF_DEFAULT, model_file


def describe_model(model: str | Path) -> list[str]:
    """Return lines that say what a bundled network or a file of weights is; the first names it.

    Raises ValueError in a sentence for a file that is no network, or one that nothing here knows.

    >>> describe_model("holes")[0]
    'holes: sighted_unet of this package, 6,479,196 parameters, restores holes'
    """
    if str(model) == "default":
        return [f"default: {' and '.join(f'{name} for a {censor}' for censor, name in NETWORKS_OF_DEFAULT.items())}"]
    path = model_file(model)
    name = str(model) if str(model) in BUNDLED_NETWORKS else path.name
    if path.suffix == ".onnx":
        return described_session(name, path)
    if is_checkpoint(path):
        return described_checkpoint(name, path)
    entries = read_foreign(path).entries
    found = candidates(entries)
    fitting = [it for it in found if not it.compared.faults]
    if fitting:
        taken = f"inpaint import-weights {path.name} --as {fitting[0].name} -o {path.stem}.safetensors"
        return [f"{name}: {fitting[0].name} as in {fitting[0].layout.source}", f"to use it: {taken}"]
    try:
        return described_foreign(name, path)
    except UnknownNetwork as error:
        raise ValueError(f"{error}; nearest that can be imported: {nearest_in_words(entries, found)}") from None


def described_checkpoint(name: str, path: Path) -> list[str]:
    """Describe a checkpoint of this package."""
    checkpoint = load_checkpoint(path)
    run = parse_run(checkpoint.run, str(path))
    generator = build(GENERATORS, run.generator, "generator")
    shows = presentations(run.data.fill) | dict(generator.shows)
    head = f"{name}: {run.generator.name} of this package, {parameters(generator)}, restores {in_plural(shows)}"
    lines = [head, f"sees {view_in_words(generator.view, run.data.crop)}"]
    if generator.cell_steps:
        lines.append(f"makes steps of {' and '.join(map(str, generator.cell_steps))} px a cell, for any block")
    if checkpoint.judges:
        lines.append(f"carries what puts the most real of several results first: {', '.join(checkpoint.judges)}")
    if options := ", ".join(f"{key}={value}" for key, value in run.generator.options.items()):
        lines.append(f"options: {options}")
    if imported := checkpoint.provenance.get("imported"):
        lines.append(f"imported from {imported['from']}: {', '.join(it['file'] for it in imported['files'])}")
    return lines


def described_session(name: str, path: Path) -> list[str]:
    """Describe an exported network."""
    session = Session(path, device="cpu")
    return [
        f"{name}: an exported network (ONNX), restores {in_plural(session.shows)}",
        f"sees {view_in_words(session.view, session.side)}; sides divide by {session.multiple}",
    ]


def described_foreign(name: str, path: Path) -> list[str]:
    """Describe a network of another project, by what spandrel knows of it."""
    described = described_network(path)
    generator = community_generator(described, str(path))
    tags = f" ({', '.join(described.tags)})" if described.tags else ""
    kind = f"enlarges {described.scale} times" if generator.cell_steps else "inpaints"
    needs: Any = described.size_requirements
    rules = [f"at least {needs.minimum} px a side"] if needs.minimum else []
    rules += [f"sides divide by {needs.multiple_of}"] if needs.multiple_of > 1 else []
    rules += ["squares"] if needs.square else []
    precision = "float32 or bfloat16" if described.supports_bfloat16 else "float32 alone"
    return [
        f"{name}: {described.architecture.name}{tags}, which {kind}, {parameters(generator)}, "
        f"restores {in_plural(community_shows(generator))}",
        f"sees {view_in_words(generator.view, 0)}; takes {', '.join(rules) or 'any size'}; computes in {precision}",
        "its licence and its origin are yours to know",
    ]


def parameters(network: nn.Module) -> str:
    """Say how many numbers a network has."""
    return f"{sum(it.numel() for it in network.parameters()):,} parameters"


def in_plural(shows: dict[str, str]) -> str:
    """Name what a network restores."""
    return " and ".join(f"{censor}s" for censor in shows)


def view_in_words(view: str, side: int) -> str:
    """Say what a network sees around a hole."""
    square = f"a square of at least {side} px" if side else "a square that is not cut into tiles"
    small = {"small": f"the whole picture, shrunk to {side} px" if side else "the whole picture"}
    return {"crop": "a crop around each place", "square": square, "whole": "the whole picture", **small}[view]
