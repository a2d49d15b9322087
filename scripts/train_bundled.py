"""Train a bundled network from nothing: fetch free pictures, make the data, train, export, and note what its card says.

    python scripts/train_bundled.py mosaics
    python scripts/train_bundled.py holes --evaluate FOLDER_OF_CLEAN_PICTURES
    python scripts/train_bundled.py vivid --features vgg_shift_tolerant.pth
    python scripts/train_bundled.py texture --features vgg_shift_tolerant.pth
    python scripts/train_bundled.py mosaics --trial runs/trial --seconds 5

What is there already is skipped, and training resumes, so the script can be stopped and called again at any time.
runs/bundled/NAME.md receives the facts for the model card inpaint/weights/NAME.md: steps, time and machine, pictures by
source and licence, the validation curve, and with --evaluate the table of `inpaint evaluate`.

Fetching needs apt-get, git, npm and node, drawing the package resvg_py.  --seconds is the training time of holes and
mosaics: left out, what the bundled ones had on one NVIDIA H100 with 16 cores; a CPU wants hours.  The schedule is
stretched over it, so it should stay the same in every call.  vivid goes on from mosaics, which is trained first.

--trial goes the whole road in seconds, with small networks and pictures drawn on the spot: everything lies in its
folder, nothing is fetched, and the package keeps its networks.

What it does not do: it writes no card, only its facts.  It trains on more pictures than the bundled networks saw: their
cards say which those were.  The texture network learns from Debian's pictures alone, as the bundled one did; some of
them are held out for the others, so it cannot be measured on those.
"""

from __future__ import annotations

import argparse
import json
import math
import platform
import re
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from bundled_pictures import prepare, run, table_of_licences
from bundled_place import ROOT, TRIAL_CELLS, TRIAL_HOLES, TRIAL_TEXTURE, TRIAL_UNET, TRIAL_VIVID, Place, draw_pictures
from safetensors import safe_open
from safetensors.torch import load_file
from torch import Tensor

from inpaint.assemble import load
from inpaint.checkpoint import load_checkpoint, save_checkpoint
from inpaint.config import read_run, run_to_tree
from inpaint.evaluation.evaluate import evaluate
from inpaint.evaluation.pictures import picture_paths, read_pictures
from inpaint.evaluation.written_tables import markdown_table
from inpaint.files import write_text
from inpaint.training.journal import Journal
from inpaint.weights import BUNDLED_NETWORKS, NETWORKS_OF_DEFAULT

SECONDS = {"mosaics": 1037, "holes": 562, "vivid": 5400}
DRAWINGS, TEXTURES = 0.22, 0.08  # shares of the mosaics that are of drawings and of textures
CROP, TRIAL_CROP = 208, 64  # px, of the pictures with holes
BALANCED = ["recipe.weights={hole_charbonnier: 1.0, perceptual: 1.0, style_comp: 2000.0}"]  # for a shift-tolerant VGG16

Curve = Sequence[Mapping[str, float]]  # step, and PSNR in dB by what was restored


def config_of(name: str) -> Path:
    return ROOT / "configs" / f"{name}.yaml"


def machine() -> str:
    """Name what this runs on."""
    if torch.cuda.is_available():
        return torch.cuda.get_device_name()
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{torch.get_num_threads()} cores of {names[0] if names else platform.processor()}"


def keep(path: Path, weights: Mapping[str, Tensor], tree: dict[str, Any], provenance: dict[str, Any]) -> None:
    """Write a network for the package: in half precision, or in 8 bits where detail is invented."""
    told = {"machine": machine(), "torch": torch.__version__, **provenance}
    path.parent.mkdir(parents=True, exist_ok=True)
    stored = torch.int8 if path.stem in ("texture", "vivid") else torch.float16
    save_checkpoint(path, weights, run=tree, provenance=told, dtype=stored)


