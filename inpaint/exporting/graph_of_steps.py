"""The network over cells as one ONNX graph: a branch for each of its steps, all of them with the same weights.

Source: ONNX's operator If, whose branches see the tensors around them, so the weights stand once, outside.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from inpaint.contracts import Generator

if TYPE_CHECKING:
    import onnx

INPUTS, OUTPUTS = ("image", "mask", "guessed"), ("restored", "raw")
FREE = {name: {0: "batch", 2: "height", 3: "width"} for name in ("image", "mask", *OUTPUTS)} | {"guessed": {0: "batch"}}
Tracer = Callable[..., "onnx.ModelProto"]


class OneStep(nn.Module):
    """The network over cells with one of its steps."""

    def __init__(self, generator: Generator, step: int):
        super().__init__()
        self.generator, self.step = generator, step

    def forward(self, image: Tensor, mask: Tensor, guessed: Tensor) -> tuple[Tensor, Tensor]:
        prediction = self.generator(image, mask, block=self.step, guessed=guessed)
        return prediction.image, prediction.extras["raw"]


def graph_of_steps(generator: Generator, traced: Tracer, given: tuple[Tensor, Tensor]) -> onnx.ModelProto:
    """Return the network as a graph of image, mask, guessed (B, 1, 1, 1) and block, the step that is to be made.

    traced: turns a module and its inputs into a graph.  given: a picture and a mask to trace with.  Its outputs are
    restored and raw, the answer before it was corrected to the cells' means.
    """
    inputs = (*given, torch.zeros(len(given[0]), 1, 1, 1))
    names: dict[str, Any] = {"input_names": INPUTS, "output_names": OUTPUTS, "dynamic_axes": FREE}
    models = {step: traced(OneStep(generator, step), inputs, **names) for step in generator.cell_steps}
    return branching(models)


def branching(models: dict[int, onnx.ModelProto]) -> onnx.ModelProto:
    """Join the graphs of the steps into one that is told the step as block: the largest, where it is none of them."""
    from onnx import TensorProto, helper

    weights: dict[tuple, onnx.TensorProto] = {}
    branches = {step: branch_of(model.graph, f"step{step}_", weights) for step, model in models.items()}
    smallest, largest = min(models), max(models)
    whole = models[largest]
    number = helper.make_tensor("step", TensorProto.INT64, [], [largest])
    of_branches: dict[str, Any] = {"then_branch": branches[largest], "else_branch": branches[smallest]}
    nodes = [
        helper.make_node("Constant", [], ["largest"], value=number),
        helper.make_node("GreaterOrEqual", ["block", "largest"], ["is_largest"]),
        helper.make_node("If", ["is_largest"], [*OUTPUTS], **of_branches),
    ]
    block = helper.make_tensor_value_info("block", TensorProto.INT64, [])
    inputs, outputs = [*whole.graph.input, block], whole.graph.output
    graph = helper.make_graph(nodes, "cells", inputs, outputs, [*weights.values()])
    return helper.make_model(graph, opset_imports=whole.opset_import, ir_version=whole.ir_version)


def branch_of(graph: onnx.GraphProto, prefix: str, weights: dict[tuple, onnx.TensorProto]) -> onnx.GraphProto:
    """Return a graph as a branch with names of its own; its weights go to those of all, where equal ones stand once."""
    from onnx import NodeProto, TensorProto, ValueInfoProto, helper

    names = {"": "", **{name: name for name in INPUTS}}
    for tensor in graph.initializer:
        key = (tensor.data_type, tuple(tensor.dims), tensor.raw_data)
        if key not in weights:
            weights[key] = TensorProto()
            weights[key].CopyFrom(tensor)
            weights[key].name = f"weight{len(weights)}"
        names[tensor.name] = weights[key].name
    nodes, outputs = [], []
    for given in graph.node:
        node = NodeProto()
        node.CopyFrom(given)
        node.name = prefix + given.name
        for mine, theirs in ((node.input, given.input), (node.output, given.output)):
            mine[:] = [names.setdefault(name, prefix + name) for name in theirs]
        nodes.append(node)
    for given in graph.output:
        output = ValueInfoProto()
        output.CopyFrom(given)
        output.name = names[given.name]
        outputs.append(output)
    return helper.make_graph(nodes, prefix.rstrip("_"), [], outputs)
