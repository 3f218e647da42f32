"""The verbs of `neurosim som` that take a model: quality, map, plot, impute, cluster."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from neurosim_cli.som_report import draw, kinds_for, plot_option, report_on, restore_map, show_report

if TYPE_CHECKING:
    import numpy as np

    from neurosim.som import SOM

BLOCK = 1 << 22  # distances computed at a time


@click.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("data", required=False)
@click.option(
    "--adjacency",
    type=click.Choice(["4", "6", "8"]),
    help="Neighbours for the topographic error.  [default: 8; 6 with --hex]",
)
@click.option("--all", "everything", is_flag=True, help="Also the combined error and what takes longer.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def quality(model: Path, data: str | None, adjacency: str | None, everything: bool, as_json: bool) -> None:
    """Measure how well MODEL fits DATA (default: what it was trained on)."""
    som_, x, dataset, name, scaling = restore_map(model, data)
    report = report_on(som_, x, dataset, name, scaling, int(adjacency) if adjacency else None, everything)
    show_report(report, as_json=as_json, quiet=False)


@click.command(name="map")
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("data", required=False)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write here instead of to stdout.")
def map_(model: Path, data: str | None, out: Path | None) -> None:
    """Place every sample of DATA on MODEL: a CSV of sample, unit, row, column, x, y and distance."""
    import numpy as np

    som_, x, dataset, _, _ = restore_map(model, data)
    units = som_.predict(x)
    row, column = np.divmod(units, som_.topology.grid[1])
    place = som_.topology.positions[units]
    distance = distances_to(som_, x, units)
    columns = [np.arange(len(x)), units, row, column, *place.round(6).T, [f"{d:.6g}" for d in distance]]
    names = ["sample", "unit", "row", "column", "x", "y", "distance"]
    if dataset.labels is not None:
        columns.append(dataset.labels)
        names.append("label")
    write_table(out, names, columns)


@click.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("data", required=False)
@plot_option
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), default="som.png", help="[default: som.png]")
def plot(model: Path, data: str | None, kinds: tuple[str, ...] | None, out: Path) -> None:
    """Draw MODEL with DATA on it; the ending of --out (.png .svg .pdf) decides the format."""
    som_, x, dataset, _, scaling = restore_map(model, data)
    click.echo(f"wrote {draw(som_, x, dataset, scaling, kinds_for(kinds, dataset), out)}")


@click.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("data", required=False)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write here instead of to stdout.")
def impute(model: Path, data: str | None, out: Path | None) -> None:
    """Fill the missing values of DATA from the units of MODEL: a CSV on the scale of DATA."""
    import numpy as np

    som_, x, dataset, _, scaling = restore_map(model, data)
    filled = som_.impute(x) * scaling.unit + scaling.shift
    values = np.where(np.isnan(dataset.data), filled, dataset.data)
    names = list(dataset.feature_names or [f"column{j + 1}" for j in range(values.shape[1])])
    columns: list[Any] = [[f"{value:.10g}" for value in column] for column in values.T]
    if dataset.labels is not None:
        columns.append(dataset.labels)
        names.append("label")
    write_table(out, names, columns)


@click.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("data", required=False)
@click.option("--clusters", type=click.IntRange(min=2), help="How many.  [default: by the Davies-Bouldin index]")
@click.option(
    "--method", type=click.Choice(["kmeans", "ward"]), default="kmeans",
    help="Of the weights; ward: connected on the map.  [default: kmeans]",
)  # fmt: skip
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=0, help="Of k-means.  [default: 0]")
@click.option("--samples", is_flag=True, help="List samples instead of units.")
@click.option("--figure", type=click.Path(dir_okay=False, path_type=Path), help="Draw the clusters on the map here.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write here instead of to stdout.")
def cluster(
    model: Path, data: str | None, clusters: int | None, method: str, seed: int, samples: bool, figure: Path | None,
    out: Path | None,
) -> None:  # fmt: skip
    """Group the units of MODEL: a CSV of unit, row, column and cluster, or of sample and cluster."""
    import numpy as np

    from neurosim.som import cluster_units

    som_, x, dataset, _, _ = restore_map(model, data)
    found = cluster_units(som_, clusters, method=method, random_state=seed)
    if figure is not None:
        from neurosim import plotting
        from neurosim.som import plot_units

        page = plotting.figure(6.0, 6.0)
        plot_units.clusters(som_, found, ax=page.add_subplot())
        plotting.save(page, figure)
        click.echo(f"wrote {figure}", err=True)
    if samples:
        columns: list[Any] = [np.arange(len(x)), found.labels[som_.predict(x)]]
        names = ["sample", "cluster"]
        if dataset.labels is not None:
            columns, names = [*columns, dataset.labels], [*names, "label"]
    else:
        units = np.arange(som_.topology.units)
        columns, names = (
            [units, *np.divmod(units, som_.topology.grid[1]), found.labels],
            ["unit", "row", "column", "cluster"],
        )
    write_table(out, names, columns)


def distances_to(som: "SOM", x: "np.ndarray", units: "np.ndarray") -> "np.ndarray":
    """Return the distance of every sample from its unit, in the map's metric."""
    import numpy as np

    step = max(1, BLOCK // som.topology.units)
    parts = [
        som.distances(x[i : i + step])[np.arange(len(x[i : i + step])), units[i : i + step]]
        for i in range(0, len(x), step)
    ]
    return np.concatenate(parts)


def write_table(out: Path | None, names: list[str], columns: list[Any]) -> None:
    """Write columns as CSV, to a file or to stdout."""
    import csv

    with click.open_file(out or "-", "w") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(names)
        writer.writerows(zip(*columns, strict=True))
