"""What `neurosim rbm` and its verbs do: train, measure likelihoods, report, draw."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from neurosim_cli.common import INTERRUPTED, Reported, first_interrupt, progress_bar
from neurosim_cli.rbm_data import Source

if TYPE_CHECKING:
    from neurosim.boltzmann import RBM, LogPartition

PARAMETERS = ("n_components", "learning_rate", "batch_size", "momentum", "weight_decay", "backend")
WATCHED = 1000  # samples of each part whose likelihood is followed
MOST_EXACT = 14  # units of the smaller side up to which it is exact in every epoch,
EXACT = 20  # and at the end
GAUSSIAN_RATE = 0.01
STEPS = 1000  # Gibbs sweeps before a fantasy
FANTASIES = 36
EPOCHS, MOST_EPOCHS, SHOWN = 10, 2000, 500_000  # by default: epochs, and samples shown in them, of small data sets
POINTS, FEW_POINTS, FEW_BETAS = 50, 10, 500  # of a curve; and if it has to be estimated, by so many temperatures
LOG_LIKELIHOOD = "mean log-likelihood in nats"


def machine(options: dict[str, Any], seed: int) -> "RBM":
    """Return the machine that the options describe; what was not given stays at the model's default."""
    from neurosim.boltzmann import RBM

    if options["cd"] is not None and options["pcd"] is not None:
        raise click.UsageError("--cd starts from the data and --pcd goes on from chains: choose one")
    chosen = {name: options[name] for name in PARAMETERS if options[name] is not None}
    chosen |= {name: options[name] for name in ("method", "steps") if name in options}
    if options["cd"] is not None:
        chosen |= {"method": "cd", "steps": options["cd"]}
    elif options["pcd"] is not None:
        chosen |= {"method": "pcd", "steps": options["pcd"]}
    if options["sparsity"] is not None:
        chosen |= dict(zip(("sparsity_target", "sparsity_cost"), options["sparsity"], strict=True))
    if options["gaussian"]:
        chosen |= {"visible": "gaussian"} | (
            {} if options["learning_rate"] is not None else {"learning_rate": GAUSSIAN_RATE}
        )
    return RBM(**chosen, centred=options["centred"], random_state=seed)


@dataclass
class Curve:
    """How likely the samples are that are watched, epoch by epoch."""

    quantity: str
    parts: dict[str, np.ndarray]
    log_z: Callable[[], float]
    at: set[int]
    epochs: list[int] = field(default_factory=list)
    lines: dict[str, list[float]] = field(default_factory=dict)

    def note(self, model: "RBM", epoch: int) -> None:
        """Measure, if it is time."""
        if epoch in self.at:
            self.epochs.append(epoch)
            log_z = self.log_z()
            for name, x in self.parts.items():
                energy = float(model.free_energy(x).mean())
                self.lines.setdefault(name, []).append(-energy - log_z if self.quantity == LOG_LIKELIHOOD else energy)


