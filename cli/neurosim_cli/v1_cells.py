"""The cells and the stimuli that `neurosim v1 respond` and `tune` name."""

from pathlib import Path
from typing import Any

import click
import numpy as np

from neurosim.core.errors import DataError
from neurosim_cli.v1_images import picture

PERIOD = 8  # frames a cycle of what a motion cell prefers


def gabor_of(options: dict[str, Any]) -> Any:
    """Return the Gabor function of the cell's field."""
    from neurosim.v1 import Gabor

    names = ("orientation", "aspect", "phase")
    return Gabor.from_bandwidth(1 / options["wavelength"], options["bandwidth"], **{n: options[n] for n in names})


def cell_of(options: dict[str, Any]) -> Any:
    """Return the cell that the options describe."""
    from neurosim import v1

    kind, shape, gabor = options["kind"], options["shape"], gabor_of(options)
    threshold = options["threshold"]
    if threshold is not None and kind not in ("simple", "half-squared", "hubel-wiesel"):
        raise click.UsageError(f"--threshold goes with simple, half-squared and hubel-wiesel cells, not with {kind}")
    if kind in ("simple", "half-squared"):
        best = gabor.amplitude * np.pi * gabor.sigma_x * gabor.sigma_y
        rule = "rectified" if kind == "simple" else kind
        return v1.SimpleCell(gabor, shape, nonlinearity=rule, threshold=best * (threshold or 0.0))
    if kind in ("lgn", "hubel-wiesel"):
        lgn = v1.DifferenceOfGaussians(max(0.5, options["wavelength"] / 5), shape=shape)
        if kind == "lgn":
            return lgn
        share = 0.1 if threshold is None else threshold
        return v1.HubelWieselCell(
            lgn, orientation=options["orientation"], flank=options["wavelength"] / 2, threshold=share
        )
    if kind == "normalised":
        return v1.NormalisedPopulation.ring(gabor, 12, shape, c50=options["c50"]).cell(0)
    if kind == "motion":
        return v1.MotionEnergy(gabor, shape, period=PERIOD, periodic=True)
    return {"energy": v1.EnergyCell, "max": v1.MaxCell}[kind](gabor, shape)


def movie_of(stimulus: str, options: dict[str, Any], seed: int) -> np.ndarray:
    """Return the frames of a stimulus by its name, or of a file, (frames, rows, columns)."""
    from neurosim.v1 import stimuli

    shape, frames, contrast = options["shape"], options["frames"], options["contrast"]
    at = options["orientation"] if options["at"] is None else options["at"]
    wavelength = options["stimulus_wavelength"] or options["wavelength"]
    length = 2 / 3 * min(shape) if options["length"] is None else options["length"]
    width = wavelength / 2 if options["width"] is None else options["width"]
    disc = {"radius": options["radius"], "contrast": contrast}
    if stimulus in ("gaussian", "binary", "sparse"):
        return _noise(stimulus, frames, shape, contrast, seed)
    if stimulus == "drifting":
        cycles = max(1, round(frames / PERIOD)) if options["kind"] == "motion" else 1
        return stimuli.drifting_grating(shape, frames, wavelength, at, cycles=cycles, **disc)
    if stimulus == "counterphase":
        return stimuli.counterphase(shape, frames, wavelength, at, **disc)
    if stimulus == "moving-bar":
        return stimuli.moving_bar(shape, frames, length, width, at, contrast=contrast)
    if stimulus == "grating":
        phases = np.arange(frames) * 360.0 / frames
        return stimuli.grating(shape, wavelength, at, phases, **disc)
    if stimulus == "plaid":
        phases = np.arange(frames) * 360.0 / frames
        half = {"contrast": contrast / 2, "mask_contrast": contrast / 2, "radius": options["radius"]}
        return stimuli.plaid(shape, wavelength, at, phases, **half)
    angles = at + np.arange(frames) * 180.0 / frames
    if stimulus == "bar":
        return stimuli.bar(shape, length, width, angles, contrast=contrast)
    if stimulus == "edge":
        return stimuli.edge(shape, angles, contrast=contrast)
    return _from_file(stimulus, shape, contrast)


def _noise(kind: str, frames: int, shape: tuple[int, int], contrast: float, seed: int) -> np.ndarray:
    from neurosim.v1 import stimuli_noise

    return getattr(stimuli_noise, f"{kind}_noise")(frames, shape, contrast=contrast, random_state=seed)


def _from_file(source: str, shape: tuple[int, int], contrast: float) -> np.ndarray:
    """Return the frames of a .npy file, or the middle of a picture."""
    from neurosim_cli.common import did_you_mean
    from neurosim_cli.v1 import SHOWN

    path = Path(source)
    if not path.is_file():
        hint = did_you_mean(source, SHOWN)
        raise DataError(f"{source}: is neither a file nor one of {', '.join(SHOWN)}{'; ' + hint if hint else ''}")
    if path.suffix.lower() == ".npy":
        frames = np.load(path, allow_pickle=False)
        if frames.ndim == 3 and frames.shape[1:] == shape:
            return frames.astype(np.float64)
        if frames.ndim != 2:
            wanted = f"(frames, {shape[0]}, {shape[1]})"
            raise DataError(f"{source}: holds {frames.shape}; frames {wanted} or a picture (rows, columns) are needed")
    pixels = picture(source).grey
    top, left = (pixels.shape[0] - shape[0]) // 2, (pixels.shape[1] - shape[1]) // 2
    if top < 0 or left < 0:
        raise DataError(f"{source}: {pixels.shape[0]} x {pixels.shape[1]} pixels are less than --shape")
    part = pixels[top : top + shape[0], left : left + shape[1]]
    part = part - part.mean()
    return contrast * part[None] / (np.abs(part).max() or 1.0)
