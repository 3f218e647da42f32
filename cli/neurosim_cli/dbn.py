"""`neurosim dbn`: train a deep belief net layer by layer, fine-tune it, classify with it, draw samples from it."""

from pathlib import Path
from typing import Any

import click

from neurosim_cli.common import DefaultGroup, result_folder, run_options, set_threads
from neurosim_cli.rbm import NOT_NEGATIVE, SOME, check_table, finish, seed_option, threads_option, write_samples


class Layers(click.ParamType):
    """Numbers of units with commas between them."""

    name = "UNITS,..."

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        """Return the numbers."""
        parts = [part.strip() for part in str(value).split(",")] if isinstance(value, str) else list(map(str, value))
        if not all(part.isdecimal() and int(part) for part in parts):
            self.fail(f"{value!r} is not positive integers with commas between them, as 500,500,2000", param, ctx)
        return tuple(map(int, parts))


@click.group(cls=DefaultGroup)
def dbn() -> None:
    """Deep belief net."""


@dbn.command(hidden=True)
@click.argument("data", required=False, default="digits")
@click.option("--layers", "hidden_layer_sizes", type=Layers(), help="Hidden units of each layer.  [default: 256,256]")
@click.option("--cd", type=SOME, help="Contrastive divergence, with so many sweeps a step.  [default: 1]")
@click.option("--pcd", type=SOME, help="Persistent chains instead, with so many sweeps a step.")
@click.option("--epochs", "n_iter", type=SOME, help="Of each layer.  [default: 20]")
@click.option("--rate", "learning_rate", type=NOT_NEGATIVE, help="Of the layers.  [default: 0.1]")
@click.option("--batch-size", type=SOME, help="Samples a step.  [default: 20]")
@click.option("--momentum", type=click.FloatRange(0, 1, max_open=True), help="[default: 0.5]")
@click.option("--decay", "weight_decay", type=NOT_NEGATIVE, help="Of the weights.  [default: 0.0002]")
@click.option("--label-units", is_flag=True, help="The top layer models samples and labels together.")
@click.option("--gaussian", is_flag=True, help="Visible units are real numbers; columns get mean 0 and variance 1.")
@click.option("--dropout", type=click.FloatRange(0, 1, max_open=True), help="In backpropagation.  [default: 0.0]")
@click.option("--tuning-epochs", type=click.IntRange(min=0), help="Of backpropagation.  [default: 20]")
@click.option("--threshold", type=float, help="Values of DATA above it are 1, others 0.  [default: scaled to 0 to 1]")
@click.option("--test", "share", type=click.FloatRange(0, 1, max_open=True), help="Share of every class kept for the "
              "test.  [default: 0.25; mnist and usps have test sets]")  # fmt: skip
@click.option("--dtype", type=click.Choice(["float32", "float64"]), default="float32", help="[default: float32]")
@run_options
def train(data: str, **options: Any) -> None:
    """Train a deep belief net on DATA, fine-tune it if there are labels, and write figure, model and report.

    DATA is a file (.npy .npz .csv .tsv .txt .dat idx) or the name of a data set (see `neurosim data`); without it the
    bundled handwritten digits are used. Each layer is a restricted Boltzmann machine that learns what the one below
    makes of the samples; backpropagation then learns the labels.

    \b
    neurosim dbn
    neurosim dbn mnist --layers 500,500,2000 --tuning-epochs 30
    neurosim dbn digits --label-units
    neurosim dbn sample neurosim-out/dbn/model.npz --label 3
    """
    import time

    from neurosim.core import storage
    from neurosim.core.random import seed_from
    from neurosim_cli import dbn_report as report_

    started = time.perf_counter()
    set_threads(options["threads"])
    if options["threshold"] is not None and options["gaussian"]:
        raise click.UsageError("--threshold makes binary data; --gaussian goes without it")
    seed, out = seed_from(options["seed"]), options["out"] or Path("neurosim-out/dbn")
    source = report_.labelled_source(data, options, seed)
    net = report_.net(source, options, seed)
    with result_folder(out):
        stopped = report_.trained(net, source, options)
    report = report_.measured(net, source, options, seed)
    report |= {"stopped": stopped, "seconds": time.perf_counter() - started}
    notes = source.notes() | {"classes": report["classes"]}
    files, figure = [storage.save(net, out / "model.npz", notes=notes)], out / "dbn.png"
    figure.unlink(missing_ok=True)  # of an earlier run
    if not options["no_plot"]:
        files.append(report_.draw(net, source, figure, seed))
    finish(report, [*files, out / "report.json"], report_.rows(report), "Deep belief net", options)


@dbn.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("data", required=False)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write here instead of to stdout.")
def predict(model: Path, data: str | None, out: Path | None) -> None:
    """Classify DATA by MODEL: a CSV of sample, predicted and score.

    Without DATA: the whole data set that it was trained on; of mnist and usps, which have test sets of their own, that
    is the training set (name mnist-test for the other).
    """
    import csv

    from neurosim.boltzmann import DBN
    from neurosim_cli.rbm_data import again, restore

    net, notes = restore(model, (DBN,))
    probability = net.predict_proba(again(data, notes, net, model))
    with click.open_file(out or "-", "w") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["sample", "predicted", "score"])
        for number, row in enumerate(probability):
            writer.writerow([number, net.classes_[row.argmax()], f"{row.max():.6g}"])


@dbn.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.option("--n", "count", type=SOME, default=64, help="Samples.  [default: 64]")
@click.option("--steps", type=SOME, default=1000, help="Gibbs sweeps of the top layer.  [default: 1000]")
@click.option("--label", help="Of this class; for nets with --label-units.")
@seed_option
@threads_option
@click.option("--plot", "figure", type=click.Path(dir_okay=False, path_type=Path), help="Draw to a .png, .svg or .pdf.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), default="samples.npy",
              help="A .npy or .csv.  [default: samples.npy]")  # fmt: skip
def sample(model: Path, count: int, steps: int, label: str | None, seed: int | None, **options: Any) -> None:
    """Draw samples from MODEL, in the units of the data that it was trained on: one a row."""
    from neurosim.boltzmann import DBN
    from neurosim_cli.rbm_data import restore

    check_table(options["out"])
    set_threads(options["threads"])
    net, notes = restore(model, (DBN,))
    known = {str(name): name for name in getattr(net, "classes_", ())}
    if label is not None and label not in known:
        raise click.UsageError(f"--label {label}: the classes are {', '.join(known) or 'none'}")
    held = None if label is None else known[label]
    drawn = net.sample(count, steps=steps, label=held, random_state=seed)
    write_samples(drawn, net, notes, options["out"], options["figure"])
