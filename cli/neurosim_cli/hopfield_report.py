"""What `neurosim hopfield` and its verb `recall` do: find patterns, store them, recall from noise, report, draw."""

import inspect
import warnings
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from neurosim_cli.common import INTERRUPTED, Reported, progress_bar
from neurosim_cli.files import load_complete

if TYPE_CHECKING:
    from neurosim.hopfield import HopfieldNetwork, Recall

PATTERNS, NOISE, UNITS = 5, 0.2, 100
ROWS, FRAMES = 8, 8  # of the film strip
STOPPED = ("fixed point", "2-cycle", "limit")
RECALL = ("order", "temperature", "max_sweeps", "backend")  # options that are parameters of `recall`


@dataclass(frozen=True)
class Source:
    """Patterns of -1 and +1, what they are called, and where they come from."""

    name: str
    spins: np.ndarray
    names: list[str]
    shape: tuple[int, int] | None = None
    threshold: float | None = None
    available: int | None = None  # rows of the data, of which these are the first
    labelled: bool = False
    foreign: bool = False  # whether these are probes and not what is stored

    def notes(self) -> dict[str, Any]:
        """Return what a model's file keeps of its patterns."""
        threshold = 0.0 if self.threshold is None else self.threshold  # letters and random patterns are -1 and +1
        return {"data": self.name, "names": self.names, "shape": self.shape, "threshold": threshold}


@dataclass(frozen=True)
class Trial:
    """Probes of -1 and +1, the row of the source that each was made from, and what became of them."""

    probes: np.ndarray
    origin: np.ndarray
    noise: float
    result: "Recall"


def source_of(data: str | None, options: dict[str, Any], seed: int) -> Source:
    """Return the patterns that the command names."""
    from neurosim.hopfield.patterns import ALPHABET, LETTER_SHAPE, letters, random_patterns, unlike_letters

    text, units, threshold = options["text"], options["units"], options["threshold"]
    kind = data or "letters"
    made = kind if kind in ("letters", "random") and not Path(kind).is_file() else "data"
    wanted = (("--letters", text, "letters"), ("--units", units, "random"), ("--threshold", threshold, "data"))
    for option, value, of in wanted:
        if value is not None and made != of:
            raise click.UsageError(f"{option} goes with {of}, not with {kind}")
    if made == "letters":
        if text is not None and options["patterns"] is not None:
            raise click.UsageError("--letters says how many patterns there are; --patterns goes without it")
        if (options["patterns"] or 0) > len(ALPHABET):
            raise click.UsageError(f"--patterns must be at most {len(ALPHABET)} of letters; got {options['patterns']}")
        text = unlike_letters(options["patterns"] or PATTERNS) if text is None else text.upper()
        return Source("letters", letters(text), list(text), LETTER_SHAPE)
    count = options["patterns"] or PATTERNS
    if made == "random":
        spins = random_patterns(count, units or UNITS, random_state=np.random.default_rng([seed, 1]))
        return Source("random", spins, [str(k) for k in range(count)])
    return _of_data(kind, options["patterns"], threshold)


def _of_data(name: str, count: int | None, threshold: float | None) -> Source:
    """Return the first rows of a data set as patterns: `count` of them, or all of a file and a few of others."""
    from neurosim.core.errors import DataError

    dataset = load_complete(name, "neurosim hopfield recall")
    if count is not None and count > len(dataset.data):
        raise DataError(f"{name}: has {len(dataset.data)} samples, and {count} patterns are wanted")
    source = _cut(name, dataset, threshold)
    spins, at = source.spins, source.threshold
    if (spins == spins.flat[0]).all():
        raise DataError(f"{name}: no value is {'above' if spins.flat[0] < 0 else 'up to'} the threshold {at:g}")
    count = count or (len(spins) if Path(name).is_file() else PATTERNS)
    return replace(source, spins=spins[:count], names=source.names[:count])


def _cut(name: str, dataset: Any, threshold: float | None) -> Source:
    """Return all rows of a data set, +1 where they are above the threshold."""
    x, labels, shape = dataset.data, dataset.labels, dataset.shape
    threshold = float(x.min() + x.max()) / 2 if threshold is None else threshold
    names = [str(label) for label in (range(len(x)) if labels is None else labels)]
    picture = None if shape is None or len(shape) != 2 else (shape[0], shape[1])
    spins = np.where(x > threshold, np.int8(1), np.int8(-1))
    return Source(name, spins, names, picture, threshold, len(x), labels is not None)


