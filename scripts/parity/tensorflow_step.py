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
| ns_outpaint | z-x-yang/NS-Outpainting | e534385 |
| dsi | vivitsai/PiiGAN | dcdd3be |

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
import tf_slim  # pyright: ignore[reportMissingImports]
import yaml

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))
from published_step import (  # pyright: ignore[reportMissingImports]
    LARGER_SIDE,
    SHARE_BETWEEN,
    SIDE,
    WINDOW,
    box_of_window,
    damaged,
    filled_discriminator,
    filled_extractor,
    filled_judge,
    gradient_summary,
    noise_of_step,
    picture_of,
    strip_of,
    styled_answers,
)
from tensorflow_one import in_double, install  # pyright: ignore[reportMissingImports]
from tensorflow_weights import channels_last, convolution, dense, local_and_global  # pyright: ignore[reportMissingImports]
from tf_slim.layers.normalization import instance_norm  # pyright: ignore[reportMissingImports]


def answers(tf: Any, *streams: int, side: int = SIDE) -> list[Any]:
    """Return hashed pictures in [0, 1]."""
    return [tf.constant(channels_last(picture_of(stream, side))) for stream in streams]


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
    given = local_and_global(filled_discriminator("contextual"))
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


def ns_outpaint(tf: Any, _: Path) -> dict[str, float]:
    """One step of NS-Outpainting."""
    model, loss = (importlib.import_module(f"modeling.{name}") for name in ("model", "loss"))
    model.ly.conv2d = lambda picture, num_outputs, **more: tf_slim.layers.conv2d(picture, int(num_outputs), **more)
    model.ly.fully_connected, model.ly.instance_norm = tf_slim.layers.fully_connected, instance_norm
    loss.tf.random_uniform = lambda **_: tf.constant([[[[SHARE_BETWEEN]]]], tf.float64)
    settings = SimpleNamespace(batch_size_per_gpu=1, lambda_gp=10, beta=0.9, weight_decay=0.0)
    shown, answer = (tf.constant(channels_last(strip_of(stream))) for stream in (1, 2))
    target, drawn, errors = 2 * shown - 1, 2 * answer - 1, loss.Loss(settings)
    adversarial, critics = errors.global_and_local_adv_loss(model.Model(settings), target, drawn)
    missed = errors.masked_reconstruction_loss(target, drawn)
    given = {}
    for scope, name in (("DIS", "strip"), ("DIS2", "right")):
        judge = filled_judge("ns_outpaint", name)
        for number, (layer, norm) in enumerate(zip(judge.convolutions, judge.norms, strict=True)):
            start = f"{scope}/Conv" + (f"_{number}" if number else "")
            named = {"InstanceNorm/gamma": norm.weight, "InstanceNorm/beta": norm.bias} if number else {}
            named = {"weights": layer.weight.permute(2, 3, 1, 0)} | (named or {"biases": layer.bias})
            given |= {f"{start}/{end}": value.detach().numpy() for end, value in named.items()}
        channels = judge.convolutions[-1].out_channels
        given |= dense(f"{scope}/fully_connected", judge.judge, channels, names=("weights", "biases"))
    fetched = {"critics": critics, "generator": 0.002 * adversarial + 0.998 * missed}
    said = told(tf, given, fetched, answer, answer)
    return {name: value for name, value in said.items() if not name.startswith("coarse_")}


def dsi(tf: Any, repository: Path) -> dict[str, float]:
    """One step of DSI; the hole is all of the window, in which the authors' code reads the noise."""
    model: Any = importlib.import_module("model")
    config = SimpleNamespace(**yaml.safe_load((repository / "setting.yml").read_text()))
    config.BATCH_SIZE, config.IMG_SHAPES, config.HEIGHT, config.WIDTH = 1, [SIDE, SIDE, 3], SIDE // 2, SIDE // 2
    final, coarse, styled, styled_coarse = (tf.constant(channels_last(it)) for it in styled_answers())
    pairs = iter([(coarse, final), (styled_coarse, styled)])
    network = model.PIIGANModel()
    network.build_inpaint_net = lambda *_, **__: (*(2 * it - 1 for it in next(pairs)), None)
    model.bbox2mask = lambda *_, **__: tf.constant(channels_last(box_of_window()))
    cut, between = model.local_patch, model.random_interpolates
    model.local_patch = lambda picture, _: cut(picture, (SIDE // 4, SIDE // 4, SIDE // 2, SIDE // 2))
    model.random_interpolates = lambda x, y: between(x, y, alpha=tf.constant([[SHARE_BETWEEN]], tf.float64))
    noises = iter([tf.constant(channels_last(noise_of_step())), tf.zeros([2, SIDE**2 // 4], tf.float64)])
    model.tf.random_normal = lambda **_: next(noises)  # the second is of a code that only a generator sees
    _, _, losses = network.build_graph_with_losses(
        tf.constant(channels_last(255 * picture_of(1))), config, summary=False
    )
    given = local_and_global(filled_discriminator("dsi"))
    extractor = filled_extractor()
    for number, layer in enumerate(extractor.convolutions, start=1):
        start = f"build_extractor/conv{number}"
        given |= dict(zip((f"{start}/kernel", f"{start}/bias"), convolution(layer), strict=True))
    channels = extractor.convolutions[-1].out_channels
    for name, layer in (("z", extractor.mean), ("z_var", extractor.log_variance)):
        given |= dense(f"build_extractor/{name}", layer, channels)
    fetched = {"discriminator": losses["d_loss"] - losses["gp_loss"], "discriminator_penalty": losses["gp_loss"]}
    fetched |= {"generator": losses["g_loss"], "divergence": config.LOSS_KL * losses["loss_kl"]}
    fetched |= {"reading": config.REGRESSION_Z_LOSS_ALPHA * losses["l1_regress_z_loss"]}
    return told(tf, given, fetched, final, styled_coarse)


METHODS = {it.__name__: it for it in (contextual, gated, pepsi, region_wise, ns_outpaint, dsi)}


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
