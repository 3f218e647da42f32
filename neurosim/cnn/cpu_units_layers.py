"""The kernels of layers with weights on the CPU, of the losses and of the update rules; see `cpu_units`."""

from neurosim.cnn import cpu_layers
from neurosim.cnn import cpu_single as single
from neurosim.cnn.cpu_fused import convolve_halve
from neurosim.cnn.cpu_loss import loss
from neurosim.cnn.cpu_norm import move_statistics
from neurosim.cnn.cpu_table import FORWARD, backward, forward
from neurosim.cnn.cpu_update import update
from neurosim.cnn.program import ADD_B, ADD_W, ADD_X, KIND, NEED_X, NONE, B, Loss, Op, X, Y
from neurosim.cnn.rules import Update
from neurosim.core.contraction import NOWHERE

ONE_LANE, HALVED, HALVED_RECTIFIED = 1, 2, 3  # variants of CONVOLVE; the last two do the pool and the ReLU after it


@forward(Op.CONVOLVE)
def _convolve(code, reals, k, places, values, marks, partials, block, valid, parameters, statistics, scratch, lanes,
              training, key0, key1, step, first):  # fmt: skip
    g = code[k]
    x, y = places[g[X]] * lanes, places[g[Y]] * lanes
    cpu_layers.convolve(g, parameters, values, x, values, y, lanes, False)
    if g[B] != NONE and g[KIND] == 1:
        cpu_layers.add_place_biases(g, parameters, values, y, lanes)


@forward(Op.CONVOLVE, ONE_LANE)
def _convolve_one(code, reals, k, places, values, marks, partials, block, valid, parameters, statistics, scratch, lanes,
                  training, key0, key1, step, first):  # fmt: skip
    g = code[k]
    single.convolve_one(g, parameters, values, places[g[X]], values, places[g[Y]], scratch, False)
    if g[B] != NONE and g[KIND] == 1:
        cpu_layers.add_place_biases(g, parameters, values, places[g[Y]], 1)


def _convolve_halve(rectified, values_after):
    """Return the kernel of a convolution and what follows it, whose output is that of the last instruction."""
    convolve = convolve_halve(rectified)

    def kernel(code, reals, k, places, values, marks, partials, block, valid, parameters, statistics, scratch, lanes,
               training, key0, key1, step, first):  # fmt: skip
        x, y = places[code[k, X]] * lanes, places[code[k + values_after, Y]] * lanes
        convolve(code[k], parameters, values, x, values, y, lanes, scratch)

    return kernel


FORWARD[Op.CONVOLVE, HALVED] = _convolve_halve(False, 1)
FORWARD[Op.CONVOLVE, HALVED_RECTIFIED] = _convolve_halve(True, 2)


@forward(Op.TRANSPOSED)
def _transposed(code, reals, k, places, values, marks, partials, block, valid, parameters, statistics, scratch, lanes,
                training, key0, key1, step, first):  # fmt: skip
    g = cpu_layers.transposed(code[k])
    x, y = places[g[X]] * lanes, places[g[Y]] * lanes
    cpu_layers.adjoint(g, parameters, values, x, values, y, lanes, g[B], False)


@forward(Op.TRANSPOSED, ONE_LANE)
def _transposed_one(code, reals, k, places, values, marks, partials, block, valid, parameters, statistics, scratch,
                    lanes, training, key0, key1, step, first):  # fmt: skip
    g = cpu_layers.transposed(code[k])
    single.adjoint_one(g, parameters, values, places[g[X]], values, places[g[Y]], g[B], scratch, False)


