"""The command ``openner app``: a local web app for trained models and labelled files."""

from pathlib import Path
from typing import Annotated

import typer

from openner_utils.cli.say import say

app = typer.Typer()


@app.command("app")
def serve(
    context: typer.Context,
    models: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="MODEL…", help="Folders of `openner train` or `openner model export`; default: models/*."
        ),
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any that is free.")] = 8460,
) -> None:
    """Open a web app on this machine: text through trained models, side by side; labelled files checked, repaired, scored; kept replies."""
    from openner_utils.app.models import Models
    from openner_utils.app.replies import Kept
    from openner_utils.app.serve import Server

    with Server(Models.of(models or [], context.obj), port, Kept(context.obj)) as server:
        say(f"Open {server.address} (Ctrl-C ends it; it answers this machine alone and keeps nothing)")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            say("Ended.", err=True)
