"""Figures: where cells stand, that wires lead from the right axon to the right synapse, and what rasters show."""

import io
from itertools import combinations

import numpy as np
import pytest
from matplotlib.collections import LineCollection, PatchCollection, PolyCollection
from matplotlib.colors import to_rgba
from matplotlib.patches import PathPatch, Polygon

from neurosim.core.errors import InvalidParameter
from neurosim.mcculloch_pitts import Cell, McCullochPittsNetwork, plot
from neurosim.mcculloch_pitts.layout import BODY, LANE, TEXT, arrange, short
from neurosim.mcculloch_pitts.page import overview

HEAT_COLD = McCullochPittsNetwork(
    ["1", "2"],
    {
        "a": Cell({"2": 2}),
        "b": Cell({"a": 2}, ["2"]),
        "3": Cell({"1": 2, "b": 2}),
        "4": Cell(["a", "2"]),
    },
)
CIRCLES = McCullochPittsNetwork(
    ["x"],
    {
        "one": Cell({"one": 2}, initial=True),
        "not x": Cell({"one": 5}, ["x", "back"], threshold=5),
        "back": Cell({"not x": 2}),
        "far": Cell({"back": 3, "x": 1, "start": 1}, threshold=4),
        "start": Cell(initial=True),
    },
    outputs=["back", "far"],
)


def random_net(rng, cells):
    """A net whose cells have afferents anywhere, so that most close circles."""
    names = ["x", "y", *(f"c{i}" for i in range(cells))]
    made = {}
    for name in names[2:]:
        sources = [str(source) for source in rng.choice(names, size=min(len(names), 4), replace=False)]
        count = int(rng.integers(1, 4))
        excitatory = {source: int(rng.integers(1, 5)) for source in sources[:count]}
        made[name] = Cell(excitatory, sources[count:], threshold=int(rng.integers(1, 4)), initial=bool(rng.integers(2)))
    return McCullochPittsNetwork(names[:2], made)


@pytest.fixture(params=["heat-cold", "circles", 0, 1, 3, 5, 7], ids=str)
def net(request, rng):
    fixed = {"heat-cold": HEAT_COLD, "circles": CIRCLES}
    return fixed[request.param] if request.param in fixed else random_net(rng, 3 + 2 * request.param)


def bezier(curves, t):
    """Points (n, len(t), 2) of cubic curves."""
    weights = np.stack([(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3])
    return np.einsum("nkd,kt->ntd", curves, weights)


def png(figure):
    """Draw a figure, which raises where the layout fails (warnings are errors)."""
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=60)
    return file.getvalue()


def axon(name, net, drawn):
    """Where the axon of a name begins."""
    x, y = drawn.places[name]
    return (x + BODY, y) if name in net.cells else (x, y)


def test_every_synapse_is_reached_by_its_own_axon_and_no_other(net):
    drawn = arrange(net)
    pieces = np.concatenate([drawn.wires, drawn.ends])
    joined = {}  # the place at each end of a piece -> the places it is joined to
    for piece in pieces:
        ends = [tuple(point) for point in piece[[0, 3]].round(6)]
        for one, other in (ends, ends[::-1]):
            joined.setdefault(one, set()).add(other)
    reached = {}
    for name in net.names:
        todo = [tuple(np.round(axon(name, net, drawn), 6))]
        seen = set(todo)
        while todo:
            for place in joined.get(todo.pop(), set()) - seen:
                seen.add(place)
                todo.append(place)
        reached[name] = seen
    for synapse in drawn.synapses:
        for bouton in synapse.boutons.round(6):
            assert {name for name in net.names if tuple(bouton) in reached[name]} == {synapse.source}


def test_synapses_are_those_of_the_net(net):
    drawn = arrange(net)
    found = {(s.source, s.target, s.inhibitory): s.multiplicity for s in drawn.synapses}
    wanted = {}
    for target, cell in net.cells.items():
        wanted |= {(source, target, False): n for source, n in cell.excitatory.items()}
        wanted |= {(source, target, True): n for source, n in cell.inhibitory.items()}
    assert found == wanted
    assert all(len(s.boutons) == (s.multiplicity if s.multiplicity <= 3 else 1) for s in drawn.synapses)
    for synapse in drawn.synapses:
        x, y = drawn.places[synapse.target]
        assert (synapse.boutons[:, 0] < x).all()
        assert (abs(synapse.boutons[:, 1] - y) < drawn.heights[synapse.target] / 2).all()