def stored(source: Source, options: dict[str, Any], seed: int) -> "HopfieldNetwork":
    """Return a network that has stored the patterns; what was not given stays at the model's default."""
    from neurosim.hopfield import HopfieldNetwork

    chosen = {name: options[name] for name in ("coding", "zero_field", "self_coupling") if options[name]}
    network = HopfieldNetwork(source.spins.shape[1], **chosen)
    rule = {"rule": options["rule"]} if options["rule"] else {}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        network.store(_as(network, source.spins), **rule)
    for warning in () if options["quiet"] else caught:
        click.echo(f"Note: {warning.message}.", err=True)
    return network


def recalled(network: "HopfieldNetwork", source: Source, options: dict[str, Any], seed: int, record: bool) -> Trial:
    """Return what becomes of noisy probes, with a progress bar; `record` keeps the states after each sweep."""
    from neurosim.hopfield.patterns import corrupt

    noise = (0.0 if source.foreign else NOISE) if options["noise"] is None else options["noise"]
    count = options["probes"] or len(source.spins)
    origin = np.arange(count) % len(source.spins)
    probes = corrupt(source.spins[origin], noise, random_state=np.random.default_rng([seed, 2]))
    chosen = {name: options[name] for name in RECALL if options[name] is not None}
    try:
        with progress_bar("recall", quiet=options.get("quiet", True)) as callback:
            result = network.recall(_as(network, probes), record=record, random_state=seed, callback=callback, **chosen)
    except KeyboardInterrupt:
        raise Reported("interrupted; nothing was written", INTERRUPTED) from None
    return Trial(probes, origin, noise, result)


def measured(network: "HopfieldNetwork", source: Source, trial: Trial, options: dict[str, Any]) -> dict[str, Any]:
    """Return what there is to say of the network and its recall."""
    result, count = trial.result, len(source.spins)
    last, targets = _spins(result.states), source.spins[trial.origin]
    recall = inspect.signature(network.recall).parameters
    chosen = {name: recall[name].default if options[name] is None else options[name] for name in RECALL[:3]}
    resting = network.recall(network.patterns, order="sequential", max_sweeps=1, random_state=0).flips == 0
    return {
        "data": source.name,
        "patterns": count,
        "available": source.available,
        "names": source.names,
        "labelled": source.labelled,
        "units": network.n_units,
        "load": count / network.n_units,
        "rule": None if network.learning is None else network.learning.rule,
        "threshold": source.threshold,
        "coding": network.coding,
        "zero_field": network.zero_field,
        "self_coupling": network.self_coupling,
        **chosen,
        "noise": trial.noise,
        "turned_units": round(trial.noise * network.n_units),  # of each probe, as in `corrupt`
        "stable_patterns": int(resting.sum()),
        "probes": len(last),
        "recalled": int((last == targets).all(axis=1).sum()),
        "first_overlap": float((_spins(trial.probes) * targets).mean()),
        "overlap": float((last * targets).mean()),
        "overlaps": network.overlap(result.states).round(6).tolist(),
        "sweeps": result.sweeps.tolist(),
        "stopped": {how: int((result.stopped == how).sum()) for how in STOPPED},
        "energies": result.energies.tolist(),
        "seed": result.seed,
        "backend": result.backend,
    }


