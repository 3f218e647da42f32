"""How networks become instructions, what their gradients wait for, and whether the naive interpreter is right."""

import numpy as np
import pytest

from neurosim.cnn import program as p
from neurosim.cnn.program import COLUMNS, NONE, Activation, Builder, Loss, Op

from . import naive, naive_cases  # noqa: F401 (the cases enter themselves into CASES)
from .naive_networks import CASES, Small, built, numbers


def columns(program, *names):
    """The named columns, a row per instruction."""
    return program.code[:, [getattr(p, name) for name in names]].tolist()


def test_an_instruction_has_what_was_said_and_else_the_neutral_numbers():
    builder = Builder((2, 5, 4))
    y = builder.value((3, 4, 2))
    builder.emit(
        Op.CONVOLVE, builder.source, y, x_shape=(2, 5, 4), y_shape=(3, 4, 2), kh=2, kw=3, w=10, stride_o=1, reals=(0.5,)
    )
    program = builder.finish(y, groups=np.zeros((0, 5), np.int64), masks=np.zeros(0), n_parameters=46)
    row = program.code[0]
    assert row.shape == (COLUMNS,)
    assert row[[p.OP, p.X, p.Y, p.W, p.KH, p.KW, p.STRIDE_O]].tolist() == [Op.CONVOLVE, 0, y, 10, 2, 3, 1]
    assert row[[p.CI, p.HI, p.WI, p.CO, p.HO, p.WO]].tolist() == [2, 5, 4, 3, 4, 2]
    assert (row[[p.X2, p.B, p.STATISTICS, p.MARKS, p.PARTIALS]] == NONE).all()
    assert (row[[p.SH, p.SW, p.DH, p.DW]] == 1).all()
    assert (row[[p.PH, p.PW, p.STRIDE_C, p.STRIDE_PLACE, p.FROM, p.AT, p.COUNT]] == 0).all()
    assert program.reals.tolist() == [[0.5, 0, 0, 0]]
    assert program.places.tolist() == [0, 40, 64]
    assert program.shapes == ((2, 5, 4), (3, 4, 2))
    assert (program.source, program.output, program.logits, program.loss) == (0, 1, 1, Loss.NONE)
    assert program.n_parameters == 46


def test_the_names_of_columns_are_different_numbers():
    names = [name for name in vars(p) if name.isupper() and name not in ("COLUMNS", "REALS", "NONE")]
    of_groups = {"BEGIN", "END", "DECAYS", "MASK", "TRAINED"}
    assert sorted(getattr(p, name) for name in set(names) - of_groups) == list(range(COLUMNS))
    assert sorted(getattr(p, name) for name in of_groups) == list(range(5))


def test_room_is_taken_one_after_the_other():
    net = Small((3, 4, 4))
    net.normalise()
    net.pool(p.Pooling.MAXIMUM)
    net.dropout(0.5)
    net.normalise()
    program = net.done()
    assert (program.n_statistics, program.n_marks, program.n_partials) == (12, 24, 24)
    assert [row[0] for row in columns(program, "STATISTICS")] == [0, 0, -1, -1, 6, 6]
    assert [row[0] for row in columns(program, "MARKS")] == [-1, -1, 0, 12, -1, -1]
    assert [row[0] for row in columns(program, "PARTIALS")] == [0, 0, -1, -1, 12, 12]
    assert program.segments.tolist() == [0, 1, 5, 6]
    assert [row[0] for row in columns(program, "STREAM")] == list(range(6))


def test_the_input_has_no_gradient_unless_it_is_asked_for():
    def network(asked):
        net = Small((4, 1, 1))
        net.activate(Activation.TANH)
        net.dense(3)
        net.activate(Activation.RELU)
        return net.done(input_gradient=asked)

    assert columns(network(False), "NEED_X") == [[0], [0], [1]]
    assert columns(network(True), "NEED_X") == [[1], [1], [1]]


def test_of_two_inputs_only_one_may_need_a_gradient():
    for turned, wanted in ((False, [0, 1]), (True, [1, 0])):
        net = Small((4, 1, 1))
        net.add(*[net.source, net.dense(4)][:: -1 if turned else 1])
        assert columns(net.done(input_gradient=False), "NEED_X", "NEED_X2") == [[0, 0], wanted]