def keep_cells(name: str, trained: Path, place: Place, *, clock: str) -> Curve:
    """Export a network over cells; clock: what its file calls the seconds of its training."""
    with safe_open(trained, framework="pt") as file:
        told = json.loads(file.metadata()["told"])
    tree = run_to_tree(read_run(config_of("cells")))
    tree["generator"] = {"name": "cells", **told["generator"]}
    keep(place.weights(name), load_file(trained), tree, {"step": told["step"], "seconds": round(told[clock])})
    return [{key: it for key, it in line.items() if key not in ("seconds", "loss")} for line in told["history"]]


def mosaics(options: argparse.Namespace, place: Place) -> Curve:
    """Train and export the network for mosaics."""
    folder, seconds = place.runs / "cells", options.seconds or SECONDS["mosaics"]
    given = ["--output", folder, "--drawings", str(DRAWINGS), "--textures", str(TEXTURES), "--seconds", str(seconds)]
    given += TRIAL_CELLS if place.trial else []
    once(folder, lambda: run("train_cells.py", place.data, *given))
    return keep_cells("mosaics", folder / "network.safetensors", place, clock="elapsed")


def vivid(options: argparse.Namespace, place: Place) -> Curve:
    """Train and export the network that invents detail in mosaics."""
    folder, faithful = place.runs / "vivid", place.runs / "cells" / "network.safetensors"
    if not faithful.exists():
        mosaics(options, place)
    given = ["--faithful", faithful, "--output", folder, "--seconds", str(options.seconds or SECONDS["vivid"])]
    given += ["--features", options.features.resolve()] if options.features else []
    given += TRIAL_VIVID if place.trial else []
    once(folder, lambda: run("train_vivid.py", place.data, *given))
    return keep_cells("vivid", folder / "network.safetensors", place, clock="seconds")


def holes(options: argparse.Namespace, place: Place) -> Curve:
    """Train and export the network for holes."""
    folder, seconds, data = place.runs / "sighted", options.seconds or SECONDS["holes"], place.data
    given = ["--photographs", data / "photos", "--drawings", data / "drawings"]
    for kind in ("photos", "drawings", "fronts"):
        given += ["--validate", f"{kind}={data / f'val_{kind}'}"]
    given += ["--crop", str(TRIAL_CROP if place.trial else CROP), "--optimizer", "muon", "--seconds", str(seconds)]
    given += TRIAL_HOLES if place.trial else []
    once(folder, lambda: run("train_holes.py", folder, *given))
    kept = load_checkpoint(folder / "sighted.safetensors")
    keep(place.weights("holes"), kept.weights, kept.run, kept.provenance)
    return curve_of_log((folder / "log.txt").read_text(encoding="utf-8"))


def curve_of_log(text: str) -> Curve:
    """Read the scores that train_holes.py printed.

    >>> curve_of_log("[  3.1 s] step 1,154  60 s  loss 0.05381  photos scribbles 21.75  photos boxes 18.15")
    [{'step': 1154, 'photos scribbles': 21.75, 'photos boxes': 18.15}]
    """
    lines = re.findall(r"step ([\d,]+)  \d+ s  loss \S+  (.*)", text)
    scores = [(step, re.findall(r"(\D+?) (-?[\d.]+)(?:  |$)", told)) for step, told in lines]
    return [{"step": int(step.replace(",", ""))} | {name: float(it) for name, it in pairs} for step, pairs in scores]


def texture(options: argparse.Namespace, place: Place) -> Curve:
    """Train the residual U-Net for fidelity, then for texture, and export it."""
    if not place.patches.exists():
        pictures = place.data if place.trial else place.runs / "free_images"
        size = ["--size", "128", "--splits", "0.5,0.5,0"] if place.trial else ["--size", "384", "--patches", "16"]
        inpaint("build-dataset", pictures, "--output", place.patches, *size)
    parent = train("residual_unet", [], place)
    settings = [f"pretrained={parent}/best.safetensors", *(TRIAL_TEXTURE if place.trial else [])]
    if options.features:
        settings += [f"features.weights={options.features.resolve()}", *BALANCED]
    folder = train("texture", settings, place)
    last = load_checkpoint(folder / "last.safetensors")  # PSNR does not tell which step has the best texture
    keep(place.weights("texture"), last.weights, last.run, last.provenance)
    lines = [line for line in Journal(folder / "journal.jsonl").read() if "psnr" in line]
    return [{"step": line["step"], "all": line["psnr"]} for line in lines]


