"""Recurrent content transfer: the columns of a deep map are read by one LSTM, and another goes on with new columns.

Source: Yang et al., Very Long Natural Scenery Image Prediction by Outpainting (2019), and the authors' code, in which
both layers of each LSTM are the same cell.  TensorFlow's LSTM: its gates lie in the order input, candidate, forget,
output, and the forget gate has 1 added.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from inpaint.layers.padding import start_like_tensorflow

FORGET_BIAS = 1.0
RECURRENT_LAYERS = 2
INSTANCE_EPSILON = 1e-6  # of TensorFlow's instance norm
TRANSFER_SLOPE = 0.2


class LstmCell(nn.Module):
    """One cell, whose kernel reads the input and the last answer together."""

    def __init__(self, width: int):
        super().__init__()
        self.kernel = nn.Linear(2 * width, 4 * width)
        start_like_tensorflow(self.kernel)

    def forward(self, x: Tensor, state: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        """Return the cell's memory and its answer, (B, width) each, from those before."""
        memory, answer = state
        entry, candidate, forget, output = self.kernel(torch.cat([x, answer], dim=1)).chunk(4, dim=1)
        memory = memory * (forget + FORGET_BIAS).sigmoid() + entry.sigmoid() * candidate.tanh()
        return memory, memory.tanh() * output.sigmoid()


class RecurrentTransfer(nn.Module):
    """(B, channels, rows, columns) -> as many new columns; rows must be as many as it was built for."""

    def __init__(self, channels: int, width: int, rows: int, *, shared: bool):
        """width: of the columns' values.  shared: whether the layers of an LSTM are the same cell."""
        super().__init__()
        self.narrow = nn.Conv2d(channels, width, 1, bias=False)
        self.narrow_norm = nn.InstanceNorm2d(width, INSTANCE_EPSILON, affine=True)
        count = 1 if shared else RECURRENT_LAYERS
        self.reader, self.writer = (nn.ModuleList(LstmCell(width * rows) for _ in range(count)) for _ in range(2))
        self.widen = nn.Conv2d(width, channels, 1, bias=False)
        self.widen_norm = nn.InstanceNorm2d(channels, INSTANCE_EPSILON, affine=True)
        for layer in (self.narrow, self.widen):
            start_like_tensorflow(layer)

    def forward(self, x: Tensor) -> Tensor:
        narrow = nn.functional.leaky_relu(self.narrow_norm(self.narrow(x)), TRANSFER_SLOPE)
        columns = narrow.permute(3, 0, 2, 1).flatten(2).unbind()  # (B, rows * width) each, values of a row together
        empty = torch.zeros_like(columns[0])
        states = [(empty, empty)] * RECURRENT_LAYERS
        for column in columns:
            states, _ = stepped_cells(self.reader, column, states)
        column, written = columns[-1], []
        for _ in columns:
            states, column = stepped_cells(self.writer, column, states)
            written.append(column.unflatten(1, (x.shape[-2], -1)))  # (B, rows, width)
        new = torch.stack(written, dim=1).permute(0, 3, 2, 1)  # (B, width, rows, columns)
        return nn.functional.leaky_relu(self.widen_norm(self.widen(new)), TRANSFER_SLOPE)


def stepped_cells(
    cells: nn.ModuleList, x: Tensor, states: list[tuple[Tensor, Tensor]]
) -> tuple[list[tuple[Tensor, Tensor]], Tensor]:
    """Give a column to cells that lie over each other; return their states and what the last one answers."""
    after = []
    for number, state in enumerate(states):
        state = cells[min(number, len(cells) - 1)](x, state)
        after.append(state)
        x = state[1]
    return after, x