def test_wires_do_not_run_through_bodies_or_their_names(net):
    drawn = arrange(net)
    points = bezier(np.concatenate([drawn.wires, drawn.ends]), np.linspace(0, 1, 41)).reshape(-1, 2)
    for name in net.cells:
        (x, y), half = drawn.places[name], drawn.heights[name] / 2
        across = (points[:, 0] - x) / BODY
        inside = (across > 0.01) & (across < 0.99) & (abs(points[:, 1] - y) < half * (1 - across) - 0.01)
        label = (across > 0.01) & (across < 0.99) & (points[:, 1] > y - half - TEXT) & (points[:, 1] < y - half)
        assert not inside.any(), name
        assert not label.any(), name


def test_nothing_lies_on_something_else(net):
    drawn = arrange(net)
    boxes = [(*drawn.places[name], drawn.heights[name] / 2) for name in net.cells]
    for (x0, y0, h0), (x1, y1, h1) in combinations(boxes, 2):
        assert abs(x0 - x1) > BODY or abs(y0 - y1) >= h0 + h1 + TEXT
    inputs = [drawn.places[name] for name in net.inputs]
    assert all(abs(y0 - y1) >= LANE for (_, y0), (_, y1) in combinations(inputs, 2))
    points = bezier(np.concatenate([drawn.wires, drawn.ends]), np.linspace(0, 1, 41)).reshape(-1, 2)
    assert (points >= 0).all()
    assert (points <= drawn.size).all()


def test_without_circles_axons_run_to_the_right():
    drawn = arrange(HEAT_COLD)
    for synapse in drawn.synapses:
        assert drawn.places[synapse.source][0] < synapse.boutons[:, 0].min()
    assert (np.diff(np.concatenate([drawn.wires, drawn.ends])[..., 0], axis=1) >= -1e-9).all()


def test_a_layout_is_the_same_every_time(net):
    first, second = arrange(net), arrange(net)
    np.testing.assert_array_equal(first.wires, second.wires)
    assert first.places == second.places


def test_axons_change_their_height_only_between_the_layers(net):
    drawn = arrange(net)
    pieces = np.concatenate([drawn.wires, drawn.ends])
    sloping = pieces[abs(pieces[:, 0, 1] - pieces[:, 3, 1]) > 1e-6]
    left, right = sloping[..., 0].min(axis=1), sloping[..., 0].max(axis=1)
    for x, _ in (drawn.places[name] for name in net.cells):
        assert ((right <= x) | (left >= x + BODY - 1e-6)).all()


def test_no_crossings_where_none_are_needed(rng):
    names = [f"x{i}" for i in range(20)]
    net = McCullochPittsNetwork(names, {f"copy of {name}": Cell({name: 2}) for name in rng.permutation(names)})
    drawn = arrange(net)
    order = sorted(net.names, key=lambda name: drawn.places[name][1])
    inputs, cells = ([name for name in order if (name in net.cells) == copy] for copy in (False, True))
    assert cells == [f"copy of {name}" for name in inputs]


def test_axons_reach_a_body_in_the_order_in_which_they_come():
    drawn = arrange(McCullochPittsNetwork(["x", "y", "z"], {"c": Cell({"x": 1, "y": 2}, ["z"])}))
    arriving = sorted(drawn.synapses, key=lambda synapse: synapse.boutons[:, 1].mean())
    assert [synapse.source for synapse in arriving] == sorted("xyz", key=lambda name: drawn.places[name][1])


def test_circuit(net):
    ax = plot.circuit(net)
    filled, rings = (c for c in ax.collections if isinstance(c, PatchCollection))
    boutons = {False: 0, True: 0}
    for synapse in arrange(net).synapses:
        boutons[synapse.inhibitory] += len(synapse.boutons)
    assert (len(filled.get_paths()), len(rings.get_paths())) == (boutons[False], boutons[True])
    png(ax.figure)


def test_bodies_and_numbers(net):
    ax = plot.circuit(net)
    bodies = {tuple(b.get_xy()[0].round(6)): b for b in ax.patches if isinstance(b, Polygon)}
    assert len(bodies) == len(net.cells)
    drawn = arrange(net)
    for name, cell in net.cells.items():
        x, y = drawn.places[name]
        body = bodies[round(x, 6), round(y - drawn.heights[name] / 2, 6)]
        assert body.get_facecolor() == to_rgba(plot.ACTIVE if cell.initial else "white")
        assert (body.get_linewidth() > 1) == (name in net.outputs)
    thresholds = sum(cell.threshold != 2 for cell in net.cells.values())
    many = sum(synapse.multiplicity > 3 for synapse in drawn.synapses)
    assert sum(isinstance(p, PathPatch) for p in ax.patches) == len(net.names) + thresholds + many
    silent = [text for text in ax.texts if text.arrow_patch]  # outputs that act on no cell end in an arrow
    assert len(silent) == len(set(net.outputs) - {synapse.source for synapse in drawn.synapses})


