"""From the name of a backend to the kernel module of a family."""

from importlib import import_module
from types import ModuleType

from neurosim.core.errors import InvalidParameter

BACKENDS = ("auto", "cpu", "cuda")

# The smallest work (in multiply-adds of a step) for which "auto" takes the device, for every family whose CUDA twin
# has been run on one (benchmarks/results). A family that is not here runs on the CPU unless "cuda" is asked for.
PROVED_ON_DEVICE: dict[str, float] = {}


def choose(backend: str, family: str, work: float) -> str:
    """Return "cpu" or "cuda".

    Parameters
    ----------
    backend : "auto", "cpu" or "cuda"
        "auto" takes CUDA only where a device is there, the twin was proved on one and the work is large enough.
    family : str
        Name of the family's package, as "som".
    work : float
        Multiply-adds of one step.

    Raises
    ------
    InvalidParameter
        For another name.
    BackendError
        If "cuda" is asked for and there is none.
    """
    if backend not in BACKENDS:
        raise InvalidParameter(family, "backend", backend, f"one of {', '.join(BACKENDS)}")
    if backend == "auto":
        if work < PROVED_ON_DEVICE.get(family, float("inf")):
            return "cpu"
        from neurosim.core import device

        return "cuda" if device.available() else "cpu"
    if backend == "cuda":
        from neurosim.core import device

        device.require()
    return backend


def kernels(family: str, target: str) -> ModuleType:
    """Return the module with the kernels of `family` for `target`: "cpu", "cuda" or another one of its files."""
    return import_module(f"neurosim.{family}.{target}")
