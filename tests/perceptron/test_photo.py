"""The photo-perceptron and its stimuli: wiring, the three systems, the readouts, damage, files, bad input."""

import numpy as np
import pytest

import neurosim
from neurosim.core.errors import DataError, InvalidParameter
from neurosim.perceptron.photo import READOUTS, SYSTEMS, PhotoPerceptron
from neurosim.perceptron.stimuli import SHAPES, make_random_dots, make_shape, make_variations

RETINA = (6, 7)


def small(**parameters):
    given = {"n_units": 60, "excitatory": 4, "inhibitory": 2, "threshold": 1, "n_responses": 3, "random_state": 5}
    return PhotoPerceptron(RETINA, **given | parameters)


@pytest.fixture
def shown():
    return make_random_dots(40, RETINA, share=0.4, random_state=1)


@pytest.fixture
def responses(rng):
    return rng.integers(0, 3, 40)


def naive_values(machine, shown, forced):
    """The rules of the three systems, a stimulus and a unit at a time."""
    values = np.zeros(machine.n_units)
    for active, response in zip(machine.activity(shown), forced, strict=True):
        for number, member in enumerate(machine.members):
            units = np.flatnonzero(member)
            on = [u for u in units if active[u]]
            off = [u for u in units if not active[u]]
            step = machine.rate
            if number != response:
                if machine.reinforcement == "bivalent":
                    step = -step
                elif machine.system == "beta":
                    values[units] += step / len(units)
                    continue
                else:
                    continue
            if machine.system == "alpha":
                values[on] += step
            elif machine.system == "beta":
                values[on or units] += step / len(on or units)
            elif off:
                values[on] += step
                values[off] -= step * len(on) / len(off)
    return values


def test_activity_is_what_the_wiring_says(shown):
    machine = small()
    assert machine.origins.shape == (60, 6)
    lit = shown.reshape(40, -1)
    expected = np.zeros((40, 60), bool)
    for s in range(40):
        for u, origins in enumerate(machine.origins):
            e, i = lit[s, origins[:4]].sum(dtype=int), lit[s, origins[4:]].sum(dtype=int)
            expected[s, u] = e - i >= 1
    assert 0.2 < expected.mean() < 0.8
    np.testing.assert_array_equal(machine.activity(shown), expected)
    np.testing.assert_array_equal(machine.activity(lit.astype(int)), expected)


def test_many_units_in_blocks(shown):
    machine = small(n_units=20_000)
    many = np.tile(shown, (10, 1, 1))
    np.testing.assert_array_equal(machine.activity(many)[:40], machine.activity(shown))


@pytest.mark.parametrize("source_sets", ["disjoint", 0.5])
@pytest.mark.parametrize("reinforcement", ["positive", "bivalent"])
@pytest.mark.parametrize("system", SYSTEMS)
def test_systems(system, reinforcement, source_sets, shown, responses):
    machine = small(system=system, reinforcement=reinforcement, source_sets=source_sets, rate=0.5)
    machine.train(shown[:25], responses[:25])
    machine.train(shown[25:], responses[25:])
    np.testing.assert_allclose(machine.values, naive_values(machine, shown, responses), atol=1e-11)
    assert np.ptp(machine.values) > 0.2


@pytest.mark.parametrize("reinforcement", ["positive", "bivalent"])
def test_gamma_keeps_the_total_value_of_every_source_set(reinforcement, responses, shown):
    machine = small(system="gamma", reinforcement=reinforcement)
    machine.train(shown, responses)
    assert np.abs(machine.values).sum() > 10
    np.testing.assert_allclose([machine.values[member].sum() for member in machine.members], 0, atol=1e-10)


def test_beta_gives_every_source_set_the_same_rate(responses, shown):
    machine = small(system="beta", rate=0.25)
    machine.train(shown, responses)
    np.testing.assert_allclose([machine.values[member].sum() for member in machine.members], 40 * 0.25)


def test_alpha_counts_activity(shown):
    machine = small(system="alpha")
    machine.train(shown, np.ones(40, int))
    np.testing.assert_array_equal(machine.values, machine.activity(shown).sum(0) * machine.members[1])


@pytest.mark.parametrize("system", SYSTEMS)
def test_stimuli_that_wake_no_unit_or_all(system):
    dark, light = np.zeros((2, 1, *RETINA), bool)
    light[:] = True
    machine = small(system=system, inhibitory=0, threshold=1)
    machine.train(np.concatenate([dark, light]), [0, 0])
    totals = [machine.values[member].sum() for member in machine.members]
    np.testing.assert_allclose(totals, {"alpha": [20, 0, 0], "beta": [2, 2, 2], "gamma": [0, 0, 0]}[system])


def test_source_sets(rng):
    dealt = small(n_units=61).members
    assert dealt.sum(0).tolist() == [1] * 61
    assert sorted(dealt.sum(1)) == [20, 20, 21]
    drawn = small(source_sets=0.25).members
    assert drawn.sum(1).tolist() == [15, 15, 15]
    assert drawn.sum(0).max() > 1
    given = rng.random((3, 60)) < 0.5
    np.testing.assert_array_equal(small(source_sets=given).members, given)


