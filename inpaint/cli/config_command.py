"""The verb that shows a run in full, or which runs come with the package."""

from __future__ import annotations

from typing import Annotated

import typer

from inpaint.cli.shared_options import SettingsOption


def config(
    config: Annotated[
        str | None,
        typer.Argument(metavar="CONFIG", help="A YAML file, or the name of one that is bundled."),
    ] = None,
    settings: SettingsOption = None,
    names: Annotated[bool, typer.Option("--list", help="List the configs that come with the package.")] = False,
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON schema of such files, for editors.")] = False,
) -> None:
    """Show a run with all its defaults."""
    import json

    import yaml

    from inpaint.assemble.complete import complete_tree
    from inpaint.config import read_run
    from inpaint.config.bundled import config_file, config_names

    if names:
        typer.echo("\n".join(config_names()))
    elif schema:
        from inpaint.assemble.schema import schema_of_runs

        typer.echo(json.dumps(schema_of_runs(), indent=1))
    elif config is None:
        raise ValueError("name a config to show, or use --list or --schema")
    else:
        run = read_run(config_file(config), settings or [])
        typer.echo(yaml.safe_dump(complete_tree(run), sort_keys=False, allow_unicode=True), nl=False)
