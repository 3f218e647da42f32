"""What `neurosim v1 bank`, `respond`, `tune` and `retinotopy` do, and what they report."""

import time
from typing import Any

import click
import numpy as np

from neurosim_cli.common import result_folder
from neurosim_cli.v1_cells import cell_of, movie_of
from neurosim_cli.v1_images import Picture, picture
from neurosim_cli.v1_output import finish, folder_of, number, save_array, save_arrays, save_table

FAN = np.arange(0.0, 360.0, 15.0)  # directions for cells that tell them apart
MEASURES = {
    "orientation": ("preferred", "hwhh", "circular_variance"),
    "frequency": ("preferred", "bandwidth_octaves"),
    "radius": ("preferred", "suppression_index"),
    "contrast": (),
}
NAMES = {
    "preferred": ("preferred", " "),
    "hwhh": ("half width at half height", " "),
    "circular_variance": ("circular variance", ""),
    "bandwidth_octaves": ("bandwidth", " octaves"),
    "suppression_index": ("suppression by the largest", ""),
    "direction_index": ("direction index", ""),
}


def bank(image: str | None, options: dict[str, Any]) -> None:
    """Answer an image with a bank."""
    from neurosim.v1 import page

    filters, shown = bank_of(options), picture(image)
    contrast = shown.grey - shown.grey.mean()
    words = tuple(dict.fromkeys(options["what"]))
    asked = tuple(dict.fromkeys((*words, *(() if options["no_plot"] else ("energy",)))))
    out = folder_of("bank", options)
    with result_folder(out):
        filters.respond(np.zeros((2, 2)), asked, border=options["border"], stride=options["stride"])  # loads kernels
        started = time.perf_counter()
        found = filters.respond(contrast, asked, border=options["border"], stride=options["stride"])
        seconds = time.perf_counter() - started
    gabors = filters.gabors
    names = ("wavelength", "orientation", "phase", "sigma_x", "sigma_y")
    settings = {name: np.array([getattr(gabor, name) for gabor in gabors]) for name in names}
    files = [save_arrays(out / "responses.npz", {word: found[word] for word in words} | settings)]
    report = {
        "title": "Bank of Gabor filters",
        "image": _named_picture(shown),
        "filters": [{name: float(settings[name][k]) for name in names} for k in range(len(gabors))],
        "size": filters.size,
        "responses": {word: {"shape": list(found[word].shape), "dtype": str(found[word].dtype)} for word in words},
        "border": options["border"],
        "stride": options["stride"],
        "seconds": seconds,
    }
    title = f"{shown.name}, photograph by danielbuechele, CC BY 2.0" if shown.credit else shown.name
    rows = _bank_rows(report, settings, shown)
    finish(report, rows, files, lambda: page.responses(shown.grey, found["energy"], filters, title=title), "bank",
           options)  # fmt: skip


def _bank_rows(report: dict[str, Any], settings: dict[str, np.ndarray], shown: Picture) -> list[tuple[str, str]]:
    """Return the lines of the table about a bank."""
    size, answers = report["size"], report["responses"]
    answer = next(iter(answers.values()))
    return [
        ("image", f"{shown.credit or shown.name}, {shown.pixels.shape[0]} x {shown.pixels.shape[1]} pixels"),
        ("bank", f"{len(report['filters'])} filters of {size} x {size} pixels"),
        ("wavelengths", ", ".join(f"{w:.3g}" for w in np.unique(settings["wavelength"].round(6))) + " px"),
        ("orientations", ", ".join(f"{o:g}" for o in np.unique(settings["orientation"].round(6))) + " degrees"),
        ("responses", f"{', '.join(answers)}: {' x '.join(map(str, answer['shape']))}, {answer['dtype']}"),
        ("time", f"{report['seconds']:.3f} s"),
    ]


def _named_picture(shown: Picture) -> dict[str, Any]:
    """Return what a report says about a picture."""
    return {"name": shown.name, "credit": shown.credit, "shape": list(shown.pixels.shape)}


def bank_of(options: dict[str, Any]) -> Any:
    """Return the bank that the options describe."""
    from neurosim.v1 import GaborBank

    chosen = {name: options[name] for name in ("wavelengths", "bandwidth", "aspect", "size") if options[name]}
    common = {"dtype": options["dtype"], "backend": options["backend"]}
    if options["preset"] is None:
        return GaborBank.grid(options["orientations"], options["scales"], dc=options["dc"], **chosen, **common)
    if chosen:
        raise click.UsageError(f"--preset {options['preset']} says it all; leave out --{next(iter(chosen))}")
    return GaborBank.preset(options["preset"], **common)


