"""The application: the page, and the verbs under /api/v1 that it and other programs call.

Routes: POST inpaint (image and mask in, image out), detect, preview, batch (files in, zip out); GET models, health.
Errors are JSON {"error": sentence} with a 4xx status.  Source: the first of these takes what IOPaint's clients send.
What differs from IOPaint: requests queue, sizes are limited, pages of others are refused, nothing is kept on the disk,
and work whose client has left is left too.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from inpaint.folder import Restores
from inpaint.restoring.censors import CENSORS
from inpaint.version import __version__
from inpaint.web import find_regions
from inpaint.web.asking import form_of_options, read_many, read_one
from inpaint.web.guard import LOOPBACK, Guard
from inpaint.web.queue import Queue
from inpaint.web.restore_batch import restore_many
from inpaint.web.restore_upload import DEFAULT_LIMITS, Limits, restore_one

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

    def restorer_of(model: str) -> Restores:
        name = model or next(iter(restorers))
        if name not in restorers:
            raise ValueError(f"the model {name!r} is not here: choose {', '.join(restorers)}")
        return restorers[name]

    async def restore(request: Request) -> Response:
        asked = await read_one(request)
        if not asked.mask:
            raise ValueError("the request has no mask: send a picture of the same size, white where to restore")
        given: dict[str, Any] = {"restorer": restorer_of(asked.model), "options": asked.options, "limits": limits}
        restored = await queue.run(request, restore_one, asked.name, asked.picture, asked.mask, **given)
        outcome = restored.outcome
        headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(restored.name)}"}
        headers |= {"X-Regions": str(outcome.regions), "X-Censor": outcome.censor}
        headers |= {"X-Seconds": f"{outcome.seconds:.2f}", "X-Note": quote(outcome.note or "")}
        return Response(restored.data, headers=headers, media_type=f"image/{restored.form.lower()}")

    async def detect(request: Request) -> Response:
        asked = await read_one(request)
        return JSONResponse(await queue.run(request, find_regions.find_regions, asked.name, asked.picture, limits))

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
        named = [{"name": name, "censors": [*getattr(it, "shows", CENSORS)]} for name, it in restorers.items()]
        said = {"models": named, "options": form_of_options(), "limits": limits._asdict(), "warning": WARNING}
        return JSONResponse(said)

    def health(request: Request) -> Response:
        state = {"status": "ok", "version": __version__, "waiting": queue.waiting, "progress": queue.progress}
        return JSONResponse(state)

    verbs = {"inpaint": restore, "detect": detect, "preview": preview, "batch": batch}
    routes = [Route(f"/{name}", verb, methods=["POST"]) for name, verb in verbs.items()]
    routes += [Route("/models", models), Route("/health", health)]
    return Starlette(
        routes=[Mount("/api/v1", routes=routes), Mount("/", StaticFiles(directory=STATIC, html=True))],
        middleware=[Middleware(Guard, most_bytes=limits.bytes, hosts=hosts)],
        exception_handlers={ValueError: refused, HTTPException: refused, Exception: refused},
    )


def refused(request: Request, error: Exception) -> Response:
    """Result with a sentence: what the person can mend, or the kind of the fault that is ours."""
    if isinstance(error, HTTPException):
        return JSONResponse({"error": error.detail}, error.status_code, headers=error.headers)
    if isinstance(error, ValueError):
        return JSONResponse({"error": str(error)}, 400)
    return JSONResponse({"error": f"the server failed with {type(error).__name__}; its terminal says more"}, 500)
