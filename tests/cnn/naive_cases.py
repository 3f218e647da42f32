"""Programs that between them meet every operation, odd sizes and every way in which values and weights are shared."""

import numpy as np

from neurosim.cnn.program import Activation, Loss, Op, Pooling

from . import naive_convolutions  # noqa: F401 (more cases)
from .naive_networks import C3, Small, case


@case
def dense():
    net = Small((7, 1, 1))
    net.dense(5)
    return net.done()


@case
def one_weight():
    net = Small((1, 1, 1))
    net.dense(1, bias=False)
    return net.done()


@case
def perceptron_of_three_layers():
    net = Small((37, 1, 1))
    net.dense(33)
    net.activate(Activation.TANH)
    net.dense(17)
    net.activate(Activation.SIGMOID)
    net.dense(10)
    return net.done(Loss.CROSS_ENTROPY)


@case
def tied_weights():
    net = Small((9, 1, 1))
    net.dense(4)
    net.activate(Activation.SIGMOID)
    net.dense(9, tied=0)
    return net.done(Loss.BINARY_CROSS_ENTROPY)


@case
def the_same_weights_twice():
    net = Small((6, 1, 1))
    net.dense(6)
    net.activate(Activation.TANH)
    net.then(Op.CONVOLVE, (6, 1, 1), w=0, b=36, stride_c=6, stride_o=1)
    return net.done()


@case
def convolutions_in_a_row():
    net = Small((1, 9, 9))
    net.convolve(5, 3)
    net.activate(Activation.RELU)
    net.convolve(7, 3, 2, 1)
    net.activate(Activation.LEAKY_RELU, 0.1)
    net.convolve(3, (2, 3))
    net.dense(4)
    return net.done(Loss.CROSS_ENTROPY)


@case
def lenet():
    net = Small((1, 10, 10))
    net.convolve(3, 5, padding=1)
    net.activate(Activation.LECUN_TANH, 1.7159, 2 / 3)
    net.pool(Pooling.SUM)
    net.scale()
    net.activate(Activation.LECUN_TANH, 1.7159, 2 / 3)
    net.convolve(4, 3, mask=np.broadcast_to(C3.T[:, None, None, :], (3, 3, 3, 4)).astype(float))
    net.activate(Activation.LECUN_TANH, 1.7159, 2 / 3)
    net.pool(Pooling.MAXIMUM)
    net.dense(9)
    net.activate(Activation.LECUN_TANH, 1.7159, 2 / 3)
    net.radial(10)
    return net.done()


@case
def activations():
    """One after the other, with a scale between, so that a wrong one shows in all that follow."""
    net = Small((3, 3, 3))
    for kind in Activation:
        net.scale()
        net.activate(kind, *{Activation.LECUN_TANH: (1.7159, 2 / 3), Activation.LEAKY_RELU: (0.2,)}.get(kind, ()))
    return net.done()


@case
def activations_far_out():
    net = Small((5, 3, 1))
    net.scale()
    x = net.then(Op.SCALE, (5, 3, 1), w=net.take(5, decays=False), b=net.take(5))
    total = net.activate(Activation.SIGMOID, x=x)
    for kind in (Activation.TANH, Activation.GELU, Activation.RELU):
        total = net.add(total, net.activate(kind, x=x))
    return net.done()


@case
def softmax_within():
    net = Small((4, 2, 3))
    net.softmax()
    net.dense(3)
    return net.done()


def pooling(kind, *arguments, source=(3, 7, 6), **settings):
    def build():
        net = Small(source)
        net.convolve(3, 1)
        net.pool(kind, *arguments, **settings)
        return net.done()

    return build


for kind in Pooling:
    for name, arguments in {
        "by_two": (2,),
        "overlapping": (3, 2),
        "leaving_gaps": ((1, 2), 3),
        "padded": ((3, 2), (2, 1), 1),
        "of_everything": ((7, 6),),
    }.items():
        build = pooling(kind, *arguments)
        build.__name__ = f"pool_{kind.name.lower()}_{name}"
        case(build)


@case
def pool_ties():
    """Behind a rectifier whole windows are 0; the maximum's gradient goes to the first place, L2 has none."""
    net = Small((4, 6, 6))
    net.activate(Activation.RELU)
    x = net.pool(Pooling.MAXIMUM)
    net.at = 1
    net.add(x, net.pool(Pooling.L2))
    return net.done()


@case
def normalised():
    net = Small((3, 5, 4))
    net.normalise()
    net.activate(Activation.RELU)
    net.convolve(4, 2, bias=None)
    net.normalise(momentum=0.3, epsilon=1e-5)
    net.dense(5, bias=False)
    net.normalise()
    return net.done(Loss.CROSS_ENTROPY)


@case
def normalised_residual():
    net = Small((2, 4, 4))
    x = net.convolve(3, 3, padding=1)
    net.normalise(x=x)
    net.activate(Activation.RELU)
    net.convolve(3, 3, padding=1, bias=None)
    y = net.normalise()
    net.add(x, y)
    net.activate(Activation.RELU)
    return net.done()


@case
def dropped():
    net = Small((5, 3, 3))
    net.dropout(0.2)
    net.dense(9)
    net.activate(Activation.RELU)
    net.dropout(0.5, 1.0)
    net.dense(2)
    return net.done()


@case
def twice_itself():
    net = Small((3, 2, 2))
    x = net.scale()
    net.add(x, x)
    return net.done()


@case
def read_three_times():
    net = Small((2, 4, 4))
    x = net.convolve(2, 3, padding=1)
    net.activate(Activation.TANH)
    y = net.convolve(2, 3, padding=1)
    z = net.convolve(2, 1, x=x)
    net.add(net.add(y, z), x)
    return net.done()


@case
def slices_and_concatenations():
    net = Small((4, 3, 2))
    x = net.convolve(4, 1)
    part = net.value((2, 3, 2))
    net.copy(x, 7, 12, part, 0)
    net.activate(Activation.TANH)
    whole = net.value((40, 1, 1))
    net.copy(x, 0, 24, whole, 16)
    net.copy(net.at - 1, 0, 12, whole, 0)
    net.copy(x, 20, 4, whole, 12)
    net.at = whole
    net.dense(3)
    return net.done()


@case
def padded():
    net = Small((2, 3, 4))
    net.scale()
    net.pad(1, 2, 0, 3, -1.0)
    net.convolve(3, 2)
    return net.done()


@case
def radial():
    net = Small((6, 1, 1))
    net.dense(12)
    net.activate(Activation.TANH)
    net.radial(10)
    return net.done(Loss.CROSS_ENTROPY)


@case
def margin():
    net = Small((6, 1, 1))
    net.dense(20)
    net.activate(Activation.SIGMOID)
    return net.done(margin=0.4)


@case
def cross_entropy_at_every_place():
    net = Small((2, 3, 5))
    net.convolve(4, 3, padding=1)
    return net.done(Loss.CROSS_ENTROPY)


@case
def softmax_behind_the_logits():
    net = Small((5, 1, 1))
    logits = net.dense(4)
    net.softmax()
    return net.done(Loss.CROSS_ENTROPY, logits=logits)


@case
def sigmoid_behind_the_logits():
    net = Small((5, 1, 1))
    logits = net.dense(4)
    net.activate(Activation.SIGMOID)
    return net.done(Loss.BINARY_CROSS_ENTROPY, logits=logits)
