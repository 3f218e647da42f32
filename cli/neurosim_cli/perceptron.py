"""`neurosim perceptron`: train a perceptron or one of its relatives, test it, classify with it, draw it."""

import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from neurosim_cli.common import (
    DefaultGroup,
    Grid,
    result_folder,
    set_threads,
    show,
    write_json,
)
from neurosim_cli.files import load_complete, notes_on, parts, restore

if TYPE_CHECKING:
    from neurosim.datasets import Dataset
    from neurosim_cli.scaling import Scaling

MODELS = {
    "perceptron": "Perceptron",
    "averaged": "AveragedPerceptron",
    "voted": "VotedPerceptron",
    "pocket": "PocketPerceptron",
    "kernel": "KernelPerceptron",
    "passive-aggressive": "PassiveAggressive",
    "adaline": "Adaline",
    "madaline": "Madaline",
    "minover": "MinOver",
    "elementary": "ElementaryPerceptron",
    "photo": "PhotoPerceptron",
}
POSITIVE, NOT_NEGATIVE = click.FloatRange(min=0, min_open=True), click.FloatRange(min=0)
COUNT, SOME = click.IntRange(min=0), click.IntRange(min=1)
FUNCTION = re.compile("xor|and|or|parity-([0-9]+)")
MOST_INPUTS = 12
OPTIONS: dict[str, tuple[str, Any, tuple[str, ...], str]] = {  # parameter: option, its type, models, help
    "epochs": ("--epochs", SOME, tuple(m for m in MODELS if m not in ("minover", "photo")), "Passes over the data."),
    "margin": ("--margin", NOT_NEGATIVE, ("perceptron", "averaged", "elementary"), "Scores below it count as wrong."),
    "eta0": ("--eta0", POSITIVE, ("perceptron", "averaged"), "Size of a correction."),
    "mu": ("--mu", POSITIVE, ("adaline", "madaline"), "Step size."),
    "rule": ("--rule", click.Choice(["nlms", "lms"]), ("adaline",), "Normalised or plain least mean squares."),
    "C": ("--C", POSITIVE, ("passive-aggressive",), "How much a single sample may change."),
    "variant": ("--variant", click.Choice(["PA", "PA-I", "PA-II"]), ("passive-aggressive",), "Which of the rules."),
    "kernel": ("--kernel", click.Choice(["linear", "poly", "rbf"]), ("kernel",), "Which kernel."),
    "degree": ("--degree", SOME, ("kernel",), "Of the polynomial."),
    "gamma": ("--gamma", str, ("kernel",), "Factor in the kernel: a number, or scale."),
    "coef0": ("--coef0", NOT_NEGATIVE, ("kernel",), "Constant in the polynomial."),
    "readout": (
        "--readout",
        click.Choice(["averaged", "voted", "last", "sum", "mean"]),
        ("voted", "kernel", "photo"),
        "What answers: the averaged, voted or last weights; sum or mean of the values.",
    ),
    "n_units": ("--units", SOME, ("madaline", "elementary", "photo"), "Adalines, an odd number; or A-units."),
    "excitatory": ("--excitatory", COUNT, ("elementary", "photo"), "Excitatory connections of an A-unit."),
    "inhibitory": ("--inhibitory", COUNT, ("elementary", "photo"), "Inhibitory connections of an A-unit."),
    "threshold": ("--threshold", float, ("elementary", "photo"), "Of the A-units."),
    "tol": ("--tol", POSITIVE, ("minover",), "Stop within this share of the largest stability."),
    "max_steps": ("--max-steps", SOME, ("minover",), "Steps at most."),
    "fit_intercept": (
        "--no-intercept",
        None,
        tuple(m for m in MODELS if m not in ("kernel", "elementary", "photo")),
        "Learn no bias.",
    ),
    "shuffle": (
        "--no-shuffle",
        None,
        tuple(m for m in MODELS if m not in ("pocket", "minover", "elementary", "photo")),
        "Show the samples in their order.",
    ),
    "ratchet": ("--no-ratchet", None, ("pocket",), "Keep weights for their run alone."),
    "system": ("--system", click.Choice(["alpha", "beta", "gamma"]), ("photo",), "What reinforcement does."),
    "reinforcement": ("--reinforcement", click.Choice(["positive", "bivalent"]), ("photo",), "What is reinforced."),
    "retina": ("--retina", Grid(), ("photo",), "Rows and columns of S-points."),
    "stimuli": ("--stimuli", click.Choice(["shapes", "bars", "dots"]), ("photo",), "What it is shown."),
    "each": ("--each", SOME, ("photo",), "Stimuli of each response."),
}


