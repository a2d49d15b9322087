"""From files of weights that others made to a checkpoint of this package, with nothing lost and nothing made up."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from inpaint.checkpoint import CarriedJudge, save_checkpoint
from inpaint.config import Run, override, parse_run, run_to_tree
from inpaint.foreign_files import Foreign, first_few, read_foreign, weights_path
from inpaint.foreign_files.scale_folders import digest_of_file
from inpaint.importing.halves import half_in, note_of, under_every_start
from inpaint.importing.layout import Entries, Layout
from inpaint.importing.layouts import LAYOUTS
from inpaint.importing.recognise import compared, laid, recognised, unwrapped

CHANNEL_ORDERS = ("auto", "rgb", "bgr")
SPECTRAL = ("weight_orig", "parametrizations.weight.original")  # of spectral norm, older and newer


class Report(NamedTuple):
    """What was made of the files."""

    output: Path
    layout: Layout
    taken: int
    ignored: list[str]  # entries of the files that the network does without
    started: list[str]  # counters that the files do not have
    channels: str  # the order that the network in the files expects, now RGB

    def text(self) -> str:
        """Say it in a few lines."""
        lines = [f"{self.output}: generator {self.layout.generator}, {self.taken} entries from {self.layout.source}"]
        if self.layout.colours:
            done = "swapped to RGB" if self.channels == "bgr" else "left as they are"
            lines.append(f"Colours: the file expects {self.channels.upper()}, {done} (see --channels)")
        if self.ignored:
            lines.append(f"Left out, as the network does without: {', '.join(counted_kinds(self.ignored))}")
        if self.started:
            lines.append(f"Not in the file, started at 0: {', '.join(counted_kinds(self.started))}")
        if self.layout.note:
            lines.append(f"Note: {self.layout.note}")
        return "\n".join(lines)


def import_weights(
    files: Sequence[Path | str],
    output: Path | str,
    *,
    layout: str | None = None,
    channels: str = "auto",
    settings: Sequence[str] = (),
) -> Report:
    """Convert files of weights to a checkpoint that `inpaint.load` takes.

    layout: one of LAYOUTS; None recognises it by the entries.  channels: what the network in the files expects, rgb,
    bgr, or auto for what its layout says.  settings: such as "generator.fuse=false", for what weights do not tell.
    Raises ValueError in a sentence for files that are not this network's, whole and with nothing left over.
    """
    output, paths = Path(output), [weights_path(Path(file)) for file in files]
    if output.suffix != ".safetensors":
        raise ValueError(f"{output} should end in .safetensors, as checkpoints do")
    if output.resolve() in [path.resolve() for path in paths]:
        raise ValueError(f"{output} is also the file to read: choose another name")
    check_choices(layout, channels, len(paths))
    foreign = [read_foreign(path) for path in paths]
    if layout is None and len(paths) > 1:
        layout = kept_in_two(foreign)
    beside: list[str] = []  # what lies beside the network in a program's whole state
    half = half_in(with_right_vectors(foreign[0].entries), layout) if len(paths) == 1 else None
    if half is not None:
        layout, kind = half.name, half.layout._replace(note=note_of(half))
        entries = under_every_start(with_right_vectors(foreign[0].entries), kind)
    elif layout is not None and len(paths) < len(LAYOUTS[layout][0].files):
        raise ValueError(f"--as {layout} takes the generators of {LAYOUTS[layout][0].source}, or one of them whole")
    elif layout is None:
        layout, kind, _ = recognised(foreign[0].entries, str(paths[0]))
        entries, beside = unwrapped(foreign[0].entries, [kind])
    else:
        entries, beside = unwrapped(in_one(foreign, LAYOUTS[layout][0]), LAYOUTS[layout])
        kind = layout_of(layout, entries)
    order = kind.channels if channels == "auto" else channels
    if order == "bgr" and not kind.colours:
        raise ValueError(f"--channels bgr does not apply to {layout}, whose authors feed RGB")
    run = run_of(kind, entries, settings, name=output.stem)
    if half is None:
        weights, ignored, started = converted(kind, entries, run, origin=first_few(map(str, paths)))
    else:
        weights, ignored, started = {ours: entries[half.start + it] for ours, it in half.theirs.items()}, [], []
    if order == "bgr":
        for name, dimension, *start in kind.colours:
            if name in weights:  # a smaller network has fewer of them
                weights[name] = swapped(weights[name], dimension, *start)
    sources = [{"file": path.name, "sha256": digest_of_file(path)} for path in paths]
    provenance = {"imported": {"layout": layout, "from": kind.source, "channels": order, "files": sources}}
    judges = judges_in(kind, entries, run)
    save_checkpoint(output, weights, run=run_to_tree(run), provenance=provenance, judges=judges)
    others = [name for file in foreign for name in file.others]
    return Report(output, kind, len(weights) - len(started), [*ignored, *beside, *others], started, order)


def check_choices(layout: str | None, channels: str, files: int) -> None:
    """Raise ValueError for a choice that does not exist or does not go with this many files."""
    if layout is not None and layout not in LAYOUTS:
        raise ValueError(f"--as {layout!r} is unknown; choose {', '.join(LAYOUTS)}")
    if channels not in CHANNEL_ORDERS:
        raise ValueError(f"--channels {channels!r} is unknown; choose {', '.join(CHANNEL_ORDERS)}")
    if layout is None:
        if files not in (1, 2):
            raise ValueError(f"a network is in one file, or a few networks' are in two, not in {files}")
        return
    needed = len(LAYOUTS[layout][0].files)
    if files != needed and not (needed > 1 and files == 1):  # one of two is taken in alone
        kept = f"the generators of {LAYOUTS[layout][0].source}" if needed > 1 else "one file"
        raise ValueError(f"--as {layout} takes {kept}, not {files} file{'s' * (files != 1)}")


def in_one(foreign: Sequence[Foreign], layout: Layout) -> dict[str, Tensor]:
    """Return the entries of all files; two are told apart by an entry that only the first should have."""
    if len(layout.files) == 1:
        return foreign[0].entries
    ordered = by_entry(foreign, layout) if layout.told_by else by_spectral_norm(foreign)
    whole = ((start, with_right_vectors(file.entries)) for start, file in zip(layout.files, ordered, strict=True))
    return {start + name: it for start, entries in whole for name, it in entries.items()}


def kept_in_two(foreign: Sequence[Foreign]) -> str:
    """Return the layout whose two files these are, by the entry that only one of them has; else edge_connect."""
    for name, (first, *_) in LAYOUTS.items():
        if first.told_by and sum(first.told_by in file.entries for file in foreign) == 1:
            return name
    return "edge_connect"


def by_entry(foreign: Sequence[Foreign], layout: Layout) -> Sequence[Foreign]:
    """Return two files in the order of their layout."""
    having = [layout.told_by in file.entries for file in foreign]
    if having.count(True) != 1:
        raise ValueError(
            f"{' and '.join(str(file.path) for file in foreign)} should be {layout.source}, of which only the first "
            f"has an entry {layout.told_by}: {'both have' if all(having) else 'neither has'} it"
        )
    return foreign if having[0] else foreign[::-1]


def by_spectral_norm(foreign: Sequence[Foreign]) -> Sequence[Foreign]:
    """Return the generator that draws edges, which alone has spectral norm, before the one that paints."""
    spectral = [any(name.endswith(SPECTRAL) for name in file.entries) for file in foreign]
    if spectral.count(True) != 1:
        what = "both" if all(spectral) else "neither"
        raise ValueError(
            f"{' and '.join(str(file.path) for file in foreign)} should be one generator that draws edges, with "
            f"spectral norm (weight_orig), and one that paints, without: {what} has it"
        )
    return foreign if spectral[0] else foreign[::-1]


def with_right_vectors(entries: Entries) -> dict[str, Tensor]:
    """Return entries with weight_v for every weight_u: PyTorch before 1.0 kept the left vectors alone."""
    found = dict(entries)
    for name, left in entries.items():
        stem = name.removesuffix("_u")
        if name.endswith("weight_u") and f"{stem}_v" not in entries and f"{stem}_orig" in entries:
            weight = entries[f"{stem}_orig"]
            rows = (weight if len(weight) == len(left) else weight.transpose(0, 1)).flatten(1)
            found[f"{stem}_v"] = torch.nn.functional.normalize(left @ rows, dim=0)
    return found


def layout_of(name: str, entries: Entries) -> Layout:
    """Return the first of a network's layouts whose first entry a file has.  Raises ValueError where it has none."""
    fitting = [layout for layout in LAYOUTS[name] if layout.first in entries]
    if not fitting:
        expected = " or ".join(f"{layout.first!r} ({layout.source})" for layout in LAYOUTS[name])
        found = ", ".join(list(entries)[:4])
        raise ValueError(f"--as {name} expects the entry {expected}, but the file has {found}, ...")
    return fitting[0]


