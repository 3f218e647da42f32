"""The CUDA twin: the CPU's numbers in the simulator or on a device, and PTX without a device."""

import inspect

import numpy as np
import pytest

from neurosim.cnn import cpu
from neurosim.cnn.batches import Batches
from neurosim.cnn.program import Activation, Loss, Pooling
from neurosim.cnn.rules import Rule, Update
from neurosim.core import device

from .naive_networks import CASES, Small, built, numbers

PUBLIC = ("begin", "advance", "fetch", "infer", "differentiate")
TOPICS = ("block", "convolution", "maps", "normalisation", "pooling", "update")
TOLERANCE = {np.float32: 1e-6, np.float64: 1e-12}
KEY, STEP = 2**63 + 12345, 9
RULES = {
    "sgd": Rule(Update.SGD, l1=1e-2, l2=1e-1),
    "nesterov": Rule(Update.NESTEROV, decay=1e-1),
    "adagrad": Rule(Update.ADAGRAD, epsilon=1e-3),
    "rmsprop": Rule(Update.RMSPROP, second=0.9, epsilon=1e-3),
    "adam": Rule(Update.ADAM, second=0.99, epsilon=1e-3, l2=1e-3),
    "adamw": Rule(Update.ADAMW, second=0.999, epsilon=1e-3, decay=0.3),
}
runs = pytest.mark.skipif(not device.available(), reason="no CUDA device, and NUMBA_ENABLE_CUDASIM is not 1")
on_device = pytest.mark.skipif(device.simulated() or not device.available(), reason="no CUDA device")
both_types = pytest.mark.parametrize("dtype", [np.float32, np.float64])
TINY = {}


@pytest.fixture(scope="module")
def cuda():
    from neurosim.cnn import cuda

    return cuda


def tiny(build):
    """A network that the simulator gets through quickly."""
    TINY[build.__name__] = build
    return build


@tiny
def convolutions():
    net = Small((2, 3, 3))
    net.convolve(2, (2, 3), (1, 2), 1, (2, 1), end=(0, 1))
    net.activate(Activation.TANH)
    net.convolve(2, (3, 2), 2, (1, 0), (1, 2), back=True)
    return net.done()


@tiny
def transposed_and_across():
    net = Small((1, 2, 3))
    net.convolve(2, 2, (2, 1), back=True, bias=None)
    net.activate(Activation.TANH)
    net.dense(2)
    net.dense(3, tied=net.groups[-2][0], bias=False)
    return net.done(Loss.CROSS_ENTROPY)


@tiny
def own_weights():
    net = Small((2, 3, 2))
    net.convolve(2, 2, (1, 2), (0, 1), own=True, bias="place")
    net.activate(Activation.SIGMOID)
    net.convolve(2, 2, bias="place")
    return net.done(margin=0.4)


@tiny
def activations():
    net = Small((2, 1, 2))
    for kind in Activation:
        net.scale()
        net.activate(kind, *{Activation.LECUN_TANH: (1.7159, 2 / 3), Activation.LEAKY_RELU: (0.2,)}.get(kind, ()))
    return net.done()


@tiny
def pools():
    net = Small((2, 4, 3))
    net.scale()
    x, found = net.activate(Activation.RELU), []  # whole windows are 0
    for kind in Pooling:
        net.at = x
        found.append(net.pool(kind, (3, 2), (2, 1), 1))
    for other in found[1:]:
        net.add(net.at if other != found[1] else found[0], other)
    return net.done()


@tiny
def normalised():
    net = Small((2, 2, 3))
    net.normalise()
    net.activate(Activation.RELU)
    net.convolve(2, (2, 1), bias=None)
    net.normalise(momentum=0.3, epsilon=1e-5)
    return net.done(Loss.CROSS_ENTROPY)


@tiny
def maps():
    net = Small((2, 2, 3))
    x = net.scale()
    net.pad(1, 0, 0, 2, -1.5)
    net.softmax()
    y = net.dropout(0.4)
    whole = net.value((20, 1, 1))
    net.copy(x, 3, 8, whole, 12)
    net.copy(y, 5, 12, whole, 0)
    net.add(whole, whole)
    return net.done(Loss.BINARY_CROSS_ENTROPY)


