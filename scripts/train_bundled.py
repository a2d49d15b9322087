"""Train the bundled network from nothing: fetch free pictures, build the dataset, train, measure, write the card.

    python scripts/train_default.py --evaluate FOLDER_OF_CLEAN_PICTURES

Every stage is skipped where its result is there already, and training resumes, so the script can be stopped and called
again at any time.  It needs Debian's apt-get for the pictures and about an hour and a half of two recent CPU cores, or
minutes of a GPU.  The result is inpaint/weights/default.safetensors (half precision) and its model card.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import torch

from inpaint.assemble import load
from inpaint.builders.attribution import credit
from inpaint.builders.manifests import manifest_rows
from inpaint.checkpoint import load_checkpoint, save_checkpoint
from inpaint.config import read_run
from inpaint.evaluation.evaluate import Evaluation
from inpaint.evaluation.evaluate import evaluate as measure
from inpaint.evaluation.page import write_page
from inpaint.evaluation.pictures import picture_paths, pictures
from inpaint.evaluation.report import markdown, write_json
from inpaint.files import write_text
from inpaint.journal import Journal

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "runs" / "free_images"
DATASET = ROOT / "runs" / "default_data"
CONFIG = ROOT / "configs" / "default.yaml"
WEIGHTS = ROOT / "inpaint" / "weights" / "default.safetensors"


def python(*arguments: str | Path) -> None:
    """Run this Python in the repository's root and stop where it fails."""
    subprocess.run([sys.executable, *map(str, arguments)], cwd=ROOT, check=True)


def prepare() -> None:
    """Fetch the pictures and build the dataset, where they are missing."""
    if not PICTURES.exists():
        python("scripts/free_images.py", PICTURES)
    if not DATASET.exists():
        python("-m", "inpaint", "build-dataset", PICTURES, "--output", DATASET, "--patches", "16", "--processes", "2")


def train(settings: list[str]) -> Path:
    """Train, or go on training, and return the run's folder."""
    folder = ROOT / read_run(CONFIG, settings).output
    given = [word for setting in settings for word in ("--set", setting)]
    resume = ["--resume"] if (folder / "state.pt").exists() else []
    python("-m", "inpaint", "train", CONFIG, *given, *resume)
    return folder


def machine() -> str:
    """Name what this runs on."""
    if torch.cuda.is_available():
        return torch.cuda.get_device_name()
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{torch.get_num_threads()} cores of {names[0] if names else platform.processor()}"


def export(folder: Path) -> dict[str, Any]:
    """Write the best network of the run in half precision where the package looks for it."""
    best = load_checkpoint(folder / "best.safetensors")
    trained = load_checkpoint(folder / "last.safetensors").provenance
    provenance = {**best.provenance, "seconds": trained["seconds"], "machine": machine()}
    save_checkpoint(WEIGHTS, best.weights, run=best.run, provenance=provenance, dtype=torch.float16)
    return provenance


def training_facts() -> list[dict[str, str]]:
    """Return what is told about each training picture: package, version, licences, ..."""
    manifest = [json.loads(line) for line in (DATASET / "manifest.jsonl").read_text(encoding="utf-8").splitlines()]
    told = {line["source"]: line.get("facts") for line in manifest if line["split"] == "train"}
    if all(told.values()):
        return [told[name] for name in sorted(told)]
    # A dataset of the first layout does not repeat what is told about its pictures.
    names = {name.removeprefix(f"{PICTURES.name}/") for name in told}
    chosen = (row for row in manifest_rows(PICTURES / "licences.jsonl") if row.file in names)
    return [dict(row.facts) for row in sorted(chosen, key=lambda row: row.file)]


def training_pictures() -> str:
    """Return a table of the training pictures by package and licence."""
    credits = [credit(facts) for facts in training_facts()]
    counts = Counter((one.origin, one.licence) for one in credits)
    rows = [f"| {origin} | {count} | {licence} |" for (origin, licence), count in counts.items()]
    return "\n".join(["| Debian package | pictures | licence |", "| --- | ---: | --- |", *rows])