def respond(stimulus: str, options: dict[str, Any]) -> None:
    """Show a cell a stimulus."""
    from neurosim.core.random import seed_from
    from neurosim.v1 import page, poisson_spikes

    cell, seed = cell_of(options), seed_from(options["seed"])
    movie = movie_of(stimulus, options, seed)
    out = folder_of("respond", options)
    with result_folder(out):
        rates = np.asarray(cell.respond(movie), float)
    arrays = {"stimulus": movie, "rates": rates}
    report = _cell(options) | {
        "title": "Answer of a cell",
        "stimulus": stimulus,
        "frames": len(movie),
        "rates": rates.tolist(),
        "mean": float(rates.mean()),
        "largest": float(rates.max()),
        "best_frame": int(rates.argmax()),
        "seed": seed,
    }
    rows = [
        ("cell", _named(options)),
        ("stimulus", f"{stimulus}, {len(movie)} frame{'s' * (len(movie) != 1)}"),
        ("mean rate", number(report["mean"])),
        ("largest rate", f"{number(report['largest'])} in frame {report['best_frame']}"),
    ]
    if options["spikes"] is not None:
        if not rates.mean() > 0:
            raise click.UsageError("--spikes: the cell is silent, so that there is no rate to scale")
        scale = options["spikes"] / rates.mean()
        arrays["spikes"] = poisson_spikes(scale * rates, random_state=np.random.default_rng([seed, 1]))
        report["spikes"] = arrays["spikes"].tolist()
        rows.append(("spikes", f"{arrays['spikes'].sum():,} in all, rates times {scale:.3g}"))
    files = [save_arrays(out / "response.npz", arrays)]
    finish(report, rows, files, lambda: page.answers(cell, movie, rates, title=options["kind"]), "respond", options)


def tune(what: str, options: dict[str, Any]) -> None:
    """Measure a tuning curve."""
    from neurosim.v1 import page
    from neurosim.v1.curves import fit_contrast_response

    cell, out = cell_of(options), folder_of("tune", options)
    with result_folder(out):
        curve = measured(cell, what, options)
    files = [save_table(out / "curve.csv", {curve.parameter: curve.x, "f0": curve.f0, "f1": curve.f1})]
    wanted = [*MEASURES[curve.parameter], *(["direction_index"] if curve.x[-1] > 180 and what == "orientation" else [])]
    found = _measures(curve, wanted)
    fit = fit_contrast_response(curve.x, curve.response) if what == "contrast" and np.ptp(curve.response) > 0 else None
    if fit is not None:
        found |= {"r_max": fit.r_max, "n": fit.n, "c50": fit.c50}
    report = _cell(options) | {
        "title": "Tuning of a cell",
        "parameter": curve.parameter,
        "unit": curve.unit,
        "points": curve.x.tolist(),
        "f0": curve.f0.tolist(),
        "f1": curve.f1.tolist(),
        "f1f0": curve.f1f0,
        "measures": found,
    }
    rows = _tune_rows(curve, found, wanted, fit, options)
    finish(report, rows, files, lambda: page.tuned(cell, curve, fit=fit, title=options["kind"]), "tune", options)


def _tune_rows(
    curve: Any, found: dict[str, float], wanted: list[str], fit: Any, options: dict[str, Any]
) -> list[tuple[str, str]]:
    """Return the lines of the table about a tuning curve."""
    contrasts = "contrasts" if curve.parameter == "contrast" else f"of contrast {options['contrast']:g}"
    rows = [("cell", _named(options)), ("gratings", f"{len(curve.x)} {contrasts}")]
    for name in wanted:
        label, unit = NAMES[name]
        rows.append((label, number(found[name], f" {curve.unit}" if unit == " " else unit)))
    if fit is not None:
        rows.append(("fit", f"r_max {fit.r_max:.4g}, n {fit.n:.4g}, c50 {100 * fit.c50:.4g} %"))
    kind = "simple by that" if curve.f1f0 > 1 else "complex by that"
    return [*rows, ("F1/F0", f"{curve.f1f0:.3f}, {kind}" if np.isfinite(curve.f1f0) else "- (silent)")]


