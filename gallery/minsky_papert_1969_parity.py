"""Parity and connectedness: what a perceptron with small detectors cannot see.

The order of a predicate is the smallest k such that a threshold unit computes it from detectors that look at k points
at most. It is found by linear programming, with no assumption on the weights. Parity needs detectors that see every
point, and coefficients that double with every point. Whether a picture is connected (neighbours above, below, left,
right) needs larger detectors on larger retinas. "A black point in every box" needs as many points as there are boxes,
although each box alone is simple.

M. Minsky & S. Papert, "Perceptrons" (1969). The book was not at hand: its theorems are quoted from memory, and what
they say of all sizes is computed here for small ones.
"""

import numpy as np
from matplotlib.figure import Figure

from gallery.claims import Claim, show
from neurosim import plotting
from neurosim.perceptron.predicates import connectedness, least_coefficient, one_in_a_box, order_of_predicate, parity

RETINAS = {1: (2, 3, 4, 6, 8, 10), 2: (2, 3, 4, 5), 3: (2, 3, 4)}  # columns for a number of rows


def measure(fast):
    """Return the orders of parity, connectedness and one in a box, and the least coefficients of parity."""
    points = range(1, 5 if fast else 9)
    most = 6 if fast else 12
    retinas = {rows: [c for c in columns if rows * c <= most] for rows, columns in RETINAS.items()}
    sizes = {boxes: [s for s in range(1, 9) if (s + 1) ** boxes <= (100 if fast else 1000)] for boxes in (1, 2, 3, 4)}
    return (
        {n: order_of_predicate(parity(n)) for n in points},
        {rows: {c: order_of_predicate(connectedness(rows, c)) for c in columns} for rows, columns in retinas.items()},
        {boxes: {s: order_of_predicate(one_in_a_box(boxes, s)) for s in sizes_} for boxes, sizes_ in sizes.items()},
        {n: least_coefficient(parity(n, grouped=True)) for n in range(1, most + 1)},
    )


@plotting.style()
def draw(parities, connected, boxes, coefficients):
    """Draw orders against the number of points, orders against the size of boxes, and the coefficients of parity."""
    figure = plotting.figure(10.2, 3.3)
    first, second, third = figure.subplots(1, 3)
    first.plot(list(parities), list(parities.values()), "o-", label="parity", markersize=5)
    for (rows, orders), marker, size in zip(connected.items(), "sD^", (9, 7, 4), strict=False):
        label = f"connected, {rows} × n"
        points = rows * np.array(list(orders))
        first.plot(points, list(orders.values()), marker + "-", label=label, markersize=size)
    first.set(xlabel="points of the retina", ylabel="order", title="how many points a detector must see")
    for (number, orders), marker, size in zip(boxes.items(), "os^D", (5, 9, 7, 4), strict=False):
        label = f"{number} box" + ("es" if number > 1 else "")
        second.plot(list(orders), list(orders.values()), marker + "-", label=label, markersize=size)
    second.set(xlabel="points in a box", ylabel="order", title="a black point in every box")
    n = np.array(list(coefficients))
    third.semilogy(n, 2.0 ** (n - 1), label="$2^{n-1}$")
    third.semilogy(n, list(coefficients.values()), "o", label="linear programming", markersize=5)
    third.set(xlabel="points, $n$", ylabel="least largest coefficient", title="parity's coefficients double")
    for ax in (first, second, third):
        ax.legend(loc="upper left")
        ax.xaxis.get_major_locator().set_params(integer=True)
    for ax in (first, second):
        ax.yaxis.get_major_locator().set_params(integer=True)
    first.legend(loc=(0.56, 0.48))
    first.set(ylim=(-0.2, max(parities.values()) + 0.4))
    second.set(ylim=(0.8, 5))
    return figure


def main(fast: bool = False) -> tuple[Figure, list[Claim]]:
    """Return the figure and the claims: parity to 8 points, retinas to 3 x 4."""
    parities, connected, _, coefficients = found = measure(fast)
    largest = max(parities)
    agree = sum(order == n for n, order in parities.items())
    most, retina = max((order, rows * c) for rows, orders in connected.items() for c, order in orders.items())
    memory = {"source_read": False}
    two, three = order_of_predicate(one_in_a_box(2, 16)), order_of_predicate(one_in_a_box(3, 6 if fast else 15))
    n = max(coefficients)
    ratio = max(abs(value / 2 ** (n - 1) - 1) for n, value in coefficients.items())
    return draw(*found), [
        Claim(f"n = 1 to {largest} for which parity has order n", f"{largest} (from memory)", agree, largest, **memory),
        Claim(
            f"Largest order of connectedness, retinas to {retina} points",
            "grows without limit (from memory)",
            most,
            2 if fast else 3,
            **memory,
        ),
        Claim("Order of 'a point in each of 2 boxes' of 16 points", "2 (from memory)", two, 2, 2, **memory),
        Claim("Order of 'a point in each of 3 boxes' of 15 points", "3 (from memory)", three, 3, 3, **memory),
        Claim(
            f"Parity's least largest integer coefficient against 2^(n-1), n = 1 to {n}: largest relative difference",
            "0: 2^(n-1) (from memory)",
            ratio,
            at_most=1e-6,
            **memory,
        ),
    ]


if __name__ == "__main__":
    show(__file__, *main())