def model_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of the models; each says whose it is."""
    for name, (option, kind, models, text) in reversed(OPTIONS.items()):
        rest = [model for model in MODELS if model not in models]
        whose = ", ".join(models) if len(models) < 5 else f"all but {', '.join(rest)}"
        how: dict[str, Any] = {"is_flag": True} if kind is None else {"type": kind}
        command = click.option(option, name, help=f"{text}  [{whose}]", **how)(command)
    return command


@click.group(cls=DefaultGroup)
def perceptron() -> None:
    """Perceptron (Rosenblatt 1958) and its relatives."""


@perceptron.command(hidden=True)
@click.argument("data", required=False)
@click.option("--model", type=click.Choice(list(MODELS)), help="[default: averaged; perceptron for a function]")
@model_options
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
@click.option("--threads", type=click.IntRange(min=1), help="CPU threads.  [default: all]")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="[default: neurosim-out/perceptron]")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON on stdout.")
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
@click.option("--no-plot", is_flag=True, help="Draw no figure.")
def train(data: str | None, model: str | None, scale: str | None, share: float | None, **options: Any) -> None:
    """Train a perceptron on the labelled DATA, test it, and write its figure, model and report.

    DATA is a file (.npy .npz .csv .tsv .txt .dat idx), the name of a data set (see `neurosim data`), or a logical
    function: xor, and, or, parity-N. Without it the bundled handwritten digits are used. The models have defaults of
    their own for what is not given. `--model photo` is Rosenblatt's machine of 1958, which makes its own stimuli.

    \b
    neurosim perceptron
    neurosim perceptron xor
    neurosim perceptron xor --model madaline
    neurosim perceptron iris --model adaline --mu 0.05
    neurosim perceptron --model photo --stimuli dots
    """
    from neurosim.core.random import seed_from

    model = model or ("perceptron" if data is not None and FUNCTION.fullmatch(data) else "averaged")
    parameters = _parameters(model, options)
    set_threads(options["threads"])
    options["seed"] = seed_from(options["seed"])
    out = options["out"] or Path("neurosim-out/perceptron")
    if model == "photo":
        from neurosim_cli.perceptron_report import run_photo

        if data is not None or scale is not None or share is not None:
            what = data if data is not None else "--scale" if scale is not None else "--test"
            raise click.UsageError(f"the model photo makes its own stimuli and takes no {what}")
        report = run_photo(parameters, options["seed"], out, plot=not options["no_plot"])
    else:
        report = _learn(data or "digits", model, parameters, scale or "zscore", share, out, options)
    report["files"] += [str(out / "report.json")]
    write_json(out / "report.json", report)
    from neurosim_cli.perceptron_report import rows

    show(report, rows(report), MODELS[report["model"]], as_json=options["as_json"], quiet=options["quiet"])
    if not (options["as_json"] or options["quiet"]):
        for file in report["files"]:
            click.echo(f"wrote {file}")


@perceptron.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("data", required=False)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write here instead of to stdout.")
def predict(model: Path, data: str | None, out: Path | None) -> None:
    """Classify DATA by MODEL: a CSV of sample, label, predicted and score.

    Without DATA: all that it was trained and tested on.
    """
    import csv

    import numpy as np

    learner, dataset, scaling = _restore(model, data)
    scores = learner.decision_function(scaling.apply(dataset.data))
    best = np.abs(scores) if scores.ndim == 1 else scores.max(axis=1)
    codes = (scores > 0).astype(int) if scores.ndim == 1 else scores.argmax(axis=1)
    labels = [""] * len(best) if dataset.labels is None else dataset.labels
    with click.open_file(out or "-", "w") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["sample", "label", "predicted", "score"])
        rows = zip(range(len(best)), labels, learner.classes_[codes], (f"{s:.6g}" for s in best), strict=True)
        writer.writerows(rows)


@perceptron.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("data", required=False)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), default="perceptron.png",
              help="A .png, .svg or .pdf.  [default: perceptron.png]")  # fmt: skip
def plot(model: Path, data: str | None, out: Path) -> None:
    """Draw MODEL with DATA; the ending of --out decides the format.

    Without DATA: all that it was trained and tested on.
    """
    from neurosim_cli.perceptron_report import draw

    learner, dataset, scaling = _restore(model, data)
    click.echo(f"wrote {draw(learner, _labelled(dataset, learner.classes_), scaling, dataset.name, out)}")


def _parameters(model: str, options: dict[str, Any]) -> dict[str, Any]:
    """Take the models' options out of all options and return those given, if the model has them all."""
    given: dict[str, Any] = {}
    for name, (option, kind, models, _) in OPTIONS.items():
        value = options.pop(name)
        if value is None or value is False:
            continue
        if model not in models:
            raise click.UsageError(f"{option} goes with the model {' or '.join(models)}, not with {model}")
        given[name] = False if kind is None else value
    if "gamma" in given:
        with suppress(ValueError):
            given["gamma"] = float(given["gamma"])
    return given


