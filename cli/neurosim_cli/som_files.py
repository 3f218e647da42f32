"""`neurosim som export` and `import`: maps in the formats of other programs."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    import numpy as np

    from neurosim.som import SOM
    from neurosim_cli.scaling import Scaling

WRITTEN = (".cod", ".wts", ".bm", ".umx")
READ = (".cod", ".wts")


@click.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.argument("data", required=False)
@click.option("--labels", is_flag=True, help="Label each unit of a .cod by the class of most samples that it wins.")
@click.option("--digits", type=click.IntRange(1, 17), help="Significant digits of a .cod.  [default: 6]")
@click.option("--data-units", is_flag=True, help="Write weights and heights on the scale of the data before --scale.")
def export(model: Path, file: Path, data: str | None, labels: bool, digits: int | None, data_units: bool) -> None:
    """Write MODEL for other programs; the ending of FILE says how.

    \b
    .cod  the map for SOM_PAK and the SOM Toolbox
    .wts  the weights for Somoclu and the ESOM Tools
    .bm   the best-matching unit of every sample of DATA, for the same
    .umx  the U-matrix, for the same

    DATA, for .bm and --labels, is by default what the map was trained on. A .bm numbers its samples from 0, whatever
    keys a .lrn has. A .cod gets the labels and names that an imported map came with. The weights are on the scale that
    the map was trained on, unless --data-units is given.

    \b
    neurosim som export model.npz map.cod --labels
    neurosim som export model.npz map.bm iris
    """
    from neurosim.som import files_esom, files_sompak

    ending = _ending(file, WRITTEN)
    _check(ending, data, labels, digits, data_units)
    som, scaling, names, kept_labels = _restore(model)
    if scaling.kind != "none" and not data_units and ending != ".bm":
        click.echo(f"Note: the map was trained on data scaled by {scaling.kind}; --data-units undoes it.", err=True)
    written = _in_data_units(som, scaling) if data_units else som
    if ending == ".cod":
        unit_labels = _unit_labels(som, model, data) if labels else kept_labels
        files_sompak.write_cod(written, file, labels=unit_labels, names=names, digits=digits or 6)
    elif ending == ".wts":
        files_esom.write_wts(written, file)
    elif ending == ".bm":
        files_esom.write_bm(som, file, _samples(model, data)[0])
    else:
        files_esom.write_umx(written, file)
    click.echo(f"wrote {file}")


@click.command(name="import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--lattice", type=click.Choice(["rectangular", "hexagonal"]), help="Of a .wts.  [default: rectangular]")
@click.option("--hex", "lattice", flag_value="hexagonal", help="Short for --lattice hexagonal.")
@click.option("--shape", type=click.Choice(["sheet", "cylinder", "toroid"]), help="Of a .wts.  [default: sheet]")
@click.option("--torus", "shape", flag_value="toroid", help="Short for --shape toroid.")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), default="model.npz", help="[default: model.npz]"
)
def import_(file: Path, lattice: str | None, shape: str | None, out: Path) -> None:
    """Read a map of SOM_PAK (.cod), Somoclu or the ESOM Tools (.wts) and save it as a model.

    A .cod file holds its lattice; a .wts file says neither lattice nor shape. The other verbs take the model with DATA
    on the scale that the map was trained on; labels of units and names of components are kept in its notes.

    \b
    neurosim som import map.cod --out model.npz
    neurosim som quality model.npz table.csv
    """
    from neurosim.core import storage
    from neurosim.som.files_esom import read_wts
    from neurosim.som.files_sompak import read_cod

    notes: dict[str, Any] = {}
    if _ending(file, READ) == ".wts":
        som = read_wts(file, lattice=lattice or "rectangular", shape=shape or "sheet")
    elif lattice or shape:
        raise click.UsageError("--lattice and --shape do not go with .cod: such a file says them itself")
    else:
        book = read_cod(file)
        som = book.som
        if book.feature_names:
            notes["components"] = list(book.feature_names)
        if book.labels is not None:
            notes["labels"] = book.labels.tolist()
    click.echo(f"wrote {storage.save(som, out, notes=notes)}")


def _check(ending: str, data: str | None, labels: bool, digits: int | None, data_units: bool) -> None:
    """Raise where an option does not fit the format."""
    for given, option, fits in (
        (labels, "--labels goes with .cod", ending == ".cod"),
        (digits, "--digits goes with .cod", ending == ".cod"),
        (data_units, "--data-units goes with .cod, .wts and .umx", ending != ".bm"),
        (data, "DATA goes with .bm and --labels", ending == ".bm" or labels),
    ):
        if given and not fits:
            raise click.UsageError(f"{option}, not with {ending}")


def _ending(file: Path, known: tuple[str, ...]) -> str:
    """Return the ending of a file, without .gz, if it is a known one."""
    name = file.name.lower().removesuffix(".gz")
    for ending in known:
        if name.endswith(ending):
            return ending
    raise click.UsageError(f"{file.name}: the ending must be one of {' '.join(known)}, perhaps with .gz")


def _restore(path: Path) -> "tuple[SOM, Scaling, list[str] | None, list[str] | None]":
    """Return a trained map, the scaling of its data, its features' names in single words, and labels it came with."""
    import numpy as np

    from neurosim.core import storage
    from neurosim.core.errors import StorageError
    from neurosim.som import SOM
    from neurosim_cli.scaling import Scaling

    som, notes = storage.load(path), storage.read_notes(path)
    if not isinstance(som, SOM):
        raise StorageError(f"{path}: holds a {type(som).__name__}, not a SOM")
    if not hasattr(som, "weights_"):
        raise StorageError(f"{path}: holds a SOM that was not trained")
    d = som.weights_.shape[1]
    none = {"kind": "none", "shift": np.zeros(d), "unit": np.ones(d), "constant": np.zeros(d, bool)}
    names = notes.get("features") or notes.get("components")
    words = [re.sub(r"\s+", "_", name.strip()) or f"Var{i}" for i, name in enumerate(names, 1)] if names else None
    return som, Scaling(**notes.get("scaling", none)), words, notes.get("labels")


def _samples(model: Path, data: str | None) -> tuple[Any, Any]:
    """Return the samples on the scale of the map, and their labels or None."""
    from neurosim.datasets import load
    from neurosim.som import SOM
    from neurosim_cli.files import restore

    _, dataset, _, scaling = restore(model, data, (SOM,), load)
    return scaling.apply(dataset.data), dataset.labels


def _in_data_units(som: "SOM", scaling: "Scaling") -> "SOM":
    """Return the map with the weights that it would have without scaling."""
    from copy import copy

    twin = copy(som)
    twin.weights_ = (som.weights_ * scaling.unit + scaling.shift).astype(som.weights_.dtype)
    return twin


def _unit_labels(som: "SOM", model: Path, data: str | None) -> "np.ndarray":
    """Return the class of most samples that each unit wins, "" where it wins none."""
    import numpy as np

    from neurosim.core.errors import DataError
    from neurosim.som.units import label_map

    x, y = _samples(model, data)
    if y is None:
        raise DataError(f"{data or model}: --labels needs labelled data")
    known = y != "" if y.dtype.kind == "U" else np.ones(len(y), bool)
    found = label_map(som, x[known], y[known])
    return np.where(found.counts.any(1), found.labels.astype(str), "")