@tiny
def radial_units():
    net = Small((3, 1, 1))
    net.radial(4)
    logits = net.at
    net.softmax()
    return net.done(Loss.CROSS_ENTROPY, logits=logits)


def near(found, wanted, dtype, what="", scale=1):
    """Whether types are the same and the error is small beside the tensor's norm."""
    assert found.dtype == wanted.dtype
    error, norm = (np.linalg.norm(np.ravel(array)) for array in (found - wanted, wanted))
    assert error <= scale * TOLERANCE[dtype] * norm, f"{what}: error {error:.3g}, norm {norm:.3g}"


def compare_gradients(cuda, program, name, n, dtype, **settings):
    scale = 10 if program.n_statistics else 1  # normalisation takes small differences of large numbers
    data = [array.astype(dtype) for array in numbers(name, program, n)]
    everything = tuple(range(len(program.shapes)))
    settings = {"key": KEY, "step": STEP, "values": everything} | settings
    ours, theirs = (kernels.differentiate(program, *data, **settings) for kernels in (cpu, cuda))
    np.testing.assert_allclose(theirs.loss, ours.loss, rtol=TOLERANCE[dtype])
    near(theirs.outputs, ours.outputs, dtype, "outputs", scale)
    near(theirs.gradient, ours.gradient, dtype, "parameters", scale)
    for v in settings["values"]:
        assert theirs.values[v].shape == (n, *program.shapes[v])
        near(theirs.values[v], ours.values[v], dtype, f"value {v}", scale)
        if v != program.output or v == program.logits:
            near(theirs.gradients[v], ours.gradients[v], dtype, f"gradient of value {v}", scale)


def test_the_twins_have_the_same_functions(cuda):
    for name in PUBLIC:
        ours, theirs = (
            [(q.name, q.kind, q.default) for q in inspect.signature(getattr(kernels, name)).parameters.values()]
            for kernels in (cpu, cuda)
        )
        assert ours == theirs
    functions = {n for n, f in inspect.getmembers(cuda, inspect.isfunction) if f.__module__ == cuda.__name__}
    assert {n for n in functions if not n.startswith("_")} == set(PUBLIC)


@runs
@pytest.mark.kernels
@both_types
@pytest.mark.parametrize("name", TINY)
def test_gradients_equal_the_cpus(cuda, name, dtype):
    compare_gradients(cuda, TINY[name](), name, 2, dtype)


@runs
@pytest.mark.kernels
@pytest.mark.parametrize("name", ["normalised", "maps"])
def test_gradients_outside_training(cuda, name):
    compare_gradients(cuda, TINY[name](), name, 2, np.float64, training=False, reduction="sum")


@runs
@pytest.mark.kernels
def test_inference_in_pieces(cuda, monkeypatch):
    monkeypatch.setattr(cuda, "LANES", 2)
    program = TINY["normalised"]()
    parameters, statistics, x, *_ = (array.astype(float) for array in numbers("normalised", program, 5))
    for asked in ((), ((1, program.output),)):
        ours, theirs = (k.infer(program, parameters, statistics, x, *asked) for k in (cpu, cuda))
        for one, other in zip(ours, theirs, strict=True):
            assert one.shape == other.shape
            near(other, one, np.float64)
    assert cuda.infer(program, parameters, statistics, x[:0])[0].shape == (0, *program.shapes[program.output])


def mixed():
    """Normalisation, dropout, missing connections, parameters that stay, and weights that are used twice."""
    net = Small((2, 2, 2))
    net.normalise()
    net.convolve(2, (2, 1), mask=[1, 0, 1, 1, 1, 1, 0, 1])
    net.activate(Activation.TANH)
    net.dropout(0.25)
    net.dense(3, bias=False)
    net.activate(Activation.SIGMOID)
    net.convolve(2, 1, trained=False)
    net.dense(3, tied=net.groups[-2][0])
    return net.done(Loss.CROSS_ENTROPY, input_gradient=False)


def small():
    """A connection that does not exist, a part that stays, a rule's every kind of group."""
    net = Small((2, 1, 1))
    net.convolve(2, 1, mask=[1, 0, 1, 1])
    net.activate(Activation.TANH)
    net.convolve(2, 1, trained=False)
    return net.done()


