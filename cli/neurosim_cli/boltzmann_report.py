"""What `neurosim boltzmann` does: let machines learn a task, report how soon or how well, draw."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import click
import numpy as np

from neurosim_cli.boltzmann_paper import SETTINGS, check_distance, published
from neurosim_cli.common import INTERRUPTED, Reported, progress_bar

if TYPE_CHECKING:
    from neurosim.boltzmann import BoltzmannMachine, EncoderRuns, Learning, Task

LEARNING = ("cycles", "settlings", "noise", "step", "decay", "schedule", "time", "temperature", "backend")
SHIFTER = {"cycles": 1000, "settlings": 1, "step": 0.5, "decay": 0.002}  # ours, where they differ from the encoders'
TESTED, TRIALS = 400, 10  # patterns whose shift is asked for, and how often
POINTS = 20  # of the shifter's curve


@dataclass
class Encoders:
    """Many machines that learn an encoder."""

    size: str
    task: "Task"
    runs: int
    found: "EncoderRuns | None" = None
    how: dict[str, Any] | None = None

    @classmethod
    def of(cls, options: dict[str, Any]) -> Self:
        """Return what the options describe."""
        from neurosim.boltzmann import encoder_task

        _none_of(options, "encoder", hidden="shifter")
        size = options["size"] or "4-2-4"
        task = encoder_task(size)
        distance = options["distance"] or SETTINGS.get(size, {}).get("distance", 1)
        check_distance(size, len(task.patterns), task.n_hidden, distance)
        return cls(size, task, options["runs"] or 1000)

    def learn(self, options: dict[str, Any], seed: int) -> None:
        """Let all machines learn."""
        from neurosim.boltzmann import learn_encoders

        self.how = _chosen(learn_encoders, options, (*LEARNING, "distance"), **SETTINGS.get(self.size, {}))
        self.found = _watched(
            lambda callback: learn_encoders(
                self.size, runs=self.runs, random_state=seed, callback=callback, **(self.how or {})
            ),
            options,
        )

    def _typical(self) -> int:
        """Return the machine that took the median time of those that solved the task, or the first."""
        at = self._found.solved_at
        solved = np.flatnonzero(at > 0)
        return int(solved[np.argsort(at[solved], kind="stable")[len(solved) // 2]]) if len(solved) else 0

    @property
    def _found(self) -> "EncoderRuns":
        assert self.found is not None
        return self.found

    def machine(self) -> "BoltzmannMachine":
        """Return a machine that took as long as half of the others, or the first if none solved the task."""
        from neurosim.boltzmann import BoltzmannMachine

        k, task = self._typical(), self.task
        sizes = task.n_visible, task.n_hidden
        weights, biases = self._found.weights[k], self._found.biases[k]
        return BoltzmannMachine(*sizes, connections=task.connections, weights=weights, biases=biases)

    def notes(self) -> dict[str, Any]:
        """Return what the machine's file keeps of its task."""
        return _notes(self.task)

    def report(self) -> dict[str, Any]:
        """Return what there is to say."""
        found = self._found
        quartiles = [found.quantile(share) for share in (0.25, 0.5, 0.75)]
        solved = found.solved_at[found.solved_at > 0]
        return {
            "task": "encoder",
            "size": self.size,
            "units": len(self.task.connections),
            "runs": self.runs,
            **{name: value for name, value in (self.how or {}).items() if name != "backend"},
            "done": found.cycles,
            "solved": len(solved),
            "quartiles": [q if np.isfinite(q) else None for q in quartiles],
            "longest": int(solved.max()) if len(solved) else None,
            "solved_at": found.solved_at.tolist(),
            "machine": self._typical(),
            "machine_is": "of median time" if len(solved) else "the first, none solved the task",
            "published": published(self.size, self.how or {}),
            "seed": found.seed,
            "backend": found.backend,
        }

    def rows(self, report: dict[str, Any]) -> list[tuple[str, str]]:
        """Return the lines of the table."""
        runs, (low, median, high) = self.runs, ("never" if q is None else f"{q:,.0f}" for q in report["quartiles"])
        lines = [
            ("task", f"{self.size} encoder, {report['units']} units"),
            (
                "solved",
                f"{report['solved']:,} of {runs:,} ({report['solved'] / runs:.1%}) in {report['done']:,} cycles",
            ),
            ("cycles", f"median {median}, quartiles {low} and {high}, longest {report['longest'] or 'none'}"),
        ]
        if not report["solved"]:
            lines.append(("model", "the first machine, as none solved the task"))
        if report["published"]:
            solved, of, half, longest = report["published"]
            ends = f", longest {longest:,}" if longest else ""
            lines.append(("published", f"{solved} of {of}, median {half}{ends}"))
        return [*lines, *_last(report)]

    def title(self) -> str:
        """Return the name of the table."""
        return "Boltzmann machines, encoders"

    def draw(self, path: Path) -> Path:
        """Draw survival, codes and weights."""
        from neurosim import plotting
        from neurosim.boltzmann import page

        points = None
        if (known := published(self.size, self.how or {})) and known[3]:
            points = [known[2], known[3]], [0.5, 1 / known[1]]
        figure = page.encoders(self._found, self.task, machine=self._typical(), published=points, title=self.size)
        return plotting.save(figure, path)


