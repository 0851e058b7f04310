"""The group ``openner web``: from raw web text to annotated passages."""

import typer

from openner_utils.cli import web_annotation

web = typer.Typer(help="From raw web text to annotated passages.", no_args_is_help=True)
web.command()(web_annotation.annotate)
web.command()(web_annotation.merge)
web.command()(web_annotation.judge)
web.command()(web_annotation.truth)
