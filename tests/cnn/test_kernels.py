"""The CPU kernels against the naive interpreter, and what must not change their bits."""

from functools import cache

import numpy as np
import pytest

from neurosim.cnn import cpu, cpu_units
from neurosim.cnn import program as p
from neurosim.cnn.batches import Batches
from neurosim.cnn.program import Activation, Loss, Pooling
from neurosim.cnn.rules import Rule, Update
from neurosim.core import parallel

from . import naive, naive_cases  # noqa: F401 (the cases enter themselves into CASES)
from .naive_networks import C3, CASES, Small, built, numbers

BATCHES = (1, 3, 7, 20, 33, 100)
TOLERANCE = {np.float32: 1e-5, np.float64: 1e-12}
KEY, STEP = 2**63 + 12345, 9
RULES = {
    "sgd": {"kind": "sgd"},
    "sgd_decayed": {"kind": "sgd", "l1": 1e-3, "l2": 1e-2},
    "sgd_shrunk": {"kind": "sgd", "decay": 2e-3},
    "nesterov": {"kind": "nesterov", "l2": 1e-2},
    "adagrad": {"kind": "adagrad", "epsilon": 1e-6, "l1": 1e-3},
    "rmsprop": {"kind": "rmsprop", "second": 0.9, "epsilon": 1e-3},
    "adam": {"kind": "adam", "second": 0.99, "epsilon": 1e-3, "l2": 1e-3},
    "adamw": {"kind": "adamw", "second": 0.999, "epsilon": 1e-3, "decay": 0.1},
}


def near(found, wanted, tolerance, what="", least=0.0):
    """Whether the error is small beside the tensor's norm, or beside `least` where sums cancel."""
    found, wanted = np.ravel(found).astype(float), np.ravel(wanted)
    error, norm = np.linalg.norm(found - wanted), max(np.linalg.norm(wanted), least)
    assert error <= tolerance * norm, f"{what}: error {error:.3g}, norm {norm:.3g}"


@cache
def reference(name, n, training=True):
    program = built(name)
    return naive.differentiate(program, *numbers(name, program, n), training=training, key=KEY, step=STEP)


@cache
def naive_values(name):
    return naive.infer(built(name), *numbers(name, built(name), max(BATCHES))[:3])


