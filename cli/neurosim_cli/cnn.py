"""`neurosim cnn`: train a network by backpropagation, classify with it, count its parts, draw its filters."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from neurosim_cli.common import (
    INTERRUPTED,
    DefaultGroup,
    Reported,
    Words,
    did_you_mean,
    first_interrupt,
    progress_bar,
    result_folder,
    run_options,
    set_threads,
    show,
)

if TYPE_CHECKING:
    from neurosim.cnn import Training
    from neurosim_cli.cnn_data import Task

OWN_PATTERNS = ("rhw_xor", "rhw_xor_direct", "rhw_symmetry", "rhw_family_trees", "rhw_family_trees_literal")
DIGITS = ("lenet5_modern", "lenet5_1998", "zip1989", "bn_4_1")
PLAIN = ("small", "mlp")
OPTIMISERS = {"sgd": "SGD", "adagrad": "Adagrad", "rmsprop": "RMSProp", "adam": "Adam", "adamw": "AdamW"}
AUGMENTATIONS = ("shift", "affine", "distortion", "erasing")
HELD_BACK = 0.1  # of the training data, for --patience
SOME = click.IntRange(min=1)


class BatchSize(click.ParamType):
    """A positive integer, or full."""

    name = "COUNT|full"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | str:
        """Return the number of samples or "full"."""
        if value == "full" or (str(value).isdecimal() and int(value)):
            return value if value == "full" else int(value)
        self.fail(f"{value!r} is neither a positive integer nor full", param, ctx)


class PresetName(click.Choice[str]):
    """One of the presets; of a name that is close to some, these are told."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the name."""
        if value not in self.choices and (hint := did_you_mean(str(value), self.choices)):
            self.fail(f"{value!r} is not one of the presets; {hint}", param, ctx)
        return super().convert(value, param, ctx)


@click.group(cls=DefaultGroup)
def cnn() -> None:
    """Backpropagation, from the first XOR to convolutional networks."""


@cnn.command(hidden=True)
@click.argument("data", required=False)
@click.option("--preset", type=PresetName([*PLAIN, *DIGITS, *OWN_PATTERNS]), metavar="NAME",
              help=f"Network and recipe: {', '.join((*PLAIN, *DIGITS, *OWN_PATTERNS))}.  [default: what suits the data]"
              )  # fmt: skip
@click.option("--epochs", type=SOME, help="Passes over the data.  [default: the preset's; 20 of small and mlp]")
@click.option("--batch-size", type=BatchSize(), help="Samples a step.  [default: the preset's; 32 of small and mlp]")
@click.option("--optimiser", type=click.Choice(list(OPTIMISERS)), help="[default: the preset's; adam of small and mlp]")
@click.option("--rate", type=click.FloatRange(min=0, min_open=True), help="Of learning.  [default: the optimiser's]")
@click.option("--momentum", type=click.FloatRange(0, 1, max_open=True), help="Of sgd and rmsprop.")
@click.option("--augment", type=Words(AUGMENTATIONS), metavar="KIND,...", help="Change the images anew in each epoch: "
              f"{', '.join(AUGMENTATIONS)}.")  # fmt: skip
@click.option("--patience", type=SOME, help="Stop when a tenth of the data, held back for this, gets no better for so "
              "many epochs.")  # fmt: skip
@click.option("--test", "share", type=click.FloatRange(0, 1, max_open=True), help="Share of every class kept for the "
              "test.  [default: 0.25; mnist and usps have test sets]")  # fmt: skip
