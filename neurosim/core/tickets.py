"""Steps of parallel work without a barrier: threads take numbered tickets and wait for the tickets before a phase.

A kernel that runs many short steps cannot go back to Python for each. Its threads draw tickets in one order; who holds
a ticket of a later phase waits until all tickets of the phases before are done. They were drawn before, by threads that
run, so nobody waits for a thread that has not started, and one thread alone does everything.
"""

import os

import numpy as np
from numba import njit, types
from numba.extending import intrinsic

from neurosim.core.jit import INNER

NEXT, DONE = 0, 8  # on cache lines of their own
SPINS = 256  # looks at the counter before the processor is offered to another thread
_yield_processor = types.ExternalFunction("SwitchToThread" if os.name == "nt" else "sched_yield", types.int32())


def counters() -> np.ndarray:
    """Return the counters that the threads of one call share."""
    return np.zeros(16, np.int64)


@intrinsic
def _fetch_add(typingctx, counters, index, value):
    def codegen(context, builder, signature, args):
        data = context.make_array(signature.args[0])(context, builder, args[0]).data
        return builder.atomic_rmw("add", builder.gep(data, [args[1]]), args[2], "seq_cst")

    return types.int64(counters, types.int64, types.int64), codegen


@intrinsic
def _load(typingctx, counters, index):
    def codegen(context, builder, signature, args):
        data = context.make_array(signature.args[0])(context, builder, args[0]).data
        return builder.load_atomic(builder.gep(data, [args[1]]), "seq_cst", 8)

    return types.int64(counters, types.int64), codegen


@njit(inline="always")
def take(counters):
    """Return the number of the next ticket."""
    return _fetch_add(counters, NEXT, 1)


@njit(**INNER)
def wait_for(counters, tickets):
    """Return when so many tickets are done."""
    spins = 0
    while _load(counters, DONE) < tickets:
        spins += 1
        if spins % SPINS == 0:
            _yield_processor()


@njit(inline="always")
def done(counters):
    """Hand a ticket back; what was written before is seen by who waits for it."""
    _fetch_add(counters, DONE, 1)
