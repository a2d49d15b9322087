"""Print what one step of training is in authors' TensorFlow code, as tests/recipes/test_tensorflow_steps.py holds it.

    python scripts/parity/tensorflow_step.py METHOD REPOSITORY [NEURALGYM]

REPOSITORY is a folder with the authors' code, and NEURALGYM one with JiahuiYu/neuralgym (88292ad), which you bring;
nothing of them lies here.  It needs tensorflow-cpu 2.15 and tf_slim beside torch and what the tests need.

| METHOD | repository | commit |
| --- | --- | --- |
| contextual | JiahuiYu/generative_inpainting | 6c2a18f, its version 1 |
| gated | JiahuiYu/generative_inpainting | 3a53243 |
| pepsi | Forty-lock/PEPSI | be4e487 |
| region_wise | vickyFox/Region-wise-Inpainting | e3ebcf1 |

The answers are hashed pictures in the place of a generator's.  Everything is float64.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import yaml

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))
from published_step import (  # pyright: ignore[reportMissingImports]
    LARGER_SIDE,
    SHARE_BETWEEN,
    SIDE,
    WINDOW,
    damaged,
    filled_discriminator,
    gradient_summary,
    picture_of,
)
from tensorflow_one import in_double, install  # pyright: ignore[reportMissingImports]


def channels_last(tensor: Any) -> np.ndarray:
    """Return pictures (B, C, H, W) as TensorFlow keeps them."""
    return tensor.permute(0, 2, 3, 1).numpy()


def answers(tf: Any, *streams: int, side: int = SIDE) -> list[Any]:
    """Return hashed pictures in [0, 1]."""
    return [tf.constant(channels_last(picture_of(stream, side))) for stream in streams]


def convolution(layer: Any, *, spectral: bool = False) -> list[np.ndarray]:
    """Return a convolution's kernel and bias, and its left vector where it is normalised, as TensorFlow keeps them."""
    weight = layer.parametrizations.weight.original if spectral else layer.weight
    values = [weight.detach().permute(2, 3, 1, 0).numpy(), layer.bias.detach().numpy()]
    return [*values, layer.parametrizations.weight[0]._u.numpy()[None]] if spectral else values


def told(tf: Any, given: Mapping[str, Any], losses: Mapping[str, Any], refined: Any, coarse: Any) -> dict[str, float]:
    """Return losses and the gradients that reach both answers of the generator; given: variables by their names."""
    fetched = {"": tf.gradients(losses["generator"], refined)[0]}
    fetched |= {"coarse_": tf.gradients(losses["generator"], coarse)[0]}
    known = {variable.op.name: variable for variable in tf.global_variables()}
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for name, value in given.items():
            known[name].load(value, session)
        values, gradients = session.run([dict(losses), fetched])
    said = {name: float(value) for name, value in values.items()}
    for start, gradient in gradients.items():
        said |= {start + key: it for key, it in gradient_summary(np.moveaxis(gradient, -1, 1)).items()}
    return said


def contextual(tf: Any, repository: Path) -> dict[str, float]:
    """One step of DeepFill v1."""
    model: Any = importlib.import_module("inpaint_model")
    config = SimpleNamespace(**yaml.safe_load((repository / "inpaint.yml").read_text()))
    config.BATCH_SIZE, config.IMG_SHAPES, (config.HEIGHT, config.WIDTH) = 1, [SIDE, SIDE, 3], WINDOW[2:]
    target, mask = damaged()
    coarse, refined = answers(tf, 3, 2)
    network = model.InpaintCAModel()
    network.build_inpaint_net = lambda *_, **__: (2 * coarse - 1, 2 * refined - 1, None)
    model.random_bbox = lambda _: WINDOW
    model.bbox2mask = lambda *_, **__: tf.constant(channels_last(mask))
    between = model.random_interpolates
    model.random_interpolates = lambda x, y: between(x, y, alpha=tf.constant([[SHARE_BETWEEN]], tf.float64))
    _, _, losses = network.build_graph_with_losses(tf.constant(channels_last(255 * target)), config)
    critics, given = filled_discriminator("contextual"), {}
    for place, critic in (("local", critics.local), ("global", critics.whole)):
        for number, layer in enumerate(critic.convolutions, start=1):
            start = f"discriminator/discriminator_{place}/conv{number}"
            given |= dict(zip((f"{start}/kernel", f"{start}/bias"), convolution(layer), strict=True))
        start = f"discriminator/dout_{place}_fc"
        given |= {f"{start}/kernel": critic.judge.weight.detach().numpy().T}
        given |= {f"{start}/bias": critic.judge.bias.detach().numpy()}
    fetched = {"discriminator": losses["d_loss"] - losses["gp_loss"], "discriminator_penalty": losses["gp_loss"]}
    return told(tf, given, fetched | {"generator": losses["g_loss"]}, refined, coarse)


