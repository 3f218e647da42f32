"""Small networks put together by hand, one or more for every operation, and numbers to feed them."""

import zlib
from functools import cache

import numpy as np

from neurosim.cnn import program as p
from neurosim.cnn.program import Builder, Loss, Op

C3 = np.array([[1, 1, 0], [0, 1, 1], [1, 0, 1], [1, 1, 1]])  # a table of connections: which maps see which channels


def pair(number):
    return (number, number) if np.ndim(number) == 0 else tuple(number)


class Small(Builder):
    """A builder with a method per operation that works out the output's shape and takes the parameters it needs."""

    def __init__(self, source):
        super().__init__(source)
        self.parameters, self.groups, self.masks = 0, [], []
        self.at = self.source

    def take(self, size, decays=True, mask=None, trained=True):
        """Return the offset of a new group of parameters."""
        begin = self.parameters
        self.parameters += size
        place = p.NONE
        if mask is not None:
            place = len(self.masks)
            self.masks.extend(np.ravel(mask))
        self.groups.append([begin, self.parameters, int(decays), place, int(trained)])
        return begin

    def then(self, op, y_shape, x=None, x_shape=None, y=None, **columns):
        """Emit an instruction from the latest value, or from `x`, and return its output."""
        x = self.at if x is None else x
        self.at = self.value(y_shape) if y is None else y
        self.emit(op, x, self.at, x_shape=x_shape or self.shapes[x], y_shape=y_shape, **columns)
        return self.at

    def convolve(
        self, maps, kernel, stride=1, padding=0, dilation=1, *,
        bias="map", own=False, mask=None, trained=True, end=None, back=None, x=None, x_shape=None,
    ):  # fmt: skip
        """`own`: weights of their own at every place; `end`: padding below and to the right; `back`: a transposed
        convolution with such a stride; the rest as in a framework."""
        x = self.at if x is None else x
        channels, *size = x_shape or self.shapes[x]
        k, s, d, near = pair(kernel), pair(stride), pair(dilation), pair(padding)
        far = near if end is None else pair(end)
        if back:
            out = [(size[a] - 1) * s[a] + d[a] * (k[a] - 1) + 1 - near[a] - far[a] for a in (0, 1)]
        else:
            out = [(size[a] + near[a] + far[a] - d[a] * (k[a] - 1) - 1) // s[a] + 1 for a in (0, 1)]
        each = channels * k[0] * k[1] * maps
        w = self.take(each * (out[0] * out[1] if own else 1), mask=mask, trained=trained)
        count = {"map": maps, "place": maps * out[0] * out[1], None: 0}[bias]
        b = self.take(count, decays=False) if count else p.NONE
        return self.then(
            Op.TRANSPOSED if back else Op.CONVOLVE, (maps, *out), x, x_shape=(channels, *size),
            kind=int(bias == "place"), w=w, b=b,
            kh=k[0], kw=k[1], sh=s[0], sw=s[1], ph=near[0], pw=near[1], dh=d[0], dw=d[1],
            stride_c=k[0] * k[1] * maps, stride_kh=k[1] * maps, stride_kw=maps, stride_o=1,
            stride_place=each if own else 0,
        )  # fmt: skip

    def dense(self, units, tied=None, bias=True, x=None):
        """`tied`: offset of another layer's weights (units there, inputs there being ours), read across."""
        x = self.at if x is None else x
        inputs = int(np.prod(self.shapes[x]))
        if tied is None:
            return self.convolve(units, 1, bias="map" if bias else None, x=x, x_shape=(inputs, 1, 1))
        b = self.take(units, decays=False) if bias else p.NONE
        return self.then(
            Op.CONVOLVE, (units, 1, 1), x, x_shape=(inputs, 1, 1), w=tied, b=b,
            stride_c=1, stride_kh=0, stride_kw=0, stride_o=inputs,
        )  # fmt: skip

    def activate(self, kind, *reals, x=None):
        return self.then(Op.ACTIVATE, self.shapes[self.at if x is None else x], x, kind=kind, reals=reals)

    def softmax(self):
        return self.then(Op.SOFTMAX, self.shapes[self.at])

    def pool(self, kind, size=2, stride=None, padding=0, end=None):
        channels, *shape = self.shapes[self.at]
        k, near = pair(size), pair(padding)
        s, far = k if stride is None else pair(stride), near if end is None else pair(end)
        out = [(shape[a] + near[a] + far[a] - k[a]) // s[a] + 1 for a in (0, 1)]
        marks = self.reserve(p.MARKS, channels * out[0] * out[1])
        return self.then(
            Op.POOL, (channels, *out), kind=kind, marks=marks,
            kh=k[0], kw=k[1], sh=s[0], sw=s[1], ph=near[0], pw=near[1],
        )  # fmt: skip

    def scale(self):
        channels = self.shapes[self.at][0]
        w, b = self.take(channels), self.take(channels, decays=False)
        return self.then(Op.SCALE, self.shapes[self.at], w=w, b=b)

    def normalise(self, momentum=0.1, epsilon=1e-3, x=None):
        x = self.at if x is None else x
        shape = self.shapes[x]
        shared = {
            "w": self.take(shape[0], decays=False), "b": self.take(shape[0], decays=False),
            "statistics": self.reserve(p.STATISTICS, 2 * shape[0]), "partials": self.reserve(p.PARTIALS, 4 * shape[0]),
        }  # fmt: skip
        y = self.then(Op.MOMENTS, shape, x, reals=(epsilon, momentum), **shared)
        self.cut()
        return self.then(Op.NORMALISE, shape, x, y=y, reals=(epsilon, momentum), **shared)

    def dropout(self, rate, factor=None):
        shape = self.shapes[self.at]
        marks = self.reserve(p.MARKS, int(np.prod(shape)))
        reals = (rate, 1 / (1 - rate) if factor is None else factor)
        return self.then(Op.DROPOUT, shape, marks=marks, reals=reals)

    def add(self, x, x2):
        return self.then(Op.ADD, self.shapes[x], x, x2=x2)

    def copy(self, x, begin, count, y, at):
        return self.then(Op.COPY, self.shapes[y], x, y=y, count=count, at=at, **{"from": begin})

    def pad(self, above, left, below, right, value=0.0):
        channels, rows, columns = self.shapes[self.at]
        shape = (channels, rows + above + below, columns + left + right)
        return self.then(Op.PAD, shape, ph=above, pw=left, reals=(value,))

    def radial(self, units):
        inputs = int(np.prod(self.shapes[self.at]))
        return self.then(
            Op.RADIAL, (units, 1, 1), x_shape=(inputs, 1, 1), w=self.take(inputs * units), stride_c=units, stride_o=1
        )

    def done(self, loss=Loss.SQUARED, *, margin=0.0, logits=None, input_gradient=True):
        """`logits`: the input of the last instruction, which is a part of the loss and hands on no gradient."""
        program = self.finish(
            self.at, groups=np.array(self.groups, np.int64).reshape(-1, 5), masks=np.array(self.masks, np.float64),
            n_parameters=self.parameters, loss=loss, loss_reals=(margin,), logits=logits, input_gradient=input_gradient,
        )  # fmt: skip
        if logits is not None:
            program.code[-1, p.NEED_X] = 0
        return program


CASES = {}


def case(function):
    CASES[function.__name__] = function
    return function


def numbers(name, program, n):
    """Parameters, statistics, x, targets and weights for a case, exact in float32; masked parameters are 0."""
    rng = np.random.default_rng(zlib.crc32(f"{name} {n}".encode()))
    parameters = rng.normal(size=program.n_parameters) * 0.5
    for begin, end, _, mask, _ in program.groups:
        if mask != p.NONE:
            parameters[begin:end] *= program.masks[mask : mask + end - begin]
    x = rng.normal(size=(n, int(np.prod(program.shapes[program.source])))) * (400 if "far_out" in name else 1)
    # means and variances alike: of a fitted network the latter are positive
    statistics = rng.uniform(0.5, 1.5, program.n_statistics)
    targets = rng.uniform(size=(n, int(np.prod(program.shapes[program.logits]))))
    weights = rng.uniform(0.5, 2, n)
    return tuple(array.astype(np.float32) for array in (parameters, statistics, x, targets, weights))


@cache
def built(name):
    """The program of a case."""
    return CASES[name]()
