"""What nipponjo's two files call the layers of DeepFill v2, from the authors' TensorFlow names, which are ours."""

from __future__ import annotations

import re


def flat(name: str) -> str:
    """Return the name in networks_tf.py: TensorFlow's, with the convolution inside the layer."""
    layer, leaf = name.split(".")[-2:]
    return f"{layer}.conv.conv.{leaf}" if layer.endswith("_upsample") else f"{layer}.conv.{leaf}"


def nested(name: str, dilated: str, matched: str) -> str:
    """Return the name in networks.py; dilated, matched: what the layers of these two branches start with there."""
    layer, leaf = name.split(".")[-2:]
    found = re.fullmatch(r"(x|pm|all)?conv(\d+)(_\w+)?", layer)
    assert found, f"{layer} is no layer of DeepFill v2"
    branch, number = found[1] or "", int(found[2])
    start = {"": "stage1.", "x": f"stage2.{dilated}", "pm": f"stage2.{matched}", "all": "stage2."}[branch]
    return f"{start}{block(number)}.conv.{leaf}"


def block(number: int) -> str:
    """Return where a numbered layer lies: two in every block that halves or doubles, the others in a row."""
    if number == 1:
        return "conv1"
    if number <= 5:
        return f"down_block{number // 2}.{'conv2' if number % 2 else 'conv1_downsample'}"
    if number <= 12:
        return f"conv_bn{number - 5}"
    if number <= 16:
        return f"up_block{(number - 11) // 2}.{'conv1_upsample.conv' if number % 2 else 'conv2'}"
    return "conv_to_rgb"
