"""The activity bubble: its equation against loops, and what it is for."""

import numpy as np
import pytest
from scipy.ndimage import label

from neurosim.core.errors import DataError, InvalidParameter
from neurosim.som.activity_bubble import ActivityBubble


def naive_steps(model, inputs, steps):
    """Return the activity after each of some steps, by loops over the cells of the equation in the docstring."""
    topology, (near, far) = model.topology, model.reach
    cells = range(topology.units)

    def disc(radius):
        line = 1 in topology.grid
        span = range(-6, 7)
        return sum(i * i + (0 if line else j * j) <= radius**2 for i in span for j in ([0] if line else span))

    excitation, inhibition = model.excitation / disc(near), model.inhibition / disc(far)
    potential, activity, history = np.zeros(len(cells)), np.zeros(len(cells)), []
    for _ in range(steps):
        drive = np.array(inputs, dtype=float)
        for i in cells:
            for j in cells:
                d = topology.distance(i, j)
                drive[i] += excitation * activity[j] if d <= near else 0.0
                drive[i] -= inhibition * activity[j] if d <= far else 0.0
        potential = potential + model.step * (drive - potential)
        activity = np.array([min(max(u, 0.0), model.saturation) for u in potential])
        history.append(activity)
    return np.array(history)


@pytest.mark.parametrize(
    ("grid", "options"),
    [
        ((1, 12), {"reach": (2.0, 5.0), "step": 1.0}),
        ((1, 12), {"reach": (2.0, 5.0), "shape": "toroid", "excitation": 2.2, "inhibition": 6.0}),
        ((4, 5), {"reach": (1.0, 2.5), "saturation": 3.0, "step": 0.5}),
        ((4, 6), {"reach": (1.5, 3.0), "shape": "toroid", "saturation": 2.0}),
    ],
)
def test_equation(grid, options, rng):
    model = ActivityBubble(grid, **options)
    inputs = rng.uniform(0, 3, grid)
    run = model.settle(inputs, steps=8, tol=0)
    assert run.activity.shape == (9, *grid)
    assert (run.activity[0] == 0).all()
    assert not run.settled
    np.testing.assert_allclose(run.activity[1:].reshape(8, -1), naive_steps(model, inputs.ravel(), 8), rtol=1e-12)


def test_hat_sums_to_what_was_asked_for():
    for grid, lattice in (((1, 60), "rectangular"), ((32, 32), "rectangular"), ((32, 32), "hexagonal")):
        model = ActivityBubble(grid, lattice=lattice, shape="toroid", reach=(3.0, 12.0), excitation=2.5, inhibition=4.0)
        np.testing.assert_allclose(model.lateral.sum(axis=1), -1.5, rtol=1e-12)
        excited = model.lateral > 0
        assert (excited == (model.lateral == model.lateral.max())).all()
        assert excited[0].sum() == {1: 7, 32: 29 if lattice == "rectangular" else 37}[grid[0]]


def test_one_bubble_at_the_maximum(rng):
    line = ActivityBubble()
    for top in rng.uniform(12, 38, 10):
        run = line.settle(2 * np.cos(np.pi * (np.arange(51) - top) / 50).clip(0))
        assert run.settled
        assert label(run.active[0])[1] == 1
        activity = run.activity[-1, 0]
        assert abs(activity @ np.arange(51) / activity.sum() - top) < 1
        assert 10 < run.active.sum() < 20


def test_inhibition_narrows_and_without_it_nothing_is_silent():
    inputs = 2 * np.sin(np.pi * np.arange(1, 52) / 52)
    widths = [ActivityBubble(inhibition=i, excitation=2.2).settle(inputs).active.sum() for i in (0, 3, 6, 12)]
    assert widths[0] == 51
    assert widths == sorted(widths, reverse=True)
    assert len(set(widths)) == 4


def test_silence_stays_silent_and_saturation_holds():
    assert not ActivityBubble().settle(np.full(51, -1.0)).active.any()
    run = ActivityBubble(inhibition=0, saturation=4.0).settle(np.ones(51))
    assert run.activity.max() == 4.0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"grid": (0, 5)}, "grid must be"),
        ({"grid": (70, 70)}, "at most 4096 cells"),
        ({"reach": (5, 5)}, "reach must be .*the second the larger"),
        ({"reach": (0, 5)}, "reach must be"),
        ({"excitation": -1}, "excitation must be a number >= 0"),
        ({"inhibition": float("nan")}, "inhibition must be"),
        ({"saturation": 0}, "saturation must be a number > 0"),
        ({"step": 1.5}, r"step must be a number in \(0, 1\]"),
        ({"step": "a"}, "step must be a number in"),
        ({"shape": "ring"}, "shape must be one of"),
        ({"lattice": "cubic"}, "lattice must be one of"),
    ],
)
def test_bad_parameters(options, message):
    with pytest.raises(InvalidParameter, match=message):
        ActivityBubble(**options)


def test_bad_input():
    with pytest.raises(
        DataError, match=r"inputs have shape \(50,\) and type float64; wanted finite numbers of shape \(1, 51\)"
    ):
        ActivityBubble().settle(np.ones(50))
    with pytest.raises(DataError, match="inputs"):
        ActivityBubble().settle(np.full(51, np.nan))
    with pytest.raises(DataError, match=r"inputs have shape \(\) and type <U1"):
        ActivityBubble().settle("a")
    with pytest.raises(InvalidParameter, match="steps must be"):
        ActivityBubble().settle(np.ones(51), steps=0)
