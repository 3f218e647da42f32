"""Threads for compiled kernels: Python's own pool, over kernels that release the interpreter lock.

Compared with Numba's ``prange``, kernels compile faster, nothing spins between calls beside a BLAS pool, and a process
forked afterwards works. A call costs tens of microseconds, so a task is a block of work.
"""

import os
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from functools import cache
from typing import Any

import numba

from neurosim.core import checks

PIECES = 16  # ranges a thread on average, so that a thread that is held up does not hold up the others for long
NAME = "neurosim"
_threads = int(numba.config.NUMBA_NUM_THREADS)


def threads() -> int:
    """Return the number of threads that kernels use: at first NUMBA_NUM_THREADS, else the cores of this process."""
    return _threads


def set_threads(number: int) -> None:
    """Set the number of threads that kernels use, >= 1; the results do not depend on it."""
    global _threads
    checks.at_least("neurosim", "threads", number, 1)
    _threads = int(number)


def run(kernel: Callable[..., None], tasks: int, *arguments: Any) -> None:
    """Call ``kernel(begin, end, *arguments)`` for ranges that together cover ``range(tasks)``.

    The ranges run in any order and at the same time, so a task may write only to what is its own. The call returns or
    raises when no range is running any more; within a kernel's thread it runs them all itself.
    """
    workers = min(_threads, tasks)
    if workers <= 1 or threading.current_thread().name.startswith(NAME):
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
        started = [other for other in others if not other.cancel()]
        wait(started)
    for other in started:
        other.result()


@cache
def _pool(workers: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(workers, thread_name_prefix=NAME)


# a forked child has none of the threads of its parent
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pool.cache_clear)