def measured(cell: Any, what: str, options: dict[str, Any]) -> Any:
    """Return the tuning curve."""
    from neurosim import v1

    wavelength, orientation = options["wavelength"], options["orientation"]
    shown: dict[str, Any] = {"frames": options["frames"]} | (
        {} if what == "contrast" else {"contrast": options["contrast"]}
    )
    if options["kind"] == "motion":
        shown |= {"frames": 8, "cycles": max(1, options["frames"] // 8)}
    points = options["points"]
    if what == "orientation" and points is None and options["kind"] == "motion":
        points = FAN
    runs: dict[str, tuple[Any, str]] = {
        "orientation": (v1.orientation_tuning, "orientations"),
        "frequency": (v1.frequency_tuning, "frequencies"),
        "contrast": (v1.contrast_response, "contrasts"),
        "size": (v1.size_tuning, "radii"),
    }
    run, name = runs[what]
    shown |= {} if what == "frequency" else {"wavelength": wavelength}
    shown |= {} if what == "orientation" else {"orientation": orientation}
    return run(cell, **shown, **({} if points is None else {name: np.array(points)}))


def retinotopy(image: str | None, options: dict[str, Any]) -> None:
    """Draw a picture on the cortex."""
    from neurosim.v1 import LogPolarMap, page

    human, shown = LogPolarMap(options["k"], options["a"], options["b"]), picture(image)
    per_degree = min(shown.pixels.shape[:2]) / options["degrees"]
    given = {"pixels_per_degree": per_degree, "fixation": options["fixation"], "hemifield": options["hemifield"]}
    out = folder_of("retinotopy", options)
    pixels = _displayed(shown.pixels)
    with result_folder(out):
        warped = human.warp(pixels, pixels_per_mm=options["pixels_per_mm"], **given)
    files = [save_array(out / "cortex.npy", warped.image), _picture(out / "cortex.png", warped.image)]
    left, right, bottom, top = warped.extent
    half = options["degrees"] / 2
    report = {
        "title": "Retinotopy",
        "image": _named_picture(shown),
        "map": {"k": options["k"], "a": options["a"], "b": options["b"]},
        "pixels_per_degree": per_degree,
        "pixels_per_mm": options["pixels_per_mm"],
        "millimetres": [right - left, bottom - top],
        "origin": list(warped.origin),
        "magnification": {str(e): float(human.magnification(e)) for e in (0, 1, 5, half)},
    }
    rows = [
        ("image", f"{shown.credit or shown.name}, {per_degree:.4g} pixels per degree"),
        ("map", repr(human)),
        ("on the cortex", f"{right - left:.1f} x {bottom - top:.1f} mm"),
        ("magnification", ", ".join(f"{human.magnification(e):.3g} mm/degree at {e:g}" for e in (0, 1, 5, half))),
    ]
    title = f"{shown.name}, photograph by\ndanielbuechele, CC BY 2.0" if shown.credit else shown.name
    finish(report, rows, files, lambda: page.retinotopic(pixels, human, warped, title=title, degrees=half),
           "retinotopy", options)  # fmt: skip


def _displayed(pixels: np.ndarray) -> np.ndarray:
    """Return values from 0 to 1: as they are if they are, otherwise the least becomes 0 and the greatest 1."""
    low, high = float(pixels.min()), float(pixels.max())
    return pixels if low >= 0 and high <= 1 else (pixels - low) / ((high - low) or 1.0)


def _picture(path: Any, image: np.ndarray) -> Any:
    """Write a picture with values from 0 to 1, white where it is unknown."""
    from PIL import Image

    Image.fromarray((255 * np.nan_to_num(image, nan=1.0)).round().astype(np.uint8)).save(path)
    return path


def _measures(curve: Any, names: list[str]) -> dict[str, float]:
    """Return measures of a curve, NaN for what this one does not have."""
    from neurosim.core.errors import DataError

    found = {}
    for name in names:
        try:
            found[name] = float(getattr(curve, name))
        except DataError:  # angles that do not go around have no circular variance
            found[name] = float("nan")
    return found


def _cell(options: dict[str, Any]) -> dict[str, Any]:
    """Return what the report says about the cell."""
    names = ("kind", "wavelength", "orientation", "phase", "bandwidth", "aspect", "threshold", "c50", "shape")
    return {"cell": {name: options[name] for name in names}}


def _named(options: dict[str, Any]) -> str:
    """Return the cell in words."""
    said = f"{options['kind']}, wavelength {options['wavelength']:g} px"
    return said if options["kind"] == "lgn" else f"{said}, orientation {options['orientation']:g} degrees"