def _learn(
    data: str,
    name: str,
    parameters: dict[str, Any],
    scale: str,
    share: float | None,
    out: Path,
    options: dict[str, Any],
) -> dict[str, Any]:
    """Train a model on a part of the data, test it on the rest, write model and figure, and return the report."""
    import time

    import numpy as np

    from neurosim import perceptron as family
    from neurosim.core import storage
    from neurosim.perceptron.separability import is_separable
    from neurosim_cli.perceptron_report import draw, fit, measure

    started = time.perf_counter()
    known, held_out, scaling = _prepare(data, scale, share, options)
    if name != "minover":
        parameters["random_state"] = options["seed"]
    model = getattr(family, MODELS[name])(**parameters)
    loaded = time.perf_counter()
    with result_folder(out):
        fit(model, scaling.apply(known.data), np.asarray(known.labels), quiet=options["quiet"])
    trained = time.perf_counter()
    report = {"data": data, "model": name, "seed": options["seed"], "scale": scale}
    if FUNCTION.fullmatch(data):
        report["separable"] = is_separable(known.data, known.target, fit_intercept=True)
    report |= measure(model, known, held_out, scaling)
    report["seconds"] = {"load": loaded - started, "fit": trained - loaded}
    files = [storage.save(model, out / "model.npz", notes=notes_on(data, known, scaling))]
    if not options["no_plot"]:
        shown, what = (known, known.name) if held_out is None else (held_out, "test data")
        files.append(draw(model, shown, scaling, what, out / "perceptron.png"))
    return report | {"files": [str(file) for file in files]}


def _prepare(
    data: str, scale: str, share: float | None, options: dict[str, Any]
) -> "tuple[Dataset, Dataset | None, Scaling]":
    """Return what to train on, what to test on, and the scaling of the former; say what is left out or constant."""
    from neurosim_cli.scaling import Scaling

    whole = _load(data)
    dataset = _labelled(whole)
    share = 0.0 if share is None and FUNCTION.fullmatch(data) else share
    known, held_out = parts(data, dataset, share, options["seed"])
    scaling = Scaling.of(scale, known.data, data)
    unlabelled = len(whole.data) - len(dataset.data)
    left_out = f"samples without a label are left out: {unlabelled}" if unlabelled else None
    for note in (left_out, scaling.warning(dataset.feature_names)):
        if note and not options["quiet"]:
            click.echo(f"Note: {note}.", err=True)
    return known, held_out, scaling


def _load(data: str) -> "Dataset":
    """Return a data set, which may be the table of a logical function, complete."""
    import numpy as np

    from neurosim.core.errors import DataError
    from neurosim.datasets import Dataset

    if match := FUNCTION.fullmatch(data):
        inputs = int(match[1] or 2)
        if not 2 <= inputs <= MOST_INPUTS:
            raise DataError(f"{data}: a parity has 2 to {MOST_INPUTS} inputs")
        table = np.indices((2,) * inputs).reshape(inputs, -1).T
        value = {"and": table.all(axis=1), "or": table.any(axis=1)}.get(data, table.sum(axis=1) % 2).astype(int)
        return Dataset(data, table.astype(float), value)
    if not Path(data).exists() and data.lower() in ("parity", "nand", "nor", "xnor", "not"):
        raise DataError(f"{data}: the functions are xor, and, or, parity-2 to parity-{MOST_INPUTS}")
    return load_complete(data, "neurosim perceptron predict or plot")


def _labelled(dataset: "Dataset", classes: Any = None) -> "Dataset":
    """Return the samples that have labels, which must be classes: two or more, or some of those known."""
    from dataclasses import replace

    import numpy as np

    from neurosim.core.errors import DataError

    name, target = dataset.name, dataset.target
    if target is None or not (there := target >= 0 if dataset.target_names else np.isfinite(target)).any():
        raise DataError(
            f"{name}: has no labels, and a perceptron learns classes; in a table they are the last column if it is "
            "text, or the one named label, class, target or species"
        )
    target = target[there]
    if (broken := target[target != np.rint(target)]).size:
        raise DataError(f"{name}: the labels are measured values, as {broken[0]}, not classes")
    dataset = replace(dataset, data=dataset.data[there], target=target.astype(np.int64))
    labels = np.unique(np.asarray(dataset.labels))
    if len(labels) < 2 and classes is None:
        raise DataError(f"{name}: all {len(target)} samples have the label {labels[0]}; a perceptron needs two classes")
    if classes is not None and (unknown := np.setdiff1d(labels.astype(str), classes.astype(str))).size:
        raise DataError(f"{name}: has the label {unknown[0]}; the model knows {', '.join(map(str, classes))}")
    return dataset


def _restore(path: Path, data: str | None) -> "tuple[Any, Dataset, Scaling]":
    """Return the model of a file, data for it, and their scaling."""
    from neurosim import perceptron as family

    learners = tuple(getattr(family, kind) for name, kind in MODELS.items() if name != "photo")
    model, dataset, _, scaling = restore(path, data, learners, _load)
    return model, dataset, scaling
