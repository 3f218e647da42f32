"""neurosim data: what there is, fetch it, verify it."""

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from neurosim.datasets import Entry

_json = click.option("--json", "as_json", is_flag=True, help="Print JSON on stdout.")


@click.group(name="data", invoke_without_command=True)
@_json
@click.pass_context
def data(context: click.Context, as_json: bool) -> None:
    """List, fetch and verify data sets.

    Wherever a command takes DATA, it takes one of these names or a file (.npy .npz .csv .tsv .txt .dat idx). Data
    sets that are not bundled are looked for in the folder that NEUROSIM_DATA names, then in the user's cache.
    """
    if context.invoked_subcommand is None:
        _list(as_json)


@data.command(name="list")
@_json
def list_(as_json: bool) -> None:
    """List all data sets: size, kind, and where the fetched ones are."""
    _list(as_json)


@data.command()
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@_json
def fetch(names: tuple[str, ...], as_json: bool) -> None:
    """Download data sets into the cache, unless they are here; verify them."""
    rows = []
    for entry in _chosen(names):
        entry.loader()
        rows.append(_row(entry))
    _show(rows, as_json)


@data.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@_json
@click.pass_context
def verify(context: click.Context, names: tuple[str, ...], as_json: bool) -> None:
    """Check the fetched data sets that are here, or the named ones, against their published SHA-256."""
    rows = [_verified(entry) for entry in _chosen(names) if names or entry.where()]
    _show(rows, as_json)
    if any(row["state"] == "damaged" for row in rows):
        context.exit(1)


def _list(as_json: bool) -> None:
    from neurosim.datasets import entries

    _show([_row(entry) for entry in entries()], as_json)


def _chosen(names: tuple[str, ...]) -> "list[Entry]":
    from neurosim.datasets import catalogue

    chosen = []
    for name in names or catalogue.names():
        entry = catalogue.lookup(name)
        if entry is None:
            raise catalogue.unknown(name, files=False)
        chosen.append(entry)
    return chosen


def _row(entry: "Entry") -> dict[str, object]:
    where = entry.where()
    return {
        "name": entry.name,
        "samples": entry.samples,
        "features": entry.features,
        "kind": entry.kind,
        "where": None if where is None else str(where),
    }


def _verified(entry: "Entry") -> dict[str, object]:
    from neurosim.core.errors import DataError

    row: dict[str, object] = {"name": entry.name, "state": entry.kind, "where": None, "message": ""}
    if entry.kind != "fetched":
        return row | {"message": "nothing to verify"}
    where = entry.where()
    if where is None:
        return row | {"state": "absent", "message": "not on this machine"}
    try:
        entry.loader(download_if_missing=False)
    except DataError as error:
        return row | {"state": "damaged", "where": str(where), "message": str(error)}
    return row | {"state": "ok", "where": str(where)}


def _show(rows: list[dict[str, object]], as_json: bool) -> None:
    if as_json:
        import json

        click.echo(json.dumps(rows, indent=2))
        return
    if not rows:
        click.echo("none of the fetched data sets is on this machine")
        return
    from rich.table import Table
    from rich.text import Text

    from neurosim_cli.common import print_table

    table = Table(*rows[0], box=None)
    for row in rows:
        table.add_row(*(Text("-" if value in (None, "") else str(value), overflow="fold") for value in row.values()))
    print_table(table)
