"""What can be divided over ranks, and what cannot, in a sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from inpaint import distributed
from inpaint.assemble import trainer_of
from inpaint.config import parse_run
from inpaint.training.sharded import sequence_blocks
from tests.runs import adversarial_tree, folder_of_pictures, tiny_tree


@pytest.mark.parametrize(
    ("kind", "world", "more", "said"),
    [
        (tiny_tree, 1, {}, "there is one: start the run with torchrun"),
        (adversarial_tree, 2, {}, "this run's players are generator, near, far: set shard to false"),
        (tiny_tree, 2, {"precision": "float16"}, "set precision to bfloat16"),
        (tiny_tree, 2, {"channels_last": True}, "set channels_last to false"),
    ],
)
def test_what_cannot_be_divided_is_refused(
    kind: Any, world: int, more: dict[str, Any], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    tree = kind(folder_of_pictures(tmp_path / "pictures"), tmp_path / "run", shard=True, **more)
    monkeypatch.setattr(distributed, "world_size", lambda: world)
    with pytest.raises(ValueError, match=said):
        trainer_of(parse_run(tree, "test"))


def test_blocks_are_the_outermost_members_of_sequences(tmp_path: Path):
    tree = tiny_tree(folder_of_pictures(tmp_path / "pictures"), tmp_path / "run")
    generator = trainer_of(parse_run(tree, "test")).recipe.generator
    blocks = list(sequence_blocks(generator))
    assert len(blocks) > 2
    inside = {id(part) for block in blocks for part in block.modules() if part is not block}
    assert not inside & {id(block) for block in blocks}
