"""StructureFlow, as its authors (RenYurui/StructureFlow) keep it: one file for structures and one for textures."""

from __future__ import annotations

from inpaint.importing.layout import Layout, width_of
from inpaint.importing.layouts.edge_connect import edge_connect_name

FIRST_FLOW_ENTRY = "structure.input_layer.conv.weight_orig"

STRUCTURE_FLOW_LAYOUTS = (
    Layout(
        source="the authors' latest_net_s_gen.pth and latest_net_f_gen.pth",
        generator="structure_flow",
        first=FIRST_FLOW_ENTRY,
        options=lambda entries: {"width": width_of(entries, FIRST_FLOW_ENTRY)},
        theirs=edge_connect_name,  # which names the entries of spectral norms
        files=("structure.", "texture."),
        told_by="input_layer.conv.bias",
    ),
)
