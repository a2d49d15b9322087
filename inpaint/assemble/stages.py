"""Runs in stages, such as fidelity and then texture: each is a run that takes up what learned in the one before."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from inpaint.assemble import best_of, trainer_of
from inpaint.assemble.checks import check_block, check_crop, check_lengths, check_precision
from inpaint.assemble.data import samples_of, validation_of
from inpaint.assemble.networks import recipe_of
from inpaint.assemble.players import players_of
from inpaint.config import Run, parse_run, run_to_tree
from inpaint.config.yaml_trees import override
from inpaint.training.states import States
from inpaint.training.trainer import Trainer


class StageRun(NamedTuple):
    """A stage, as a run of its own that begins at a step and ends at its last."""

    name: str | None  # of a stage; None of a run that has none
    start: int
    run: Run


def stages_of(run: Run) -> list[StageRun]:
    """Return the stages of a run, or the whole run where it has none.

    Raises ValueError for stages that do not end one after the other, or before the run, for keys that do not fit, and
    for settings of what belongs to the run as a whole.
    """
    if not run.stages:
        return [StageRun(None, 0, run)]
    ends = [0, *(stage.until for stage in run.stages)]
    if any(one >= other for one, other in pairwise(ends)) or ends[-1] != run.steps:
        raise ValueError(
            f"stages end at the steps {ends[1:]}: each must end after the one before, the last at steps {run.steps}"
        )
    if len({stage.name for stage in run.stages}) < len(run.stages):
        raise ValueError(f"stages are called {[stage.name for stage in run.stages]}: each needs a name of its own")
    found = []
    for stage, start in zip(run.stages, ends, strict=False):
        whole = sorted({key for key in stage.set_ if key.partition(".")[0] in ("output", "steps", "seed", "stages")})
        if whole:
            raise ValueError(f"stage {stage.name} sets {', '.join(whole)}, which a run has as a whole")
        tree = copy.deepcopy(run_to_tree(run)) | {"stages": [], "steps": stage.until}
        for key, value in stage.set_.items():
            override(tree, f"{key}={json.dumps(value)}")
        found.append(StageRun(stage.name, start, parse_run(tree, f"stage {stage.name}")))
    return found


def trainers_of(run: Run, *, resume: bool) -> Iterator[Trainer]:
    """Yield a trainer for each stage that is not over, ready to train; the one before must be trained by then.

    resume: go on from the state in the run's folder.
    """
    stages, done = stages_of(run), None
    if resume and run.stages:
        done = States(Path(run.output)).read()
        stages = stages[stage_at(stages, done["step"]) :]
    for stage in stages[1:]:
        check_stage(stage, run)
    for number, stage in enumerate(stages):
        trainer = trainer_of(stage.run, start=stage.start)
        trainer.keeper.whole, trainer.keeper.stage = run_to_tree(run), stage.name
        if number or (done is not None and done.get("stage") != stage.name):
            trainer.keeper.carry(stage.start)
        elif resume:
            trainer.resume()
        yield trainer


def check_stage(stage: StageRun, run: Run) -> None:
    """Raise ValueError for what of a later stage cannot be built: now, not when the ones before are over."""
    recipe = recipe_of(stage.run)
    players_of(stage.run, recipe, stage.start)
    best_of(stage.run)
    check_crop(stage.run, recipe.generator)
    check_block(stage.run, recipe.generator)
    check_precision(stage.run, stage.run.precision)
    check_lengths(stage.run, stage.start)
    if stage.run.data != run.data:
        samples_of(stage.run)
        validation_of(stage.run)


def stage_at(stages: list[StageRun], step: int) -> int:
    """Return the number of the stage that goes on at a step; the last one where all are over."""
    return next((number for number, it in enumerate(stages) if step < it.run.steps), len(stages) - 1)