def rows(report: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the lines of the table."""
    warm = f", T = {report['temperature']:g}" if report["temperature"] else ""
    turned, units = report["turned_units"], report["units"]
    stopped = ", ".join(f"{count} {how}" for how, count in report["stopped"].items() if count)
    lines = [
        ("data", f"{report['data']}: {_size(report)}"),
        *([("named by the labels", _few(report["names"]))] if report["labelled"] else []),
        ("load", f"{report['load']:.4g} patterns for each unit"),
        ("rule", f"{report['rule']}, {report['coding']} units, zero field: {report['zero_field']}"),
        ("stable patterns", f"{report['stable_patterns']} of {report['patterns']}"),
        ("probes", f"{report['probes']}, {turned} of {units} units ({turned / units:.1%}) turned round in each"),
        ("order", f"{report['order']}{warm}"),
        ("stopped", f"{stopped}; {min(report['sweeps'])} to {max(report['sweeps'])} sweeps"),
        ("recalled without an error", f"{report['recalled']} of {report['probes']}"),
        ("overlap with the pattern", f"{report['first_overlap']:.4f} before, {report['overlap']:.4f} after"),
    ]
    return [*lines, ("seed", str(report["seed"])), ("time", f"{report['seconds']:.2f} s, loading the kernels included")]


def _size(report: dict[str, Any]) -> str:
    """Return how many patterns of how many units there are, and where the data were cut."""
    count, available = report["patterns"], report["available"]
    of = f" of {available}" if available is not None and available > count else ""
    patterns = "pattern" if count == 1 and not of else "patterns"
    cut = "" if report["threshold"] is None else f", on above {report['threshold']:g}"
    return f"{count}{of} {patterns} × {report['units']} units{cut}"


def _few(names: list[str]) -> str:
    return ", ".join(names[:ROWS]) + (", …" if len(names) > ROWS else "")


def draw(network: "HopfieldNetwork", source: Source, trial: Trial, path: Path) -> Path:
    """Draw the film strip, the energies and the overlaps of the first probes."""
    from neurosim import plotting
    from neurosim.hopfield.page import overview

    count = len(trial.probes)
    trajectory = np.asarray(trial.result.trajectory)[:, :ROWS]
    frames = np.unique(np.linspace(0, len(trajectory) - 1, FRAMES).round().astype(int)).tolist()
    patterns, made, origin = network.patterns, not source.foreign, trial.origin[:ROWS]
    called = _told_apart(source.names)
    probes = [called[k] + (f" #{1 + n // len(called)}" if n >= len(called) else "") for n, k in enumerate(origin)]
    figure = overview(
        trajectory.transpose(1, 0, 2),
        network.energy(trajectory).T,
        patterns,
        frames=frames,
        shape=source.shape,
        targets=patterns[origin] if made else None,
        names=probes,
        pattern_names=called if made else None,
        title=f"the first {ROWS} of {count} probes" if count > ROWS else "",
    )
    return plotting.save(figure, path)


def _told_apart(names: list[str]) -> list[str]:
    """Return names of which no two are equal: those that come again get a number."""
    seen: Counter[str] = Counter()
    called = []
    for name in names:
        seen[name] += 1
        called.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return called


def restored(path: Path, data: str | None) -> "tuple[HopfieldNetwork, Source]":
    """Return the network of a file, and what to start it from: rows of DATA, or the patterns that it has stored."""
    from neurosim.core import storage
    from neurosim.core.errors import DataError, StorageError
    from neurosim.hopfield import HopfieldNetwork

    network, notes = storage.load(path), storage.read_notes(path)
    if not isinstance(network, HopfieldNetwork):
        raise StorageError(f"{path}: holds a {type(network).__name__}, not a HopfieldNetwork")
    if not len(network.patterns):
        raise StorageError(f"{path}: holds a HopfieldNetwork without patterns")
    patterns, shape = _spins(network.patterns), notes.get("shape")
    if data is None:
        names = notes.get("names") or [str(k) for k in range(len(patterns))]
        return network, Source(str(notes.get("data", path)), patterns, names, shape)
    dataset = load_complete(data, "neurosim hopfield recall")
    as_they_are = bool(np.isin(dataset.data, _as(network, np.array([-1, 1]))).all())
    source = _cut(data, dataset, 0.5 if as_they_are else notes.get("threshold"))
    if source.spins.shape[1] != patterns.shape[1]:
        raise DataError(f"{data}: has {source.spins.shape[1]} values a row; the network has {patterns.shape[1]} units")
    return network, replace(source, shape=source.shape or shape, foreign=True)


def _as(network: "HopfieldNetwork", spins: np.ndarray) -> np.ndarray:
    """Return -1 and +1 in the coding of a network."""
    return spins if network.coding == "spin" else (spins + 1) // 2


def _spins(states: Any) -> np.ndarray:
    """Return states of either coding as -1 and +1, int8."""
    return np.where(np.asarray(states) > 0, np.int8(1), np.int8(-1))