@pytest.mark.parametrize("source_sets", ["disjoint", 0.4])
def test_readouts(source_sets, shown, responses):
    machine = small(source_sets=source_sets)
    machine.train(shown, responses)
    average = small(source_sets=source_sets, readout="mean")
    average.values = machine.values
    active = machine.activity(shown)
    for s in range(40):
        for r, member in enumerate(machine.members):
            heard = machine.values[active[s] & member]
            assert machine.signals(shown)[s, r] == pytest.approx(heard.sum())
            assert average.signals(shown)[s, r] == pytest.approx(heard.mean() if len(heard) else 0)
    np.testing.assert_array_equal(machine.respond(shown), machine.signals(shown).argmax(1))
    assert (machine.signals(shown) != average.signals(shown)).any()


def test_one_bivalent_unit_answers_yes_or_no(shown):
    machine = small(n_units=1000, n_responses=1, reinforcement="bivalent")
    wanted = np.arange(40) % 2
    machine.train(shown[:10], wanted[:10])
    np.testing.assert_array_equal(machine.respond(shown[:10]), wanted[:10])
    codes = small(n_units=1000, n_responses=1, reinforcement="bivalent")
    codes.train(shown[:10], wanted[:10, None].astype(bool))
    np.testing.assert_array_equal(codes.values, machine.values)


def test_codes_of_a_bivalent_machine(shown):
    machine = PhotoPerceptron.mark_i(reinforcement="bivalent", random_state=0)
    assert (machine.retina, machine.n_units, machine.n_responses) == ((20, 20), 512, 8)
    letters = make_random_dots(4, random_state=2)
    codes = np.array([[c == "1" for c in f"{number:08b}"] for number in (1, 77, 140, 255)])
    machine.train(letters, codes)
    assert ((machine.signals(letters) > 0) == codes).mean() > 0.9


def test_spontaneous_organisation_follows_its_own_responses(shown):
    machine, taught = small(), small()
    machine.train(shown)
    for stimulus in shown:
        taught.train(stimulus[None], taught.respond(stimulus[None]))
    np.testing.assert_array_equal(machine.values, taught.values)
    assert np.ptp(machine.values) > 0


@pytest.mark.parametrize("readout", READOUTS)
@pytest.mark.parametrize("reinforcement", ["positive", "bivalent"])
@pytest.mark.parametrize("system", SYSTEMS)
def test_learns_to_tell_bars_that_move(system, reinforcement, readout):
    bars = [make_shape(kind, size=20) for kind in ("horizontal bar", "vertical bar")]
    learned, answers = make_variations(bars, 100, max_shift=4, random_state=0)
    fresh, wanted = make_variations(bars, 100, max_shift=4, random_state=1)
    machine = PhotoPerceptron(threshold=2, system=system, reinforcement=reinforcement, readout=readout, random_state=2)
    assert (machine.respond(fresh) == wanted).mean() == 0.5
    machine.train(learned, answers)
    assert (machine.respond(fresh) == wanted).mean() > 0.95


def test_memory_is_distributed():
    prototypes = make_random_dots(4, random_state=0)
    learned, answers = make_variations(prototypes, 30, flip=0.2, random_state=1)
    machine = PhotoPerceptron(n_units=2000, n_responses=4, random_state=0)
    machine.train(learned, answers)
    before = machine.values.copy()
    scores = []
    for share in (0, 0.5, 0.9):
        rest = machine.remove_units(share, random_state=2)
        assert rest.n_units == round(2000 * (1 - share))
        right = rest.respond(learned) == answers
        scores.append([right[answers == c].mean() for c in range(4)])
    np.testing.assert_array_equal(machine.values, before)
    assert np.mean(scores[0]) > 0.98
    assert np.min(scores[1]) > 0.9  # no class is lost
    assert np.min(scores[2]) > 0.4
    assert np.mean(scores[2]) < np.mean(scores[1])
    assert machine.remove_units(0.9999).n_units == 1
    kept = machine.remove_units(0.5, random_state=2)
    places = [np.flatnonzero((machine.origins == origins).all(1))[0] for origins in kept.origins[:20]]
    np.testing.assert_array_equal(kept.values[:20], machine.values[places])
    np.testing.assert_array_equal(kept.members[:, :20], machine.members[:, places])


@pytest.mark.parametrize("source_sets", ["disjoint", 0.3])
def test_files(tmp_path, shown, responses, source_sets):
    machine = small(source_sets=source_sets, system="beta", readout="mean", rate=0.5)
    machine.train(shown, responses)
    again = neurosim.load(machine.save(tmp_path / "machine.npz"))
    np.testing.assert_array_equal(again.signals(shown), machine.signals(shown))
    for each in (machine, again):
        each.train(shown, responses)
    np.testing.assert_array_equal(again.values, machine.values)
    parameters, state = machine.to_parts()
    with pytest.raises(ValueError, match="do not fit"):
        PhotoPerceptron.from_parts(parameters, state | {"values": state["values"][1:]})
    with pytest.raises(ValueError, match="outside"):
        PhotoPerceptron.from_parts(parameters, state | {"origins": state["origins"] + 42})


