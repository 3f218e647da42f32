"""The tables of the CPU's kernels, which other files fill: a kernel forward and one backward for each instruction."""

from collections.abc import Callable

from neurosim.cnn.program import Op

Kernel = Callable[..., None]
#: The kernels by instruction and variant: one lane or more, the kind of an activation, `kernel_of` a pool.
FORWARD: dict[tuple[Op, int], Kernel] = {}
#: The kernels that hand gradients on.
BACKWARD: dict[tuple[Op, int], Kernel] = {}


def forward(op: Op, variant: int = 0) -> Callable[[Kernel], Kernel]:
    """Enter a function as the forward kernel of an instruction."""
    return lambda function: FORWARD.setdefault((op, variant), function)


def backward(op: Op, variant: int = 0) -> Callable[[Kernel], Kernel]:
    """Enter a function as the backward kernel of an instruction."""
    return lambda function: BACKWARD.setdefault((op, variant), function)
