"""The package as a whole: public names, and what imports load."""

import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

import neurosim

HEAVY = ("numba", "sklearn", "matplotlib", "scipy")


def submodules():
    return [m.name for m in pkgutil.walk_packages(neurosim.__path__, "neurosim.")]


def test_no_public_name_is_shadowed_by_a_submodule():
    packages = [importlib.import_module(name) for name in submodules()]
    checked = 0
    for package in [neurosim, *packages]:
        for name in getattr(package, "__all__", ()):
            assert not inspect.ismodule(getattr(package, name)), f"{package.__name__}.{name}"
            checked += 1
    assert checked > 15


def test_every_public_function_and_class_is_documented():
    for module in [neurosim, *map(importlib.import_module, submodules())]:
        for name in getattr(module, "__all__", ()):
            member = getattr(module, name)
            assert not callable(member) or inspect.getdoc(member), f"{module.__name__}.{name}"


@pytest.mark.parametrize(
    "code",
    [
        "import neurosim",
        "import neurosim.som, neurosim.datasets, neurosim.mcculloch_pitts, neurosim.perceptron",
        "import neurosim.ising, neurosim.hopfield, neurosim.cnn",
        "from neurosim_cli.main import main; main(['--help'], standalone_mode=False)",
        "from neurosim_cli.main import main; main(['som', '--help'], standalone_mode=False)",
        "from neurosim_cli.main import main; main(['mp', '--help'], standalone_mode=False)",
        "from neurosim_cli.main import main; main(['perceptron', '--help'], standalone_mode=False)",
        "from neurosim_cli.main import main; main(['anneal', '--help'], standalone_mode=False)",
        "from neurosim_cli.main import main; main(['hopfield', '--help'], standalone_mode=False)",
        "from neurosim_cli.main import main; main(['cnn', '--help'], standalone_mode=False)",
    ],
)
def test_imports_stay_light(code):
    check = f"{code}\nimport sys; print([m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    "module",
    [
        "neurosim.som.som",
        "neurosim.som.measures",
        "neurosim.datasets.catalogue",
        "neurosim.perceptron.online",
        "neurosim.ising.annealing",
        "neurosim.hopfield.network",
        "neurosim.cnn.convnet",
        "neurosim.neocognitron.neocognitron2013",
        "neurosim.v1.experiments",
    ],
)
def test_models_do_not_load_matplotlib(module):
    check = f"import {module}, sys; print('matplotlib' in sys.modules, 'rich' in sys.modules, 'click' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False", "False"]


def test_version_and_names_of_the_package():
    assert neurosim.__version__.count(".") == 2
    assert dir(neurosim) == ["load", "save"]


def test_the_readme_is_finished():
    readme = (Path(__file__).parents[1] / "README.md").read_text()
    assert not re.findall(r"@[A-Z]+@|TODO", readme)
    for target in re.findall(r"\]\(([^)#]+)\)", readme):
        assert (Path(__file__).parents[1] / target).exists(), target
