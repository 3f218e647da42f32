"""McCulloch-Pitts nets written down from equation (1) of the paper: sets and dictionaries, one cell at a time."""


def fires(cell, active, relative=False):
    """Whether a cell fires a step after `active`, the set of names that are active."""
    excitation = sum(number for name, number in cell.excitatory.items() if name in active)
    inhibition = [number for name, number in cell.inhibitory.items() if name in active]
    if relative:
        return excitation >= cell.threshold + sum(inhibition)
    return not inhibition and excitation >= cell.threshold


def run(net, inputs, steps, initial=None):
    """The sets of active names at times 0 to `steps`; `inputs` is one history, a list of sets of active inputs."""
    active = {name for name, cell in net.cells.items() if (initial or {}).get(name, cell.initial)}
    history = [active | (inputs[0] if inputs else set())]
    for t in range(1, steps + 1):
        active = {name for name, cell in net.cells.items() if fires(cell, history[-1], net.inhibition == "relative")}
        history.append(active | (inputs[t] if t < len(inputs) else set()))
    return history


def activity(net, inputs, steps, initial=None):
    """The same for an array (steps, inputs), as nested lists (steps + 1, names) of 0 and 1."""
    sets = [{name for name, on in zip(net.inputs, row, strict=True) if on} for row in inputs]
    return [[int(name in active) for name in net.names] for active in run(net, sets, steps, initial)]


def order(cells):
    """The least number of cells whose removal leaves no circle, by trying all sets."""
    from itertools import combinations

    for size in range(len(cells) + 1):
        for removed in combinations(cells, size):
            if not has_circle({n: c for n, c in cells.items() if n not in removed}):
                return size
    raise AssertionError


def has_circle(cells):
    """Whether something is left when cells on which none of the rest acts are taken away again and again."""
    left = set(cells)
    while free := {n for n in left if not left & {*cells[n].excitatory, *cells[n].inhibitory}}:
        left -= free
    return bool(left)


def attractors(successor):
    """The circles of a list of successors with the size of their basins, by following every state."""
    basins = {}
    for start in range(len(successor)):
        seen, state = [], start
        while state not in seen:
            seen.append(state)
            state = successor[state]
        circle = frozenset(seen[seen.index(state) :])
        basins[circle] = basins.get(circle, 0) + 1
    return basins


def random_net(rng, inputs=3, cells=8, relative=False, most=9, fan_in=6):
    """A net with circles, several synapses, thresholds of which some can never be reached, and inhibition."""
    from neurosim.mcculloch_pitts import Cell, McCullochPittsNetwork

    sources = [f"i{i}" for i in range(inputs)] + [f"c{i}" for i in range(cells)]

    def some(number):
        chosen = rng.choice(sources, min(number, len(sources)), replace=False)
        return {str(name): int(rng.integers(1, most + 1)) for name in chosen}

    made = {}
    for c in range(cells):
        excitatory = some(int(rng.integers(0, fan_in + 1)))
        threshold = int(rng.integers(1, max(2, sum(excitatory.values()) * 2 // 3 + 2)))
        made[f"c{c}"] = Cell(excitatory, some(int(rng.integers(0, 3))), threshold, bool(rng.integers(2)))
    kind = "relative" if relative else "absolute"
    return McCullochPittsNetwork(sources[:inputs], made, inhibition=kind)