def lesson(program, dtype, batch, steps=3, samples=6, reduction="mean"):
    """What a run begins with, and mini-batches; the last sample of the second one is missing."""
    parameters, statistics, x, targets, weights = (array.astype(dtype) for array in numbers("lesson", program, samples))
    rng = np.random.default_rng(batch)
    order = rng.integers(0, samples, (steps, batch))
    order[1, -1] = -1
    rates, momenta = rng.uniform(0.02, 0.1, steps), rng.uniform(0.5, 0.9, steps)
    return parameters, statistics, Batches(x, targets, weights, order.ravel(), rates, momenta, reduction)


def part(batches, batch, first, last):
    """The mini-batches from `first` on and before `last`."""
    return batches._replace(
        order=batches.order[first * batch : last * batch], rates=batches.rates[first:last],
        momenta=batches.momenta[first:last],
    )  # fmt: skip


def compare_learning(cuda, program, rule, dtype, batch, **settings):
    parameters, statistics, batches = lesson(program, dtype, batch, **settings)
    found = []
    for kernels in (cpu, cuda):
        state = kernels.begin(program, parameters, statistics, rule, batch=batch, key=KEY)
        found.append((kernels.advance(state, batches), kernels.fetch(state)))
    (losses, ours), (others, theirs) = found
    steps = len(losses)
    assert ours.step == theirs.step == steps
    np.testing.assert_allclose(others, losses, rtol=steps * TOLERANCE[dtype])
    near(theirs.parameters, ours.parameters, dtype, "parameters", steps)
    change = (fitted.parameters - parameters for fitted in (theirs, ours))
    near(*change, dtype, "change of the parameters", 10 * steps)
    near(theirs.statistics, ours.statistics, dtype, "statistics", steps)
    for moment in range(2):
        near(theirs.moments[moment], ours.moments[moment], dtype, f"moment {moment}", 10 * steps)


@runs
@pytest.mark.kernels
@pytest.mark.parametrize("rule", RULES)
def test_learning_equals_the_cpus(cuda, rule):
    compare_learning(cuda, small(), RULES[rule], np.float64, 2, reduction="sum" if rule == "sgd" else "mean")


@runs
@pytest.mark.kernels
@both_types
def test_learning_of_a_network_with_everything(cuda, dtype):
    compare_learning(cuda, mixed(), RULES["adamw"], dtype, 3, steps=2)


@runs
@pytest.mark.kernels
def test_a_run_cut_in_two_has_the_same_bits(cuda):
    """The second part names few of the samples; the moments and the step go on."""
    parameters, statistics, batches = lesson(small(), np.float32, 2)
    rule, found = RULES["adam"], []
    for cuts in ((3,), (2, 3)):
        state, losses, before = cuda.begin(small(), parameters, statistics, rule, batch=2, key=KEY), [], 0
        for cut in cuts:
            losses.append(cuda.advance(state, part(batches, 2, before, cut)))
            f, before = cuda.fetch(state), cut
            state = cuda.begin(
                small(), f.parameters, f.statistics, rule, batch=2, key=KEY, moments=f.moments, step=f.step
            )
        found.append((np.concatenate(losses), *f))
    for one, other in zip(*found, strict=True):
        np.testing.assert_array_equal(one, other)


@runs
@pytest.mark.kernels
def test_a_loss_that_is_not_finite_stops_without_an_update(cuda):
    parameters, statistics, batches = lesson(mixed(), np.float32, 2, steps=4)
    batches.order[:] = [0, 1, 2, -1, 5, 3, 1, 2]
    batches.x[5, 3] = np.nan
    state, wanted = (cuda.begin(mixed(), parameters, statistics, RULES["adam"], batch=2, key=KEY) for _ in range(2))
    losses = cuda.advance(state, batches)
    np.testing.assert_array_equal(losses[:2], cuda.advance(wanted, part(batches, 2, 0, 2)))
    assert np.isnan(losses[2:]).all()
    assert cuda.fetch(state).step == 2
    for one, other in zip(cuda.fetch(state), cuda.fetch(wanted), strict=True):
        np.testing.assert_array_equal(one, other)
    more = part(batches, 2, 3, 4)
    np.testing.assert_array_equal(cuda.advance(state, more), cuda.advance(wanted, more))


