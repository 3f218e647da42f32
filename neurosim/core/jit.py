"""Compiled entry points: where they are cached, and what keeps a stale one from being run."""

import gc
import hashlib
import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import numba
from llvmlite import ir
from numba import types
from numba.core.ccallback import CFunc
from numba.extending import intrinsic
from threadpoolctl import threadpool_limits

# All of "fast" but nnan and ninf: tests for NaN and infinity keep working.
FASTMATH = {"nsz", "arcp", "contract", "afn", "reassoc"}
# For functions that compiled code alone calls: what Python would need to call them takes long to compile.
INNER = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
CACHE = os.environ.get("NEUROSIM_CACHE", "1") != "0"


@cache
def cache_folder() -> Path:
    """Return the folder of this version's compiled kernels; its name is a hash of every source file and switch.

    Numba looks only at the file of the function that it loads, not at the functions which that one calls. A change
    in any file of the package therefore has to lead to another folder.
    """
    package = Path(__file__).parents[1]
    digest = hashlib.sha256(os.environ.get("NEUROSIM_WIDE", "1").encode())
    for source in sorted(package.rglob("*.py")):
        digest.update(source.relative_to(package).as_posix().encode())
        digest.update(source.read_bytes())
    return cache_root() / digest.hexdigest()[:16]


def cache_root() -> Path:
    """Return the folder that holds the caches of all versions: NUMBA_CACHE_DIR or the user's cache folder."""
    if given := os.environ.get("NUMBA_CACHE_DIR"):
        return Path(given) / "neurosim"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local")) / "neurosim" / "kernels"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "neurosim" / "kernels"
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "neurosim" / "kernels"


def delete_stale_caches() -> list[Path]:
    """Delete the caches of other versions of the sources and return their folders."""
    root = cache_root()
    stale = [p for p in root.iterdir() if p.is_dir() and p != cache_folder()] if root.is_dir() else []
    for folder in stale:
        shutil.rmtree(folder, ignore_errors=True)
    return stale


@cache
def writable_cache() -> Path | None:
    """Return `cache_folder`, or None where the cache is turned off or its folder cannot be written.

    Numba would then keep the kernels beside the sources, where nothing tells stale ones.
    """
    if not CACHE:
        return None
    folder = cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError:
        return None


def driver(**options: Any) -> Callable[[Callable[..., Any]], Any]:
    """Decorate a CPU entry point: ``numba.njit(**options)`` with the compiled code cached under `cache_folder`.

    With `address` the only place that sets ``cache=True``. Functions which a driver calls are plain ``@njit``.
    """

    def decorate(function: Callable[..., Any]) -> Any:
        folder = writable_cache()
        if folder is None:
            return numba.njit(**options)(function)
        with _cached_in(folder):
            dispatcher = numba.njit(cache=True, **options)(function)
        if hasattr(dispatcher, "_cache"):  # else Numba is turned off
            _save_alone(dispatcher._cache, folder)
        return dispatcher

    return decorate


_numba_settings, _addresses = threading.Lock(), threading.Lock()


@contextmanager
def _cached_in(folder: Path) -> Iterator[None]:
    """Let Numba take a folder for the caches that are made meanwhile."""
    with _numba_settings:
        before = numba.config.CACHE_DIR
        numba.config.CACHE_DIR = str(folder)
        try:
            yield
        finally:
            numba.config.CACHE_DIR = before


def _save_alone(numba_cache: Any, folder: Path) -> None:
    """Let one process at a time write to a function's cache.

    Numba reads a function's index, takes the next free number for the new code, and writes both. Two processes that do
    so at once would take the same number, and one signature would get the other one's code for good.
    """
    save = numba_cache.save_overload

    def save_alone(signature: Any, compiled: Any) -> None:
        with open(folder / "lock", "ab") as file:
            _lock(file)
            save(signature, compiled)

    numba_cache.save_overload = save_alone


def _lock(file: Any) -> None:
    """Wait for a file that one process holds at a time, until it is closed; on Windows go on at once."""
    try:
        import fcntl
    except ImportError:
        return
    fcntl.flock(file, fcntl.LOCK_EX)


class _OneBlasThread:
    """The limit of the whole process, set by the first that enters and lifted by the last that leaves."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.inside = 0
        self.limit: Any = None

    def enter(self) -> None:
        with self.lock:
            if self.inside == 0:
                self.limit = threadpool_limits(1, "blas")
            self.inside += 1

    def leave(self) -> None:
        with self.lock:
            self.inside -= 1
            if self.inside == 0:
                self.limit.restore_original_limits()


_one_blas_thread = _OneBlasThread()


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Keep BLAS to one thread, so that its threads do not compete with ours and its sums have one order."""
    _one_blas_thread.enter()
    try:
        yield
    finally:
        _one_blas_thread.leave()


def address(function: Callable[..., None], signature: Any) -> int:
    """Return the address of `function`, compiled on its own for one signature and cached as a driver is.

    For interpreters that call one of many kernels through `call_at`: only those that are used get compiled, and none is
    compiled a second time as a part of its callers.
    """
    with _addresses:
        if (function, signature) not in _compiled:
            _compiled[function, signature] = _compile(function, signature)
        return int(_compiled[function, signature].address)


def _compile(function: Callable[..., None], signature: Any) -> Any:
    folder = writable_cache()
    options = {"nopython": True, "error_model": "numpy"}
    if folder is None:
        with _no_collection():
            return numba.cfunc(signature, **options)(function)
    kernel: Any = CFunc(function, (signature.args, signature.return_type), locals={}, options=options)
    with _cached_in(folder):
        kernel.enable_caching()
    _save_alone(kernel._cache, folder)
    with _no_collection():
        kernel.compile()
    return kernel


@contextmanager
def _no_collection() -> Iterator[None]:
    """Keep the garbage collector from walking over all that Numba makes: a tenth of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


_compiled: dict[tuple[Callable[..., None], Any], Any] = {}  # the code lives as long as these


@intrinsic
def call_at(typingctx: Any, address: Any, arguments: Any) -> Any:
    """Call the function at an address; the tuple's elements are of its signature's types, and nothing is returned."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kinds = [context.get_value_type(kind) for kind in signature.args[1].types]
        function = builder.inttoptr(args[0], ir.FunctionType(ir.VoidType(), kinds).as_pointer())
        values = [builder.extract_value(args[1], i) for i in range(len(kinds))]
        builder.call(function, values)
        return context.get_dummy_value()

    return types.void(types.int64, arguments), codegen