def check_differentiate(name, n, dtype, training=True):
    program = built(name)
    data = [array.astype(dtype) for array in numbers(name, program, n)]
    everything = tuple(range(len(program.shapes)))
    found = cpu.differentiate(program, *data, training=training, key=KEY, step=STEP, values=everything)
    loss, net = reference(name, n, training)
    tolerance = TOLERANCE[dtype]
    np.testing.assert_allclose(found.loss, loss, rtol=tolerance)
    assert found.gradient.dtype == found.outputs.dtype == dtype
    near(found.outputs, net.values[program.output], tolerance, "outputs")
    for v in everything:
        assert found.values[v].shape == (n, *program.shapes[v])
        near(found.values[v], net.values[v], tolerance, f"value {v}")
        if v != program.output or v == program.logits:
            near(found.gradients[v], net.gradients[v], tolerance, f"gradient of value {v}")
    for begin, end, _, mask, _ in program.groups:
        keep = program.masks[mask : mask + end - begin] if mask != p.NONE else 1
        near(
            found.gradient[begin:end] * keep, net.gradient[begin:end] * keep, tolerance, f"parameters from {begin}",
            least=0.1 * np.linalg.norm(net.gradient),
        )  # fmt: skip


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", CASES)
def test_gradients_equal_the_naive_ones(name, dtype):
    for n in BATCHES:
        check_differentiate(name, n, dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", ["normalised", "normalised_residual", "dropped"])
def test_gradients_with_the_populations_statistics(name, dtype):
    for n in (1, 20, 33):
        check_differentiate(name, n, dtype, training=False)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", CASES)
def test_inference_equals_the_naive_one(name, dtype):
    program = built(name)
    parameters, statistics, samples, *_ = (array.astype(dtype) for array in numbers(name, program, max(BATCHES)))
    wanted = naive_values(name)
    everything = tuple(range(len(wanted)))
    for n in BATCHES[::-1]:
        x = samples[:n]
        for v, found in enumerate(cpu.infer(program, parameters, statistics, x, values=everything)):
            assert found.dtype == dtype
            assert found.shape == (n, *program.shapes[v])
            near(found, wanted[v][:n], TOLERANCE[dtype], f"value {v}")
        (output,) = cpu.infer(program, parameters, statistics, x)
        near(output, wanted[program.output][:n], TOLERANCE[dtype])


def test_a_sum_instead_of_a_mean(rng):
    program = built("dense")
    data = [array.astype(float) for array in numbers("dense", program, 21)]
    found = cpu.differentiate(program, *data, reduction="sum")
    loss, net = naive.differentiate(program, *data, reduction="sum")
    np.testing.assert_allclose(found.loss, loss, rtol=1e-12)
    near(found.gradient, net.gradient, 1e-12)


def test_without_the_inputs_gradient_the_parameters_are_the_same():
    def network(asked):
        net = Small((2, 6, 6))
        net.convolve(3, 3)
        net.activate(Activation.TANH)
        net.convolve(2, 3, 2)
        return net.done(input_gradient=asked)

    data = numbers("network", network(True), 20)
    with_, without = (cpu.differentiate(network(asked), *data).gradient for asked in (True, False))
    np.testing.assert_array_equal(with_, without)


@cache
def mixed():
    """Normalisation, a connection table, parameters that stay, dropout, tied weights."""
    net = Small((1, 8, 8))
    net.convolve(3, 3, bias=None)
    net.normalise()
    net.activate(Activation.RELU)
    net.pool(p.Pooling.MAXIMUM)
    net.convolve(4, 2, mask=np.broadcast_to(C3.T[:, None, None, :], (3, 2, 2, 4)).astype(float))
    net.activate(Activation.TANH)
    net.dropout(0.25)
    net.convolve(5, 2, trained=False)
    tied = net.parameters
    net.dense(6)
    net.activate(Activation.SIGMOID)
    net.dense(5, tied=tied)
    return net.done(Loss.CROSS_ENTROPY, input_gradient=False)


def lesson(program, dtype, batch, steps=5, samples=70, reduction="mean"):
    """Parameters, statistics and mini-batches; the last sample of every second mini-batch is missing."""
    parameters, statistics, x, targets, weights = (array.astype(dtype) for array in numbers("lesson", program, samples))
    rng = np.random.default_rng(batch)
    order = rng.integers(0, samples, (steps, batch))
    if batch > 1:
        order[1::2, -1] = -1
    rates, momenta = rng.uniform(0.02, 0.1, steps), rng.uniform(0.5, 0.9, steps)
    return parameters, statistics, Batches(x, targets, weights, order.ravel(), rates, momenta, reduction)


def part(batches, batch, first, last):
    """The mini-batches from `first` on and before `last`."""
    rows = slice(first * batch, last * batch)
    return batches._replace(
        order=batches.order[rows], rates=batches.rates[first:last], momenta=batches.momenta[first:last]
    )


def kernel_rule(rule):
    return Rule(**{**rule, "kind": Update[rule["kind"].upper()]})


def learn(program, parameters, statistics, batches, rule, batch, cuts=()):
    """Advance, fetching and beginning anew at `cuts`; return the losses and what was fitted."""
    steps, losses = len(batches.rates), []
    state = cpu.begin(program, parameters, statistics, rule, batch=batch, key=KEY)
    for first, last in zip((0, *cuts), (*cuts, steps), strict=True):
        if first:
            f = cpu.fetch(state)
            state = cpu.begin(
                program, f.parameters, f.statistics, rule, batch=batch, key=KEY, moments=f.moments, step=f.step
            )
        losses.append(cpu.advance(state, part(batches, batch, first, last)))
    return np.concatenate(losses), cpu.fetch(state)


def check_learning(program, rule, dtype, batch, reduction="mean"):
    parameters, statistics, batches = lesson(program, dtype, batch, reduction=reduction)
    losses, fitted = learn(program, parameters, statistics, batches, kernel_rule(rule), batch)
    wanted = naive.train(program, parameters, statistics, batches, rule, batch=batch, key=KEY)
    tolerance = TOLERANCE[dtype] * 10  # five steps
    np.testing.assert_allclose(losses, wanted[0], rtol=tolerance)
    assert (losses.dtype, fitted.step) == (np.float64, 5)
    assert fitted.parameters.dtype == fitted.statistics.dtype == fitted.moments.dtype == dtype
    near(fitted.parameters - parameters, wanted[1] - parameters, tolerance, "change of the parameters")
    near(fitted.statistics, wanted[2], tolerance, "statistics")
    for found, moment in zip(fitted.moments, wanted[3], strict=True):
        near(found, moment, tolerance, "moments")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("rule", RULES)
def test_learning_equals_the_naive_one(rule, dtype):
    check_learning(mixed(), RULES[rule], dtype, 20)


@pytest.mark.parametrize("batch", [1, 3, 16, 17, 50, 100])
def test_learning_with_mini_batches_of_any_size(batch):
    check_learning(mixed(), RULES["sgd_decayed"], np.float64, batch)


def test_learning_from_sums():
    check_learning(mixed(), RULES["sgd"], np.float64, 20, reduction="sum")


def test_parameters_that_stay_and_missing_connections():
    parameters, statistics, batches = lesson(mixed(), np.float64, 10)
    before = parameters.copy(), statistics.copy()
    _, fitted = learn(mixed(), parameters, statistics, batches, kernel_rule(RULES["adamw"]), 10)
    for given, kept in zip((parameters, statistics), before, strict=True):
        np.testing.assert_array_equal(given, kept)
    for begin, end, _, mask, trained in mixed().groups:
        change = fitted.parameters[begin:end] != parameters[begin:end]
        if not trained:
            assert not change.any()
        elif mask != p.NONE:
            np.testing.assert_array_equal(change, mixed().masks[mask : mask + end - begin] == 1)
        else:
            assert change.all()


def same(left, right):
    """Whether two (losses, Fitted) are equal to the last bit."""
    np.testing.assert_array_equal(left[0], right[0])
    for a, b in zip(left[1], right[1], strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("batch", [1, 10, 33, 200])
def test_the_same_bits_for_any_number_of_threads(dtype, batch, monkeypatch):
    parameters, statistics, batches = lesson(mixed(), dtype, batch)
    runs, others = [], []
    for threads in (1, 2, 5):
        monkeypatch.setattr(parallel, "_threads", threads)
        runs.append(learn(mixed(), parameters, statistics, batches, kernel_rule(RULES["adam"]), batch))
        d = cpu.differentiate(mixed(), parameters, statistics, batches.x, batches.targets, batches.weights, key=KEY)
        others.append((d.loss, d.gradient, *cpu.infer(mixed(), parameters, statistics, batches.x)))
    for run, other in zip(runs[1:], others[1:], strict=True):
        same(run, runs[0])
        for a, b in zip(other, others[0], strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("batch", [1, 10, 40])
def test_the_same_bits_for_a_run_cut_in_two(dtype, batch):
    lesson_ = lesson(mixed(), dtype, batch)
    for rule in ("sgd", "adam"):
        whole = learn(mixed(), *lesson_, kernel_rule(RULES[rule]), batch)
        same(learn(mixed(), *lesson_, kernel_rule(RULES[rule]), batch, cuts=(2,)), whole)


@pytest.mark.parametrize("spoilt", [np.nan, np.inf])
@pytest.mark.parametrize("batch", [1, 20])
def test_a_loss_that_is_not_finite_stops_without_an_update(batch, spoilt):
    """The third mini-batch has a sample that no other has."""
    parameters, statistics, batches = lesson(mixed(), np.float32, batch, samples=71)
    order = batches.order.reshape(5, batch)
    order[order == 70] = 0
    order[2, 0] = 70
    batches.x[70, 5] = spoilt
    rule = kernel_rule(RULES["adam"])
    state = cpu.begin(mixed(), parameters, statistics, rule, batch=batch, key=KEY)
    losses = cpu.advance(state, batches)
    wanted, fitted = learn(mixed(), parameters, statistics, part(batches, batch, 0, 2), rule, batch)
    assert np.isnan(losses[2:]).all()
    same((losses[:2], cpu.fetch(state)), (wanted, fitted))


def test_dropout_keeps_what_it_should():
    """The share of numbers that are kept, and other ones at every step."""
    net = Small((1000, 1, 1))
    net.dropout(0.3)
    program = net.done()
    x, t, w, nothing = np.ones((50, 1000)), np.zeros((50, 1000)), np.ones(50), np.zeros(0)
    first, second = (cpu.differentiate(program, nothing, nothing, x, t, w, key=1, step=s).outputs for s in (0, 1))
    assert set(np.unique(first)) == {0, 1 / 0.7}
    # 50,000 draws: the deviation of the share is 0.002
    assert abs((first > 0).mean() - 0.7) < 0.008
    assert 0.55 < ((first > 0) == (second > 0)).mean() < 0.61


def test_rows_in_any_order_and_more_than_once(rng):
    """Order names rows of x; the loss of a mini-batch does not know where they were."""
    program = built("dense")
    parameters, statistics, x, targets, weights = (array.astype(float) for array in numbers("dense", program, 40))
    rows = rng.integers(0, 40, 25)
    rule, rates = Rule(Update.SGD), np.zeros(1)
    batches = Batches(x, targets, weights, rows, rates, rates, "mean")
    gathered = Batches(x[rows], targets[rows], weights[rows], np.arange(25), rates, rates, "mean")
    np.testing.assert_array_equal(
        *(learn(program, parameters, statistics, b, rule, 25)[0] for b in (batches, gathered))
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("outputs", "size", "stride", "padding", "rectified"),
    [(3, 4, 1, 1, True), (13, 18, 1, 2, True), (24, 6, 1, 0, False), (6, 20, 1, 2, True), (5, 12, 2, 1, False)],
)
def test_a_pool_done_with_its_convolution_gives_the_same_bits(outputs, size, stride, padding, rectified, dtype):
    net = Small((2, size, size))
    net.convolve(outputs, 2 * padding + stride, stride, padding)
    net.pool(Pooling.MAXIMUM)
    if rectified:
        net.activate(Activation.RELU)
    net.convolve(3, 2)
    program = net.done()
    parameters, statistics, x, *_ = (a.astype(dtype) for a in numbers("fused", program, 21))
    everything = tuple(range(len(program.shapes)))
    table = cpu_units.addresses(program, np.dtype(dtype), one_lane=False, backward=False, wanted=(program.output,))[1]
    assert (table[:, 0] == 0).sum() == 1 + rectified
    for n in (5, 21):
        (alone,) = cpu.infer(program, parameters, statistics, x[:n])
        beside = cpu.infer(program, parameters, statistics, x[:n], values=everything)[program.output]
        np.testing.assert_array_equal(alone, beside)
