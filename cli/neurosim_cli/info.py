"""`neurosim info`: what is installed and where things run."""

from typing import Any

import click


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def info(as_json: bool) -> None:
    """Show versions, backends, devices, threads and the cache of compiled kernels."""
    from neurosim_cli.common import show

    report = collect()
    rows = [
        ("neurosim", report["neurosim"]),
        *((f"  {name}", version) for name, version in report["versions"].items()),
        ("backends", ", ".join(report["backends"])),
        ("devices", ", ".join(report["devices"]) or "none"),
        ("threads", str(report["threads"])),
        ("vector registers", f"{report['vector_bits']} bit"),
        ("kernel cache", f"{report['cache']} ({'on' if report['cache_on'] else 'off, or not writable'})"),
    ]
    show(report, rows, "neurosim", as_json=as_json, quiet=False)


def collect() -> dict[str, Any]:
    """Return the facts as a dictionary."""
    import platform
    from importlib.metadata import version

    import neurosim
    from neurosim.core import device, jit, parallel, vector

    packages = ("numpy", "numba", "scipy", "scikit-learn", "matplotlib")
    return {
        "neurosim": neurosim.__version__,
        "versions": {"python": platform.python_version(), **{name: version(name) for name in packages}},
        "backends": ["cpu", "cuda"] if device.available() else ["cpu"],
        "devices": device.describe(),
        "threads": parallel.threads(),
        "vector_bits": vector.BITS,
        "cache": str(jit.cache_folder()),
        "cache_on": jit.writable_cache() is not None,
    }