def validation_curve(folder: Path) -> str:
    """Return a table of the validation PSNR by step, as the run's journal tells it."""
    lines = [line for line in Journal(folder / "journal.jsonl").read() if "psnr" in line]
    steps = " | ".join(f"{line['step']:,}" for line in lines)
    scores = " | ".join(f"{line['psnr']:.2f}" for line in lines)
    return (
        f"| step | 0 | {steps} |\n|{' ---: |' * (len(lines) + 2)}\n| PSNR | {lines[0]['psnr_before']:.2f} | {scores} |"
    )


CARD = """# default

One network for mosaics and holes: `{generator}`, {parameters:,} parameters, stored in half precision.

**What it does.** It restores marked regions with the most probable pixels in the sense of a small absolute error, so
its answers are smooth where the picture does not tell what was there. **Restored pixels are invented, not recovered;
they must not be used to identify anyone.**

**How it is shown a region.** A hole as a smooth membrane over it, a mosaic as the bicubic enlargement of its cell
means (or as it is, where the grid is unknown). Any size; no colour, position or class of picture is assumed.

## Training

| | |
| --- | --- |
| config | `configs/default.yaml`, the same as in the file's metadata |
| steps | {steps:,}, best on validation at {best:,} ({psnr:.2f} dB over the mask; {before:.2f} dB as shown) |
| time | {hours:.1f} hours on {machine}, torch {torch} |
| reproduce | `python scripts/train_default.py` |

Data: {patches:,} patches of {count:,} freely licensed photographs, paintings and drawings (`scripts/free_images.py`
fetches them and records author and licence of each), and scenes drawn by `inpaint/data/synthetic.py`.

{pictures}

Validation PSNR over the mask, dB, of the averaged network on pictures that it was not trained on:

{curve}

## How the recipe was chosen

The presentation of mosaics and the masks of `configs/default.yaml` were chosen by four trials of 600 steps on mosaics
alone (one seed each), compared on 20 of the BSD100 photographs (every fifth): raw mosaics against bicubic first
guesses, sparse masks against dense ones, and another initialisation, which was not better on the whole. `shrink` was
set after comparing the sharpness of the training pictures with all of BSD100, and was not tried against its absence.
The bundled network itself is one run, with one seed; an earlier run on sparse masks was broken off at step 1,385.

## Measured

`inpaint evaluate default --data {data}`: {number} pictures it was not trained on. PSNR in dB, SSIM and L1 over the mask
and over the whole picture; the best of each column is bold.

{table}
"""


def evaluate(folder: Path, data: Path) -> Evaluation:
    """Measure what was exported beside the baselines; numbers and a page with pictures go to the run's folder."""
    torch.set_flush_denormal(True)
    result = measure({"default": load(WEIGHTS)}, pictures(picture_paths(data)))
    write_json(result, folder / "evaluation.json")
    write_page(result, folder / "evaluation.html", title=f"default on {data.name}")
    return result


def card(folder: Path, told: dict[str, Any], evaluation: Evaluation, data: Path) -> None:
    """Write the model card from what the run and the evaluation left."""
    best = load_checkpoint(folder / "best.safetensors")
    manifest = [json.loads(line) for line in (DATASET / "manifest.jsonl").read_text(encoding="utf-8").splitlines()]
    training = [line for line in manifest if line["split"] == "train"]
    before = [line["psnr_before"] for line in Journal(folder / "journal.jsonl").read() if "psnr_before" in line]
    text = CARD.format(
        generator=best.run["generator"]["name"],
        parameters=sum(weight.numel() for weight in best.weights.values()),
        steps=best.run["steps"],
        best=told["step"],
        psnr=told["psnr"],
        before=before[-1],
        hours=told["seconds"] / 3600,
        machine=told["machine"],
        torch=told["torch"],
        patches=len(training),
        count=len({line["source"] for line in training}),
        pictures=training_pictures(),
        curve=validation_curve(folder),
        data=data.name,
        number=evaluation.count,
        table=markdown(evaluation),
    )
    write_text(WEIGHTS.with_suffix(".md"), text)


def main() -> None:
    """Read the command line and run the stages."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--evaluate", type=Path, required=True, help="clean pictures that the card's table is made on")
    parser.add_argument("--set", action="append", default=[], dest="settings", help="key=value, as inpaint train takes")
    options = parser.parse_args()
    prepare()
    folder = train(options.settings)
    told = export(folder)
    card(folder, told, evaluate(folder, options.evaluate), options.evaluate)


if __name__ == "__main__":
    main()
