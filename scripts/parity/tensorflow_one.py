"""TensorFlow 1 for authors' old code, on TensorFlow 2.15: what it imports, in float64.

It stands for the modules tensorflow, tensorflow.contrib and neuralgym; the last one's folder is the reader's to bring.
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import MagicMock

import tensorflow as two  # pyright: ignore[reportMissingImports, reportMissingModuleSource]
import tf_slim  # pyright: ignore[reportMissingImports]

tf = two.compat.v1


class TensorflowOne(ModuleType):
    """The module that authors import: TensorFlow 1, whose float32 may be float64 so that all is computed so."""

    float32: Any
    contrib = MagicMock()  # for what is looked up at import and not used

    def __getattr__(self, name: str) -> Any:
        return getattr(tf, name)


class Named:
    """The parent of neuralgym's models, which only has a name."""

    def __init__(self, name: str):
        self.name = name


def module(name: str, **content: Any) -> ModuleType:
    """Make a module that can be imported by its name."""
    made = ModuleType(name)
    made.__path__ = []
    vars(made).update(content)
    sys.modules[name] = made
    return made


def install(neuralgym: Path | None = None, *, double: bool = True) -> Any:
    """Put TensorFlow 1 where authors look for it, and return it; neuralgym: the folder of that package."""
    tf.disable_v2_behavior()
    one = TensorflowOne("tensorflow")
    one.float32 = tf.float64 if double else tf.float32
    one.__path__ = two.__path__
    sys.modules["tensorflow"] = one
    scopes = {"arg_scope": tf_slim.arg_scope, "add_arg_scope": tf_slim.add_arg_scope}
    for name in ("contrib", "contrib.framework", "contrib.framework.python"):
        module(f"tensorflow.{name}")
    module("tensorflow.contrib.framework.python.ops", **scopes)
    known = {name: getattr(tf_slim.layers, name) for name in ("conv2d", "flatten")}
    layers = module(
        "tensorflow.contrib.layers",
        **known,
        xavier_initializer_conv2d=MagicMock(),
        xavier_initializer=tf.glorot_uniform_initializer,
    )
    sys.modules["tensorflow.contrib"].layers = one.contrib.layers = layers  # pyright: ignore[reportAttributeAccessIssue]
    if neuralgym is not None:  # without its own __init__, which wants graphics cards
        for name in ("", "/ops", "/models"):
            module("neuralgym" + name.replace("/", ".")).__path__ = [f"{neuralgym}/neuralgym{name}"]
        sys.modules["neuralgym.models"].Model = Named  # pyright: ignore[reportAttributeAccessIssue]
    return tf


def in_double() -> Any:
    """Return the root scope in which variables are float64."""
    return tf.variable_scope(tf.get_variable_scope(), dtype=tf.float64)
