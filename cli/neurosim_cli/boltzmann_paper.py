"""The encoders of Ackley, Hinton & Sejnowski 1985: their settings, their results, and which codes can be at all."""

from typing import Any

import click

# (machines solved, machines, median, longest)
PUBLISHED = {"4-2-4": (250, 250, 110, 1810), "4-3-4": (200, 200, 270, 1090), "8-3-8": (16, 20, 1570, None)}
SETTINGS: dict[str, dict[str, Any]] = {
    "4-2-4": {"distance": 1, "noise": (0.15, 0.05)},
    "4-3-4": {"distance": 2, "noise": (0.15, 0.05)},
    "8-3-8": {"distance": 1, "noise": (0.15, 0.02)},
}
COMMON = ("settlings", "step", "decay", "schedule", "time", "temperature")  # of all sizes, the library's defaults


def published(size: str, how: dict[str, Any]) -> tuple[int, int, int, int | None] | None:
    """Return the paper's results if machines learned as there, else None."""
    import inspect

    from neurosim.boltzmann.encoders import learn_encoders

    if size not in SETTINGS:
        return None
    usual = inspect.signature(learn_encoders).parameters
    wanted = {name: usual[name].default for name in COMMON} | SETTINGS[size]
    return PUBLISHED[size] if all(how[name] == value for name, value in wanted.items()) else None


def check_distance(size: str, patterns: int, hidden: int, distance: int) -> None:
    """Raise UsageError if there are not so many codes that far apart (the Singleton bound)."""
    if distance > hidden:
        raise click.UsageError(f"--distance {distance}: codes of {size} have {hidden} hidden units to differ in")
    if patterns > 2 ** (hidden - distance + 1):
        raise click.UsageError(
            f"--size {size}: there are no {patterns} codes of {hidden} hidden units that differ in {distance}"
        )
