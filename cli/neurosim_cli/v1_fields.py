"""What `neurosim v1 sta`, `fit` and `sparse` do, and what they report."""

from typing import Any, NamedTuple

import click
import numpy as np

from neurosim.core.errors import DataError
from neurosim_cli import v1_images
from neurosim_cli.common import INTERRUPTED, Reported, first_interrupt, progress_bar, result_folder
from neurosim_cli.v1_output import finish, folder_of, number, save_array, save_arrays, save_table

STIMULI, STC_STIMULI = 20_000, 50_000
BORDER = 4  # pixels at the edges of an image, which whitening joins to those opposite, that no patch holds
LEAVES, SIDE = 10, 256  # pictures of dead leaves, and their side
GOOD = 0.7  # R^2 of a fit that counts
ALPHA = {"l1": 2.5, "log": 0.022}
VARIANCE = {"l1": 1.0, "log": 0.1}  # of whitened images


def sta(options: dict[str, Any]) -> None:
    """Simulate an experiment of reverse correlation."""
    from neurosim.core.random import seed_from
    from neurosim.v1 import page

    seed, out = seed_from(options["seed"]), folder_of("sta", options)
    if options["stc"] and options["noise"] != "gaussian":
        # whose pixels have fixed squares, so that some variances rise only where others fall: suppression of no cell
        raise click.UsageError(f"--stc wants --noise gaussian; got {options['noise']}")
    rule = options["nonlinearity"] or ("squared" if options["stc"] else "half-squared")
    filters = filters_of(options, pair=rule == "squared")
    with result_folder(out):
        run = experiment(filters, rule, options, seed)
    arrays = {"truth": filters, "stimuli": run.stimuli, "spikes": run.spikes, "sta": run.average.field,
              "error": run.average.error}  # fmt: skip
    if run.stc is not None:
        names = ("eigenvalues", "excitatory", "suppressive")
        arrays |= {name: getattr(run.stc, name) for name in names}
    files = [save_arrays(out / "sta.npz", arrays), save_array(out / "sta.npy", run.average.field)]
    report = measured(run, filters, rule, options) | {"seed": seed}
    rate = None if rule == "squared" else lambda z: run.cell.rate(z[:, None, None] * filters[0])
    finish(report, rows_of(report, options), files,
           lambda: page.reverse(filters, run.average, run.curve, stc=run.stc, true_nonlinearity=rate), "sta",
           options)  # fmt: skip


class Run(NamedTuple):
    """A simulated experiment and what was made of it."""

    cell: Any
    stimuli: np.ndarray
    spikes: np.ndarray
    average: Any
    stc: Any
    curve: Any


def experiment(filters: np.ndarray, rule: str, options: dict[str, Any], seed: int) -> Run:
    """Show noise to a cell and correlate its spikes with it."""
    from neurosim.v1 import LNP, estimate_nonlinearity, spike_triggered_average, spike_triggered_covariance

    stimuli = _noise(options["noise"], options["n"] or (STC_STIMULI if options["stc"] else STIMULI),
                     filters.shape[1:], seed)  # fmt: skip
    base = float(LNP(filters, rule).rate(stimuli).mean())
    if not base > 0:
        raise DataError("neurosim v1 sta: the cell gives no spikes to these stimuli")
    cell = LNP(filters, rule, scale=options["spikes"] / base)
    spikes = cell.spikes(stimuli, random_state=np.random.default_rng([seed, 1]))
    average, trials, stc = spike_triggered_average(stimuli, spikes), options["permutations"], None
    if options["stc"]:
        stc = spike_triggered_covariance(stimuli, spikes, permutations=trials, alpha=1 / (trials + 1),
                                         random_state=np.random.default_rng([seed, 2]))  # fmt: skip
    return Run(cell, stimuli, spikes, average, stc, estimate_nonlinearity(stimuli, spikes, filters[0]))


def measured(run: Run, filters: np.ndarray, rule: str, options: dict[str, Any]) -> dict[str, Any]:
    """Return the report."""
    from neurosim.v1.reverse_correlation import sta_correlation

    n, expected = len(run.stimuli), float("nan")
    if options["noise"] == "gaussian" and rule != "squared":
        expected = float(sta_correlation(n, filters[0].size, rule, mean_count=options["spikes"]))
    report: dict[str, Any] = {
        "title": "Reverse correlation",
        "stimuli": n,
        "noise": options["noise"],
        "pixels": list(filters.shape[1:]),
        "filters": len(filters),
        "nonlinearity": rule,
        "spikes": int(run.spikes.sum()),
        "correlation": float(np.corrcoef(run.average.field.ravel(), filters[0].ravel())[0, 1]),
        "expected_correlation": expected,
    }
    if run.stc is not None:
        report["stc"] = {"eigenvalues": run.stc.eigenvalues.tolist(), "excitatory": len(run.stc.excitatory),
                         "suppressive": len(run.stc.suppressive), "band": list(run.stc.band)}  # fmt: skip
    return report


