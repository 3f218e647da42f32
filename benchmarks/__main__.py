"""``python -m benchmarks [NAME ...] [--quick]``: run some or all benchmarks."""

import sys
from importlib import import_module

NAMES = (
    "boltzmann", "cnn", "cnn_gradients", "hopfield", "ising", "mcculloch_pitts", "neocognitron", "perceptron",
    "som", "som_forms", "v1", "startup", "memory",
)  # fmt: skip

chosen = [word for word in sys.argv[1:] if not word.startswith("-")] or list(NAMES)
for name in chosen:
    if name not in NAMES:
        sys.exit(f"{name}: no benchmark of this name; there are {', '.join(NAMES)}")
    import_module(f"benchmarks.{name}").main(quick="--quick" in sys.argv)
