"""A network's program carried out slowly and obviously, importing nothing from the kernels.

`forward` and `backward` go through the instructions; `train` repeats them with an update in between.
"""

import numpy as np

from neurosim.cnn import program as p
from neurosim.cnn.program import Loss, Op

from . import naive_maps, naive_windows

OPERATIONS = {
    Op.CONVOLVE: (naive_windows.convolve, naive_windows.convolve_backward),
    Op.TRANSPOSED: (naive_windows.transposed, naive_windows.transposed_backward),
    Op.POOL: (naive_windows.pool, naive_windows.pool_backward),
    Op.RADIAL: (naive_windows.radial, naive_windows.radial_backward),
    Op.ACTIVATE: (naive_maps.activate, naive_maps.activate_backward),
    Op.SOFTMAX: (naive_maps.softmax, naive_maps.softmax_backward),
    Op.SCALE: (naive_maps.scale, naive_maps.scale_backward),
    Op.MOMENTS: (lambda *_: None, naive_maps.moments_backward),
    Op.NORMALISE: (naive_maps.normalise, naive_maps.normalise_backward),
    Op.DROPOUT: (naive_maps.dropout, naive_maps.dropout_backward),
    Op.ADD: (naive_maps.add, lambda net, row, reals, x, x2, y, dy: (dy, dy)),
    Op.COPY: (naive_maps.copy, naive_maps.copy_backward),
    Op.PAD: (naive_maps.pad, naive_maps.pad_backward),
}


class Network:
    """A program with its numbers, in float64: values (samples, elements), gradients likewise, as `backward` leaves
    them, and the population's statistics as this mini-batch moves them."""

    def __init__(self, program, parameters, statistics, *, training=True, key=0, step=0):
        self.program, self.training, self.key, self.step = program, training, int(key), int(step)
        self.parameters = np.asarray(parameters, np.float64)
        self.statistics = np.asarray(statistics, np.float64)
        self.moved = self.statistics.copy()
        self.gradient = np.zeros_like(self.parameters)
        self.values, self.gradients = [], []

    def reals_of_normalise(self, row):
        """The constants of the NORMALISE that belongs to a MOMENTS."""
        code = self.program.code
        (k,) = np.flatnonzero((code[:, p.OP] == Op.NORMALISE) & (code[:, p.STATISTICS] == row[p.STATISTICS]))
        return self.program.reals[k]

    def operands(self, row, arrays):
        """x, x2 and y as (samples, channels, rows, columns), views of `arrays`."""
        n = len(arrays[0])
        x = arrays[row[p.X]].reshape(n, *row[[p.CI, p.HI, p.WI]])
        x2 = None if row[p.X2] == p.NONE else arrays[row[p.X2]].reshape(x.shape)
        return x, x2, arrays[row[p.Y]].reshape(n, *row[[p.CO, p.HO, p.WO]])


def forward(net, x):
    """Fill the network's values and return the output, (samples, elements)."""
    program = net.program
    net.values = [np.zeros((len(x), int(np.prod(shape)))) for shape in program.shapes]
    net.values[program.source][:] = np.asarray(x).reshape(len(x), -1)
    for row, reals in zip(program.code, program.reals, strict=True):
        OPERATIONS[Op(row[p.OP])][0](net, row, reals, *net.operands(row, net.values))
    return net.values[program.output]


def loss(net, targets, weights, reduction="mean"):
    """Return the loss and its gradient by the logits, (samples, elements); the softmax is over a place's channels."""
    program, n = net.program, len(targets)
    y = net.values[program.logits].reshape(n, *program.shapes[program.logits])
    t = np.asarray(targets, np.float64).reshape(y.shape)
    scale = np.asarray(weights, np.float64) / (n if reduction == "mean" else 1)
    each, d = {
        Loss.SQUARED: squared,
        Loss.CROSS_ENTROPY: cross_entropy,
        Loss.BINARY_CROSS_ENTROPY: binary_cross_entropy,
    }[program.loss](y, t, program.loss_reals[0])
    total = (scale * each.reshape(n, -1).sum(1)).sum()
    return total, scale[:, None] * d.reshape(n, -1)


def squared(y, t, margin):
    """There is no error within `margin` > 0 of the end of [0, 1] that the target is nearer to, or beyond it."""
    beyond = ((y > 1 - margin) & (t > 0.5)) | ((y < margin) & (t < 0.5)) if margin > 0 else np.zeros(y.shape, bool)
    d = np.where(beyond, 0, y - t)
    return d**2 / 2, d