def train(name: str, settings: Sequence[str], place: Place) -> Path:
    """Train a config to its end and return the run's folder."""
    folder, patches = place.runs / name, place.patches
    where = [f"output={folder}", f"data.validation={patches / 'val'}", f"data.train.0.path={patches / 'train'}"]
    given = [*where, *(TRIAL_UNET if place.trial else []), *settings]
    resume = ["--resume"] if (folder / "state.pt").exists() else []
    once(folder, lambda: inpaint("train", config_of(name), *(f"--set={it}" for it in given), *resume))
    return folder


def inpaint(*arguments: str | Path) -> None:
    """Run a command of the package in the repository's root and stop where it fails."""
    subprocess.run([sys.executable, "-m", "inpaint", *map(str, arguments)], cwd=ROOT, check=True)


def once(folder: Path, do: Callable[[], None]) -> None:
    """Do what fills a folder, unless it was done to its end."""
    if not (folder / "trained").exists():
        do()
        (folder / "trained").touch()


def table_of_curve(curve: Curve) -> str:
    """Return a validation curve in Markdown, a row for each kind of picture.

    >>> print(table_of_curve([{"step": 1000, "photos": 20.0}, {"step": 2000, "photos": 20.456}]))
    | step | 1,000 | 2,000 |
    | --- | ---: | ---: |
    | photos | 20.00 | 20.46 |
    """
    names = [name for name in curve[0] if name != "step"]
    rows = [["step", *(f"{line['step']:,}" for line in curve)], ["---", *["---:"] * len(curve)]]
    rows += [[name, *(f"{line.get(name, math.nan):.2f}" for line in curve)] for name in names]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def facts(name: str, curve: Curve, pictures: Path | None, place: Place) -> str:
    """Return what the card of a network says of its training, and how it does beside the others."""
    kept = load_checkpoint(place.weights(name))
    told, parameters = kept.provenance, sum(weight.numel() for weight in kept.weights.values())
    on = f"{told['machine']}, torch {told['torch']}"
    trained = f"{told['step']:,} steps in {told['seconds']:.0f} s on {on}; {parameters:,} parameters"
    parts = [f"# Facts of {name}", trained]
    if name != "texture":
        parts.append(table_of_licences(place.data, ("photos", "textures", "drawings", "cut_out_drawings")))
    parts.append(f"Validation PSNR over the mask, dB:\n\n{table_of_curve(curve)}")
    if pictures is not None:
        torch.set_flush_denormal(True)
        names = ("default", "texture") if name in NETWORKS_OF_DEFAULT.values() else (name,)
        result = evaluate({it: load(it) for it in names}, read_pictures(picture_paths(pictures)))
        parts.append(f"`inpaint evaluate` on {pictures.name}:\n\n{markdown_table(result)}")
    return "\n\n".join(parts) + "\n"


def main() -> None:
    """Read the command line, prepare, train, export, note."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("name", choices=BUNDLED_NETWORKS)
    parser.add_argument("--seconds", type=float, help="training time of all but texture, all calls together")
    parser.add_argument("--features", type=Path, help="a VGG16 for the perceptual terms of vivid and texture")
    parser.add_argument("--evaluate", type=Path, metavar="FOLDER", help="clean pictures to measure the network on")
    parser.add_argument("--trial", type=Path, metavar="FOLDER", help="go the whole road in seconds, in this folder")
    options = parser.parse_args()
    place = Place(options.trial.resolve(), trial=True) if options.trial else Place()
    if place.trial:
        options.evaluate = None
        draw_pictures(place)
    else:
        prepare(place.runs, place.data, divided=options.name != "texture")
    curve = {"mosaics": mosaics, "holes": holes, "texture": texture, "vivid": vivid}[options.name](options, place)
    told = place.runs / "bundled" / f"{options.name}.md"
    write_text(told, facts(options.name, curve, options.evaluate, place))
    print(f"{place.weights(options.name)} is written; for its card: {told}")


if __name__ == "__main__":
    main()