@click.option("--dtype", type=click.Choice(["float32", "float64"]), default="float32", help="[default: float32]")
@click.option("--checkpoint", type=click.Path(dir_okay=False, path_type=Path), help="Save the state every epoch.")
@click.option("--resume", is_flag=True, help="Go on from --checkpoint, if it is there.")
@run_options
def train(data: str | None, preset: str | None, share: float | None, **options: Any) -> None:
    """Train a network on the labelled DATA, test it, and write its figure, model and report.

    DATA is a file (.npy .npz .csv .tsv .txt .dat idx) or the name of a data set (see `neurosim data`); without it the
    bundled handwritten digits of 8 x 8 are used. Ten classes of images of 28 x 28 are learned by lenet5_modern, other
    images by small (two convolutions), plain columns by mlp (100 hidden units). Colour images are (n, channels, height,
    width) or (n, height, width, channels). The presets of 1986 bring their own patterns.

    \b
    neurosim cnn
    neurosim cnn mnist --epochs 3
    neurosim cnn usps --preset zip1989
    neurosim cnn --preset rhw_xor
    """
    import time

    from neurosim_cli import cnn_report

    started = time.perf_counter()
    set_threads(options["threads"])
    seed = _seed(options["seed"], options["checkpoint"], options["resume"])
    task = _task(data, preset, share, seed, options)
    how = _how(task, options)
    loaded = time.perf_counter()
    out = options["out"] or Path("neurosim-out/cnn")
    with result_folder(out):
        training = _fit(task, how, seed, options)
    trained = time.perf_counter()
    report = cnn_report.measure(task, how, training) | {"seed": seed, "augment": options["augment"] or ()}
    report["held_back"] = round(HELD_BACK * len(task.known.x)) if options["patience"] else 0
    report["seconds"] = {"load": loaded - started, "fit": trained - loaded}
    cnn_report.write(task, report, out, plot=not options["no_plot"])
    rows = cnn_report.rows(report)
    show(report, rows, f"Backpropagation: {task.name}", as_json=options["as_json"], quiet=options["quiet"])
    if not (options["as_json"] or options["quiet"]):
        click.echo("\n".join(f"wrote {file}" for file in report["files"]))
    if report["warning"] and not options["quiet"]:
        click.echo(f"Note: {report['warning']}.", err=True)
    if report["stopped"] == cnn_report.STOPPED_BY_USER:
        _tell_of_interrupt(report["epochs"], how["epochs"], options["checkpoint"])


@cnn.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("data", required=False)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write here instead of to stdout.")
def predict(model: Path, data: str | None, out: Path | None) -> None:
    """Classify DATA by MODEL: a CSV of sample, label, predicted and score.

    Without DATA: all that it was trained and tested on. Of a preset with patterns of its own: its outputs for these.
    """
    import csv

    from neurosim_cli.cnn_report import predictions

    names, rows = predictions(model, data)
    with click.open_file(out or "-", "w") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(names)
        writer.writerows(rows)


