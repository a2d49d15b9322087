"""The layouts of published weights by the name of the network; adding one is one file and one line here.

Sources: the state dicts of knazeri/edge-connect, geekyutao/RN, junyanz/pytorch-CycleGAN-and-pix2pix,
nipponjo/deepfillv2-pytorch (both of its files), naoto0804/pytorch-inpainting-with-partial-conv, OpenMMLab's mmagic,
hughplay/DFNet, ZongyuGuo/Inpainting_FRRN, otenim/GLCIC-PyTorch, lyndonzheng/Pluralistic-Inpainting,
RenYurui/StructureFlow, basilevh/image-outpainting, run-youngjoo/SC-FEGAN, zhaoyuzhi/deepfillv2, yjn870's
and Lornatang's SRCNN and ESPCN, z-x-yang/NS-Outpainting and tamarott/SinGAN.
"""

from __future__ import annotations

from inpaint.importing.layout import Layout
from inpaint.importing.layouts import (
    aot_gan,
    contextual,
    cyclegan,
    dfnet,
    dsi,
    edge_connect,
    edsr,
    espcn,
    frrn,
    gated,
    glcic,
    lama,
    migan,
    ns_outpaint,
    outpaint,
    pconv,
    pepsi,
    picnet,
    pix2pix,
    region_norm,
    region_wise,
    sc_fegan,
    singan,
    srcnn,
    structure_flow,
    unet,
    upscalers,
)

LAYOUTS: dict[str, tuple[Layout, ...]] = {
    "edge_connect": edge_connect.EDGE_CONNECT_LAYOUTS,
    "contextual": contextual.CONTEXTUAL_LAYOUTS,
    "gated": gated.GATED_LAYOUTS,
    "pepsi": pepsi.PEPSI_LAYOUTS,
    "pconv": pconv.PCONV_LAYOUTS,
    "region_norm": region_norm.REGION_NORM_LAYOUTS,
    "region_wise": region_wise.REGION_WISE_LAYOUTS,
    "pix2pix": pix2pix.PIX2PIX_LAYOUTS,
    "cyclegan": cyclegan.CYCLEGAN_LAYOUTS,
    "lama": lama.LAMA_LAYOUTS,
    "migan": migan.MIGAN_LAYOUTS,
    "aot_gan": aot_gan.AOT_GAN_LAYOUTS,
    "unet": unet.UNET_LAYOUTS,
    "srcnn": srcnn.SRCNN_LAYOUTS,
    "espcn": espcn.ESPCN_LAYOUTS,
    "edsr": edsr.EDSR_LAYOUTS,
    "imdn": upscalers.IMDN_LAYOUTS,
    "rlfn": upscalers.RLFN_LAYOUTS,
    "span": upscalers.SPAN_LAYOUTS,
    "dsi": dsi.DSI_LAYOUTS,
    "dfnet": dfnet.DFNET_LAYOUTS,
    "frrn": frrn.FRRN_LAYOUTS,
    "glcic": glcic.GLCIC_LAYOUTS,
    "outpaint": outpaint.OUTPAINT_LAYOUTS,
    "picnet": picnet.PICNET_LAYOUTS,
    "structure_flow": structure_flow.STRUCTURE_FLOW_LAYOUTS,
    "sc_fegan": sc_fegan.SC_FEGAN_LAYOUTS,
    "singan": singan.SINGAN_LAYOUTS,
    "ns_outpaint": ns_outpaint.NS_OUTPAINT_LAYOUTS,
}
