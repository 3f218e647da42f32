"""The update of the parameters against textbook loops: rules, decay, masks, slots, groups, pieces."""

import itertools
import math

import numpy as np
import pytest

from neurosim.cnn.cpu_update import CHUNK, update
from neurosim.cnn.rules import Rule, Update
from neurosim.core.jit import driver

SIZE = CHUNK + 300
RATES, MOMENTA = (0.1, 0.05, 0.2), (0.9, 0.5, 0.8)


@driver()
def update_part(
    begin, end, kind, parameters, first, second, gradients, slots, groups, masks, rate, momentum, numbers, step
):
    update(
        begin, end, kind, parameters, first, second, gradients, slots, groups, masks, rate, momentum, numbers[0],
        numbers[1], numbers[2], numbers[3], numbers[4], step,
    )  # fmt: skip


class Problem:
    """Parameters in four groups: plain; decays; decays, with a mask; not trained. The last 20 belong to none."""

    def __init__(self, real=np.float64, slots=3):
        rng = np.random.default_rng(7)
        self.groups = np.array([[0, 500, 0, -1, 1], [500, 700, 1, -1, 1], [700, 1200, 1, 5, 1], [1200, 1304, 1, -1, 0]])
        self.masks = (rng.random(600) < 0.6).astype(real)
        self.parameters = rng.normal(size=SIZE).astype(real)
        self.parameters[500:510] = 0
        self.moments = np.stack([rng.normal(size=SIZE), rng.random(SIZE)]).astype(real)
        self.gradients = rng.normal(size=(3, len(RATES), SIZE)).astype(real)
        self.slots = slots

    def run(self, rule, begin=0, end=SIZE, pieces=None):
        """Return parameters and moments after the steps, which the kernel does from `begin` to `end` piece by piece."""
        w, moments = self.parameters.copy(), self.moments.copy()
        bounds = [begin, *(pieces or []), end]
        for t in range(len(RATES)):
            for a, b in itertools.pairwise(bounds):
                update_part(
                    a, b, int(rule.kind), w, moments[0], moments[1], np.ascontiguousarray(self.gradients[:, t]),
                    self.slots, self.groups, self.masks, RATES[t], MOMENTA[t], np.array(rule[1:]), t,
                )  # fmt: skip
        return w, moments

    def textbook(self, rule):
        """The same, a parameter at a time."""
        w, (m, v) = self.parameters.astype(float), self.moments.astype(float)
        for t, (rate, momentum) in enumerate(zip(RATES, MOMENTA, strict=True)):
            for begin, end, decays, mask, trained in self.groups:
                for i in range(begin, end if trained else begin):
                    g = float(sum(self.gradients[slot, t, i].astype(float) for slot in range(self.slots)))
                    if decays:
                        g += rule.l1 * np.sign(w[i]) + rule.l2 * w[i]
                        w[i] *= 1 - (rate * rule.decay if rule.kind == Update.ADAMW else rule.decay)
                    if mask >= 0:
                        g *= self.masks[mask + i - begin]
                    change, m[i], v[i] = textbook(rule, m[i], v[i], g, momentum, t + 1)
                    w[i] -= rate * change
        return w, np.stack([m, v])


def textbook(rule, m, v, g, momentum, t):
    """Change of a parameter for a rate of 1, and its moments."""
    if rule.kind in (Update.SGD, Update.NESTEROV):
        m = momentum * m + g
        return (m if rule.kind == Update.SGD else g + momentum * m), m, v
    if rule.kind == Update.ADAGRAD:
        v += g**2
        return g / (math.sqrt(v) + rule.epsilon), m, v
    v = rule.second * v + (1 - rule.second) * g**2
    if rule.kind == Update.RMSPROP:
        m = momentum * m + g / (math.sqrt(v) + rule.epsilon)
        return m, m, v
    m = momentum * m + (1 - momentum) * g
    return m / (1 - momentum**t) / (math.sqrt(v / (1 - rule.second**t)) + rule.epsilon), m, v


@pytest.mark.parametrize("real", [np.float32, np.float64])
@pytest.mark.parametrize("kind", list(Update))
def test_rules(kind, real):
    rule = Rule(kind, second=0.9, epsilon=0.01, l1=0.03, l2=0.2, decay=0.1)
    problem = Problem(real)
    w, moments = problem.run(rule)
    wanted, wanted_moments = problem.textbook(rule)
    tolerance = {np.float32: 1e-5, np.float64: 1e-13}[real]
    assert w.dtype == real
    np.testing.assert_allclose(w, wanted, rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(moments, wanted_moments, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("penalty", ["l1", "l2", "decay"])
@pytest.mark.parametrize("kind", [Update.SGD, Update.ADAMW])
def test_one_penalty(kind, penalty):
    rule, problem = Rule(kind, 0.9, 0.01)._replace(**{penalty: 0.05}), Problem()
    w, _ = problem.run(rule)
    np.testing.assert_allclose(w, problem.textbook(rule)[0], atol=1e-13)
    plain, _ = problem.run(Rule(kind, 0.9, 0.01))
    changed = w != plain
    assert not changed[:500].any()
    assert changed[510:1200].any()
    assert not changed[1200:].any()


@pytest.mark.parametrize("slots", [1, 2])
def test_only_the_slots_in_use_count(slots):
    rule, problem = Rule(Update.SGD), Problem(slots=slots)
    np.testing.assert_allclose(problem.run(rule)[0], problem.textbook(rule)[0], atol=1e-13)


def test_untrained_and_ungrouped_parameters_stay():
    problem = Problem()
    w, moments = problem.run(Rule(Update.ADAM, 0.9, 0.01, decay=0.5))
    np.testing.assert_array_equal(w[1200:], problem.parameters[1200:])
    np.testing.assert_array_equal(moments[:, 1200:], problem.moments[:, 1200:])
    assert (w[:1200] != problem.parameters[:1200]).sum() > 1000


def test_a_masked_parameter_gets_no_gradient():
    problem = Problem()
    problem.moments[:] = 0
    w, _ = problem.run(Rule(Update.SGD, l2=0.3))
    absent = 700 + np.flatnonzero(problem.masks[5:505] == 0)
    np.testing.assert_array_equal(w[absent], problem.parameters[absent])


@pytest.mark.parametrize("real", [np.float32, np.float64])
@pytest.mark.parametrize("kind", [Update.NESTEROV, Update.ADAM])
def test_pieces_give_the_same_bits(kind, real):
    rule, problem = Rule(kind, 0.9, 0.01, l2=0.1), Problem(real)
    whole, moments = problem.run(rule)
    cut, cut_moments = problem.run(rule, pieces=[3, 517, 700, 701, 1111])
    np.testing.assert_array_equal(cut, whole)
    np.testing.assert_array_equal(cut_moments, moments)
    part, _ = problem.run(rule, begin=517, end=1111)
    np.testing.assert_array_equal(part[517:1111], whole[517:1111])
    np.testing.assert_array_equal(part[:517], problem.parameters[:517])
    np.testing.assert_array_equal(part[1111:], problem.parameters[1111:])