def trained(model: "RBM", source: Source, options: dict[str, Any], seed: int) -> tuple[Curve, str]:
    """Train with a progress bar until the end or the first Ctrl-C; return the curve, and why it ended."""
    from neurosim.cnn import DivergedError

    model.n_iter = options["n_iter"] or min(max(EPOCHS, -(-SHOWN // len(source.known))), MOST_EPOCHS)
    curve = _curve(model, source, options["betas"], seed)
    try:
        with first_interrupt() as caught, progress_bar("training", quiet=options["quiet"]) as draw:

            def each_epoch(progress: Any) -> bool:
                if draw is not None:
                    draw(progress)
                curve.at |= {progress.step} if caught else set()
                curve.note(model, progress.step)
                return bool(caught)

            model.fit(source.known, callback=each_epoch)
    except KeyboardInterrupt:
        raise Reported("interrupted; nothing was written", INTERRUPTED) from None
    except DivergedError as error:
        raise Reported(f"{error}; nothing was written", 1) from None
    return curve, "interrupted" if caught and model.n_iter_ < model.n_iter else "epochs"


def _curve(model: "RBM", source: Source, betas: int, seed: int) -> Curve:
    """Return what is followed while the machine learns: likelihoods where they can be had, else free energies."""
    from neurosim.boltzmann import log_partition

    rng, gaussian = np.random.default_rng([seed, 1]), model.visible == "gaussian"
    some = {name: x[np.sort(rng.permutation(len(x))[:WATCHED])] for name, x in source.parts().items()}
    smaller = model.n_components if gaussian else min(model.n_components, source.known.shape[1])
    points, quantity = POINTS, LOG_LIKELIHOOD

    def log_z() -> float:
        return log_partition(model, method="exact").value

    if smaller > MOST_EXACT and (gaussian or betas == 0):
        quantity = "mean free energy in nats"

        def log_z() -> float:
            return 0.0
    elif smaller > MOST_EXACT:
        points, base = FEW_POINTS, source.known[:10_000]

        def log_z() -> float:
            return log_partition(model, method="ais", betas=min(betas, FEW_BETAS), X=base, random_state=seed).value

    at = np.linspace(1, model.n_iter, min(model.n_iter, points)).round().astype(int)
    return Curve(quantity, some, log_z, set(at.tolist()))


def measured(model: "RBM", source: Source, curve: Curve, options: dict[str, Any], seed: int) -> dict[str, Any]:
    """Return what there is to say of the machine and its training."""
    parts = source.parts()
    how = {"method": "auto", "betas": options["betas"], "chains": 100}
    known = _known(model, options["betas"])
    return {
        "data": source.name,
        "samples": {"train": len(source.known), "test": 0 if source.held_out is None else len(source.held_out)},
        "scale": "threshold" if source.threshold is not None else source.scaling.kind,
        "threshold": source.threshold,
        "visible": model.visible,
        "units": {"visible": model.n_features_in_, "hidden": model.n_components},
        "method": model.method,
        "steps": model.steps,
        "epochs": model.n_iter_,
        "learning_rate": model.learning_rate,
        "batch_size": model.batch_size,
        "momentum": model.momentum,
        "weight_decay": model.weight_decay,
        "sparsity": options["sparsity"],
        "centred": options["centred"],
        "dtype": str(model.components_.dtype),
        "errors": np.asarray(model.errors_).tolist(),
        "reconstruction_error": {name: _distance(model, x) for name, x in parts.items()},
        "quantity": curve.quantity,
        "curves": curve.lines,
        "curve_epochs": curve.epochs,
        "likelihood": partition(model, parts, seed, how)[0] if known else None,
        "activity": float(model.transform(source.shown).mean()),
        "seed": seed,
        "backend": model.backend_,
    }


def _known(model: "RBM", betas: int) -> bool:
    """Return whether the likelihood can be had: exactly, or by annealing."""
    if model.visible == "gaussian":
        return len(model.components_) <= EXACT
    return betas > 0 or min(model.components_.shape) <= EXACT


def _distance(model: "RBM", x: np.ndarray) -> float:
    """Return the mean squared distance of samples from their reconstructions."""
    return float(((model.reconstruct(x[:10_000]) - x[:10_000]) ** 2).sum(axis=1).mean())


def partition(
    model: "RBM", parts: dict[str, np.ndarray], seed: int, how: dict[str, Any]
) -> "tuple[dict[str, Any], dict[str, LogPartition]]":
    """Return log Z and what it makes of the likelihood of samples: exactly, or by annealing in both directions."""
    from neurosim.boltzmann import log_partition

    gaussian, sizes = model.visible == "gaussian", model.components_.shape
    exact = how["method"] == "exact" or (how["method"] == "auto" and (sizes[0] if gaussian else min(sizes)) <= EXACT)
    first = next(iter(parts.values()))
    settings: dict[str, Any] = {"betas": how["betas"], "chains": how["chains"], "X": first}
    ways = {"exact": "exact"} if exact or gaussian else {"AIS": "ais", "reverse AIS": "reverse_ais"}
    keys = np.random.SeedSequence([seed, 2]).generate_state(len(ways), np.uint64)
    estimates = {
        name: log_partition(model, method=way, **({} if way == "exact" else settings), random_state=int(key))
        for (name, way), key in zip(ways.items(), keys, strict=True)
    }
    energy = {name: float(model.free_energy(x).mean()) for name, x in parts.items()}
    report: dict[str, Any] = {"samples": {name: len(x) for name, x in parts.items()}}
    for name, found in estimates.items():
        report[name.replace(" ", "_").lower()] = {
            "log_z": found.value,
            "standard_error": found.error,
            "low": found.low,
            "high": found.high,
            "log_likelihood": {part: -value - found.value for part, value in energy.items()},
        }
    return report | ({} if "exact" in ways else {"betas": how["betas"], "chains": how["chains"]}), estimates


def partition_rows(report: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the lines of the table."""
    lines = []
    for key, name in (("exact", "exact"), ("ais", "AIS"), ("reverse_ais", "reverse AIS")):
        if (found := report.get(key)) is None:
            continue
        spread = "" if key == "exact" else f" ({found['low']:.2f} to {found['high']:.2f})"
        lines.append((f"log Z, {name}", f"{found['log_z']:.2f}{spread}"))
        for part, value in found["log_likelihood"].items():
            of = (
                f"{report['samples'][part]:,} {part} samples"
                if part != "data"
                else f"{report['samples'][part]:,} samples"
            )
            lines.append((f"log-likelihood, {name}", f"{value:.2f} nats on average of {of}"))
    if "betas" in report:
        lines.append(("annealing", f"{report['chains']} chains, {report['betas']:,} temperatures"))
    return lines


def rows(report: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the lines of the table."""
    n, units, curves = report["samples"], report["units"], report["curves"]
    scales = {"none": "", "range": ", scaled to 0 to 1", "zscore": ", scaled to variance 1"}
    scale = scales.get(report["scale"], f", 1 above {report['threshold']}")
    how = "persistent chains" if report["method"] == "pcd" else "contrastive divergence"
    sweeps = f"{report['steps']} sweep{'s' * (report['steps'] > 1)} a step"
    lines = [
        ("data", f"{report['data']}: {n['train']:,} samples to learn, {n['test']:,} to test{scale}"),
        ("machine", f"{units['visible']} {report['visible'].title()} visible units, {units['hidden']} hidden"),
        ("learning", f"{how}, {sweeps}, rate {report['learning_rate']:g}, {report['epochs']:,} epochs"),
    ]
    for part, values in curves.items():
        name = report["quantity"].removeprefix("mean ").removesuffix(" in nats")
        lines.append((f"{name}, {part}", f"{values[0]:.2f} in the first epoch, {values[-1]:.2f} in the last"))
    for part, value in report["reconstruction_error"].items():
        lines.append((f"reconstruction, {part}", f"squared error {value:.3f} a sample"))
    lines += partition_rows(report["likelihood"]) if report["likelihood"] else []
    took = report["seconds"]
    return [
        *lines,
        ("hidden units on", f"{report['activity']:.1%} on average"),
        ("seed", str(report["seed"])),
        ("time", f"{took['fit']:.2f} s on {report['backend']}, {took['likelihood']:.2f} s for the likelihood"),
    ]


def draw(model: "RBM", source: Source, curve: Curve, path: Path, seed: int) -> Path:
    """Draw curves, filters, reconstructions and fantasies."""
    from neurosim import plotting
    from neurosim.boltzmann import page

    fantasies = None
    if source.shape is not None:
        key = np.random.SeedSequence([seed, 3])
        fantasies = model.sample(FANTASIES, STEPS, means=True, random_state=key)
    figure = page.restricted(
        model, curve.lines, x=source.shown, fantasies=fantasies, shape=source.shape, at=curve.epochs,
        quantity=curve.quantity, title=Path(source.name).name,
    )  # fmt: skip
    return plotting.save(figure, path)
