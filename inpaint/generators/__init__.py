"""The generators by name; adding a network is one file and one line here."""

from __future__ import annotations

from collections.abc import Callable

from inpaint.contracts import Generator
from inpaint.generators import (
    aot_gan,
    cells,
    contextual,
    dcgan,
    edge_connect,
    edsr,
    espcn,
    gated,
    imdn,
    lama,
    pconv,
    pepsi,
    region_norm,
    region_wise,
    residual_unet,
    resnet9,
    rlfn,
    sighted_unet,
    span,
    srcnn,
    unet,
)

GENERATORS: dict[str, Callable[..., Generator]] = {
    "aot_gan": aot_gan.build,
    "cells": cells.build,
    "contextual": contextual.build,
    "dcgan": dcgan.build,
    "diet_pepsi": pepsi.build_diet,
    "edge_connect": edge_connect.build,
    "edsr": edsr.build,
    "espcn": espcn.build,
    "gated": gated.build,
    "imdn": imdn.build,
    "lama": lama.build,
    "pconv": pconv.build,
    "pepsi": pepsi.build,
    "region_norm": region_norm.build,
    "region_wise": region_wise.build,
    "residual_unet": residual_unet.build,
    "resnet9": resnet9.build,
    "rlfn": rlfn.build,
    "sighted_unet": sighted_unet.build,
    "span": span.build,
    "srcnn": srcnn.build,
    "unet": unet.build,
}
