"""Print what DSI's networks answer in the authors' TensorFlow code, as tests/generators/test_dsi.py holds it.

    python scripts/parity/tensorflow_answers.py REPOSITORY NEURALGYM

REPOSITORY is a folder with vivitsai/PiiGAN (dcdd3be), NEURALGYM one with JiahuiYu/neuralgym (88292ad), which you bring;
nothing of them lies here.  It needs tensorflow-cpu 2.15 and tf_slim beside torch and what the tests need.  Weights,
picture and noise are hashed, everything is float64.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import torch

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))
from checksums import fill, hash_values, hole, image, summary  # pyright: ignore[reportMissingImports]
from tensorflow_one import in_double, install  # pyright: ignore[reportMissingImports]
from tensorflow_weights import channels_last  # pyright: ignore[reportMissingImports]

from inpaint.generators.dsi import build

SIDE = 64  # px


def answers(tf: Any) -> list[torch.Tensor]:
    """Return the coarse and the refined answer in [0, 1], (1, 3, SIDE, SIDE)."""
    network = build(released=True)
    fill(network)
    mask, noise = hole(SIDE), hash_values(SIDE * SIDE, 7).reshape(1, 1, SIDE, SIDE)
    shown = (2 * image(3, SIDE, SIDE, unit_range=True) - 1) * (1 - mask)
    model = importlib.import_module("model")
    given = (tf.constant(channels_last(it)) for it in (shown, mask, noise))
    coarse, refined, _ = model.PIIGANModel().build_inpaint_net(*given)
    layers: dict[str, Any] = {name.rsplit(".", 1)[-1]: it for name, it in network.named_modules()}
    settings = tf.ConfigProto()
    settings.graph_options.rewrite_options.disable_meta_optimizer = True  # which mixes up shapes
    with tf.Session(config=settings) as session:
        session.run(tf.global_variables_initializer())
        for variable in tf.global_variables():
            _, layer, *_, kind = variable.op.name.split("/")
            value = layers[layer].weight.permute(2, 3, 1, 0) if kind == "kernel" else layers[layer].bias
            variable.load(value.detach().numpy(), session)
        found = session.run([coarse, refined])
    return [(torch.from_numpy(it).permute(0, 3, 1, 2) + 1) / 2 for it in found]


def main() -> None:
    """Print the summaries of both answers."""
    repository, neuralgym = sys.argv[1:]
    tf = install(Path(neuralgym))
    sys.modules["tensorflow"].eye = lambda size: tf.eye(size, dtype=tf.float64)  # pyright: ignore[reportAttributeAccessIssue]
    sys.path.insert(0, repository)
    with in_double():
        coarse, refined = answers(tf)
    for name, answer in (("COARSE_SUM", coarse), ("REFINED_SUM", refined)):
        print(f"{name} = ({', '.join(f'{value:.10f}' for value in summary(answer))})")


if __name__ == "__main__":
    main()
