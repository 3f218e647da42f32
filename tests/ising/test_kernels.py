"""The kernels against the naive version, bit by bit and in distribution."""

import numpy as np
import pytest
from scipy import stats

from neurosim.core import parallel
from neurosim.core.jit import driver
from neurosim.ising import IsingModel, anneal, edwards_anderson, lanes, lattice, problem, replica, sample, scalar, sites
from neurosim.ising.rules import ORDERS, RULES
from neurosim.ising.temperatures import model_rows

from . import naive


def glass(n, kind, seed=0, density=0.6):
    """Return a model with couplings of one of the kernels' types."""
    rng = np.random.default_rng(seed)
    upper = np.triu(rng.random((n, n)) < density, 1)
    values = {
        "int8": rng.choice([-1, 1], (n, n)),
        "int16": rng.integers(-9, 10, (n, n)),
        "float32": rng.normal(size=(n, n)),
    }
    couplings = upper * values[kind]
    fields = {"int8": rng.integers(-2, 3, n), "int16": rng.integers(-5, 6, n), "float32": rng.normal(size=n)}
    return IsingModel(couplings + couplings.T, fields[kind])


def begun(module, model, reads, rule, order, key=7):
    posed, unit = problem.pose(*model_rows(model))
    spins = problem.random_spins(key, model.n_spins, reads)
    energies = (model.energy(spins.T) - model.offset) / unit
    return module.begin(posed, spins, energies, key, RULES.index(rule), ORDERS.index(order)), spins, unit


TEMPERATURES = np.array([8.0, 3.0, 1.5, 1.0, 0.5, 0.0])


def naive_replica(model, spins, rule, order):
    """Anneal 64 reads; where none of them has a chance the block does not draw. Yield their spins after each sweep."""
    J, h = np.asarray(model.couplings), model.fields
    stream = naive.SplitMix64(
        int(problem.generator_words(7, problem.SITES, 1)[0, :2] @ np.array([2**32, 1], np.uint64))
    )
    generators = [naive.Xoshiro128Plus(words) for words in problem.generator_words(7, problem.LANES, 64)]
    order_of_sites, reads = list(range(model.n_spins)), spins.T.copy()
    for temperature in TEMPERATURES:
        if order == "permutation":
            stream.shuffle(order_of_sites)
        for k in range(model.n_spins):
            i = stream.below(model.n_spins) if order == "random" else order_of_sites[k]
            if (2 * reads[:, i] * (reads @ J[i] + h[i])).min() <= 16.7 * temperature:
                for read, generator in zip(reads, generators, strict=True):
                    naive.sweep(J, h, read, temperature, rule, [i], lambda k, g=generator: g.uniform())
        yield reads


def naive_scalar(model, spins, rule, order):
    """Anneal reads one by one; numbers are drawn for 64 visits, in sequential order only where one has a chance."""
    J, h, n = np.asarray(model.couplings), model.fields, model.n_spins
    reads, kept = spins.T.copy(), []
    starts = problem.generator_words(7, problem.SITES, len(reads))[:, :2] @ np.array([2**32, 1], np.uint64)
    words = problem.generator_words(7, problem.LANES, 64 * len(reads)).reshape(len(reads), 64, 4)
    for read, start, some in zip(reads, starts, words, strict=True):
        stream, generators, numbers = naive.SplitMix64(start), list(map(naive.Xoshiro128Plus, some)), list(range(n))
        for temperature in TEMPERATURES:
            if order == "permutation":
                stream.shuffle(numbers)
            visits = [stream.below(n) for _ in range(n)] if order == "random" else numbers
            for group in range(0, n, 64):
                own = visits[group : group + 64]
                least = min(2 * read[i] * (h[i] + J[i] @ read) for i in own)
                if order != "sequential" or least <= 16.7 * temperature:
                    draws = [generator.uniform() for generator in generators]
                    naive.sweep(J, h, read, temperature, rule, own, draws.__getitem__)
            kept.append(read.copy())
    yield from np.array(kept).reshape(len(reads), len(TEMPERATURES), n).swapaxes(0, 1)


@pytest.mark.parametrize("kind", ["int8", "int16", "float32"])
@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("module", [replica, scalar], ids=["replica", "scalar"])
def test_every_read_does_what_the_naive_version_does(module, order, rule, kind):
    model = glass(70, kind)
    state, spins, unit = begun(module, model, 64 if module is replica else 3, rule, order)
    assert (
        (state.sums.dtype.itemsize == 2 * state.problem.fields.itemsize if kind != "float32" else True)
        if (module is replica)
        else state.spins.dtype == kind
    )
    flips, means = module.advance(state, TEMPERATURES / unit)
    found, before = module.fetch(state), spins.T
    best, lowest = spins.T.copy(), np.asarray(model.energy(spins.T))
    run = {replica: naive_replica, scalar: naive_scalar}[module]
    for t, reads in enumerate(run(model, spins, rule, order)):
        energies = np.asarray(model.energy(reads))
        np.testing.assert_allclose(means[t] * unit, energies.mean(), rtol=1e-5)
        assert flips[t] >= (reads != before).sum()
        assert order == "random" or flips[t] == (reads != before).sum()
        best[energies < lowest] = reads[energies < lowest]
        lowest, before = np.minimum(energies, lowest), reads.copy()
    np.testing.assert_array_equal(found["last"], before)
    np.testing.assert_array_equal(found["best"], best)


