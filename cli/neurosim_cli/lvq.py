"""`neurosim lvq`: train prototypes by learning vector quantisation, test them, classify with them, draw them."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from neurosim_cli.common import DefaultGroup, result_folder, set_threads, show, write_json

if TYPE_CHECKING:
    import numpy as np

    from neurosim.datasets import Dataset
    from neurosim.som.lvq import LVQ
    from neurosim_cli.scaling import Scaling

SOME, RATE = click.IntRange(min=1), click.FloatRange(0, 1, min_open=True, max_open=True)
PARAMETERS = ("prototypes", "algorithm", "learning_rate", "epochs", "window", "epsilon", "init", "shuffle")


@click.group(cls=DefaultGroup)
def lvq() -> None:
    """Learning vector quantisation (Kohonen)."""


@lvq.command(hidden=True)
@click.argument("data", required=False)
@click.option("--prototypes", type=SOME, help="Of each class.  [default: 5]")
@click.option("--algorithm", type=click.Choice(["lvq1", "olvq1", "lvq2.1", "lvq3"]), help="[default: olvq1]")
@click.option("--rate", "learning_rate", type=RATE, help="At first.  [default: 0.1 for lvq1, 0.3 for olvq1, else 0.03]")
@click.option("--epochs", type=SOME, help="Passes over the data.  [default: 20]")
@click.option("--window", type=RATE, help="Of lvq2.1 and lvq3.  [default: 0.25]")
@click.option("--epsilon", type=click.FloatRange(0, 1), help="Of lvq3.  [default: 0.2]")
@click.option("--init", type=click.Choice(["kmeans", "samples"]), help="The first prototypes.  [default: kmeans]")
@click.option("--from", "origin", type=click.Path(path_type=Path),
              help="Go on from a model of this command, with its data, seed, split, scaling, or a .cod.")  # fmt: skip
@click.option("--no-shuffle", is_flag=True, help="Show the samples in their order.")
@click.option(
    "--scale",
    type=click.Choice(["zscore", "range", "none"]),
    help="Scale every feature to standard deviation 1, to the range 0 to 1, or not.  [default: zscore]",
)
@click.option(
    "--test",
    "share",
    type=click.FloatRange(0, 1, max_open=True),
    help="Share of every class kept for the test.  [default: 0.25; mnist and usps have test sets]",
)
@click.option("--seed", type=click.IntRange(0, 2**64 - 1), help="Seed of the random numbers.  [default: fresh entropy]")
@click.option("--threads", type=SOME, help="CPU threads.  [default: all]")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="[default: neurosim-out/lvq]")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON on stdout.")
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
@click.option("--no-plot", is_flag=True, help="Draw no figure.")
def train(data: str | None, **options: Any) -> None:
    """Train labelled prototypes on DATA, test them, and write figure, model and report.

    DATA is a file (.npy .npz .csv .tsv .txt .dat .lrn idx) or the name of a data set (see `neurosim data`). Without
    it: what the model of --from was trained on, or the bundled handwritten digits. NaN is a missing value.

    \b
    neurosim lvq
    neurosim lvq iris --prototypes 3 --algorithm lvq1
    neurosim lvq --from neurosim-out/lvq/model.npz --algorithm lvq3 --out tuned
    neurosim lvq export neurosim-out/lvq/model.npz codebook.cod --data-units
    """
    import time

    from neurosim.core import storage
    from neurosim_cli import lvq_report as report_
    from neurosim_cli.files import notes_on

    started = time.perf_counter()
    set_threads(options["threads"])
    out = options["out"] or Path("neurosim-out/lvq")
    name, model, known, held_out, scaling = _prepare(data, options)
    with result_folder(out):
        _fit(model, known, scaling, quiet=options["quiet"])
    if options.get("untold") and held_out is not None and not options["quiet"]:
        click.echo(
            f"Note: {options['origin']} does not say what it has learned; the test may hold some of it.", err=True
        )
    report = {"data": name, "seed": model.seed_, "scale": scaling.kind, "test": options["share"]}
    report |= report_.measure(model, known, held_out, scaling)
    files = [storage.save(model, out / "model.npz", notes=notes_on(name, known, scaling) | {"test": options["share"]})]
    (out / "lvq.png").unlink(missing_ok=True)  # of an earlier run
    if not options["no_plot"]:
        shown, what = (known, known.name) if held_out is None else (held_out, "test data")
        files.append(report_.draw(model, shown, scaling, what, out / "lvq.png"))
    report |= {"seconds": time.perf_counter() - started, "files": [str(file) for file in [*files, out / "report.json"]]}
    write_json(out / "report.json", report)
    show(
        report, report_.rows(report), "Learning vector quantisation", as_json=options["as_json"], quiet=options["quiet"]
    )
    if not (options["as_json"] or options["quiet"]):
        for file in report["files"]:
            click.echo(f"wrote {file}")


@lvq.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("data", required=False)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write here instead of to stdout.")
def predict(model: Path, data: str | None, out: Path | None) -> None:
    """Classify DATA by MODEL: a CSV of sample, label, predicted, prototype and distance.

    The prototype is the number (from 0) of the nearest one. Without DATA: all that it was trained and tested on.
    """
    import csv

    learner, dataset, _, scaling = _restore(model, data)
    x = scaling.apply(dataset.data)
    nearest, distances = learner.winners(x), learner.class_distances(x).min(axis=1)
    labels = [""] * len(x) if dataset.labels is None else dataset.labels
    with click.open_file(out or "-", "w") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["sample", "label", "predicted", "prototype", "distance"])
        said, far = learner.prototype_labels_[nearest], (f"{d:.6g}" for d in distances)
        writer.writerows(zip(range(len(x)), labels, said, nearest, far, strict=True))


@lvq.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("data", required=False)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), default="lvq.png",
              help="A .png, .svg or .pdf.  [default: lvq.png]")  # fmt: skip
def plot(model: Path, data: str | None, out: Path) -> None:
    """Draw MODEL with DATA; the ending of --out decides the format.

    Without DATA: all that it was trained and tested on.
    """
    from neurosim_cli.cnn_data import labelled
    from neurosim_cli.lvq_report import draw

    learner, dataset, _, scaling = _restore(model, data)
    click.echo(f"wrote {draw(learner, labelled(dataset), scaling, dataset.name, out)}")


@lvq.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--data-units", is_flag=True, help="Write the prototypes on the scale of the data before --scale.")
def export(model: Path, file: Path, data_units: bool) -> None:
    """Write the prototypes of MODEL to FILE as a codebook of LVQ_PAK (.cod).

    They are on the scale that the model was trained on, which a codebook does not tell: for data as they are, give
    --data-units.
    """
    from neurosim.som.files_lvq import write_lvq

    learner, scaling, _ = _model(model)
    if data_units:
        learner.prototypes_ = (learner.prototypes_ * scaling.unit + scaling.shift).astype(learner.prototypes_.dtype)
    elif scaling.kind != "none":
        click.echo(f"Note: the features are scaled ({scaling.kind}); --data-units undoes it.", err=True)
    click.echo(f"wrote {write_lvq(learner, file)}")


def _prepare(data: str | None, options: dict[str, Any]) -> "tuple[str, LVQ, Dataset, Dataset | None, Scaling]":
    """Return the data's name, the model to train, what to train and to test on, and the scaling."""
    from neurosim.core.random import seed_from
    from neurosim.som.lvq import LVQ
    from neurosim_cli.cnn_data import labelled
    from neurosim_cli.files import parts
    from neurosim_cli.scaling import Scaling

    options["shuffle"] = False if options.pop("no_shuffle") else None
    given = {name: options[name] for name in PARAMETERS if options[name] is not None}
    earlier, scaling = None, None
    if options["origin"] is not None:
        earlier, dataset, name, scaling = _go_on(data, options)
    else:
        name = data or "digits"
        dataset = _load(name)
    seed, dataset = seed_from(options["seed"]), labelled(dataset, 2)
    known, held_out = parts(name, dataset, options["share"], seed)
    if earlier is not None:
        given["init"] = _codebook(earlier, known)
    scaling = scaling or Scaling.of(options["scale"] or "zscore", known.data, name)
    if (note := scaling.warning(dataset.feature_names)) and not options["quiet"]:
        click.echo(f"Note: {note}.", err=True)
    return name, LVQ(**given, random_state=seed), known, held_out, scaling


