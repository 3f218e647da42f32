"""Threads for compiled kernels: Python's own pool, over kernels that release the interpreter lock.

Compared with Numba's ``prange``: a kernel compiles in half the time, nothing spins between calls beside a BLAS pool,
and a process forked afterwards works. A call costs some 50 microseconds, so a kernel takes whole blocks of work.
"""

import os
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import numba

from neurosim.core.errors import InvalidParameter

PIECES = 4  # ranges a thread on average, so that a thread that is held up does not hold up the others
_threads = int(numba.config.NUMBA_NUM_THREADS)


def threads() -> int:
    """Return the number of threads that kernels use: at first NUMBA_NUM_THREADS, else the cores of this process."""
    return _threads


def set_threads(number: int) -> None:
    """Set the number of threads that kernels use, >= 1; the results do not depend on it."""
    global _threads
    if not isinstance(number, int) or number < 1:
        raise InvalidParameter("neurosim", "threads", number, "an integer >= 1")
    _threads = number


def run(kernel: Callable[..., None], tasks: int, *arguments: Any) -> None:
    """Call ``kernel(begin, end, *arguments)`` for ranges that together cover ``range(tasks)``.

    The ranges run in any order and at the same time, so a task may write only to what is its own.
    """
    workers = min(_threads, tasks)
    if workers <= 1:
        kernel(0, tasks, *arguments)
        return
    pieces = min(tasks, workers * PIECES)
    ranges = deque((tasks * i // pieces, tasks * (i + 1) // pieces) for i in range(pieces))

    def work() -> None:
        while ranges:
            try:
                begin, end = ranges.popleft()
            except IndexError:  # another thread was faster
                return
            kernel(begin, end, *arguments)

    others = [_pool(workers - 1).submit(work) for _ in range(workers - 1)]
    try:
        work()
    finally:
        ranges.clear()
        for other in others:
            other.result()


@cache
def _pool(workers: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(workers, thread_name_prefix="neurosim")


# a forked child has none of the threads of its parent
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pool.cache_clear)