def test_lists_of_neighbours_and_rows_of_a_matrix_give_the_same(monkeypatch):
    for kind in ("int8", "int16"):
        ends = []
        for bytes_allowed in (0, 2**26):
            monkeypatch.setattr(scalar, "DENSE_BYTES", bytes_allowed)
            state, _, unit = begun(scalar, glass(70, kind), 4, "metropolis", "sequential")
            assert state.dense == (bytes_allowed > 0)
            scalar.advance(state, TEMPERATURES / unit)
            ends.append(scalar.fetch(state)["last"])
        np.testing.assert_array_equal(*ends)


@pytest.mark.parametrize("kind", ["int8", "int16", "float32"])
def test_vectors_and_plain_loops_have_the_same_bits(kind):
    """Only with NEUROSIM_WIDE=1 is there something to compare."""
    model = glass(70, kind)
    for rule in RULES:
        state, _, unit = begun(replica, model, 64, rule, "sequential")
        other, _, _ = begun(replica, model, 64, rule, "sequential")
        for temperature in TEMPERATURES / unit:
            scale = np.float32(-2 / (max(temperature, 1e-30) * np.log(2)))
            cut = replica._cuts(np.array([temperature]), state.problem.fields.dtype)[0]
            for site in range(70):
                flips = [
                    visit(
                        *s.problem, site, s.spins, 0, s.generators, 0, scale, cut, RULES.index(rule), s.valid[0], s.sums
                    )
                    for visit, s in ((_visit_wide, state), (lanes._visit_plain, other))
                ]
                assert flips[0] == flips[1]
        for a, b in zip(state, other, strict=True):
            np.testing.assert_array_equal(a, b) if isinstance(a, np.ndarray) else None


@driver(nogil=True)
def _visit_wide(
    first, neighbours, couplings, bias, site, spins, base, generators, block, scale, cut, rule, valid, sums
):
    return lanes._visit_wide(
        first, neighbours, couplings, bias, site, spins, base, generators, block, scale, cut, rule, valid, sums
    )


@pytest.mark.parametrize("kind", ["int8", "int16", "float32", "float64"])
@pytest.mark.parametrize("rule", RULES)
def test_draws_for_sites_and_looks_at_them_have_the_same_bits(kind, rule):
    rng = np.random.default_rng(1)
    generators = rng.integers(0, 2**32, (4, 64), dtype=np.uint32)
    both = [generators.copy(), generators.copy()]
    spins = rng.choice([-1, 1], 128).astype(kind)
    fields = (rng.normal(size=128) * 20).astype(kind)
    most = np.float32(3e38 if kind[0] == "f" else np.iinfo(kind).max)
    for temperature in (1e-30, 0.3, 5.0, 1e4, 1e12):
        allowed = [np.zeros(64, kind), np.zeros(64, kind)]
        _draw_wide(both[0], 0, RULES.index(rule), np.float32(temperature), most, allowed[0])
        sites._draw_allowed_plain(both[1], 0, RULES.index(rule), np.float32(temperature), most, allowed[1])
        np.testing.assert_array_equal(*allowed)
        np.testing.assert_array_equal(*both)
        assert _look_wide(spins, fields, 64, allowed[0]) == sites._candidates_plain(spins, fields, 64, allowed[0])
    rows, sums = (rng.normal(size=256) * 9).astype(kind), [fields.copy(), fields.copy()]
    for sign in (1, -1):
        _add_wide(sums[0], 0, rows, 128, 64, rows.dtype.type(sign))
        sites._add_row_plain(sums[1], 0, rows, 128, 64, rows.dtype.type(sign))
        np.testing.assert_array_equal(*sums)
        assert (sums[0][:64] != fields[:64]).any() or sign == -1


@driver(nogil=True)
def _draw_wide(generators, read, rule, scale, most, allowed):
    sites._draw_allowed_wide(generators, read, rule, scale, most, allowed)


@driver(nogil=True)
def _look_wide(spins, fields, start, allowed):
    return sites._candidates_wide(spins, fields, start, allowed)


@driver(nogil=True)
def _add_wide(fields, start, rows, row, padded, sign):
    sites._add_row_wide(fields, start, rows, row, padded, sign)


CASES = [
    ("replica", "sequential", "heatbath"),
    ("replica", "permutation", "metropolis"),
    ("replica", "random", "metropolis"),
    ("replica", "coloured", "heatbath"),
    ("scalar", "sequential", "heatbath"),
    ("scalar", "permutation", "metropolis"),
    ("scalar", "random", "heatbath"),
]