def _go_on(data: str | None, options: dict[str, Any]) -> "tuple[LVQ, Dataset, str, Scaling]":
    """Return the model of --from, its data or others, their name, and its scaling; take over its seed and split.

    With another split some of the test samples would be ones that the model was trained on.
    """
    from neurosim.core import storage

    path = options["origin"]
    for name in ("prototypes", "init", "scale"):
        if options[name] is not None:
            raise click.UsageError(f"--from brings its own: --{name} goes without it")
    earlier, dataset, name, scaling = _restore(path, data)
    notes = storage.read_notes(path) if storage.is_model(path) else {}
    if "test" in notes:
        for option, key, own in (("seed", "seed", earlier.seed_), ("test", "share", notes["test"])):
            if options[key] not in (None, own):
                wanted = f"--{option} {own}" if own is not None else f"no --{option}"
                raise click.UsageError(f"{path} was trained with {wanted}; another would test on what it has learned")
            options[key] = own
    options["untold"] = "test" not in notes
    return earlier, dataset, name, scaling


def _codebook(model: "LVQ", known: "Dataset") -> "tuple[np.ndarray, list[Any]]":
    """Return prototypes and labels of a model, labels that a file holds as words as those of the data."""
    import numpy as np

    names = {str(name): name for name in np.unique(np.asarray(known.labels)).tolist()}
    rows, owners = model.codebook
    return rows, [names.get(str(owner), owner) for owner in owners.tolist()]