def test_the_legend_explains_what_occurs():
    def signs(net):
        return [text.get_text() for text in plot.circuit(net).get_legend().get_texts()]

    assert signs(HEAT_COLD) == ["excitatory", "inhibitory (absolute)", "output"]
    assert signs(CIRCLES) == [*signs(HEAT_COLD), "active at t = 0", "threshold, if not 2"]
    assert plot.circuit(HEAT_COLD, legend=False).get_legend() is None
    relative = McCullochPittsNetwork(["x"], {"y": Cell((), ["x"])}, inhibition="relative")
    assert signs(relative) == ["inhibitory (relative)", "output"]


@pytest.mark.parametrize(
    "net",
    [
        McCullochPittsNetwork(["x"], {}),
        McCullochPittsNetwork([], {"c": Cell({"c": 2}, initial=True)}),
        McCullochPittsNetwork([], {"c": Cell()}),
        McCullochPittsNetwork(["$x^$"], {"a name that is much longer than a body": Cell({"$x^$": 2})}),
    ],
    ids=["no cells", "no inputs", "no synapses", "odd names"],
)
def test_odd_nets(net):
    png(overview(net, net.run(steps=2)))


def test_a_circuit_has_at_most_150_cells():
    net = McCullochPittsNetwork(["x"], {f"c{i}": Cell({"x": 2}) for i in range(151)})
    with pytest.raises(InvalidParameter, match="a net of 151 cells"):
        plot.circuit(net)
    assert len(overview(net, net.run([[1], [0]])).axes) == 1


def squares(ax):
    """Where the marks of a raster are: pairs of time and row, and their colours."""
    marks = next(c for c in ax.collections if isinstance(c, PolyCollection))
    middles = [tuple(path.vertices[:4].mean(axis=0).round(6)) for path in marks.get_paths()]
    return middles, marks.get_facecolors()


def test_raster_marks_who_was_active_when():
    run = HEAT_COLD.run({"1": [0, 0, 0, 0, 0], "2": [1, 0, 0, 0, 0]})
    ax = plot.raster(run)
    assert [label.get_text() for label in ax.get_yticklabels()] == ["1", "2", "a", "b", "3", "4"]
    assert squares(ax)[0] == [(0, 1), (1, 2), (2, 3), (3, 4)]
    assert ax.get_xlabel() == "time (synaptic delays)"
    assert ax.yaxis_inverted()
    png(ax.figure)
    assert squares(plot.raster(run, ["3", "2"]))[0] == [(0, 1), (3, 0)]


def test_raster_puts_inputs_on_top_and_outputs_below():
    net = McCullochPittsNetwork(["x"], {"out": Cell({"in": 2}), "in": Cell({"x": 2})})
    run = net.run([[1], [1], [0]])
    ax = plot.raster(run, net=net)
    assert [label.get_text() for label in ax.get_yticklabels()] == ["x", "in", "out"]
    middles, colours = squares(ax)
    assert len({tuple(colour) for colour in colours}) == 3
    by_row = {row: tuple(colour) for (_, row), colour in zip(middles, colours, strict=True)}
    assert all(by_row[row] == tuple(colour) for (_, row), colour in zip(middles, colours, strict=True))
    png(ax.figure)


def test_long_names_lose_their_middle():
    net = McCullochPittsNetwork(["a name of 16 let"], {"a long name that ends in 1": Cell({"a name of 16 let": 2})})
    labels = [label.get_text() for label in plot.raster(net.run(steps=2)).get_yticklabels()]
    assert labels == list(map(short, net.names)) == ["a name of 16 let", "a long nam… in 1"]


def test_raster_of_a_silent_net_is_empty():
    ax = plot.raster(HEAT_COLD.run(steps=3))
    assert squares(ax)[0] == []
    png(ax.figure)


def test_raster_of_one_of_many_histories_and_of_their_mean(rng):
    histories = rng.integers(0, 2, (70, 6, 2))
    run = HEAT_COLD.run(histories)
    for history in (0, 63, 64, 69):
        t, row = np.nonzero(run.activity[history])
        assert squares(plot.raster(run, history=history))[0] == list(zip(t, row, strict=True))
    ax = plot.raster(run, history=None)
    np.testing.assert_allclose(ax.images[0].get_array(), run.activity.mean(axis=0).T)
    assert ax.figure.axes[1].get_ylabel() == "share of histories"
    (lines,) = (c for c in ax.collections if isinstance(c, LineCollection))
    assert [line[0, 1] for line in lines.get_segments()] == [0.5, 1.5, 2.5, 3.5, 4.5]  # between the six rows
    png(ax.figure)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"names": ["9"]}, "names must be among the recorded: 1, 2"),
        ({"history": 1}, "history must be None or an integer in"),
        ({"history": -1}, "history must be None or an integer in"),
    ],
)
def test_mistakes(options, message):
    with pytest.raises(InvalidParameter, match=message):
        plot.raster(HEAT_COLD.run(steps=3), **options)
