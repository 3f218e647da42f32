"""How the verbs of `neurosim v1` write what they found."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from neurosim_cli.common import show, write_json

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def folder_of(verb: str, options: dict[str, Any]) -> Path:
    """Return the folder for the results."""
    return options["out"] or Path(f"neurosim-out/v1-{verb}")


def save_array(path: Path, array: np.ndarray) -> Path:
    """Write a .npy file."""
    return _replaced(path, lambda file: np.save(file, array))


def save_arrays(path: Path, arrays: dict[str, Any]) -> Path:
    """Write a .npz file."""
    return _replaced(path, lambda file: np.savez(file, allow_pickle=False, **arrays))


def save_table(path: Path, columns: dict[str, Any]) -> Path:
    """Write a .csv file with a row of names."""
    table = np.column_stack([np.asarray(column, float) for column in columns.values()])
    return _replaced(
        path, lambda file: np.savetxt(file, table, fmt="%.8g", delimiter=",", header=",".join(columns), comments="")
    )


def _replaced(path: Path, write: Callable[[Any], Any]) -> Path:
    """Write a file under another name and rename it when it is complete."""
    unfinished = path.with_name(f".{path.name}.part")
    try:
        with unfinished.open("wb") as file:
            write(file)
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)
    return path


def finish(
    report: dict[str, Any],
    rows: list[tuple[str, str]],
    files: list[Path],
    draw: "Callable[[], Figure]",
    title: str,
    options: dict[str, Any],
) -> None:
    """Draw the figure into the folder of the files, write the report, and show it."""
    from neurosim import plotting

    out = files[0].parent
    figure = out / f"{title}.png"
    figure.unlink(missing_ok=True)  # of an earlier run
    if not options["no_plot"]:
        files = [*files, plotting.save(draw(), figure)]
    files = [*files, out / "report.json"]
    report = report | {"files": [str(file) for file in files]}
    write_json(files[-1], report)
    show(report, rows, report["title"], as_json=options["as_json"], quiet=options["quiet"])
    if not (options["as_json"] or options["quiet"]):
        click.echo("\n".join(f"wrote {file}" for file in files))


def number(value: float, unit: str = "") -> str:
    """Return a number for the table, "-" for none."""
    return f"{value:.4g}{unit}" if np.isfinite(value) else "-"