@pytest.mark.parametrize("kind", ["int8", "int16", "float32"])
@pytest.mark.parametrize(("method", "order", "rule"), CASES)
def test_every_state_has_its_boltzmann_weight(method, order, rule, kind):
    """All 256 states of eight spins, from 4,096 chains that share nothing."""
    model = glass(8, kind, seed=3)
    temperature = 2.0 * (6 if kind == "int16" else 1)
    drawn = sample(
        model, temperature, samples=1, chains=4096, burn_in=60, method=method, order=order, rule=rule, random_state=11
    )
    assert (drawn.method, drawn.order, drawn.rule) == (method, order, rule)
    _, weights = naive.boltzmann(np.asarray(model.couplings), model.fields, temperature)
    counts = np.bincount((drawn.states[0] > 0) @ (1 << np.arange(8)), minlength=256)
    rare = weights * 4096 < 8
    observed, expected = np.append(counts[~rare], counts[rare].sum()), np.append(weights[~rare], weights[rare].sum())
    assert stats.chisquare(observed, 4096 * expected).pvalue > 1e-4


@pytest.mark.parametrize("rule", RULES)
def test_every_state_has_its_boltzmann_weight_in_words(rule):
    """Lanes of a word are not independent: 64 words give one state each."""
    model = lattice((2, 4), periodic=False)
    _, weights = naive.boltzmann(np.asarray(model.couplings.todense()), model.fields, 2.0)
    counts = np.zeros(256)
    for seed in range(4):
        drawn = sample(
            model,
            2.0,
            samples=16,
            thin=25,
            chains=64 * 64,
            burn_in=60,
            method="multispin",
            rule=rule,
            random_state=seed,
        )
        states = drawn.states[:, ::64] > 0
        counts += np.bincount((states @ (1 << np.arange(8))).ravel(), minlength=256)
    rare = weights * counts.sum() < 8
    observed, expected = np.append(counts[~rare], counts[rare].sum()), np.append(weights[~rare], weights[rare].sum())
    assert counts.sum() == 4096
    assert stats.chisquare(observed, 4096 * expected).pvalue > 1e-4


EXACT = {  # of the 4 x 4 torus by enumeration: energy a spin, mean |magnetisation|
    0.2: (-0.456135, 0.342766),
    0.4406867935: (-1.565624, 0.843860),
    0.6: (-1.908070, 0.972867),
    1.0: (-1.997158, 0.999275),
}


@pytest.mark.parametrize("beta", EXACT)
@pytest.mark.parametrize("method", ["replica", "scalar", "multispin", "coloured"])
def test_the_torus_of_16_spins(method, beta):
    """Within five standard errors and 0.003, from chains that share nothing."""
    model = lattice((4, 4))
    order = "coloured" if method in ("multispin", "coloured") else "random"
    method = "replica" if method == "coloured" else method
    words = 64 if method == "multispin" else 1
    chains = 64 * 256 if method == "multispin" else 512
    samples = 40 if method == "multispin" else 300
    drawn = sample(
        model, 1 / beta, samples=samples, chains=chains, burn_in=100, thin=4, method=method, order=order,
        rule="metropolis" if order == "random" else "heatbath", random_state=5,
    )  # fmt: skip
    for values, exact in zip((drawn.energies / 16, abs(drawn.magnetisations)), EXACT[beta], strict=True):
        independent = values.mean(axis=0).reshape(-1, words).mean(axis=1)
        error = independent.std(ddof=1) / np.sqrt(len(independent))
        assert abs(independent.mean() - exact) < min(5 * error + 1e-6, 0.003), (independent.mean(), error)


@pytest.mark.parametrize("rule", RULES)
def test_replicas_of_a_word_do_not_coalesce(rule):
    """With one shared random number and no mask they would all end in one state."""
    torus = edwards_anderson((16, 16), random_state=0)
    cooled = anneal(torus, 1 / np.linspace(0.1, 3, 200), reads=64, method="multispin", rule=rule, random_state=1)
    assert len(np.unique(cooled.last_states, axis=0)) >= 60


@pytest.mark.parametrize(
    ("method", "order"),
    [("replica", "sequential"), ("replica", "random"), ("scalar", "permutation"), ("replica", "coloured"),
     ("multispin", "coloured")],
)  # fmt: skip
def test_neither_threads_nor_pieces_change_a_read(method, order):
    torus = edwards_anderson((6, 6, 6), random_state=0)
    before = parallel.threads()
    results = []
    try:
        for threads, reads, callback in ((1, 130, None), (2, 130, None), (2, 130, lambda p: False)):
            parallel.set_threads(threads)
            results.append(
                anneal(torus, sweeps=150, reads=reads, method=method, order=order, random_state=3, callback=callback)
            )
    finally:
        parallel.set_threads(before)
    first = results[0]
    assert len(np.unique(first.states, axis=0)) > 100
    for other in results[1:]:
        for name in ("states", "last_states", "acceptance", "mean_energies"):
            np.testing.assert_array_equal(getattr(other, name), getattr(first, name))
