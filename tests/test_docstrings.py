"""Every example in a docstring runs and prints what it says."""

import doctest
import importlib
import pkgutil

import pytest

import neurosim

MODULES = [m.name for m in pkgutil.walk_packages(neurosim.__path__, "neurosim.") if not m.ispkg]


def examples(module):
    return [test for test in doctest.DocTestFinder(exclude_empty=True).find(module) if test.examples]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    module = importlib.import_module(name)
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    output = []
    for test in examples(module):
        runner.run(test, out=output.append)
    assert runner.failures == 0, "".join(output)


def test_there_are_examples():
    assert sum(len(examples(importlib.import_module(name))) for name in MODULES) >= 10
