"""The thread pool: every task once, errors and interrupts come through, forked processes work."""

import threading
import time

import numpy as np
import pytest

from neurosim.core import parallel
from neurosim.core.errors import InvalidParameter


@pytest.fixture(params=[1, 2, 5])
def threads(request, monkeypatch):
    monkeypatch.setattr(parallel, "_threads", request.param)
    return request.param


@pytest.mark.parametrize("tasks", [0, 1, 2, 3, 7, 40, 41])
def test_every_task_runs_once(threads, tasks):
    counts = np.zeros(tasks, int)

    def kernel(begin, end, step):
        counts[begin:end] += step

    parallel.run(kernel, tasks, 3)
    assert (counts == 3).all()


def test_tasks_run_at_the_same_time(monkeypatch):
    monkeypatch.setattr(parallel, "_threads", 3)
    meeting = threading.Barrier(3, timeout=10)
    seen = set()

    def kernel(begin, end):
        if begin < 9:
            meeting.wait()
        seen.add(threading.get_ident())

    parallel.run(kernel, 36)
    assert len(seen) == 3


def test_errors_come_through_and_leave_no_thread_behind(threads):
    def kernel(begin, end):
        raise KeyError(begin)

    with pytest.raises(KeyError):
        parallel.run(kernel, 10)
    parallel.run(lambda begin, end: None, 10)


def test_an_error_of_another_thread_comes_through_when_all_have_stopped(monkeypatch):
    monkeypatch.setattr(parallel, "_threads", 3)
    meeting, running = threading.Barrier(3, timeout=10), set()

    def kernel(begin, end):
        meeting.wait()
        if threading.current_thread() is not threading.main_thread():
            raise KeyError("in a worker")
        running.add(begin)
        time.sleep(0.1)
        running.remove(begin)

    with pytest.raises(KeyError, match="in a worker"):
        parallel.run(kernel, 3)
    assert not running


def test_nested_use_runs_in_the_thread_itself(threads):
    counts = np.zeros(30, int)

    def inner(begin, end, i):
        counts[i] += end - begin

    def outer(begin, end):
        for i in range(begin, end):
            parallel.run(inner, 4, i)

    parallel.run(outer, 30)
    assert (counts == 4).all()


def test_threads_can_be_set():
    before = parallel.threads()
    try:
        parallel.set_threads(np.int64(3))
        assert parallel.threads() == 3
    finally:
        parallel.set_threads(before)
    for bad in (0, -1, 1.5, "2", True):
        with pytest.raises(InvalidParameter, match="threads must be an integer >= 1"):
            parallel.set_threads(bad)