def test_wiring_depends_on_the_seed_alone():
    np.testing.assert_array_equal(small().origins, small(system="alpha", n_responses=2).origins)
    assert (small().origins != small(random_state=6).origins).any()
    rng = np.random.default_rng(0)
    assert small(random_state=rng).seed != small(random_state=rng).seed


@pytest.mark.parametrize(
    ("parameters", "name"),
    [
        ({"n_units": 0}, "n_units"),
        ({"excitatory": -1}, "excitatory"),
        ({"excitatory": 0, "inhibitory": 0}, "inhibitory"),
        ({"threshold": np.inf}, "threshold"),
        ({"n_responses": 0}, "n_responses"),
        ({"n_responses": 1}, "reinforcement"),
        ({"source_sets": "all"}, "source_sets"),
        ({"source_sets": 1.5}, "source_sets"),
        ({"source_sets": np.ones((2, 60), bool)}, "source_sets"),
        ({"system": "delta"}, "system"),
        ({"readout": "max"}, "readout"),
        ({"reinforcement": "negative"}, "reinforcement"),
        ({"rate": 0}, "rate"),
    ],
)
def test_bad_parameters(parameters, name):
    with pytest.raises(InvalidParameter, match=f"PhotoPerceptron: {name} must be"):
        small(**parameters)


def test_bad_stimuli_and_responses(shown):
    machine = small()
    for stimuli in (shown[0], shown[:, 1:], shown * 2.0, np.full(shown.shape, np.nan)):
        with pytest.raises(DataError, match="PhotoPerceptron: stimuli"):
            machine.respond(stimuli)
    for responses in ([0], np.full(40, 3), np.full(40, 0.5), np.zeros((40, 3), bool), np.full(40, -1)):
        with pytest.raises(DataError, match="PhotoPerceptron: responses must be 40 ints in \\[0, 3\\)"):
            machine.train(shown, responses)
    with pytest.raises(InvalidParameter, match="share"):
        machine.remove_units(1.0)


def test_random_dots():
    dots = make_random_dots(500, (10, 12), share=0.25, random_state=3)
    assert dots.shape == (500, 10, 12)
    assert (dots.sum((1, 2)) == 30).all()
    assert np.abs(dots.mean(0) - 0.25).max() < 5 * np.sqrt(0.25 * 0.75 / 500)
    np.testing.assert_array_equal(dots, make_random_dots(500, (10, 12), share=0.25, random_state=3))


def test_shapes():
    areas = {kind: int(make_shape(kind, (16, 24), size=12).sum()) for kind in SHAPES}
    assert areas == {"square": 144, "circle": 112, "horizontal bar": 36, "vertical bar": 36}
    bar = make_shape("horizontal bar", (16, 24), size=12)
    assert (bar.any(1).sum(), bar.any(0).sum()) == (3, 12)
    circle = make_shape("circle", (16, 24), size=12)
    np.testing.assert_array_equal(circle, circle[::-1, ::-1])


def test_variations():
    shapes = np.array([make_shape("square", (12, 14), size=5), make_shape("vertical bar", (12, 14), size=8)])
    shifted, kinds = make_variations(shapes, 200, max_shift=2, random_state=0)
    every = {(k, a, b): np.roll(shapes[k], (a, b), (0, 1)) for k in (0, 1) for a in range(-2, 3) for b in range(-2, 3)}
    found = [next((p for p, s in every.items() if (s == x).all()), None) for x in shifted]
    assert [p[0] for p in found] == kinds.tolist()
    assert set(found) == set(every)
    flipped, kinds = make_variations(shapes, 300, flip=0.3, random_state=0)
    differing = (flipped != shapes[kinds]).mean()
    assert differing == pytest.approx(0.3, abs=5 * np.sqrt(0.21 / flipped.size))
    np.testing.assert_array_equal(make_variations(shapes, 1)[0], shapes)


@pytest.mark.parametrize(
    "call",
    [
        lambda: make_random_dots(0),
        lambda: make_random_dots(1, share=2),
        lambda: make_random_dots(1, (0, 3)),
        lambda: make_shape("star"),
        lambda: make_shape("square", size=21),
        lambda: make_variations([make_shape("square")], 0),
        lambda: make_variations([make_shape("square")], 1, flip=-0.1),
        lambda: make_variations([make_shape("square")], 1, max_shift=-1),
        lambda: make_variations(make_shape("square"), 1),
        lambda: make_variations([2.0 * make_shape("square")], 1),
    ],
)
def test_bad_stimulus_parameters(call):
    with pytest.raises((InvalidParameter, DataError), match="make_"):
        call()
