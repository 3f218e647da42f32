"""`neurosim warmup`: compile everything now instead of at the first use."""

import click

FAMILIES = ("boltzmann", "cnn", "hopfield", "ising", "mcculloch_pitts", "neocognitron", "perceptron", "som", "v1")


@click.command()
def warmup() -> None:
    """Compile the CPU kernels of every family into the cache, and delete the caches of other versions."""
    import time
    from importlib import import_module

    from neurosim.core import jit

    if jit.writable_cache() is None:
        why = f"{jit.cache_folder()} cannot be written" if jit.CACHE else "NEUROSIM_CACHE=0 turns the cache off"
        raise click.UsageError(f"{why}; there is nothing to warm up")
    for family in FAMILIES:
        started = time.perf_counter()
        import_module(f"neurosim.{family}.warmup").compile_kernels()
        click.echo(f"{family}: {time.perf_counter() - started:.1f} s")
    removed = jit.delete_stale_caches()
    click.echo(f"kernels in {jit.cache_folder()}; {len(removed)} older cache{'s' * (len(removed) != 1)} deleted")