def rows_of(report: dict[str, Any], options: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the lines of the table."""
    rows, columns = report["pixels"]
    pair = ", a pair of filters" * (report["filters"] > 1)
    lines = [
        ("cell", f"linear-nonlinear-Poisson, {report['nonlinearity']}{pair}"),
        ("stimuli", f"{report['stimuli']:,} of {report['noise']} noise, {rows} x {columns} pixels"),
        ("spikes", f"{report['spikes']:,}"),
        ("average and true field", f"correlation {report['correlation']:.4f}"),
    ]
    if np.isfinite(report["expected_correlation"]):
        lines.append(("expected correlation", f"{report['expected_correlation']:.4f}"))
    if "stc" in report:
        told = f"{report['stc']['excitatory']} excitatory, {report['stc']['suppressive']} suppressive"
        lines.append(("significant axes", f"{told}, at the level {1 / (options['permutations'] + 1):g}"))
    return [*lines, ("seed", str(report["seed"]))]


def filters_of(options: dict[str, Any], pair: bool) -> np.ndarray:
    """Return the filters of the cell, of length 1, (1 or 2, rows, columns)."""
    from neurosim.v1 import Gabor

    if options["field"] is not None:
        if options["pixels"] is not None:
            raise click.UsageError("--field says its pixels itself; leave out --pixels")
        filters = v1_images.fields(str(options["field"]))
        if len(filters) != 1 or not np.any(filters):
            raise DataError(f"{options['field']}: one field (rows, columns) that is not zero is needed")
    else:
        pixels = options["pixels"] or ((8, 8) if options["stc"] else (16, 16))
        kernel = Gabor(options["wavelength"], options["orientation"], options["phase"]).kernel(pixels)
        filters = np.stack([kernel.real, kernel.imag] if pair else [kernel.real])
    return filters / np.linalg.norm(filters, axis=(1, 2), keepdims=True)


def _noise(kind: str, n: int, shape: tuple[int, ...], seed: int) -> np.ndarray:
    from neurosim.v1 import stimuli_noise

    return np.asarray(getattr(stimuli_noise, f"{kind}_noise")(n, shape, random_state=seed))


def fit(source: str, options: dict[str, Any]) -> None:
    """Fit Gabor functions to fields."""
    from neurosim.core.random import seed_from
    from neurosim.v1 import fit_gabors, page

    fields, seed = v1_images.fields(source), seed_from(options["seed"])
    out = folder_of("fit", options)
    with result_folder(out):
        fits = fit_gabors(fields, restarts=options["restarts"], random_state=seed)
    names = ("wavelength", "orientation", "phase", "sigma_x", "sigma_y", "amplitude", "x0", "y0")
    columns = {name: [getattr(f.gabor, name) for f in fits] for name in names}
    columns |= {f"{name}_error": [f.errors[name] for f in fits] for name in names}
    columns |= {name: [getattr(f.gabor, name) for f in fits] for name in ("n_x", "n_y", "frequency", "bandwidth")}
    r_squared = np.array([f.r_squared for f in fits])
    files = [save_table(out / "fits.csv", {"r_squared": r_squared} | columns)]
    report = {"title": "Gabor fits", "fields": list(fields.shape), "seed": seed} | summary(fits, options["least"])
    if len(fits) == 1:
        errors = fits[0].errors
        rows = [(name, f"{columns[name][0]:.4g} +- {errors[name]:.2g}") for name in names]
        rows = [("field", f"{source}, {fields.shape[1]} x {fields.shape[2]} pixels"), *rows]
        rows.append(("n_x, n_y", f"{fits[0].gabor.n_x:.3f}, {fits[0].gabor.n_y:.3f}"))
        rows.append(("R^2", f"{r_squared[0]:.4f}"))
    else:
        rows = [("fields", f"{source}, {len(fits)} of {fields.shape[1]} x {fields.shape[2]} pixels")]
        rows += summary_rows(report, options["least"])
    finish(report, [*rows, ("seed", str(seed))], files, lambda: page.fitted(fields, fits, least=options["least"]),
           "fit", options)  # fmt: skip


def summary(fits: list[Any], least: float) -> dict[str, Any]:
    """Return how good fits are, and the shapes of the good ones."""
    good = [f for f in fits if f.r_squared >= least]
    shape = {name: float(np.median([getattr(f.gabor, name) for f in good])) if good else float("nan")
             for name in ("n_x", "n_y", "frequency", "aspect")}  # fmt: skip
    return {"fits": len(fits), "good": len(good), "median_r_squared": float(np.median([f.r_squared for f in fits])),
            "median": shape}  # fmt: skip


def summary_rows(report: dict[str, Any], least: float) -> list[tuple[str, str]]:
    """Return the lines of the table about fits."""
    median = report["median"]
    share = report["good"] / report["fits"]
    return [
        (f"R^2 of {least:g} or more", f"{report['good']} of {report['fits']} ({share:.0%})"),
        ("median R^2", f"{report['median_r_squared']:.3f}"),
        ("median n_x, n_y of these", f"{number(median['n_x'])}, {number(median['n_y'])} cycles"),
    ]


def sparse(images: tuple[str, ...], options: dict[str, Any]) -> None:
    """Learn a sparse code of patches."""
    from neurosim.core import storage
    from neurosim.core.random import seed_from
    from neurosim.v1 import fit_gabors, page

    seed, size = seed_from(options["seed"]), options["size"]
    patches, source = patches_of(images, options, seed)
    out = folder_of("sparse", options)
    with result_folder(out):
        model = _learned(patches, options, seed)
        atoms = model.components_.reshape(-1, size, size)
        fits = fit_gabors(atoms, random_state=seed)
    files = [
        save_array(out / "atoms.npy", atoms),
        storage.save(model, out / "model.npz", notes={"shape": [size, size]}),
    ]
    codes = model.transform(patches[:2000])
    report: dict[str, Any] = {
        "title": "Sparse coding",
        "source": source,
        "patches": len(patches),
        "atoms": len(atoms),
        "size": size,
        "penalty": model.penalty,
        "alpha": model.alpha,
        "epochs": model.n_iter_,
        "updates": model.n_updates_,
        "objective": model.objective_.tolist(),
        "active": float((codes != 0).mean() if model.penalty == "l1" else (np.abs(codes) > 0.1 * codes.std()).mean()),
        "seed": seed,
    } | summary(fits, GOOD)
    rows = _sparse_rows(report)
    finish(report, rows, files, lambda: page.learned(atoms, model.objective_, fits, least=GOOD), "sparse", options)
    if model.n_iter_ < model.n_iter:
        raise Reported(f"interrupted after {model.n_iter_} epochs; what was learned was written", INTERRUPTED)


def _sparse_rows(report: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the lines of the table about a sparse code."""
    size, cost = report["size"], report["objective"]
    how = f"{report['epochs']} epochs, {report['updates']:,} updates, alpha {report['alpha']:g}, {report['penalty']}"
    return [
        ("images", report["source"]),
        ("patches", f"{report['patches']:,} of {size} x {size} pixels"),
        ("learning", how),
        ("cost of a sample", f"{cost[0]:.4g} in the first epoch, {cost[-1]:.4g} in the last"),
        ("coefficients in use", f"{report['active']:.1%}"),
        *summary_rows(report, GOOD),
        ("seed", str(report["seed"])),
    ]


def patches_of(images: tuple[str, ...], options: dict[str, Any], seed: int) -> tuple[np.ndarray, str]:
    """Return whitened patches (patches, pixels) and where they come from."""
    from neurosim.datasets.natural import make_dead_leaves, sample_patches
    from neurosim.v1.whitening import whiten

    size = options["size"]
    if images and options["leaves"]:
        raise click.UsageError("--leaves draws its own images; leave out IMAGES")
    if not options["leaves"]:
        found = [v1_images.picture(name) for name in images or (None,)]
        pictures, source = [each.grey for each in found], ", ".join(each.credit or each.name for each in found)
    else:
        leaves = make_dead_leaves((SIDE, SIDE), LEAVES, random_state=seed).data.reshape(LEAVES, SIDE, SIDE)
        pictures, source = list(leaves), f"{LEAVES} pictures of dead leaves, {SIDE} x {SIDE}"
    if small := [name for name, pixels in zip(images, pictures, strict=False) if min(pixels.shape) < size + 2 * BORDER]:
        raise DataError(f"{small[0]}: is too small for patches of {size} x {size} pixels, {BORDER} from its edges")
    if not options["no_whiten"]:
        pictures = [whiten(pixels, variance=VARIANCE[options["penalty"]]) for pixels in pictures]
    areas = np.array([np.prod(np.array(p.shape) - size - 2 * BORDER + 1) for p in pictures], float)
    counts = np.diff(np.append(0, np.floor(options["patches"] * np.cumsum(areas) / areas.sum() + 1e-9))).astype(int)
    keys = np.random.SeedSequence([seed, 1]).generate_state(len(pictures), np.uint64)
    parts = [sample_patches(pixels, size, int(count), border=BORDER, random_state=int(key))
             for pixels, count, key in zip(pictures, counts, keys, strict=True) if count]  # fmt: skip
    return np.concatenate(parts).reshape(-1, size * size), source


def _learned(patches: np.ndarray, options: dict[str, Any], seed: int) -> Any:
    """Return the model, trained until the end or the first Ctrl-C."""
    from neurosim.v1 import SparseCoding

    chosen = {"alpha": options["alpha"] or ALPHA[options["penalty"]], "batch_size": options["batch_size"],
              "n_iter": options["epochs"], "random_state": seed, "backend": options["backend"]}  # fmt: skip
    log = options["penalty"] == "log"
    model = (
        SparseCoding.olshausen_field(options["atoms"], **chosen) if log else SparseCoding(options["atoms"], **chosen)
    )
    try:
        with first_interrupt() as caught, progress_bar("learning", quiet=options["quiet"]) as draw:

            def each_epoch(progress: Any) -> bool:
                if draw is not None:
                    draw(progress)
                return bool(caught)

            return model.fit(patches.astype(np.float32), callback=each_epoch)
    except KeyboardInterrupt:
        raise Reported("interrupted; nothing was written", INTERRUPTED) from None
