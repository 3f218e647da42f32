"""What `neurosim neocognitron recall` and `attend` do: measure, report, draw."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import numpy as np

from neurosim_cli.common import result_folder, show, write_json


def recall(options: dict[str, Any]) -> None:
    """Recall the digits that the network of 1988 was taught."""
    from neurosim.core.random import seed_from
    from neurosim.neocognitron import plot
    from neurosim.neocognitron.neocognitron1988 import Neocognitron1988
    from neurosim.neocognitron.recall import recall as go_back

    seed, out = seed_from(options["seed"]), options["out"] or Path("neurosim-out/neocognitron-recall")
    with result_folder(out):
        network = Neocognitron1988().teach()
        taught, labels = network.pattern_set.examples()
        shown = damaged(taught, options["missing"], options["noise"], seed)
        found = go_back(network, shown)
    recognised = np.append(network.pattern_set.labels, -1)[found.winners] == labels
    ink, drawn = taught > 0, shown > 0
    report = {"title": "Recall by the network of 1988", "verb": "recall", "images": len(taught),
              "noise": options["noise"], "missing": options["missing"], "recognised": int(recognised.sum()),
              "ink_recalled": _share(found.ink, ink), "noise_recalled": _share(found.ink, drawn & ~ink),
              "missing_filled_in": _share(found.ink, ink & ~drawn), "false_pixels": float((found.ink & ~ink).sum() /
              len(taught)), "seed": seed}  # fmt: skip
    some = np.unique(labels, return_index=True)[1]
    pictures = {"taught": taught[some], "shown": shown[some], "recalled": found.pattern[some]}
    said = [*map(str, network.pattern_set.labels), "none"]
    titles = [f"{labels[n]}" if recognised[n] else f"{labels[n]} → {said[found.winners[n]]}" for n in some]
    finish(report, _recall_rows(report), out, lambda: plot.recalled(pictures, titles=titles).figure, options)


def damaged(images: np.ndarray, missing: float, noise: float, seed: int) -> np.ndarray:
    """Return images that lost a share of their ink, with a share of all pixels then inverted, where chance wills."""
    from neurosim.neocognitron.tolerance import deform

    left = deform(images, "missing", missing, random_state=(seed + 1) % 2**64)  # the draws must not be those below
    return deform(left, "flip", noise, random_state=seed)


def _recall_rows(report: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the lines of the table."""
    n = report["images"]
    return [
        ("digits shown", f"{n}, {report['noise']:.1%} of the pixels inverted, {report['missing']:.1%} of the ink taken "
         "away"),
        ("recognised", f"{report['recognised']} of {n}"),
        ("of their ink recalled", _percent(report["ink_recalled"])),
        ("of the missing ink filled in", _percent(report["missing_filled_in"])),
        ("of the noise recalled", _percent(report["noise_recalled"])),
        ("false pixels an image", f"{report['false_pixels']:.2f}"),
        ("seed", str(report["seed"])),
    ]  # fmt: skip


def attend(digits: tuple[int, ...], options: dict[str, Any]) -> None:
    """Attend to one or two digits, one after the other."""
    from neurosim.neocognitron import page
    from neurosim.neocognitron.attention import SelectiveAttention
    from neurosim.neocognitron.neocognitron1988 import Neocognitron1988

    out = options["out"] or Path("neurosim-out/neocognitron-attend")
    with result_folder(out):
        network = Neocognitron1988().teach()
        model = SelectiveAttention(network)
        placed = beside(network.pattern_set, digits, options["apart"])
        image = placed.max(axis=0)
        found = model.attend(image, steps=options["steps"] or 2 * model.spell)
    segments = [_segment(label, ink, digits, placed) for (label, _), ink in zip(found.segments, found.ink, strict=True)]
    attended = [segment["digit"] for segment in segments]
    report = {"title": "Selective attention", "verb": "attend", "digits": list(digits), "apart": options["apart"],
              "steps": len(found.frames), "segments": segments,
              "all_found": sorted(attended) == sorted(digits)}  # fmt: skip
    apart = f", {options['apart']} pixels apart" if len(digits) > 1 else ""
    rows = [("shown", " and ".join(map(str, digits)) + apart), ("steps", str(len(found.frames)))]
    for number, segment in enumerate(segments, 1):
        told = "which was not shown"
        if segment["ink"] is not None:
            told = f"with {segment['ink']:.0%} of its ink"
            told += f" and {segment['other_ink']:.0%} of the other's" if len(digits) > 1 else ""
        rows.append((f"attended, {number}", f"{segment['digit']}, {told}"))
    rows += [] if segments else [("attended", "nothing: the last layer stayed silent")]
    names = network.pattern_set.labels
    draw = lambda: page.attention(image, found.frames, found.responses, found.segments, names=names)  # noqa: E731
    finish(report, rows, out, draw, options)


def beside(pattern_set: Any, digits: tuple[int, ...], apart: int) -> np.ndarray:
    """Return the first drawing of each digit, each so many pixels to the right of the one before, on fields alike."""
    drawings, labels = pattern_set.examples()
    rows, columns = drawings.shape[1:]
    placed = np.zeros((len(digits), rows, columns + apart * (len(digits) - 1)), drawings.dtype)
    for k, digit in enumerate(digits):
        placed[k, :, k * apart : k * apart + columns] = drawings[np.flatnonzero(labels == digit)[0]]
    return placed


def _segment(label: int, ink: np.ndarray, digits: tuple[int, ...], placed: np.ndarray) -> dict[str, Any]:
    """Return which digit was attended to, and the shares of its ink and of the others' that were recalled."""
    if label not in digits:
        return {"digit": label, "ink": None, "other_ink": None}
    equal = [placed[k] > 0 for k, digit in enumerate(digits) if digit == label]
    own = max(equal, key=lambda pixels: _share(ink, pixels))
    others = (placed.max(axis=0) > 0) & ~own
    return {"digit": label, "ink": _share(ink, own), "other_ink": _share(ink, others) if others.any() else 0.0}


def finish(
    report: dict[str, Any],
    rows: list[tuple[str, str]],
    out: Path,
    draw: Callable[[], Any],
    options: dict[str, Any],
) -> None:
    """Write figure and report, and show the report."""
    from neurosim import plotting

    figure = out / f"{report['verb']}.png"
    figure.unlink(missing_ok=True)  # of an earlier run
    files = [] if options["no_plot"] else [plotting.save(draw(), figure)]
    files.append(out / "report.json")
    report["files"] = [str(file) for file in files]
    write_json(files[-1], report)
    show(report, rows, report["title"], as_json=options["as_json"], quiet=options["quiet"])
    if not (options["as_json"] or options["quiet"]):
        click.echo("\n".join(f"wrote {file}" for file in files))


def _share(found: np.ndarray, of: np.ndarray) -> float:
    """Return the share of some pixels that was recalled, NaN of none."""
    return float(found[of].mean()) if of.any() else float("nan")


def _percent(share: float) -> str:
    return f"{share:.1%}" if np.isfinite(share) else "-"
