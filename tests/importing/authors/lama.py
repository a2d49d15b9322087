"""What the authors call LaMa's entries: as here, without the trunk, under `generator` beside what else learns."""

from __future__ import annotations

import torch

from tests.importing.authors.written import Case, State, without_trunk


def whole(state: State) -> tuple[State, ...]:
    theirs = {f"generator.{name}": it for name, it in without_trunk(state).items()}
    more = (
        "discriminator.model0.0.weight",
        "loss_resnet_pl.impl.conv1.weight",
        "val_evaluator.scores.lpips.lin0.weight",
    )
    return ({**theirs, **{name: torch.zeros(1) for name in more}},)


OPTIONS = {"width": 4, "blocks": 2}
CASES = {
    "lama": Case("lama", OPTIONS, lambda state: (without_trunk(state),)),
    "lama_whole": Case("lama", OPTIONS, whole),
}