def test_a_value_read_twice_adds_up():
    net = Small((4, 1, 1))
    x = net.dense(4)
    y = net.activate(Activation.TANH, x=x)
    net.add(x, y)
    # backward ADD comes first and sets both; then the activation adds
    program = net.done()
    assert columns(program, "ADD_X", "ADD_X2") == [[0, 0], [1, 0], [0, 0]]


def test_a_value_added_to_itself_adds_up():
    net = Small((4, 1, 1))
    x = net.dense(4)
    net.add(x, x)
    assert columns(net.done(), "ADD_X", "ADD_X2") == [[0, 0], [0, 1]]


def test_tied_weights_add_up():
    program = built("tied_weights")
    assert columns(program, "W", "ADD_W", "ADD_B") == [[0, 1, 0], [-1, 0, 0], [0, 0, 0]]
    program = built("the_same_weights_twice")
    assert columns(program, "W", "B", "ADD_W", "ADD_B") == [[0, 36, 1, 1], [-1, -1, 0, 0], [0, 36, 0, 0]]


def test_slices_of_one_value_add_up():
    net = Small((2, 3, 2))
    x = net.scale()
    y = net.value((12, 1, 1))
    net.copy(x, 0, 6, y, 0)
    net.copy(x, 6, 6, y, 6)
    assert columns(net.done(), "NEED_X", "ADD_X") == [[1, 0], [1, 1], [1, 0]]


def test_the_two_halves_of_a_normalisation_share_the_work():
    """MOMENTS hands on the gradient of x, NORMALISE those of the parameters."""
    net = Small((2, 3, 3))
    x = net.scale()
    y = net.normalise()
    net.add(x, y)
    assert columns(net.done(), "NEED_X", "ADD_X", "ADD_W") == [[1, 0, 0], [1, 1, 0], [1, 0, 0], [1, 0, 0]]


def planned(program, net, by_logits):
    """Gradients of the values as the plan orders: an array holds nothing sensible until it is written."""
    gradients = [np.full_like(value, np.nan) for value in net.values]
    gradients[program.logits][:] = by_logits
    for row, reals in zip(program.code[::-1], program.reals[::-1], strict=True):
        x, x2, y = net.operands(row, net.values)
        dx, dx2, dy = net.operands(row, gradients)
        by_inputs = naive.OPERATIONS[Op(row[p.OP])][1](net, row, reals, x, x2, y, dy)
        for by, d, need, add in zip(by_inputs, (dx, dx2), (p.NEED_X, p.NEED_X2), (p.ADD_X, p.ADD_X2), strict=True):
            if by is not None and row[need]:
                d[:] = d + by if row[add] else by
    return gradients


@pytest.mark.parametrize("name", CASES)
def test_the_plan_gives_the_gradients(name):
    """The output behind logits gets none and stays untouched."""
    program = built(name)
    parameters, statistics, x, targets, weights = numbers(name, program, 3)
    _, net = naive.differentiate(program, parameters, statistics, x, targets, weights)
    _, by_logits = naive.loss(net, targets, weights)
    gradients = planned(program, net, by_logits)
    for found, wanted in zip(gradients, net.gradients, strict=True):
        if found is gradients[program.output] and program.output != program.logits:
            assert np.isnan(found).all()
            continue
        np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(
    ("name", "training"),
    [*((name, True) for name in CASES), ("normalised", False), ("normalised_residual", False), ("dropped", False)],
)
def test_the_naive_gradient_is_the_slope_of_the_naive_loss(name, training):
    """Along a random direction of parameters and one of inputs, by central differences."""
    program = built(name)
    parameters, statistics, x, targets, weights = (array.astype(float) for array in numbers(name, program, 4))
    settings = {"training": training, "key": 2**40 + 5, "step": 3}
    _, net = naive.differentiate(program, parameters, statistics, x, targets, weights, **settings)

    def at(w, inputs):
        moved = naive.Network(program, w, statistics, **settings)
        naive.forward(moved, inputs)
        return naive.loss(moved, targets, weights)[0]

    rng, h = np.random.default_rng(0), 1e-6
    dw, dx = rng.normal(size=parameters.shape), rng.normal(size=x.shape)
    slope_w = (at(parameters + h * dw, x) - at(parameters - h * dw, x)) / (2 * h)
    slope_x = (at(parameters, x + h * dx) - at(parameters, x - h * dx)) / (2 * h)
    np.testing.assert_allclose(net.gradient @ dw, slope_w, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose((net.gradients[program.source] * dx).sum(), slope_x, rtol=1e-6, atol=1e-8)
