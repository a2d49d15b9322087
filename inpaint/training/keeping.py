"""What of a run outlives its process: the states to go on from, the networks, and the run itself."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
import yaml
from torch import Tensor

from inpaint import distributed
from inpaint.checkpoint import CarriedJudge, save_checkpoint
from inpaint.files import write_text
from inpaint.training.changes import PicturesSeen, changed_pictures, changes_of, check_changes
from inpaint.training.finite import NotFinite
from inpaint.training.moments import load_fitting_moments, load_moments, moments_by_name
from inpaint.training.run_folder import held_folder
from inpaint.training.sharded import load_weights, whole, whole_tree
from inpaint.training.states import States

if TYPE_CHECKING:
    from inpaint.training.trainer import Trainer


class Keeper:
    """Saves a trainer and takes it up again."""

    def __init__(self, trainer: Trainer, folder: Path, run: dict[str, Any], provenance: dict[str, Any], keep: int):
        self.trainer, self.folder = trainer, folder
        self.run, self.provenance = run, provenance
        self.whole = run  # a run in stages
        self.stage: str | None = None  # of which this is one, by its name
        self.states = States(folder, keep)
        self.saved: int | None = None  # the step of the newest state that this process wrote or read
        self.pictures: list[PicturesSeen] = []  # of each source, which are learned from
        self.notes: list[dict[str, Any]] = []  # what the journal is to say of this start
        self.validation_batch = run.get("data", {}).get("batch", 1)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the folder for this run alone, and write down in it what the run is."""
        if distributed.rank() > 0:
            self.agree(None)
            yield
            return
        held, fault = held_folder(self.folder), None
        try:
            held.__enter__()
            write_text(self.folder / "run.yaml", yaml.safe_dump(self.whole, sort_keys=False, allow_unicode=True))
        except Exception as error:
            fault = error
        self.agree(fault)
        try:
            yield
        finally:
            held.__exit__(None, None, None)

    def agree(self, fault: Exception | None) -> None:
        """Raise the fault of rank 0 there, and a word about it on the others."""
        if distributed.highest([fault is not None])[0]:
            raise fault or distributed.RankLost("the first process of this run could not begin")

    def save(self, *, together: bool = True) -> None:
        """Write the state, which has all that resuming needs, and last.safetensors (the averaged generator).

        together: all ranks are here, and what only they have is saved too.  Raises ValueError instead of replacing good
        weights by ones that are no numbers.
        """
        step = self.trainer.step
        if not self.finite():
            raise ValueError(
                f"weights are not finite at step {step} and were not saved: lower the learning rate or clip, and "
                f"resume from the last checkpoint in {self.folder}"
            )
        if self.trainer.sharded and not together:
            raise ValueError("its network is divided over the processes, and they did not end together")
        parts = distributed.gathered_by_first(self.own_part()) if together else []
        state = whole_tree(self.state()) if self.trainer.sharded or distributed.rank() == 0 else {}
        if distributed.rank() == 0:
            self.states.write(state | {"ranks": parts[1:]})
            self.save_generator("last.safetensors")
        self.saved = step

    def finite(self) -> bool:
        """Tell whether all weights are numbers."""
        networks = [*self.trainer.recipe.parameters(), *self.trainer.average.network.parameters()]
        return bool(torch.stack([whole(it.detach().isfinite().all()) for it in networks]).all())

    def rescue(self, error: BaseException) -> None:
        """Save what is there before an error ends the run, and say where that cannot be done."""
        trainer = self.trainer
        together = trainer.agreed or isinstance(error, NotFinite)  # all ranks are here for the same reason
        news = trainer.step != (self.saved or 0) or (self.saved is None and isinstance(error, KeyboardInterrupt))
        if not (distributed.highest([news])[0] if together else news):
            return
        try:
            self.save(together=together)
        except (OSError, ValueError) as second:
            trainer.teller.say(f"the state of step {trainer.step} was not saved: {second}")

    def save_generator(self, name: str, **more: Any) -> None:
        """Write the averaged generator as a checkpoint."""
        trainer = self.trainer
        if distributed.rank() == 0:
            told = {"step": trainer.step, "seconds": round(trainer.seconds), "torch": torch.__version__}
            weights = trainer.average.answering().state_dict()
            provenance = {**told, **self.provenance, **more}
            save_checkpoint(self.folder / name, weights, run=self.run, provenance=provenance, judges=self.judges())

    def judges(self) -> dict[str, CarriedJudge]:
        """Return the discriminators that tell the best answer of a network that samples; none for any other."""
        recipe, named = self.trainer.recipe, self.run.get("discriminators", {})
        found = getattr(recipe, "judges", {}) if recipe.generator.samples else {}
        return {
            name: CarriedJudge(dict(judge.part or named[name]), judge.state_dict()) for name, judge in found.items()
        }

    def state(self) -> dict[str, Any]:
        """Return everything that changes while training, as tensors and plain values."""
        trainer = self.trainer
        return {
            "step": trainer.step,
            "within": trainer.within,  # a step that was begun: some of its turns may have been played
            "best": trainer.score,
            "stale": trainer.stale,
            "first": trainer.first,
            "scales": trainer.precision.state(),
            "plateaus": {name: it.plateau.state() for name, it in trainer.players.items() if it.plateau},
            "seconds": trainer.seconds,
            "sums": trainer.teller.sums,  # of losses, since the last line of the journal
            "run": self.run,
            "stage": self.stage,
            "pictures": [list(it) for it in self.pictures],
            "world": distributed.world_size(),
            "recipe": trainer.recipe.state_dict(),
            "average": trainer.average.network.state_dict(),
            "optimizers": {
                name: moments_by_name(player.optimizer, trainer.recipe.players[name])
                for name, player in trainer.players.items()
            },
        }

    def own_part(self) -> dict[str, Any]:
        """Return what of the recipe differs from rank to rank: buffers and pools, on the CPU."""
        recipe: Any = self.trainer.recipe
        learned = {name for name, _ in recipe.named_parameters()}
        return on_cpu({name: value for name, value in recipe.state_dict().items() if name not in learned})

    def resume(self) -> None:
        """Take up the newest state that is whole.

        What of the run differs from the one that is stored is said; what cannot take effect is refused by ValueError,
        and so is a state of other networks.
        """
        trainer = self.trainer
        state = self.states.read()
        changes = changes_of(state.get("run", self.run), self.run)
        check_changes(changes, self.folder)
        if state["step"] > trainer.steps:
            raise ValueError(
                f"the run in {self.folder} is at step {state['step']} already, beyond steps {trainer.steps}"
            )
        self.take(state)
        trainer.step, trainer.seconds, self.saved = state["step"], state["seconds"], state["step"]
        trainer.teller.sums = {name: it.to(trainer.device) for name, it in state.get("sums", {}).items()}
        trainer.stale, trainer.first = state.get("stale", 0), list(state.get("first", []))
        trainer.score = state["best"] if state["best"] not in (None, float("-inf")) else None
        if any(change.startswith("best.") for change in changes):
            trainer.score = None
        if (world := state.get("world", 1)) != distributed.world_size():
            changes["processes"] = (world, distributed.world_size())
        changes |= changed_pictures([PicturesSeen(*it) for it in state.get("pictures", [])], self.pictures)
        self.tell(changes, bool(state.get("within")))

    def carry(self, start: int) -> None:
        """Begin a stage at a step with what learned in the one before: the weights and moments that fit, by names.

        What is new is said.
        """
        trainer = self.trainer
        distributed.barrier()  # the first rank may still be writing
        state = self.states.read()
        stored, own = state["recipe"], trainer.recipe.state_dict()
        fitting = {name: it for name, it in stored.items() if name in own and own[name].shape == it.shape}
        load_weights(trainer.recipe, own | fitting)
        average = trainer.average.network.state_dict()
        fitting_average = {
            name: it for name, it in state["average"].items() if name in average and average[name].shape == it.shape
        }
        trainer.average.network.load_state_dict(average | fitting_average)
        trainer.average.follow(trainer.recipe.generator)
        for name, player in trainer.players.items():
            if state["run"]["optim"].get(name, {}).get("name") == self.run["optim"][name]["name"]:
                load_fitting_moments(player.optimizer, trainer.recipe.players[name], state["optimizers"].get(name, {}))
        trainer.step, trainer.seconds, self.saved = start, state["seconds"], state["step"]
        trainer.first = list(state.get("first", []))
        trainer.score = state["best"] if state["run"].get("best") == self.run.get("best") else None
        new = dict.fromkeys(".".join(name.split(".")[:2]) for name in own if name not in fitting)
        told = f"stage {self.stage} begins at step {start} with {len(fitting)} of {len(own)} weights of the one before"
        trainer.teller.say(told + (f"; new are {', '.join(new)}" if new else ""))
        self.notes = [{"step": start, "stage": self.stage, "new": list(new)}]

    def take(self, state: dict[str, Any]) -> None:
        """Load a state into networks and optimizers; options of optimizers stay as the run that is given now says."""
        trainer, rank = self.trainer, distributed.rank()
        try:
            load_weights(trainer.recipe, state["recipe"])
            trainer.average.network.load_state_dict(state["average"])
            trainer.precision.take(state.get("scales", {}))
            for name, player in trainer.players.items():
                if player.plateau and name in state.get("plateaus", {}):
                    player.plateau.take(state["plateaus"][name])
                load_moments(player.optimizer, trainer.recipe.players[name], state["optimizers"][name])
            if 0 < rank <= len(state.get("ranks", [])):
                recipe: Any = trainer.recipe
                recipe.load_state_dict(state["ranks"][rank - 1], strict=False)
            trainer.average.follow(trainer.recipe.generator)
        except (RuntimeError, ValueError, KeyError) as error:
            reason = " ".join(str(error).split())
            raise ValueError(f"{self.states.path(0)} does not fit the networks of this run: {reason}") from None

    def tell(self, changes: dict[str, tuple[Any, Any]], within: bool) -> None:
        """Say what differs from the run that was stopped, on the screen and in the journal."""
        step = self.trainer.step
        for key, (old, new) in changes.items():
            self.trainer.teller.say(f"{key}: {old} until step {step}, {new} from now on")
        if within:
            warnings.warn(
                f"step {step + 1} had been begun when an error ended the run, and is learned from again", stacklevel=2
            )
        told = {key: {"was": old, "is": new} for key, (old, new) in changes.items()}
        self.notes = [{"step": step, "resumed": told}] if told or within else []


def on_cpu(tree: Any) -> Any:
    """Copy all tensors of a tree to the CPU."""
    if isinstance(tree, Tensor):
        return tree.detach().cpu()
    if isinstance(tree, dict):
        return {key: on_cpu(value) for key, value in tree.items()}
    return [on_cpu(value) for value in tree] if isinstance(tree, list) else tree
