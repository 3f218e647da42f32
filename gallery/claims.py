"""Claims, the tables that show them, and the files that keep them.

For each script ``docs/claims/<name>.json`` holds its title, date, machine, claims and a hash of the source, and
``docs/claims/<name>.png`` its figure. The hash covers the script and this file, not the library: otherwise every change
there would make every table stale. That the library goes on giving these numbers is the business of the tests.
"""

import datetime
import hashlib
import json
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

import numba
import numpy as np
from matplotlib.figure import Figure
from PIL import Image
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from scipy.spatial import KDTree

from neurosim import plotting

SCRIPTS = Path(__file__).parent
FOLDER = SCRIPTS.parent / "docs" / "claims"
LARGEST_PNG = 80_000  # bytes
VERDICTS = {"reproduced": "green", "scaled down": "cyan", "source not read": "yellow", "differs": "red"}


@dataclass(frozen=True)
class Claim:
    """One line of a claim table.

    Parameters
    ----------
    claim : str
        What is said, as a sentence or the name of a quantity.
    paper : str
        The published value; where the paper prints none, what we compare with instead and where that comes from.
    ours : float
        What we measure.
    at_least, at_most : float, optional
        The tolerance: bounds that `ours` has to keep, one of them or both.
    source_read : bool, default True
        False if what the claim says about the source was not checked against its text.
    scaled_down : bool, default False
        Whether our run is smaller than the published one.
    open_difference : str, default ""
        Why a value outside the tolerance stays in the table for now.
    """

    claim: str
    paper: str
    ours: float
    at_least: float | None = None
    at_most: float | None = None
    source_read: bool = True
    scaled_down: bool = False
    open_difference: str = ""

    def __post_init__(self) -> None:
        if not isfinite(self.ours):
            raise ValueError(f"{self.claim!r}: ours is {self.ours}, not a finite number")
        if self.at_least is None and self.at_most is None:
            raise ValueError(f"{self.claim!r}: neither at_least nor at_most is given")

    @property
    def tolerance(self) -> str:
        """The bounds in words."""
        if self.at_least is None:
            return f"≤ {self.at_most:g}"
        return f"≥ {self.at_least:g}" if self.at_most is None else f"{self.at_least:g} to {self.at_most:g}"

    @property
    def verdict(self) -> str:
        """Outside the tolerance "differs"; inside "reproduced", unless the source or the size forbids the word."""
        too_small = self.at_least is not None and self.ours < self.at_least
        too_large = self.at_most is not None and self.ours > self.at_most
        if too_small or too_large:
            return "differs"
        if not self.source_read:
            return "source not read"
        return "scaled down" if self.scaled_down else "reproduced"

    def as_row(self) -> dict[str, Any]:
        """Return what is kept in the JSON file."""
        row = {"claim": self.claim, "paper": self.paper, "ours": float(f"{self.ours:.6g}")}
        return row | {"tolerance": self.tolerance, "verdict": self.verdict, "open_difference": self.open_difference}


def table(title: str, claims: Sequence[Claim]) -> Table:
    """Return the claims as a table for the terminal."""
    drawn = Table("claim", "paper", "ours", "tolerance", "verdict", title=title, title_justify="left", show_lines=True)
    for c in claims:
        claim = c.claim + (f" (open: {c.open_difference})" if c.open_difference else "")
        drawn.add_row(
            escape(claim), escape(c.paper), f"{c.ours:.4g}", c.tolerance, f"[{VERDICTS[c.verdict]}]{c.verdict}[/]"
        )
    return drawn


def show(script: str, figure: Figure, claims: Sequence[Claim]) -> None:
    """Print the claims of a script that runs alone, and write its figure into the current folder."""
    Console().print(table(Path(script).stem, claims))
    print(f"figure: {plotting.save(figure, Path(script).with_suffix('.png').name).resolve()}")


def names() -> list[str]:
    """Return the names of all scripts."""
    return sorted(path.stem for path in SCRIPTS.glob("*.py") if path.stem not in ("__init__", "__main__", "claims"))


def source_hash(name: str) -> str:
    """Return a hash of the text of a script and of this file."""
    texts = [(SCRIPTS / f"{stem}.py").read_text(encoding="utf-8") for stem in (name, "claims")]
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]


def recorded(name: str, folder: Path = FOLDER) -> dict[str, Any] | None:
    """Return what the JSON file of a script holds, None if a file is missing or older than the source."""
    kept, picture = folder / f"{name}.json", folder / f"{name}.png"
    if not (kept.exists() and picture.exists()):
        return None
    content: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8"))
    return content if content["source"] == source_hash(name) else None


def record(name: str, title: str, figure: Figure, claims: Sequence[Claim], folder: Path = FOLDER) -> dict[str, Any]:
    """Write the JSON file and the figure of a script, and return what the JSON file holds."""
    folder.mkdir(parents=True, exist_ok=True)
    small_png(figure, folder / f"{name}.png")
    content = {
        "name": name,
        "title": title,
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "machine": machine(),
        "source": source_hash(name),
        "claims": [claim.as_row() for claim in claims],
    }
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
    (folder / f"{name}.json").write_text(text + "\n", encoding="utf-8")
    return content


def small_png(figure: Figure, path: Path) -> None:
    """Write a figure as PNG of at most 80 kB: packed well, then with 256 colours, then with fewer pixels."""
    for dpi in (130, 110, 95, 80):
        with Image.open(plotting.save(figure, path, dpi=dpi)) as drawn:
            opaque = drawn.convert("RGB")
        for image in (opaque, few_colours(opaque)):
            image.save(path, optimize=True)
            if path.stat().st_size <= LARGEST_PNG:
                return
    raise ValueError(f"{path.name}: more than {LARGEST_PNG} bytes even at {dpi} dots per inch")


def few_colours(image: Image.Image) -> Image.Image:
    """Return the image in its 256 most frequent colours: what is lost are shades at the edges of lines and letters."""
    pixels = np.asarray(image).reshape(-1, 3)
    colours, place, counts = np.unique(pixels, axis=0, return_inverse=True, return_counts=True)
    frequent = colours[np.argsort(-counts, kind="stable")[:256]]
    nearest = KDTree(frequent).query(colours)[1].astype(np.uint8)
    reduced = Image.fromarray(nearest[place].reshape(image.height, image.width))
    reduced.putpalette(frequent.tobytes())
    return reduced


def machine() -> dict[str, Any]:
    """Return what the numbers were made with: processor, cores, versions."""
    cpu = platform.processor() or platform.machine()
    if (info := Path("/proc/cpuinfo")).exists():
        models = [line.split(":", 1)[1].strip() for line in info.read_text().splitlines() if "model name" in line]
        cpu = models[0] if models else cpu
    versions = {"python": platform.python_version(), "numpy": np.__version__, "numba": numba.__version__}
    return {"cpu": cpu, "cores": os.cpu_count(), **versions}
