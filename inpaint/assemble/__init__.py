"""Build what a run's YAML names: networks, data, recipe, optimizers.  Only this file knows both schema and parts."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import torch

from inpaint import distributed
from inpaint.assemble.checks import check_block, check_crop, check_lengths, check_precision
from inpaint.assemble.data import pictures_seen
from inpaint.assemble.data import samples_of as samples_of
from inpaint.assemble.data import validation_of as validation_of
from inpaint.assemble.networks import carried_judges, take_weights
from inpaint.assemble.networks import recipe_of as recipe_of
from inpaint.assemble.players import compile_networks, players_of, recompute_generator, synchronise_batch_norms
from inpaint.builders.report.attribution import licences_of
from inpaint.checkpoint import is_checkpoint, load_checkpoint
from inpaint.config import Run, parse_run, run_to_tree
from inpaint.contracts import Generator
from inpaint.data.samples import Positions
from inpaint.data.samples import load_batches as load_batches
from inpaint.data.skipped import Skipped
from inpaint.degradation.drafts import Drafts
from inpaint.degradation.presentations import presentations as presentations
from inpaint.device import find_device, precision_of, training_precision
from inpaint.generators import GENERATORS
from inpaint.metrics import METRICS
from inpaint.parts import build
from inpaint.restoring.by_censor import AnyRestorer, RestorerByCensor
from inpaint.restoring.community import load_community
from inpaint.restoring.onnx_session import load_onnx
from inpaint.restoring.restorer import Restorer
from inpaint.sample import Sample
from inpaint.training.progress import Intervals
from inpaint.training.sharded import check_sharding, shard_generator
from inpaint.training.trackers import trackers_named
from inpaint.training.trainer import Trainer
from inpaint.training.validating import Best
from inpaint.weights import MODEL_SUFFIXES, NETWORKS_OF_DEFAULT, VIVID, WITHOUT_GRID, model_file, parse_models


def provenance_of(run: Run) -> dict[str, Any]:
    """Return what the provenance of every checkpoint says of the data, and of the network that it started from."""
    provenance: dict[str, Any] = {
        "licences": {source.path: licences_of(Path(source.path)) for source in run.data.train}
    }
    if run.pretrained is not None:
        provenance["pretrained"] = {"network": run.pretrained, **load_checkpoint(model_file(run.pretrained)).provenance}
    return provenance


def best_of(run: Run) -> Best:
    """Return what chooses the best network.  Raises ValueError naming the choices for an unknown metric."""
    if run.best.metric == "last":
        return Best(None)
    name = f"{run.best.metric}_{run.best.of}"
    known = [key for key, it in METRICS.items() if it.whole_set is None and it.better != "near one"]
    if name not in known:
        choices = dict.fromkeys(key.rpartition("_")[0] for key in known)
        raise ValueError(
            f"best.metric {run.best.metric!r} of {run.best.of} is unknown; choose {', '.join(choices)} or last"
        )
    return Best(name)


def channels_last_of(run: Run, generator: Generator) -> bool:
    """Tell how pictures lie in memory.  Raises ValueError where that cannot be had."""
    if run.shard and run.channels_last:
        raise ValueError("shard divides tensors that lie plain in memory alone: set channels_last to false")
    return (generator.faster_channels_last and not run.shard) if run.channels_last is None else run.channels_last


def trainer_of(run: Run, start: int = 0) -> Trainer:
    """Build everything that a run names; start: the step at which this stage of it begins.

    Raises ValueError in a sentence for what does not fit.
    """
    device = find_device(run.device)
    precision = training_precision(run.precision, device)
    recipe = recipe_of(run)
    check_precision(run, precision)
    check_crop(run, recipe.generator)
    check_block(run, recipe.generator)
    check_lengths(run, start)
    channels_last = channels_last_of(run, recipe.generator)
    layout = torch.channels_last if channels_last else torch.contiguous_format
    if run.sync_batch_norm:
        synchronise_batch_norms(recipe, device)
    recipe.to(device=device, memory_format=layout)
    averaged = None
    if run.shard:
        check_sharding(recipe, precision)
        averaged = copy.deepcopy(recipe.generator)  # what is divided cannot be copied
        shard_generator(recipe)
    inputs = recipe.generator.inputs
    drafts = run.data.damage_on == "device" or (run.data.damage_on == "auto" and device.type == "cuda")
    samples = samples_of(run, inputs, drafts=drafts)
    skipped = Skipped(run.data.skip, run.data.batch * run.accumulate)

    def batches(start: int, stop: int) -> Iterable[Sample | Drafts]:
        rank, world = distributed.rank(), distributed.world_size()
        positions = Positions(start, stop, batch=run.data.batch * run.accumulate, rank=rank, world=world)
        return load_batches(samples, positions, workers=run.data.workers, pin=device.type == "cuda", skipped=skipped)

    every = run.every
    trainer = Trainer(
        recipe,
        players_of(run, recipe, start),
        batches=batches,
        validation=validation_of(run, inputs),
        folder=Path(run.output),
        run=run_to_tree(run),
        provenance=provenance_of(run),
        steps=run.steps,
        every=Intervals(log=every.log, samples=every.samples, validate=every.validate_, save=every.save),
        seed=run.seed,
        decay=run.ema,
        blend=run.blend,
        clip=run.clip,
        device=device,
        precision=precision,
        channels_last=channels_last,
        keep=run.keep,
        best=best_of(run),
        skipped=skipped,
        accumulate=run.accumulate,
        patience=run.patience,
        trackers=trackers_named(run.trackers),
        averaged=averaged,
    )
    trainer.keeper.pictures = pictures_seen(samples)
    if run.recompute:
        recompute_generator(recipe, run.generator.name)
    if run.compile:  # when the average has its own copy
        compile_networks(recipe, None if run.compile is True else run.compile)
    return trainer


def load(
    model: str | Path | Mapping[str, str | Path] = "default", *, device: str = "auto", precision: str = "auto"
) -> AnyRestorer:
    """Load a bundled network by its name, or a checkpoint or another network's file by its path, ready to restore.

    "default" is the best bundled network for each censor.  A mapping, such as {"mosaic": "network.pth"}, or the words
    "holes=FILE" or "mosaics=FILE", replace what it has for one censor or for both.  Files are checkpoints, exported
    .onnx files, and networks of other projects that `inpaint.restoring.community` can take.  precision: float32,
    bfloat16, or auto, which is bfloat16 for a network that learned in it, on a device that computes in it natively.
    Raises ValueError for a name that is neither, or a file that does not fit its own description.

    >>> import torch, inpaint
    >>> restore = inpaint.load("default", device="cpu")
    >>> sorted(restore.shows)  # what it has learned to restore
    ['hole', 'mosaic']
    >>> image, mask = torch.zeros(3, 16, 16), torch.zeros(1, 16, 16)
    >>> mask[:, 4:8, 4:8] = 1
    >>> restore(image, mask).shape
    torch.Size([3, 16, 16])
    """
    given: Any = {"device": device, "precision": precision}
    chosen = parse_models([str(model)]) if isinstance(model, str | Path) else model
    if chosen != "default" and not isinstance(chosen, Mapping):
        return load_network(chosen, **given)
    own = {} if chosen == "default" else dict(chosen)
    restorers = {censor: load_network(own.get(censor, name), **given) for censor, name in NETWORKS_OF_DEFAULT.items()}
    for censor, file in own.items():
        if censor not in restorers or censor not in restorers[censor].shows:
            learned = ", ".join(restorers[censor].shows) if censor in restorers else "no such censor"
            raise ValueError(f"{file} cannot restore a {censor}: it learned {learned}")
    without_grid, vivid = (partial(load_network, name, **given) for name in (WITHOUT_GRID, VIVID))
    return RestorerByCensor(restorers, without_grid=without_grid, vivid=vivid)


def load_network(model: str | Path, *, device: str = "auto", precision: str = "float32") -> Restorer:
    """Load one network, ready to restore what it learned; arguments and errors as of `load`."""
    path = model_file(model)
    if path.suffix == ".onnx":
        return load_onnx(path, device, precision)
    if path.suffix.lower() in MODEL_SUFFIXES and not is_checkpoint(path):
        return load_community(path, device=device, precision=precision)
    checkpoint = load_checkpoint(path)
    run = parse_run(checkpoint.run, str(model))
    generator = build(GENERATORS, run.generator, "generator")
    take_weights(generator, checkpoint, str(model), run.generator.name)
    shows = presentations(run.data.fill) | dict(generator.shows)
    precision = precision_of(precision, find_device(device), trained=run.precision)
    borders = any(choice.name == "outpaint" for choice in run.data.mask)
    judges = carried_judges(checkpoint)
    side = run.data.crop
    return Restorer(
        generator, shows=shows, device=device, precision=precision, side=side, borders=borders, judges=judges
    )