@cnn.command()
@click.argument("model")
@click.option("--dot", type=click.Path(dir_okay=False, path_type=Path), help="Write the graph as DOT, for Graphviz.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def summary(model: str, dot: Path | None, as_json: bool) -> None:
    """Count units, connections, parameters and multiply-adds of a model's file or a PRESET, layer by layer."""
    from dataclasses import asdict

    from neurosim_cli.cnn_report import network_of, totals
    from neurosim_cli.common import to_json

    network = network_of(model)
    counts = network.summary()
    if dot is not None:
        dot.write_text(network.to_dot())
    layers = {"layers": [asdict(row) for row in counts]}
    click.echo(to_json(layers | totals(counts)) if as_json else str(counts))
    if dot is not None:
        click.echo(f"wrote {dot}", err=as_json)


@cnn.command()
@click.argument("model")
@click.option("--layer", help="[default: the first whose weights are pictures]")
@click.option("--out", type=click.Path(path_type=Path), default="filters.png",
              help="A .png, .svg or .pdf, or a folder for filters.png.  [default: filters.png]")  # fmt: skip
def filters(model: str, layer: str | None, out: Path) -> None:
    """Draw the filters of a layer of MODEL, or its weights as squares if its inputs are no image."""
    from neurosim import plotting
    from neurosim_cli.cnn_report import draw_weights, network_of

    if out.suffix.lower() not in plotting.METADATA:
        if out.suffix and not out.is_dir():
            raise click.UsageError(f"--out {out}: a name that ends in {', '.join(plotting.METADATA)}, or a folder")
        out = out / "filters.png"
    figure = draw_weights(network_of(model), layer, model)
    out.parent.mkdir(parents=True, exist_ok=True)
    click.echo(f"wrote {plotting.save(figure, out)}")


def _seed(seed: int | None, checkpoint: Path | None, resume: bool) -> int:
    """Return the seed: the one given, that of the checkpoint to go on from, or a new one."""
    from neurosim.core import storage
    from neurosim.core.random import seed_from

    if checkpoint is None:
        if resume:
            raise click.UsageError("--resume goes with --checkpoint")
        return seed_from(seed)
    if not checkpoint.exists():
        return seed_from(seed)
    if not resume:
        raise Reported(f"{checkpoint} exists already; add --resume to go on from it, or name another --checkpoint", 1)
    notes = storage.read_notes(checkpoint).get("training")
    kept = notes.get("seed") if isinstance(notes, dict) else None
    if kept is None:
        raise Reported(f"{checkpoint}: a model file, but no checkpoint of training", 1)
    if seed is not None and seed != kept:
        raise Reported(f"{checkpoint}: was trained with --seed {kept}, not {seed}; leave --seed out to go on", 1)
    return int(kept)


def _tell_of_interrupt(done: int, epochs: int, checkpoint: Path | None) -> None:
    go_on = f"; --resume goes on from {checkpoint}" if checkpoint else ""
    what = f"interrupted after {done} of {epochs} epochs; what was learned was written{go_on}"
    raise Reported(what, INTERRUPTED)


def _task(data: str | None, preset: str | None, share: float | None, seed: int, options: dict[str, Any]) -> "Task":
    """Return what is to be learned."""
    from neurosim_cli import cnn_data

    if data in (*PLAIN, *DIGITS, *OWN_PATTERNS) and not Path(data).exists():
        raise click.UsageError(f"{data} is a preset: neurosim cnn --preset {data}")
    if preset in OWN_PATTERNS:
        for option, value in (("DATA", data), ("--test", share), ("--augment", options["augment"]),
                              ("--patience", options["patience"])):  # fmt: skip
            if value is not None:
                raise click.UsageError(f"--preset {preset} learns its own patterns and takes no {option}")
        return cnn_data.own_patterns(preset, seed, options["dtype"])
    return cnn_data.of_data(data or "digits", preset, share, seed, options["dtype"])


def _how(task: "Task", options: dict[str, Any]) -> dict[str, Any]:
    """Return how the task is learned: its recipe with what the options change."""
    from dataclasses import replace

    from neurosim import cnn as family

    how = dict(task.how)
    how |= {name: options[name] for name in ("epochs", "batch_size") if options[name] is not None}
    if options["optimiser"] is not None:
        how["optimiser"] = getattr(family, OPTIMISERS[options["optimiser"]])()
    for name in ("rate", "momentum"):
        if options[name] is not None:
            if not hasattr(how["optimiser"], name):
                raise click.UsageError(
                    f"--{name} goes with sgd and rmsprop, not with {type(how['optimiser']).__name__}"
                )
            how["optimiser"] = replace(how["optimiser"], **{name: options[name]})
    return how


def _augmentation(task: "Task", kinds: tuple[str, ...] | None) -> Any:
    """Return the random changes of the images that the options name, or None."""
    from neurosim import cnn as family

    if kinds is None:
        return None
    if task.known.x.ndim != 4:
        raise click.UsageError(f"--augment goes with images; {task.data} has plain columns")
    side, low, high = task.known.x.shape[-1], float(task.known.x.min()), float(task.known.x.max())
    made = {
        "shift": lambda: family.Shift(max(1, side // 14), fill=low),
        "affine": lambda: family.Affine(fill=low),
        "distortion": lambda: family.Distortion(alpha=34.0 * side / 28, sigma=4.0 * side / 28, fill=low),
        "erasing": lambda: family.RandomErasing(values=(low, high)),
    }
    return family.Compose(tuple(made[kind]() for kind in kinds))


def _fit(task: "Task", how: dict[str, Any], seed: int, options: dict[str, Any]) -> "Training":
    """Train with a progress bar, until the end or the first Ctrl-C."""
    from neurosim.cnn import DivergedError
    from neurosim.cnn import train as learn

    validation: Any = None if task.held_out is None else (task.held_out.x, task.held_out.targets)
    validation = validation if options["patience"] is None else HELD_BACK
    given: dict[str, Any] = {"augment": _augmentation(task, options["augment"]), "patience": options["patience"]}
    given |= {"checkpoint": options["checkpoint"], "resume": options["resume"], "backend": options["backend"] or "auto"}
    try:
        with first_interrupt() as caught, progress_bar("training", quiet=options["quiet"]) as draw:

            def each_step(progress: Any) -> bool:
                if draw is not None:
                    draw(progress)
                return bool(caught)

            given |= {"validation": validation, "random_state": seed, "step_callback": each_step}
            return learn(task.network, task.known.x, task.known.targets, **how, **given)
    except KeyboardInterrupt:
        raise Reported("interrupted; nothing was written", INTERRUPTED) from None
    except DivergedError as error:
        raise Reported(f"{error}; nothing was written", 1) from None
