"""What `neurosim dbn` does: train a stack of machines, fine-tune it, test it, report, draw."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from neurosim_cli.common import INTERRUPTED, Reported, first_interrupt, progress_bar
from neurosim_cli.files import SHARE
from neurosim_cli.rbm_data import Source, source_of
from neurosim_cli.rbm_report import GAUSSIAN_RATE

if TYPE_CHECKING:
    from neurosim.boltzmann import DBN

PARAMETERS = ("hidden_layer_sizes", "n_iter", "learning_rate", "batch_size", "momentum", "weight_decay")
OTHERS = ("tuning_epochs", "dropout", "backend")
FANTASIES, STEPS = 36, 1000


def labelled_source(data: str, options: dict[str, Any], seed: int) -> Source:
    """Return the samples, with labels if they have classes."""
    from neurosim.datasets import names

    share = options["share"]
    if share is None and f"{data}-test".lower() not in names():
        share = SHARE
    source = source_of(data, share, options["threshold"], options["gaussian"], options["dtype"], seed)
    if source.labels is None and options["label_units"]:
        raise click.UsageError(
            f"--label-units needs labels; {data} has {'a real-valued target' if source.unused else 'none'}"
        )
    return source


def net(source: Source, options: dict[str, Any], seed: int) -> "DBN":
    """Return the net that the options describe; what was not given stays at the model's default."""
    from neurosim.boltzmann import DBN

    if options["cd"] is not None and options["pcd"] is not None:
        raise click.UsageError("--cd starts from the data and --pcd goes on from chains: choose one")
    chosen = {name: options[name] for name in (*PARAMETERS, *OTHERS) if options[name] is not None}
    if options["pcd"] is not None:
        chosen |= {"method": "pcd", "steps": options["pcd"]}
    elif options["cd"] is not None:
        chosen |= {"method": "cd", "steps": options["cd"]}
    if options["gaussian"]:
        rates = {"learning_rate": [GAUSSIAN_RATE] + [0.1] * (len(options["hidden_layer_sizes"] or (1, 1)) - 1)}
        chosen |= {"visible": "gaussian"} | ({} if options["learning_rate"] is not None else rates)
    return DBN(**chosen, label_units=options["label_units"], random_state=seed)


def trained(net: "DBN", source: Source, options: dict[str, Any]) -> str:
    """Train with a progress bar until the end, or until the first Ctrl-C ends each stage soon; return why it ended."""
    from neurosim.cnn import DivergedError

    try:
        with first_interrupt() as caught, progress_bar("training", quiet=options["quiet"]) as draw:

            def each_epoch(progress: Any) -> bool:
                if draw is not None:
                    draw(progress)
                return bool(caught)

            net.fit(source.known, source.labels, callback=each_epoch)
    except KeyboardInterrupt:
        raise Reported("interrupted; nothing was written", INTERRUPTED) from None
    except DivergedError as error:
        raise Reported(f"{error}; nothing was written", 1) from None
    return "interrupted" if caught else "epochs"


def measured(net: "DBN", source: Source, options: dict[str, Any], seed: int) -> dict[str, Any]:
    """Return what there is to say of the net."""
    labelled = source.labels is not None
    parts = {"train": (source.known, source.labels)}
    if source.held_out is not None:
        parts["test"] = (source.held_out, source.held_out_labels)
    wrong: dict[str, Any] = {}
    for name, (x, labels) in parts.items() if labelled else ():
        wrong[name] = {"network": int((net.predict(x) != labels).sum())} if net.loss_curve_ else {}
        if options["label_units"]:
            said = net.classes_[net.label_free_energy(x).argmin(axis=1)]
            wrong[name]["stack"] = int((said != labels).sum())
    return {
        "data": source.name,
        "samples": {name: len(x) for name, (x, _) in parts.items()},
        "scale": "threshold" if source.threshold is not None else source.scaling.kind,
        "threshold": source.threshold,
        "target": "classes" if labelled else "unused" if source.unused else None,
        "features": net.n_features_in_,
        "visible": net.visible,
        "layers": [len(rbm.components_) for rbm in net.rbms_],
        "method": net.method,
        "steps": net.steps,
        "learning_rate": net.learning_rate,
        "batch_size": net.batch_size,
        "momentum": net.momentum,
        "weight_decay": net.weight_decay,
        "label_units": net.label_units,
        "dropout": net.dropout,
        "classes": [name.item() for name in net.classes_] if labelled else None,
        "epochs": [rbm.n_iter_ for rbm in net.rbms_] + ([len(net.loss_curve_)] if labelled else []),
        "errors": [np.asarray(rbm.errors_).tolist() for rbm in net.rbms_],
        "losses": list(map(float, net.loss_curve_)),
        "wrong": wrong,
        "seed": seed,
        "backend": net.backend_,
    }


def rows(report: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the lines of the table."""
    n = report["samples"]
    scales = {"none": "", "range": ", scaled to 0 to 1", "zscore": ", scaled to variance 1"}
    scale = scales.get(report["scale"], f", 1 above {report['threshold']}")
    layers = "-".join(map(str, (report["features"], *report["layers"])))
    how = "persistent chains" if report["method"] == "pcd" else "contrastive divergence"
    epochs = ", ".join(map(str, report["epochs"][: len(report["layers"])]))
    lines = [
        ("data", f"{report['data']}: {n['train']:,} samples to learn, {n.get('test', 0):,} to test{scale}"),
        ("net", f"{layers}{' with label units' * report['label_units']}"),
        ("layers", f"{how}, {report['steps']} sweep{'s' * (report['steps'] > 1)} a step; epochs {epochs}"),
    ]
    if report["target"] == "unused":
        lines.append(("labels", "none: the target is no classes, so that nothing was fine-tuned"))
    for k, errors in enumerate(report["errors"]):
        lines.append((f"error of layer {k + 1}", f"{errors[0]:.4g} in the first epoch, {errors[-1]:.4g} in the last"))
    if report["losses"]:
        first, last = report["losses"][0], report["losses"][-1]
        lines.append(("fine-tuning", f"{len(report['losses'])} epochs, cross-entropy {first:.4g} to {last:.4g}"))
    for part, counts in report["wrong"].items():
        for which, count in counts.items():
            name = f"{part} error" if which == "network" else f"{part} error of the stack alone"
            lines.append((name, f"{count / n[part]:.2%}: {count:,} of {n[part]:,}"))
    took = f"{report['seconds']:.2f} s on {report['backend']}, loading the kernels included"
    return [*lines, ("seed", str(report["seed"])), ("time", took)]


def draw(net: "DBN", source: Source, path: Path, seed: int) -> Path:
    """Draw curves, confusions, filters and fantasies."""
    from neurosim import plotting
    from neurosim.boltzmann import page

    given: dict[str, Any] = {"shape": source.shape}
    if source.shape is not None:
        given["fantasies"] = net.sample(FANTASIES, steps=STEPS, random_state=np.random.SeedSequence([seed, 3]))
    if source.labels is not None:
        labels = source.held_out_labels if source.held_out is not None else source.labels
        of = "training" if source.held_out is None else "test"
        given |= {"y": labels, "predicted": net.predict(source.shown), "title": f"{of} data"}
    return plotting.save(page.deep(net, **given), path)