@pytest.mark.gpu
@on_device
@both_types
@pytest.mark.parametrize("name", CASES)
def test_every_network_on_a_device(cuda, name, dtype, monkeypatch):
    """Sums are longer than in the simulator, and rounding is in another order."""
    monkeypatch.setitem(TOLERANCE, np.float32, 1e-5)
    for n in (1, 7, 130):
        compare_gradients(cuda, built(name), name, n, dtype)


@pytest.mark.gpu
@on_device
@pytest.mark.parametrize("rule", RULES)
def test_learning_on_a_device(cuda, rule):
    for batch in (2, 64, 100):
        compare_learning(cuda, mixed(), RULES[rule], np.float64, batch, steps=20, samples=300)


@pytest.mark.gpu
@on_device
def test_the_same_bits_twice_on_a_device(cuda):
    parameters, statistics, batches = lesson(built("lenet"), np.float32, 64, steps=20, samples=300)
    found = []
    for _ in range(2):
        state = cuda.begin(built("lenet"), parameters, statistics, RULES["adam"], batch=64, key=KEY)
        found.append((cuda.advance(state, batches), *cuda.fetch(state)))
    for one, other in zip(*found, strict=True):
        np.testing.assert_array_equal(one, other)


def signatures(topics, r):
    """Every kernel with the argument types it is launched with."""
    from numba import boolean, int32, int64, uint64

    convolution, maps, normalisation, pooling, update = topics[1:]
    v, i, m, marks = r[::1], int64[::1], r[:, ::1], int32[::1]
    row = (i, int64, int64)
    whole, random = (*row, boolean, v, v, v), (uint64, r, uint64, uint64, uint64)
    return {
        convolution._shrink: whole, convolution._grow: whole, convolution._radial: whole,
        convolution._weights: (*row, v, v, v), convolution._biases: (*[int64] * 6, v, v),
        convolution._radial_input: (*row, v, v, v), convolution._radial_weights: (*row, v, v, v, v),
        maps._activate: (*row, v, v), maps._activate_input: (*row, v, v, v), maps._softmax: (*row, v),
        maps._softmax_input: (*row, v, v), maps._dropout: (*row, *random, v, marks),
        maps._dropout_input: (*row, r, marks, v), maps._add: (*row, v), maps._add_input: (*row, int64, v),
        maps._copy: (*row, v), maps._copy_input: (*row, v), maps._pad: (*row, v, v), maps._pad_input: (*row, v),
        normalisation._scale: (*row, v, v), normalisation._scale_input: (*row, v, v),
        normalisation._scale_sums: (*row, v, v, v), normalisation._moments: (*row, boolean, v, v, v),
        normalisation._normalise: (*row, v, v, v, v), normalisation._normalise_sums: (*row, v, v, v, v, v),
        normalisation._moments_input: (*row, v, boolean, v, v, v, v),
        normalisation._move_statistics: (i, v, int64, i, v, v),
        pooling._pool: (*row, v, marks), pooling._pool_input: (*row, v, v, marks),
        update._clear: (v,), update._load: (*[int64] * 3, m, i, int64, v),
        update._lose: (int64, v, *[int64] * 4, r, m, v, i, int64, v, v, v, i),
        update._update: (int64, *[r] * 9, int64[:, ::1], v, i, v, v, m),
    }  # fmt: skip


@pytest.mark.ptx
def test_ptx(compile_ptx):
    """In float32 nothing is approximate, of double precision, or spilled from registers."""
    from importlib import import_module

    from numba import types
    from numba.cuda.dispatcher import CUDADispatcher

    topics = [import_module(f"neurosim.cnn.cuda_{topic}") for topic in TOPICS]
    kernels = signatures(topics, types.float32)
    made = {k for topic in topics for k in vars(topic).values() if isinstance(k, CUDADispatcher)}
    assert set(kernels) == {k for k in made if not k.targetoptions.get("device")}
    for kernel, signature in kernels.items():
        ptx, name = compile_ptx(kernel, signature), kernel.py_func.__name__
        assert ".target sm_90" in ptx
        for banned in (".approx", ".f64", ".local"):
            assert banned not in ptx, f"{name}: {banned}"
