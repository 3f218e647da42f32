"""``python -m gallery``: run the scripts that changed, write their figures and claims, print the tables."""

import inspect
import sys
from importlib import import_module
from typing import Any

import click
from rich.console import Console

from gallery import claims


@click.command(help="Run the NAMEd scripts, or those that changed since their claims were written.")
@click.argument("names", nargs=-1, type=click.Choice(claims.names()), metavar="[NAME]...")
@click.option("--all", "everything", is_flag=True, help="Run all scripts.")
def main(names: tuple[str, ...], everything: bool) -> None:
    """Run scripts; exit with 1 if a claim differs and its script does not call that an open difference."""
    failed = False
    for name in names or claims.names():
        content = claims.recorded(name)
        if content is None or names or everything:
            content = run(name)
        else:
            print(f"{name}: unchanged")
        for row in content["claims"]:
            if row["verdict"] == "differs" and not row["open_difference"]:
                print(f"{name}: differs: {row['claim']}", file=sys.stderr)
                failed = True
    sys.exit(failed)


def run(name: str) -> dict[str, Any]:
    """Run one script, keep what it makes, and return what its JSON file holds."""
    script = import_module(f"gallery.{name}")
    title = (inspect.getdoc(script) or name).splitlines()[0].rstrip(".")
    figure, rows = script.main()
    Console().print(claims.table(f"{name}: {title}", rows))
    return claims.record(name, title, figure, rows)


if __name__ == "__main__":
    main()
