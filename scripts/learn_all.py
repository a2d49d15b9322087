"""Train the small twin of every method on the same patches, and show in one table that each of them learns.

    python scripts/learn_all.py --features vgg16.pth --minutes 3

Each configs/small/NAME.yaml (and quick.yaml, the twin of residual_unet.yaml) is trained by `inpaint train` until its
last step or for so many minutes, whichever comes first.  Then the untrained network, the trained one and the baselines
restore the same pictures of the test split, censored alike: strokes of a brush for networks that learned holes, mosaics
of 8 px (or of the one block that they learned) for those that learned mosaics.  The table between the markers of
docs/methods.md and a sheet of samples per method are written.  What is finished is skipped, so the script can be
stopped and called again (after a change of a config, delete its folder in runs/small).  It exits with 1 and names the
methods whose network is not better after training than before, or not better than doing nothing.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import torch
import torch.nn.functional as F
from torch import Tensor

from inpaint.assemble import load, presentations
from inpaint.checkpoint import load_checkpoint
from inpaint.config import Run, read_run
from inpaint.evaluation.baselines import Baseline, bicubic_means, do_nothing, telea
from inpaint.evaluation.cases import parse_case
from inpaint.evaluation.evaluate import Evaluation, Restore, evaluate
from inpaint.evaluation.pictures import picture_paths, read_pictures
from inpaint.files import write_text
from inpaint.generators import GENERATORS
from inpaint.images import from_array, write
from inpaint.mosaic.grid import Grid
from inpaint.parts import build
from inpaint.restoring.restorer import Restorer
from inpaint.training.journal import Journal

ROOT = Path(__file__).resolve().parent.parent
DATASET = ROOT / "runs" / "default_data"
CASES = {"hole": "hole-freeform", "mosaic": "mosaic-8"}  # what a network is measured on, by what it learned
BEGIN, END = "<!-- learned: written by scripts/learn_all.py -->", "<!-- end of learned -->"
BORDERS = ("outpaint", "right_half")  # masks of networks that draw beyond a picture
RISE = 0.05  # dB; less is no proof
SHOWN = 8  # samples on a sheet, two in a row
SIDE = 128  # px, of a picture on a sheet
LARGEST = 100_000  # bytes of a sheet


class Method(NamedTuple):
    """A small twin, and where it is trained."""

    name: str
    config: Path
    settings: list[str]  # key=value, as `inpaint train` takes
    run: Run  # with these settings

    @property
    def folder(self) -> Path:
        return ROOT / self.run.output


def methods(options: argparse.Namespace) -> list[Method]:
    """Return the twins that were asked for, in that order.  Raises ValueError for a name that is none."""
    files = [*(ROOT / "configs" / "small").glob("*.yaml"), ROOT / "configs" / "quick.yaml"]
    configs = {file.stem: file for file in sorted(files, key=lambda file: file.stem)}
    unknown = sorted(set(options.only or []) - set(configs))
    if unknown:
        raise ValueError(f"there is no small twin of {unknown[0]!r}; choose {', '.join(configs)}")
    return [method(name, configs[name], options) for name in options.only or configs]


def method(name: str, config: Path, options: argparse.Namespace) -> Method:
    folders = {"output": options.output / name, "train": options.data / "train", "validation": options.data / "val"}
    if Path(read_run(config).data.train[0].path).suffix:  # a network that learns one picture
        folders |= dict.fromkeys(("train", "validation"), ROOT / read_run(config).data.train[0].path)
    keys = {"output": "output", "train": "data.train", "validation": "data.validation"}
    settings = [f"{keys[key]}={json.dumps(str(folder.resolve()))}" for key, folder in folders.items()]
    if options.features and read_run(config).features:
        settings.append(f"features.weights={json.dumps(str(options.features.resolve()))}")
    return Method(name, config, settings, read_run(config, settings))


def train(twin: Method, minutes: float) -> None:
    """Train until the last step or the last minute; time is the training's own, without its start."""
    if finished(twin, minutes):
        return
    resume = ["--resume"] if (twin.folder / "state.pt").exists() else []
    given = [word for setting in twin.settings for word in ("--set", setting)]
    process = subprocess.Popen([sys.executable, "-m", "inpaint", "train", str(twin.config), *given, *resume], cwd=ROOT)
    try:
        while process.poll() is None:
            time.sleep(1)
            if seconds_of(twin) >= 60 * minutes:
                break
    finally:
        process.terminate()  # nothing where it has ended; else it saves
        process.wait()
    if not finished(twin, minutes):
        raise ValueError(f"{twin.name} was not trained to its end: exit code {process.returncode}, see {twin.folder}")