def gated(tf: Any, repository: Path) -> dict[str, float]:
    """One step of DeepFill v2."""
    model: Any = importlib.import_module("inpaint_model")
    flags = SimpleNamespace(**yaml.safe_load((repository / "inpaint.yml").read_text()))
    flags.batch_size, flags.img_shapes = 1, [SIDE, SIDE, 3]
    target, mask = damaged()
    coarse, refined = answers(tf, 3, 2)
    network = model.InpaintCAModel()
    network.build_inpaint_net = lambda *_, **__: (2 * coarse - 1, 2 * refined - 1, None)
    model.random_bbox = lambda _: None
    model.bbox2mask = lambda *_, **__: tf.constant(channels_last(mask))
    model.brush_stroke_mask = lambda *_, **__: tf.zeros([1, SIDE, SIDE, 1])
    _, _, losses = network.build_graph_with_losses(flags, tf.constant(channels_last(255 * target)))
    given = {}
    for number, layer in enumerate(filled_discriminator("gated").trunk.convolutions, start=1):
        start = f"discriminator/sn_patch_gan/conv{number}"
        names = (f"{start}/kernel", f"{start}/bias", f"{start}/kernel_sn/u")
        given |= dict(zip(names, convolution(layer, spectral=True), strict=True))
    fetched = {"discriminator": losses["d_loss"], "generator": losses["g_loss"]}
    return told(tf, given, fetched, refined, coarse)


def pepsi(tf: Any, repository: Path) -> dict[str, float]:
    """One step of PEPSI, a quarter through its run: that part of main.py which makes the losses."""
    target, mask = damaged(LARGER_SIDE)
    coarse, refined = answers(tf, 3, 2, side=LARGER_SIDE)
    names = {"tf": sys.modules["tensorflow"], "mm": importlib.import_module("module"), "Max_iter": 1_000_000}
    names |= {"I_co": 2 * coarse - 1, "I_ge": 2 * refined - 1, "IT": tf.constant(250_000, tf.float64)}
    names |= {"Y": tf.constant(channels_last(2 * target - 1)), "MASK": tf.constant(channels_last(1 - mask))}
    program = (repository / "main.py").read_text()
    exec(program[program.index("image_result =") : program.index("# --------------------- variable")], names)
    judge, given = filled_discriminator("pepsi"), {}
    for number, layer in enumerate(judge.convolutions, start=1):
        start = f"disc_red/l{number}"
        given |= dict(zip((f"{start}w", f"{start}b", f"{start}wu"), convolution(layer, spectral=True), strict=True))
    weight, bias = (it.detach()[:, :, ::2, ::2] for it in (judge.regions.weight, judge.regions.bias))
    given |= {"disc_red/l7_w": weight.flatten(2).permute(2, 0, 1)[..., None].numpy()}
    given |= {"disc_red/l7_b": channels_last(bias)}
    fetched = {"discriminator": names["Loss_D"], "generator": names["Loss_G"]}
    return told(tf, given, fetched, refined, coarse)


def region_wise(tf: Any, repository: Path) -> dict[str, float]:
    """One step of the second stage of region-wise inpainting, without the terms of features."""
    model: Any = importlib.import_module("inpaint_model")
    target, mask = damaged(LARGER_SIDE)
    coarse, refined = answers(tf, 3, 2, side=LARGER_SIDE)
    model.RW_generator = lambda *_: (2 * coarse - 1, 2 * refined - 1)
    nothing = tf.zeros([1, 2, 2, 4], tf.float64)
    model.Vgg16 = lambda _: SimpleNamespace(build=lambda _: None, pool1=nothing, pool2=nothing, pool3=nothing)
    made = model.build_graph_with_loss(
        tf.constant(channels_last(255 * target)), 1, tf.constant(channels_last(1 - mask)), "", " ", stage=1, alpha=0.001
    )
    given = {}
    for number, layer in enumerate(filled_discriminator("region_wise").trunk.convolutions, start=1):
        start = f"discriminator/d_conv{number}"
        given |= dict(zip((f"{start}_w", f"{start}_bias", f"{start}u"), convolution(layer, spectral=True), strict=True))
    fetched = {"discriminator": made[3], "generator": made[2]}
    return told(tf, given, fetched, refined, coarse)


METHODS = {it.__name__: it for it in (contextual, gated, pepsi, region_wise)}


def main() -> None:
    """Print one method's numbers."""
    method, repository, *neuralgym = sys.argv[1:]
    tf = install(*map(Path, neuralgym))
    sys.path.insert(0, repository)
    with in_double():
        got = METHODS[method](tf, Path(repository))
    print(f"{method}, pictures of {SIDE} px:")
    for name, value in got.items():
        print(f"    {name!r}: {value!r},")


if __name__ == "__main__":
    main()
