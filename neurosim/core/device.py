"""The CUDA device: with the families' ``cuda.py`` the only importer of ``numba.cuda``."""

from functools import cache
from typing import Any

from numba import cuda

from neurosim.core.errors import BackendError

THREADS = 128  # of a block; the simulator starts a Python thread for each, so it gets fewer
SIMULATED_THREADS = 8


def simulated() -> bool:
    """Return whether kernels run in Numba's simulator (``NUMBA_ENABLE_CUDASIM=1``)."""
    from numba import config

    return bool(config.ENABLE_CUDASIM)


@cache
def available() -> bool:
    """Return whether kernels can run: on a device or in the simulator."""
    return simulated() or bool(cuda.is_available())


def require() -> None:
    """Raise BackendError, with the remedy, where no kernel can run."""
    if not available():
        raise BackendError(
            "backend='cuda' needs an NVIDIA GPU with its driver and the package's cuda extra "
            "(pip install 'neurosim-toolkit[cuda]'); none was found. Use backend='cpu' or 'auto'."
        )


def describe() -> list[str]:
    """Return a line for each device that is there."""
    if not available():
        return []
    if simulated():
        return ["simulator"]
    lines = []
    for gpu in cuda.gpus:
        name = gpu.name.decode() if isinstance(gpu.name, bytes) else gpu.name  # the driver bindings differ
        lines.append(f"{name} (compute capability {'.'.join(map(str, gpu.compute_capability))})")
    return lines


def launch(items: int) -> tuple[int, int]:
    """Return (blocks, threads) that give every item a thread."""
    threads = SIMULATED_THREADS if simulated() else THREADS
    return max(1, -(-items // threads)), threads


def to_device(array: Any) -> Any:
    """Copy an array to the device."""
    return cuda.to_device(array)


def empty(shape: Any, dtype: Any) -> Any:
    """Allocate an array on the device."""
    return cuda.device_array(shape, dtype)
