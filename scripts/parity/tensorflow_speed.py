"""The authors' TensorFlow networks, to be timed by speed.py; random weights, single precision, one thread."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tensorflow_one import install  # pyright: ignore[reportMissingImports]
from torch import Tensor


def network_of(method: str, image: Tensor, mask: Tensor, neuralgym: list[str]) -> Callable[[], Any]:
    """Return what asks the authors' network for its last answer."""
    tf = install(*map(Path, neuralgym), double=False)
    seen, hole = (tf.constant(it.permute(0, 2, 3, 1).numpy()) for it in (2 * image * (1 - mask) - 1, mask))
    if method == "pepsi":
        module: Any = importlib.import_module("module")
        known = tf.tile(1 - hole, [1, 1, 1, 3])
        features = module.encoder(tf.concat([seen, known], 3), reuse=False, name="G_en")
        attended = module.contextual_block(features, features, known, 3, 50.0, "CB1", stride=1)
        side = int(image.shape[-1])
        answer = module.decoder(attended, side, side, reuse=False, name="G_de")
    elif method == "region_wise":
        answer = importlib.import_module("inpaint_model").RW_generator(seen, 1 - hole)[-1]
    else:
        network = importlib.import_module("inpaint_model").InpaintCAModel()
        given = (seen, hole, None) if method == "contextual" else (seen, hole)
        answer = network.build_inpaint_net(*given, training=False)[1]
    threads = {"intra_op_parallelism_threads": 1, "inter_op_parallelism_threads": 1}
    session = tf.Session(config=tf.ConfigProto(**threads))
    session.run(tf.global_variables_initializer())
    return lambda: session.run(answer)
