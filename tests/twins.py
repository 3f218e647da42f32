"""What must hold of every pair of kernel modules."""

import inspect
from types import ModuleType


def assert_twins(cpu: ModuleType, cuda: ModuleType, names: tuple[str, ...]) -> None:
    """Fail unless both modules have these public functions and no others, with the same parameters."""
    for name in names:
        assert inspect.signature(getattr(cpu, name)) == inspect.signature(getattr(cuda, name))
    for module in (cpu, cuda):
        functions = {n for n, f in inspect.getmembers(module, inspect.isfunction) if f.__module__ == module.__name__}
        assert {n for n in functions if not n.startswith("_")} == set(names)