def _load(name: str) -> "Dataset":
    from neurosim_cli.files import load_complete

    return load_complete(name, "neurosim lvq predict or plot", missing=True)


def _fits(model: "LVQ", dataset: "Dataset", path: Path) -> None:
    from neurosim.core.errors import DataError

    if dataset.data.shape[1] != model.n_features_in_:
        raise DataError(f"{dataset.name}: has {dataset.data.shape[1]} features; {path} has {model.n_features_in_}")


def _fit(model: "LVQ", known: "Dataset", scaling: "Scaling", *, quiet: bool) -> None:
    import numpy as np

    from neurosim_cli.perceptron_report import fit

    fit(model, scaling.apply(known.data), np.asarray(known.labels), quiet=quiet)


def _model(path: Path) -> "tuple[LVQ, Scaling, dict[str, Any]]":
    """Return the model of a file, a codebook of LVQ_PAK or one of ours, its scaling and its notes."""
    import numpy as np

    from neurosim.core import storage
    from neurosim.core.errors import StorageError
    from neurosim.som.files_lvq import read_lvq
    from neurosim.som.lvq import LVQ
    from neurosim_cli.scaling import Scaling

    notes: dict[str, Any] = {}
    if storage.is_model(path):
        model, notes = storage.load(path), storage.read_notes(path)
        if not isinstance(model, LVQ) or not hasattr(model, "prototypes_"):
            raise StorageError(f"{path}: holds a {type(model).__name__}, not a trained LVQ")
    else:
        model = read_lvq(path)
    d = model.n_features_in_
    none = {"kind": "none", "shift": np.zeros(d), "unit": np.ones(d), "constant": np.zeros(d, bool)}
    return model, Scaling(**notes.get("scaling", none)), notes


def _restore(path: Path, data: str | None) -> "tuple[LVQ, Dataset, str, Scaling]":
    """Return the model of a file, data for it, their name and their scaling."""
    from neurosim.core import storage
    from neurosim.som.lvq import LVQ
    from neurosim_cli.files import restore

    model, scaling, _ = _model(path)
    if storage.is_model(path):
        return restore(path, data, (LVQ,), _load)
    if data is None:
        raise click.UsageError("a codebook does not know its data; name the DATA too")
    dataset = _load(data)
    _fits(model, dataset, path)
    return model, dataset, data, scaling