@dataclass
class Shifter:
    """A machine that learns the shifter."""

    bits: int
    task: "Task"
    learner: "BoltzmannMachine | None" = None
    found: "Learning | None" = None
    how: dict[str, Any] | None = None
    schedule: Any = None
    curve: tuple[list[int], list[float]] = ((), ())  # type: ignore[assignment]
    confusion: Any = None

    @classmethod
    def of(cls, options: dict[str, Any]) -> Self:
        """Return what the options describe."""
        from neurosim.boltzmann import shifter_task

        _none_of(options, "shifter", runs="encoder", distance="encoder")
        size = options["size"] or "8"
        if not size.isdecimal():
            raise click.UsageError(f"--size of the shifter is a number of bits; got {size}")
        hidden = {} if options["hidden"] is None else {"n_hidden": options["hidden"]}
        return cls(int(size), shifter_task(int(size), **hidden))

    def learn(self, options: dict[str, Any], seed: int) -> None:
        """Let the machine learn, and ask it now and then."""
        from neurosim.boltzmann import BoltzmannMachine

        task, self.curve = self.task, ([], [])
        self.learner = machine = BoltzmannMachine(
            task.n_visible, task.n_hidden, connections=task.connections, backend=options["backend"] or "auto"
        )
        how: dict[str, Any] = _chosen(machine.learn, options, LEARNING[:-1], **SHIFTER)
        self.how = how
        at = set(np.linspace(1, how["cycles"], min(how["cycles"], POINTS)).round().astype(int).tolist())

        def run(callback: Callable[[Any], Any] | None) -> Any:
            def each_cycle(progress: Any) -> None:
                if callback is not None:
                    callback(progress)
                if progress.step in at:
                    self.curve[0].append(progress.step)
                    self.curve[1].append(float(np.mean(np.equal(*self._asked(seed)))))

            return machine.learn(task.patterns, callback=each_cycle, random_state=seed, **how)

        self.found = _watched(run, options)
        self.confusion = self._asked(seed)

    def _asked(self, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the shifts of some patterns, and those that the machine says."""
        assert self.learner is not None
        rng, shown = np.random.default_rng([seed, 1]), self.task.groups["V3"]
        patterns = self.task.patterns[np.sort(rng.permutation(len(self.task.patterns))[:TESTED])]
        clamp = np.where(np.isin(np.arange(self.task.n_visible), shown), np.nan, patterns)
        schedule = (self.how or {})["schedule"]
        said = self.learner.complete(clamp, schedule=schedule, trials=TRIALS, random_state=seed).probabilities
        return patterns[:, shown].argmax(axis=1), said[:, shown].argmax(axis=1)

    def machine(self) -> "BoltzmannMachine":
        """Return the machine."""
        assert self.learner is not None
        return self.learner

    def notes(self) -> dict[str, Any]:
        """Return what the machine's file keeps of its task."""
        return _notes(self.task)

    def report(self) -> dict[str, Any]:
        """Return what there is to say."""
        assert self.found is not None
        true, said = self.confusion
        return {
            "task": "shifter",
            "bits": self.bits,
            "patterns": len(self.task.patterns),
            "units": {name: len(units) for name, units in self.task.groups.items()},
            **{name: value for name, value in (self.how or {}).items() if name != "backend"},
            "tested": len(true),
            "right": int((true == said).sum()),
            "curve": {"cycles": self.curve[0], "right": self.curve[1]},
            "seed": self.found.seed,
            "backend": self.found.backend,
        }

    def rows(self, report: dict[str, Any]) -> list[tuple[str, str]]:
        """Return the lines of the table."""
        units = ", ".join(f"{count} in {name}" for name, count in report["units"].items())
        right, tested = report["right"], report["tested"]
        lines = [
            ("task", f"shifter of {self.bits} bits, {report['patterns']:,} patterns"),
            ("units", units),
            ("learning", f"{report['cycles']:,} cycles, step {report['step']:g}, schedule {report['schedule']}"),
            ("shifts told", f"{right} of {tested} right ({right / tested:.1%}), chance is 33.3%"),
        ]
        return [*lines, *_last(report)]

    def title(self) -> str:
        """Return the name of the table."""
        return "Boltzmann machine, shifter"

    def draw(self, path: Path) -> Path:
        """Draw the curve, the confusions and the weights of the hidden units."""
        from neurosim import plotting
        from neurosim.boltzmann import page

        figure = page.shifter(self.machine(), self.task, *self.curve, *self.confusion)
        return plotting.save(figure, path)


def _chosen(
    function: Callable[..., Any], options: dict[str, Any], names: tuple[str, ...], **others: Any
) -> dict[str, Any]:
    """Return the parameters of a function: what the options say, else other values, else its defaults."""
    usual = {name: parameter.default for name, parameter in inspect.signature(function).parameters.items()} | others
    return {name: usual[name] if options[name] is None else options[name] for name in names}


def _watched(run: Callable[[Any], Any], options: dict[str, Any]) -> Any:
    """Run with a progress bar; an interrupt leaves nothing."""
    try:
        with progress_bar("learning", quiet=options["quiet"]) as callback:
            return run(callback)
    except KeyboardInterrupt:
        raise Reported("interrupted; nothing was written", INTERRUPTED) from None


def _none_of(options: dict[str, Any], task: str, **others: str) -> None:
    """Raise UsageError for an option of another task."""
    for name, of in others.items():
        if options[name] is not None:
            raise click.UsageError(f"--{name} goes with --task {of}, not with {task}")


def _notes(task: "Task") -> dict[str, Any]:
    return {"task": task.name, "patterns": task.patterns, "groups": dict(task.groups)}


def _last(report: dict[str, Any]) -> list[tuple[str, str]]:
    took = f"{report['seconds']:.2f} s on {report['backend']}, loading the kernels included"
    return [("seed", str(report["seed"])), ("time", took)]
