"""Scaling by channel and radial units of a block on the CPU; called from compiled code.

Values are [C][H][W][lane]; all of y or dx is set. `g` is the instruction.
"""

from neurosim.cnn.cpu_loops import U, affine, dispatch, fill, loops, product, total
from neurosim.cnn.program import ADD_B, ADD_W, CI, CO, NONE, STRIDE_C, STRIDE_O, B, W


@dispatch
def weight(offset, c, parameters, default):
    """Return parameter `offset` + c, or a default where there is none."""
    return parameters[offset + c] if offset != NONE else default


@dispatch
def give(gradients, offset, c, number, add):
    """Set gradient `offset` + c or add to it, if there is one."""
    if offset != NONE:
        gradients[offset + c] = (gradients[offset + c] if add else gradients.dtype.type(0)) + number


@loops
def scale(code, k, x, y, parameters):
    """Set y = w[c] x + b[c]."""
    g = code[k]
    size, real = len(x) // g[CI], y.dtype.type
    for c in range(g[CI]):
        b = weight(g[B], c, parameters, real(0))
        affine(x, y, c * size, size, real(0), weight(g[W], c, parameters, real(1)), b)


@loops
def scale_backward(code, k, dx, dy, parameters):
    """Set dx = w[c] dy."""
    g = code[k]
    size, real = len(dx) // g[CI], dx.dtype.type
    for c in range(g[CI]):
        affine(dy, dx, c * size, size, real(0), weight(g[W], c, parameters, real(1)), real(0))


@loops
def scale_gradients(code, k, x, dy, gradients, accumulate):
    """Set or add to the gradients of w and b."""
    g = code[k]
    size, zero = len(x) // g[CI], x.dtype.type(0)
    for c in range(g[CI]):
        give(gradients, g[W], c, product(x, zero, dy, zero, c * size, 1, size, size), accumulate or g[ADD_W] != 0)
        give(gradients, g[B], c, total(dy, c * size, 1, size, size), accumulate or g[ADD_B] != 0)


@loops
def radial(code, k, x, y, parameters, lanes):
    """Set y[o] = -sum_c (x[c] - w[c, o])^2."""
    g = code[k]
    fill(y, y.dtype.type(0))
    for o in range(g[CO]):
        for c in range(g[CI]):
            w = parameters[g[W] + c * g[STRIDE_C] + o * g[STRIDE_O]]
            at, to = U(c * lanes), U(o * lanes)
            for i in range(U(lanes)):
                y[to + i] -= (x[at + i] - w) * (x[at + i] - w)


@loops
def radial_backward(code, k, x, dx, dy, parameters, lanes):
    """Set dx[c] = -2 sum_o (x[c] - w[c, o]) dy[o]."""
    g = code[k]
    two = dx.dtype.type(2)
    fill(dx, dx.dtype.type(0))
    for c in range(g[CI]):
        for o in range(g[CO]):
            w = parameters[g[W] + c * g[STRIDE_C] + o * g[STRIDE_O]]
            at, to = U(c * lanes), U(o * lanes)
            for i in range(U(lanes)):
                dx[at + i] -= two * (x[at + i] - w) * dy[to + i]


@loops
def radial_gradients(code, k, x, dy, parameters, gradients, lanes, accumulate):
    """Set the gradients of w, 2 (x[c] - w[c, o]) dy[o] summed over samples, or add to them."""
    g = code[k]
    for c in range(g[CI]):
        for o in range(g[CO]):
            at = g[W] + c * g[STRIDE_C] + o * g[STRIDE_O]
            w, slope = parameters[at], x.dtype.type(0)
            for i in range(lanes):
                slope += (x[c * lanes + i] - w) * dy[o * lanes + i]
            give(gradients, at, 0, slope + slope, accumulate or g[ADD_W] != 0)