@backward(Op.CONVOLVE)
def _convolve_back(code, reals, k, places, values, slopes, marks, partials, block, valid, parameters, statistics,
                   gradients, scratch, lanes, training, accumulate):  # fmt: skip
    g = code[k]
    x, y = places[g[X]] * lanes, places[g[Y]] * lanes
    if g[B] != NONE:
        cpu_layers.bias_gradient(g, slopes, y, gradients, lanes, accumulate or g[ADD_B] != 0)
    cpu_layers.weight_gradient(g, values, x, slopes, y, gradients, lanes, scratch, accumulate or g[ADD_W] != 0)
    if g[NEED_X]:
        cpu_layers.adjoint(g, parameters, slopes, y, slopes, x, lanes, NOWHERE, g[ADD_X] != 0)


@backward(Op.CONVOLVE, ONE_LANE)
def _convolve_back_one(code, reals, k, places, values, slopes, marks, partials, block, valid, parameters, statistics,
                       gradients, scratch, lanes, training, accumulate):  # fmt: skip
    g = code[k]
    x, y = places[g[X]], places[g[Y]]
    if g[B] != NONE:
        cpu_layers.bias_gradient(g, slopes, y, gradients, 1, accumulate or g[ADD_B] != 0)
    single.weight_gradient_one(g, values, x, slopes, y, gradients, scratch, accumulate or g[ADD_W] != 0)
    if g[NEED_X]:
        single.adjoint_one(g, parameters, slopes, y, slopes, x, NOWHERE, scratch, g[ADD_X] != 0)


@backward(Op.TRANSPOSED)
def _transposed_back(code, reals, k, places, values, slopes, marks, partials, block, valid, parameters, statistics,
                     gradients, scratch, lanes, training, accumulate):  # fmt: skip
    g = cpu_layers.transposed(code[k])
    x, y = places[g[X]] * lanes, places[g[Y]] * lanes
    if g[B] != NONE:
        cpu_layers.bias_gradient(code[k], slopes, y, gradients, lanes, accumulate or g[ADD_B] != 0)
    cpu_layers.weight_gradient(g, slopes, y, values, x, gradients, lanes, scratch, accumulate or g[ADD_W] != 0)
    if g[NEED_X]:
        g[B] = NONE
        cpu_layers.convolve(g, parameters, slopes, y, slopes, x, lanes, g[ADD_X] != 0)


@backward(Op.TRANSPOSED, ONE_LANE)
def _transposed_back_one(code, reals, k, places, values, slopes, marks, partials, block, valid, parameters, statistics,
                         gradients, scratch, lanes, training, accumulate):  # fmt: skip
    g = cpu_layers.transposed(code[k])
    x, y = places[g[X]], places[g[Y]]
    if g[B] != NONE:
        cpu_layers.bias_gradient(code[k], slopes, y, gradients, 1, accumulate or g[ADD_B] != 0)
    single.weight_gradient_one(g, slopes, y, values, x, gradients, scratch, accumulate or g[ADD_W] != 0)
    if g[NEED_X]:
        g[B] = NONE
        single.convolve_one(g, parameters, slopes, y, slopes, x, scratch, g[ADD_X] != 0)


def _loss(kind):
    """Return the kernel of one loss."""

    def loss_of_block(reals, values, slopes, at, outputs, targets, weights, order, first, lanes, valid, scale, losses,
                      block, places):  # fmt: skip
        total = loss(
            kind, reals, values, slopes, at, outputs, targets, weights, order, first, lanes, valid, scale, places
        )
        losses[block] = scale * total

    return loss_of_block


LOSSES = {kind: _loss(int(kind)) for kind in Loss}


def _update(kind):
    """Return the kernel of one update rule."""

    def update_piece(begin, end, parameters, first, second, gradients, slots, groups, masks, rate, momentum, numbers,
                     step):  # fmt: skip
        update(
            begin, end, kind, parameters, first, second, gradients, slots, groups, masks, rate, momentum, numbers[0],
            numbers[1], numbers[2], numbers[3], numbers[4], step,
        )  # fmt: skip

    return update_piece


UPDATES = {kind: _update(int(kind)) for kind in Update}


def move_moments(code, reals, k, partials, valid, statistics):
    """Move the population's statistics."""
    move_statistics(code, reals, k, partials, valid, statistics)
