"""The application: the page, and the verbs under /api/v1 that it and other programs call.

Routes: POST inpaint (image and mask in, image out), detect, preview, batch (files in, zip out); GET models, health.
Errors are JSON {"error": sentence} with a 4xx status.  Source: the first of these takes what IOPaint's clients send.
What differs from IOPaint: requests queue, sizes are limited, pages of others are refused, nothing is kept on the disk,
and work whose client has left is left too.
"""

from __future__ import annotations

import base64
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from inpaint.folder import Restores
from inpaint.restoring.censors import CENSORS
from inpaint.version import __version__
from inpaint.web import find_regions
from inpaint.web.asking import form_of_options, read_many, read_one
from inpaint.web.guard import LOOPBACK, Guard
from inpaint.web.iopaint_routes import ChosenModel, iopaint_routes
from inpaint.web.mask_upload import mask_of_upload
from inpaint.web.queue import CLIENT_LEFT, Queue
from inpaint.web.restore_batch import restore_many
from inpaint.web.restore_upload import DEFAULT_LIMITS, Limits, Restored, restore_one

STATIC = Path(__file__).parent / "static"
ANSWER_CHUNK = 1 << 20  # bytes
WARNING = "Restored pixels are invented, not recovered: never use them to identify anyone."


def application(
    restorers: Mapping[str, Restores], *, limits: Limits = DEFAULT_LIMITS, hosts: Sequence[str] = LOOPBACK
) -> Starlette:
    """Build the application around networks by name, of which the first is the default.

    hosts: the names that requests may call this server by; () = any, for a server that others may reach.
    """
    queue = Queue()

    chosen = ChosenModel(list(restorers))

    def restorer_of(model: str) -> Restores:
        return restorers[chosen.named(model)]

    async def restore(request: Request) -> Response:
        asked = await read_one(request)
        given: dict[str, Any] = {"restorer": restorer_of(asked.model), "options": asked.options, "limits": limits}
        given["inputs"] = asked.inputs
        try:
            work = (restore_one, asked.name, asked.picture, asked.masks)
            restored = await queue.run(request, *work, progress=queue.note_progress, **given)
        finally:
            queue.progress = None
        outcome, form = restored.outcome, f"image/{restored.form.lower()}"
        note = "; ".join(filter(None, (asked.note, outcome.note)))
        if "application/json" in request.headers.get("accept", ""):
            return JSONResponse(restored_as_json(restored, form, note))
        headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(restored.name)}"}
        headers |= {"X-Regions": str(outcome.regions), "X-Censor": outcome.censor}
        headers |= {"X-Seconds": f"{outcome.seconds:.2f}", "X-Note": quote(note)}
        headers |= {"X-Seed": str(asked.seed)}  # IOPaint's clients read it back
        return Response(restored.variations[0], headers=headers, media_type=form)

    async def detect(request: Request) -> Response:
        asked = await read_one(request)
        return JSONResponse(await queue.run(request, find_regions.find_regions, asked.name, asked.picture, limits))

    async def mask(request: Request) -> Response:
        asked = await read_one(request)
        if len(asked.masks) != 1:
            raise ValueError(f"the request has {len(asked.masks)} masks, but one is shown: send one as mask")
        how: dict[str, Any] = {"options": asked.options, "limits": limits}
        shown = await queue.run(request, mask_of_upload, asked.name, asked.picture, asked.masks[0], **how)
        return Response(shown.png, headers={"X-Note": quote(shown.note)}, media_type="image/png")

    async def preview(request: Request) -> Response:
        asked = await read_one(request)
        shown = await queue.run(request, find_regions.preview, asked.name, asked.picture, limits)
        return Response(shown, media_type="image/png")

    async def batch(request: Request) -> Response:
        files, model, options = await read_many(request)
        given: dict[str, Any] = {"restorer": restorer_of(model), "options": options, "limits": limits}
        named = [(file.filename or "", file.file) for file in files]
        answer = tempfile.TemporaryFile()  # noqa: SIM115 (closed when it is sent)
        try:
            await queue.run(request, restore_many, named, answer, progress=queue.note_progress, **given)
        except BaseException:
            answer.close()
            raise
        finally:
            queue.progress = None
        answer.seek(0)

        def chunks():
            with answer:
                while chunk := answer.read(ANSWER_CHUNK):
                    yield chunk

        headers = {"Content-Disposition": 'attachment; filename="restored.zip"'}
        return StreamingResponse(chunks(), headers=headers, media_type="application/zip")

    def models(request: Request) -> Response:
        named = [
            {"name": name, "censors": [*getattr(it, "shows", CENSORS)], "takes": [*getattr(it, "given_names", [])]}
            for name, it in restorers.items()
        ]
        said = {"models": named, "options": form_of_options(), "limits": limits._asdict(), "warning": WARNING}
        return JSONResponse(said)

    def health(request: Request) -> Response:
        state = {"status": "ok", "version": __version__, "waiting": queue.waiting, "progress": queue.progress}
        return JSONResponse(state)

    verbs = {"inpaint": restore, "detect": detect, "mask": mask, "preview": preview, "batch": batch}
    routes = [Route(f"/{name}", verb, methods=["POST"]) for name, verb in verbs.items()]
    routes += [Route("/models", models), Route("/health", health), *iopaint_routes(chosen, limits)]
    known = {ValueError: refused, HTTPException: refused, ClientDisconnect: client_left, Exception: refused}
    return Starlette(
        routes=[Mount("/api/v1", routes=routes), Mount("/", StaticFiles(directory=STATIC, html=True))],
        middleware=[Middleware(Guard, most_bytes=limits.bytes, hosts=hosts)],
        exception_handlers=known,
    )


def restored_as_json(restored: Restored, form: str, note: str) -> dict[str, Any]:
    """Return every variation of a restored picture, and what was done, for a client that accepts JSON."""
    outcome = restored.outcome
    pictures = [{"type": form, "data": base64.b64encode(data).decode()} for data in restored.variations]
    said = {"name": restored.name, "regions": outcome.regions, "censor": outcome.censor, "note": note}
    return said | {"seconds": round(outcome.seconds, 2), "pictures": pictures}


def client_left(request: Request, error: Exception) -> Response:
    """Answer a client that left before its request was whole; nobody reads it."""
    return Response(status_code=CLIENT_LEFT)


def refused(request: Request, error: Exception) -> Response:
    """Result with a sentence: what the person can mend, or the kind of the fault that is ours."""
    if isinstance(error, HTTPException):
        return JSONResponse({"error": error.detail}, error.status_code, headers=error.headers)
    if isinstance(error, ValueError):
        return JSONResponse({"error": str(error)}, 400)
    return JSONResponse({"error": f"the server failed with {type(error).__name__}; its terminal says more"}, 500)
