"""The page for those who come from other programs: its code runs, and its conversions are right."""

import re
from pathlib import Path

import numpy as np
import pytest

from neurosim.som import SOM

PAGE = Path(__file__).parents[2] / "docs" / "som_migration.md"


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The names that the Python of the page leaves; other libraries' is marked py."""
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.S)
    names = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("page"))
        for block in blocks:
            exec(block, names)
            if "sompak_randinit" in block:
                names["sompak_qe"] = names["qe"]
        names["blocks"] = len(blocks)
    return names


def test_the_code_runs_and_the_map_of_sompak_comes_out(page):
    assert page["blocks"] >= 8
    assert page["sompak_qe"] == pytest.approx(0.271531, abs=1e-4)


@pytest.mark.parametrize("rows", [6, 7])
def test_a_hexagonal_minisom_keeps_its_neighbours(page, rows):
    """MiniSom puts unit (i, j) at x = i, less half a step in the last row and every second one before it."""
    i, j = np.meshgrid(np.arange(5), np.arange(rows), indexing="ij")
    x, y = i - 0.5 * ((rows - 1 - j) % 2 == 0), j * np.sqrt(0.75)
    som = page["from_minisom"](np.stack([x, y], axis=2), hexagonal=True)
    assert som.topology.grid == (rows, 5)
    apart = np.hypot(*(som.weights_[:, None] - som.weights_).transpose(2, 0, 1))
    ours = [[som.topology.distance(u, v) for v in range(5 * rows)] for u in range(5 * rows)]
    np.testing.assert_allclose(ours, apart, atol=1e-12)


def test_a_rectangular_minisom_keeps_its_places(page):
    weights = np.arange(24.0).reshape(3, 4, 2)
    som = page["from_minisom"](weights)
    i, j = 2, 1
    np.testing.assert_array_equal(som.weights_[j * 3 + i], weights[i, j])


def online(weights, x, sigmas, rates):
    """Kohonen's rule, as MiniSom and SOM_PAK write it."""
    w, places = weights.copy(), SOM.from_weights(weights, (4, 3)).topology.positions
    for t, (sigma, rate) in enumerate(zip(sigmas, rates, strict=True)):
        sample = x[t % len(x)]
        winner = ((w - sample) ** 2).sum(1).argmin()
        d2 = ((places - places[winner]) ** 2).sum(1)
        w += rate * np.exp(-d2 / (2 * sigma**2))[:, None] * (sample - w)
    return w


@pytest.mark.parametrize("library", ["MiniSom", "SOM_PAK"])
def test_the_schedules(rng, library):
    """What the table of the page says about sigma gives the other library's sequence."""
    x, weights, steps = rng.normal(size=(40, 2)), rng.normal(size=(12, 2)), 300
    t = np.arange(steps)
    if library == "MiniSom":  # the ends at t = T - 1
        decay, sigma, rate = "inverse", 3 / (1 + 2 * t / steps), 0.4 / (1 + 2 * t / steps)
    else:
        decay, sigma, rate = "linear", 1 + 2 * (steps - t) / steps, 0.4 * (steps - t) / steps
    som = SOM(
        (4, 3), algorithm="online", steps=steps, shuffle=False, init=weights, sigma=(3, sigma[-1]), sigma_decay=decay,
        learning_rate=(0.4, rate[-1]), learning_rate_decay=decay,
    ).fit(x)  # fmt: skip
    np.testing.assert_allclose(som.weights_, online(weights, x, sigma, rate), rtol=0, atol=1e-9)
