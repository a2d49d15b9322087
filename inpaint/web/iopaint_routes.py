"""The routes of IOPaint's server beside POST inpaint, for programs that were written for it.

Source: IOPaint 1.6, `iopaint/api.py`.  There are no plugins, samplers or folders here, so those lists are empty and
those verbs refuse in a sentence; nothing is kept on the disk.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from inpaint import images
from inpaint.images.mask_files import mask_in
from inpaint.web.asking import from_base64, json_of
from inpaint.web.restore_upload import Limits, check_picture

OPERATIONS = ("expand", "shrink", "reverse")
BRUSH = (255, 203, 0, 186)  # RGBA, in which IOPaint's page shows masks
LARGEST_KERNEL = 256  # px
DIFFUSION = ("controlnet", "brushnet", "powerpaint_v2", "lcm_lora", "outpainting", "strength")
PLUGIN_MODELS = ("removeBG", "realesrgan", "interactiveSeg")
NO_PLUGIN = "there are no plugins here"


class ChosenModel:
    """Which network restores where a request names none; POST model changes it for all, as IOPaint does."""

    def __init__(self, names: Sequence[str]):
        self.names, self.name = list(names), names[0]

    def named(self, name: str) -> str:
        """Return a name, or the chosen one for none.  Raises ValueError for what is no network's."""
        if name and name not in self.names:
            raise ValueError(f"the model {name!r} is not here: choose {', '.join(self.names)}")
        return name or self.name


def iopaint_routes(chosen: ChosenModel, limits: Limits) -> list[Route]:
    """Return the routes, to be mounted under /api/v1."""

    def server_config(request: Request) -> Response:
        infos = [model_info(name) for name in chosen.names]
        said: dict[str, Any] = {"plugins": [], "modelInfos": infos, "samplers": []}
        for plugin in PLUGIN_MODELS:
            said |= {f"{plugin}Model": "", f"{plugin}Models": []}
        said |= {"enableFileManager": False, "enableAutoSaving": False, "enableControlnet": False}
        return JSONResponse(said | {"controlnetMethod": None, "disableModelSwitch": False, "isDesktop": False})

    def current_model(request: Request) -> Response:
        return JSONResponse(model_info(chosen.name))

    async def switch_model(request: Request) -> Response:
        chosen.name = chosen.named(str((await json_of(request)).get("name", "")))
        return JSONResponse(model_info(chosen.name))

    def samplers(request: Request) -> Response:
        return JSONResponse([])

    def no_input(request: Request) -> Response:
        return refusal_answer("this server was not started with a picture: send one", 404)

    def no_plugin(request: Request) -> Response:
        return refusal_answer(NO_PLUGIN, 422)

    def no_folder(request: Request) -> Response:
        return refusal_answer("this server keeps nothing on its disk: save what POST inpaint answers", 400)

    async def adjust_mask(request: Request) -> Response:
        body = await json_of(request)
        mask, operation, kernel = from_base64(body, "mask"), body.get("operate"), body.get("kernel_size", 0)
        if not mask:
            raise ValueError("the request has no mask: send JSON with base64 in mask")
        if operation not in OPERATIONS:
            raise ValueError(f"operate is {operation!r}, but must be {', '.join(OPERATIONS)}")
        if not isinstance(kernel, int) or not 0 <= kernel <= LARGEST_KERNEL:
            raise ValueError(f"kernel_size is {kernel!r}, but must be a whole number from 0 to {LARGEST_KERNEL}")
        check_picture("the mask", mask, limits)
        return Response(shown_mask(adjusted(mask, operation, kernel)), media_type="image/png")

    async def gen_info(request: Request) -> Response:
        form = await request.form(max_files=1)
        file = form.get("file")
        if file is None or isinstance(file, str):
            raise ValueError("the request has no file: send a form with a picture as file")
        return JSONResponse(prompts_in(await file.read()))

    gets = {"server-config": server_config, "model": current_model, "samplers": samplers, "inputimage": no_input}
    posts = {"model": switch_model, "adjust_mask": adjust_mask, "gen-info": gen_info, "save_image": no_folder}
    posts |= dict.fromkeys(("switch_plugin_model", "run_plugin_gen_mask", "run_plugin_gen_image"), no_plugin)
    return [
        Route(f"/{name}", verb, methods=[method])
        for method, verbs in (("GET", gets), ("POST", posts))
        for name, verb in verbs.items()
    ]


def refusal_answer(sentence: str, status: int) -> Response:
    return JSONResponse({"error": sentence, "detail": sentence, "errors": sentence}, status)


def model_info(name: str) -> dict[str, Any]:
    """Describe a network as IOPaint describes its erasing models."""
    said = {"name": name, "path": name, "model_type": "inpaint", "is_single_file_diffusers": False}
    none = {f"support_{kind}": False for kind in DIFFUSION}
    return said | {"need_prompt": False, "controlnets": [], "brushnets": []} | none


def adjusted(mask: bytes, operation: str, kernel: int) -> np.ndarray:
    """Grow or shrink a mask by a disc of so many pixels, or reverse it; (H, W) bool."""
    marked = mask_in(images.read(Path("mask"), data=mask)).mask[0].numpy().astype(np.uint8)
    if operation == "reverse":
        return marked == 0
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * kernel + 1, 2 * kernel + 1))
    return (cv2.dilate if operation == "expand" else cv2.erode)(marked, disc) > 0


def shown_mask(marked: np.ndarray) -> bytes:
    """Encode a mask (H, W) as IOPaint's page shows it: its brush where it is marked, clear elsewhere."""
    pixels = np.zeros((*marked.shape, 4), np.uint8)
    pixels[marked] = BRUSH
    encoded = io.BytesIO()
    Image.fromarray(pixels).save(encoded, "PNG", compress_level=1)
    return encoded.getvalue()


def prompts_in(picture: bytes) -> dict[str, str]:
    """Return the words that a generated picture was made with, as its text chunk "parameters" tells them."""
    try:
        with Image.open(io.BytesIO(picture)) as opened:
            text = str(opened.info.get("parameters", ""))
    except Exception as error:  # decoders raise nearly everything when a file is damaged
        raise ValueError(f"the file is not a picture that can be read: {error}") from None
    prompt, _, rest = text.partition("Negative prompt: ")
    return {"prompt": prompt.strip(), "negative_prompt": rest.partition("\n")[0].strip()}
