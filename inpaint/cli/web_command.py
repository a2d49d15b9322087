"""The verb of the page: serve it, and the same for programs, on this machine."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from inpaint.cli.shared_options import DeviceOption, PrecisionOption, prepare


def web(
    models: Annotated[
        list[str] | None,
        typer.Argument(metavar="MODEL", help="Files to choose from beside the bundled networks, or folders of them."),
    ] = None,
    host: Annotated[
        str, typer.Option(metavar="ADDRESS", help="The address to listen on; 0.0.0.0 lets other machines in.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, metavar="N", help="The port; 0 takes a free one.")] = 7860,
    max_megabytes: Annotated[int, typer.Option(min=1, metavar="N", help="The largest request.")] = 200,
    max_megapixels: Annotated[int, typer.Option(min=1, metavar="N", help="The largest picture.")] = 120,
    device: DeviceOption = "auto",
    precision: PrecisionOption = "auto",
) -> None:
    """Restore pictures on a page in the browser.

    Other programs may POST to /api/v1/inpaint.
    """
    from inpaint.weights import BUNDLED, model_files

    named: dict[str, str] = {}
    for model in [*BUNDLED, *(file for name in models or [] for file in model_files(name))]:
        name = Path(model).stem
        if name in named:
            raise ValueError(f"two models are called {name}: give one file another name")
        named[name] = model
    from PIL import Image

    try:
        import python_multipart  # noqa: F401

        from inpaint.web.app import application
        from inpaint.web.serving import server_of
    except ImportError as error:
        raise ValueError(f"the page needs {error.name}: install it with pip install 'inpaint[web]'") from None
    from inpaint.assemble import load
    from inpaint.web.guard import LOOPBACK
    from inpaint.web.restore_upload import Limits

    prepare()
    Image.MAX_IMAGE_PIXELS = None  # our own limit is refused in a sentence
    restorers = {name: load(model, device=device, precision=precision) for name, model in named.items()}
    limits = Limits(bytes=max_megabytes * 1_000_000, pixels=max_megapixels * 1_000_000)
    own = host in LOOPBACK
    app = application(restorers, limits=limits, hosts=LOOPBACK if own else ())
    server = server_of(app, host=host, port=port)
    sockets = [server.config.bind_socket()]
    address = sockets[0].getsockname()
    name = f"[{address[0]}]" if ":" in address[0] else address[0]
    typer.echo(f"Open http://{name}:{address[1]}  (stop with Ctrl-C)")
    if not own:
        typer.echo("Everyone who can reach this machine can use the page: it asks for no password.", err=True)
    with suppress(KeyboardInterrupt):  # raised again by the server when it has stopped
        server.run(sockets)