def cross_entropy(y, t, _):
    shifted = y - y.max(1, keepdims=True)
    log_softmax = shifted - np.log(np.exp(shifted).sum(1, keepdims=True))
    return -t * log_softmax, np.exp(log_softmax) * t.sum(1, keepdims=True) - t


def binary_cross_entropy(y, t, _):
    s = 1 / (1 + np.exp(-y))
    return -t * np.log(s) - (1 - t) * np.log1p(-s), s - t


def backward(net, by_logits):
    """Fill the network's gradients, from the last instruction to the first: every gradient starts at 0 and adds up."""
    program = net.program
    net.gradients = [np.zeros_like(value) for value in net.values]
    net.gradients[program.logits][:] = by_logits
    for row, reals in zip(program.code[::-1], program.reals[::-1], strict=True):
        x, x2, y = net.operands(row, net.values)
        dx, dx2, dy = net.operands(row, net.gradients)
        by_x, by_x2 = OPERATIONS[Op(row[p.OP])][1](net, row, reals, x, x2, y, dy)
        if by_x is not None:
            dx += by_x
        if by_x2 is not None:
            dx2 += by_x2


def differentiate(program, parameters, statistics, x, targets, weights, *, reduction="mean", **settings):
    """Return the loss and the network with its values, its gradients and its moved statistics."""
    net = Network(program, parameters, statistics, **settings)
    forward(net, x)
    total, by_logits = loss(net, targets, weights, reduction)
    backward(net, by_logits)
    return total, net


def infer(program, parameters, statistics, x):
    """All values, (samples, elements) each, with the population's statistics and without dropout."""
    net = Network(program, parameters, statistics, training=False)
    forward(net, x)
    return net.values


def update(program, w, moments, g, rule, rate, momentum, step):
    """One step of a rule, a dictionary: "kind" in lower case, and its constants; w and moments (2, P) change."""
    for begin, end, decays, mask, trained in program.groups:
        if not trained:
            continue
        at = slice(begin, end)
        gradient = g[at].copy()
        if decays:
            gradient += rule.get("l1", 0) * np.sign(w[at]) + rule.get("l2", 0) * w[at]
            w[at] *= 1 - rule.get("decay", 0) * (rate if rule["kind"] == "adamw" else 1)
        if mask != p.NONE:
            gradient *= program.masks[mask : mask + end - begin]
        w[at] -= rate * direction(rule, *moments[:, at], gradient, momentum, step)


def direction(rule, m, v, g, momentum, step):
    """What is subtracted, per unit of the rate; m and v change."""
    second, epsilon = rule.get("second", 0), rule.get("epsilon", 0)
    match rule["kind"]:
        case "sgd":
            m[:] = momentum * m + g
            return m
        case "nesterov":
            m[:] = momentum * m + g
            return g + momentum * m
        case "adagrad":
            v += g**2
            return g / (np.sqrt(v) + epsilon)
        case "rmsprop":
            v[:] = second * v + (1 - second) * g**2
            m[:] = momentum * m + g / (np.sqrt(v) + epsilon)
            return m
        case "adam" | "adamw":
            m[:] = momentum * m + (1 - momentum) * g
            v[:] = second * v + (1 - second) * g**2
            return m / (1 - momentum ** (step + 1)) / (np.sqrt(v / (1 - second ** (step + 1))) + epsilon)


def train(program, parameters, statistics, batches, rule, *, batch, key=0, moments=None, step=0):
    """Return the losses, the parameters, the statistics and the moments after all of `batches`."""
    w, statistics = np.array(parameters, np.float64), np.array(statistics, np.float64)
    moments = np.zeros((2, len(w))) if moments is None else np.array(moments, np.float64)
    losses = []
    for k, rows in enumerate(np.reshape(batches.order, (-1, batch))):
        rows = rows[rows >= 0]
        total, net = differentiate(
            program, w, statistics, batches.x[rows], batches.targets[rows], batches.weights[rows],
            reduction=batches.reduction, training=True, key=key, step=step + k,
        )  # fmt: skip
        losses.append(total)
        statistics = net.moved
        update(program, w, moments, net.gradient, rule, batches.rates[k], batches.momenta[k], step + k)
    return np.array(losses), w, statistics, moments