def finished(twin: Method, minutes: float) -> bool:
    last = twin.folder / "last.safetensors"
    done = load_checkpoint(last).provenance if last.exists() else {"step": 0, "seconds": 0}
    return done["step"] >= twin.run.steps or done["seconds"] + 1 >= 60 * minutes  # stored in whole seconds


def seconds_of(twin: Method) -> float:
    return max((line.get("seconds", 0) for line in Journal(twin.folder / "journal.jsonl").read()), default=0)


def measured(twin: Method, paths: list[Path], docs: Path) -> list[dict[str, Any]]:
    """Return a row for each kind of damage that the network learned; what was measured before is read again."""
    single = Path(twin.run.data.train[0].path)
    paths = [single] if single.is_file() else paths
    last = twin.folder / "last.safetensors"
    key = {"step": load_checkpoint(last).provenance["step"], "pictures": [path.stem for path in paths]}
    kept = twin.folder / "learned.json"
    if kept.exists() and (before := json.loads(kept.read_text(encoding="utf-8")))["key"] == key:
        return before["rows"]
    torch.manual_seed(twin.run.seed)  # as training begins
    untrained = build(GENERATORS, twin.run.generator, "generator")
    restorers: dict[str, Restore] = {
        "before": Restorer(untrained, shows=presentations(twin.run.data.fill)),
        "after": load(last),
    }
    parameters = sum(parameter.numel() for parameter in untrained.parameters())
    lines = Journal(twin.folder / "journal.jsonl").read()
    speed = statistics.median(line["images_per_second"] for line in lines if "images_per_second" in line)
    shared = {"method": twin.name, "parameters": parameters, "images_per_second": speed, "steps": key["step"]}
    learned = [kind for kind in CASES if kind in presentations(twin.run.data.fill)]
    rows, shown = [], []
    for kind in learned:
        case, beside = parse_case(case_of(kind, twin.run)), {**baselines(kind), **restorers}
        result = evaluate(beside, read_pictures(paths), cases=[case], baselines=False, keep=SHOWN // len(learned))
        rows.append(shared | {"damage": case.name} | {row.method: row.scores["psnr_mask"] for row in result.rows})
        shown += samples(result)
    write_sheet(docs / "methods" / f"{twin.name}.jpg", shown)
    write_text(kept, json.dumps({"key": key, "rows": rows}, indent=1))
    return rows


def case_of(kind: str, run: Run) -> str:
    """Return what a network is measured on: CASES, a mosaic of the one block that it learned, or its border."""
    if kind == "hole" and run.data.mask[0].name in BORDERS:
        return f"hole-{run.data.mask[0].name}"
    blocks = [fill.options.get("block") for fill in run.data.fill if fill.name == kind]
    return f"mosaic-{blocks[0]}" if len(blocks) == 1 and isinstance(blocks[0], int) else CASES[kind]


def baselines(kind: str) -> dict[str, Restore]:
    """Return what a network is measured beside, under names of our own."""
    chosen = {"as shown": do_nothing, "Telea": telea} | ({"Bicubic": bicubic_means} if kind == "mosaic" else {})
    return {name: partial(shown_baseline, way) for name, way in chosen.items()}


def shown_baseline(way: Baseline, image: Tensor, mask: Tensor, *, censor: str, grid: Grid | None) -> Tensor:
    """Restore by a way that needs no network."""
    return way(image, mask, grid)


def samples(result: Evaluation) -> list[Tensor]:
    """Return the examples as input | restored | target, each (3, SIDE, 3 SIDE) in [0, 1]."""
    triples = [torch.stack([it.image, it.restored["after"], it.target]) for it in result.examples]  # (3, 3, h, w)
    return [
        torch.cat(list(F.interpolate(triple.float() / 255, (SIDE, SIDE), mode="area")), dim=2) for triple in triples
    ]


def write_sheet(path: Path, shown: list[Tensor]) -> None:
    """Write samples two in a row, as the best JPEG that is small enough."""
    if len(shown) % 2:
        shown = [*shown, torch.ones_like(shown[0])]
    rows = [torch.cat(shown[index : index + 2], dim=2) for index in range(0, len(shown), 2)]
    for quality in range(85, 4, -10):
        write(from_array(torch.cat(rows, dim=1).clamp(0, 1)), path, quality)
        if path.stat().st_size <= LARGEST:
            return


def table(rows: list[dict[str, Any]]) -> str:
    """Return the rows in Markdown, PSNR in dB over the mask."""
    columns = "method, damage, parameters, images/s, steps, do nothing, Telea, bicubic, before, after, samples"
    head = f"| {columns.replace(', ', ' | ')} |"
    lines = [head, "| --- | --- |" + " ---: |" * 8 + " --- |"]
    for row in rows:
        scores = (f"{row[name]:.2f}" if name in row else "" for name in ("as shown", "Telea", "Bicubic", "before"))
        lines.append(
            f"| {row['method']} | {row['damage']} | {row['parameters']:,} | {row['images_per_second']:.1f} | "
            f"{row['steps']:,} | {' | '.join(scores)} | **{row['after']:.2f}** | [sheet](methods/{row['method']}.jpg) |"
        )
    return "\n".join(lines)


def put_table(path: Path, text: str) -> None:
    """Replace what stands between the markers of a file.  Raises ValueError where they are missing."""
    whole = path.read_text(encoding="utf-8")
    if whole.count(BEGIN) != 1 or END not in whole.partition(BEGIN)[2]:
        raise ValueError(f"{path} should hold a line {BEGIN} and after it a line {END}, between which the table goes")
    before, _, rest = whole.partition(BEGIN)
    write_text(path, f"{before}{BEGIN}\n\n{text}\n\n{END}{rest.partition(END)[2]}")


def unlearned(rows: list[dict[str, Any]]) -> list[str]:
    """Name the methods that are not better after training than before, or not better than what was shown."""
    return [
        f"{row['method']} on {row['damage']}: before {row['before']:.2f}, as shown {row['as shown']:.2f}, "
        f"after {row['after']:.2f} dB"
        for row in rows
        if not row["after"] > max(row["before"], row["as shown"]) + RISE
    ]


def main() -> None:
    """Read the command line, train, measure, write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATASET, help="a folder that inpaint build-dataset has made")
    parser.add_argument("--features", type=Path, help="weights of VGG16 for methods with perceptual terms")
    parser.add_argument("--minutes", type=float, default=3.0, help="training time of each method at most")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these methods alone; the table keeps the others")
    parser.add_argument("--pictures", type=int, default=32, help="of the test split that are measured")
    parser.add_argument("--output", type=Path, default=ROOT / "runs" / "small", help="where the twins are trained")
    parser.add_argument("--docs", type=Path, default=ROOT / "docs", help="holds methods.md and receives methods/*.jpg")
    options = parser.parse_args()
    torch.set_flush_denormal(True)
    cv2.setNumThreads(1)
    found = picture_paths(options.data, "test")
    count = min(options.pictures, len(found))
    paths = [found[index * len(found) // count] for index in range(count)]
    paths = [path for first in range(4) for path in paths[first::4]]  # the first ones, which are shown, differ
    chosen = methods(options)
    for twin in chosen:
        train(twin, options.minutes)
        measured(twin, paths, options.docs)
    options.only = None
    there = [twin for twin in methods(options) if (twin.folder / "learned.json").exists()]
    rows = [row for twin in there for row in json.loads((twin.folder / "learned.json").read_text("utf-8"))["rows"]]
    put_table(options.docs / "methods.md", table(rows))
    print(table(rows))
    if failed := unlearned(rows):
        sys.exit("does not learn: " + "; ".join(failed))


if __name__ == "__main__":
    try:
        main()
    except ValueError as error:
        sys.exit(str(error))