def run_of(kind: Layout, entries: Entries, settings: Sequence[str], *, name: str) -> Run:
    """Return a run that describes the network in the files and what it is shown; its training is only a formality."""
    tree: dict[str, Any] = {
        "output": f"runs/{name}",
        "steps": 1,
        "data": {
            "train": "synthetic",
            "batch": 1,
            "crop": kind.crop,
            "mask": {"name": kind.mask},
            "fill": list(kind.fills),
        },
        "generator": {"name": kind.generator, **kind.options(entries)},
        "recipe": {"name": "supervised", "weights": {"l1": 1.0}},
        "optim": {"generator": {"lr": 1e-4}},
    }
    for setting in settings:
        override(tree, setting)
    return parse_run(tree, "the run of imported weights")


def judges_in(kind: Layout, entries: Entries, run: Run) -> dict[str, CarriedJudge]:
    """Return the discriminators that a file holds beside a network that draws its answers."""
    found = kind.judges(entries, run.generator.options) if kind.judges else {}
    return {name: CarriedJudge(part, weights) for name, (part, weights) in found.items()}


def converted(
    kind: Layout, entries: Entries, run: Run, *, origin: str
) -> tuple[dict[str, Tensor], list[str], list[str]]:
    """Return our weights, their entries that do not matter, and our counters that they do not have.

    Raises ValueError for entries that are missing, left over, or of another shape.
    """
    seen = compared(kind, entries, run.generator.options)
    network = f"generator {kind.generator} ({kind.source})"
    if seen.missing or seen.left:
        raise ValueError(f"{origin} does not fit {network}: of the entries, it {seen.in_words()}")
    if seen.misshapen:
        raise ValueError(f"{origin} does not fit {network}: {seen.misshapen[0]}")
    weights = {}
    for name, like in seen.wanted.items():
        tensor = torch.zeros(like.shape) if name in seen.started else laid(kind, name, entries[seen.theirs[name]])
        tensor = tensor.to(like.dtype)
        weights[name] = kind.adapt(name, tensor) if kind.adapt else tensor
    return weights, seen.ignored, seen.started


def swapped(tensor: Tensor, dimension: int, start: int = 0) -> Tensor:
    """Reverse three channels of a dimension, by default the first."""
    order = [*range(start), start + 2, start + 1, start, *range(start + 3, tensor.shape[dimension])]
    return tensor.index_select(dimension, torch.tensor(order))


def counted_kinds(names: Sequence[str]) -> list[str]:
    """Return names with N for their numbers, each kind once with its count."""
    kinds = [re.sub(r"\d+", "N", name) for name in names]
    return [f"{kind} ({kinds.count(kind)})" for kind in dict.fromkeys(kinds)]
