"""What several verbs share: options, and what must be set before a network runs."""

from __future__ import annotations

import warnings
from typing import Annotated

import typer

from inpaint.cli.printable import printable
from inpaint.folder.options import MACHINE

BAR_DELAY = 1.0  # s before a progress bar appears: what fails at once shows none
DeviceOption = Annotated[
    str,
    typer.Option(
        metavar="[auto|cpu|cuda|cuda:N|mps]",
        rich_help_panel=MACHINE,
        help="The processor or graphics card that computes.",
    ),
]
SettingsOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change a value of the YAML, with dots between levels."),
]
PrecisionOption = Annotated[
    str,
    typer.Option(
        metavar="[auto|float32|bfloat16]",
        rich_help_panel=MACHINE,
        help="auto: bfloat16 where the network learned in it and the CPU or GPU has it.",
    ),
]


def prepare() -> None:
    """Set what every verb that runs a network wants: denormals make CPUs crawl; and what reading pictures wants."""
    import torch

    torch.set_flush_denormal(True)
    prepare_pictures()


def prepare_pictures() -> None:
    """Set what every verb that reads pictures wants: OpenCV's threads fight those of torch and of our own.

    Warnings become sentences; those of Pillow, about damage that reading tells in its own words, are left out.
    """
    import cv2

    cv2.setNumThreads(1)
    warnings.filterwarnings("ignore", module=r"PIL\.")
    warnings.formatwarning = lambda message, *_, **__: f"{printable(str(message))}\n"
