"""Pages made from the project itself before every build, so that they cannot drift from it.

The help texts of all commands, the names of the data sets and the claims of the gallery go to _generated/, where
cli.md, datasets.md, claims.md and comparison.md include them; the API goes to api/. None of these is committed.
"""

import inspect
import json
import pkgutil
import re
from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from importlib import import_module
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import click
from click.testing import CliRunner
from sphinx.pycode import ModuleAnalyzer

import neurosim
from neurosim.datasets import entries
from neurosim_cli.main import main

WIDTH = 96  # of a help text, in characters
MARKUP = re.compile(r"([\\`*_{}\[\]<>()#|$~^&])")  # what a claim must not switch on


def setup(app: Any) -> dict[str, Any]:
    """Register with Sphinx."""
    app.connect("builder-inited", generate)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def generate(app: Any) -> None:
    """Write all pages."""
    docs = Path(app.srcdir)
    write(docs / "_generated" / "cli.md", "\n".join(help_texts(main, ["neurosim"])))
    write(docs / "_generated" / "claims.md", "\n".join(claims(docs)))
    write(docs / "_generated" / "comparison.md", "\n".join(comparison(docs)))
    write(docs / "_generated" / "datasets.md", "\n".join(data_sets()))
    pages = {f"{name}.rst": text for name, text in api()}
    for stale in set((docs / "api").glob("*.rst")) - {docs / "api" / name for name in pages}:
        stale.unlink()
    for name, text in pages.items():
        write(docs / "api" / name, text)


def write(path: Path, text: str) -> None:
    """Write a page, and leave the file alone where nothing has changed: Sphinx then need not read it again."""
    path.parent.mkdir(exist_ok=True)
    if not path.exists() or path.read_text("utf-8") != text:
        path.write_text(text, "utf-8")


# commands and data sets


def help_texts(command: click.Command, words: list[str]) -> Iterator[str]:
    """Yield a section for a command and for each of its commands, as `--help` prints them."""
    shown = CliRunner().invoke(main, [*words[1:], "--help"], prog_name="neurosim", terminal_width=WIDTH)
    if shown.exit_code:
        raise RuntimeError(f"{' '.join(words)} --help failed: {shown.output}")
    yield f"{'#' * (len(words) + 1)} {' '.join(words)}\n\n```text\n{shown.output.rstrip()}\n```\n"
    for name, child in getattr(command, "commands", {}).items():
        if not child.hidden:
            yield from help_texts(child, [*words, name])


def data_sets() -> Iterator[str]:
    """Yield a table of the data sets that have a name."""
    yield "| name | samples | features | kind |\n|---|---:|---:|---|"
    for entry in entries():
        yield f"| `{entry.name}` | {entry.samples} | {entry.features} | {entry.kind} |"


# the claims


def claims(docs: Path) -> Iterator[str]:
    """Yield a table of claims, with its figure, for each script of the gallery."""
    contents = [json.loads(path.read_text("utf-8")) for path in sorted((docs / "claims").glob("*.json"))]
    counts = Counter(row["verdict"] for content in contents for row in content["claims"])
    told = ", ".join(f"{count} {verdict}" for verdict, count in counts.most_common()) or "none recorded yet"
    yield f"Claims so far: {told}.\n"
    for content in contents:
        yield from script_claims(content)


def script_claims(content: dict[str, Any]) -> Iterator[str]:
    """Yield the section of one script."""
    title, name, machine = plain(content["title"]), content["name"], content["machine"]
    versions = ", ".join(f"{package} {machine[package]}" for package in ("python", "numpy", "numba"))
    yield f"## {title}\n\n`gallery/{name}.py`\n\n![{title}](claims/{name}.png)\n"
    yield "| claim | published | ours | tolerance | verdict |\n|---|---|---|---|---|"
    for row in content["claims"]:
        open_ = f" (open: {row['open_difference']})" if row["open_difference"] else ""
        cells = (row["claim"] + open_, row["paper"], f"{row['ours']:.4g}", row["tolerance"], row["verdict"])
        yield f"| {' | '.join(map(plain, cells))} |"
    yield f"\nMeasured {content['date']} on {plain(machine['cpu'])}, {machine['cores']} cores; {versions}.\n"


def comparison(docs: Path) -> Iterator[str]:
    """Yield two tables of the models that read digits: errors by size, and the rest; from the claims of the script."""
    kept = docs / "claims" / "comparison_digits.json"
    table: dict[str, dict[str, float]] = {}
    for row in json.loads(kept.read_text("utf-8"))["claims"] if kept.exists() else []:
        model, _, quantity = row["claim"].partition(": ")
        if not quantity:  # a line about the order of models
            continue
        table.setdefault(model, {})[quantity] = row["ours"]
    quantities = list(next(iter(table.values()), {}))
    for errors in (True, False):
        shown = [quantity for quantity in quantities if quantity.startswith("error") == errors]
        heads = [quantity.removeprefix("error (%), ").removesuffix(" training digits") for quantity in shown]
        yield f"\n| {'error (%) after training digits' if errors else ''} | {' | '.join(map(plain, heads))} |"
        yield f"|---|{'---:|' * len(shown)}"
        for model, values in table.items():
            yield f"| {plain(model)} | {' | '.join(f'{values[quantity]:.3g}' for quantity in shown)} |"


def plain(text: str) -> str:
    """Return text that Markdown shows as it is."""
    return MARKUP.sub(r"\\\1", " ".join(text.split()))


# the API


def api() -> Iterator[tuple[str, str]]:
    """Yield name and text of a page for each package with public names, its figures and public parts, and the core."""
    for module in public_packages():
        yield module.__name__, page(module, [(module.__name__, name) for name in module.__all__])
        if module is neurosim:
            continue
        for part in (import_module(f"{module.__name__}.{name}") for name in submodules(module)):
            if part.__name__.rpartition(".")[2].startswith("plot"):
                yield part.__name__, page(part, own_names(part))
            elif hasattr(part, "__all__"):
                functions = [name for name in part.__all__ if callable(getattr(part, name))]
                yield part.__name__, page(part, [(part.__name__, name) for name in functions])
    for name in ("plotting", *(f"core.{name}" for name in submodules(import_module("neurosim.core")))):
        module = import_module(f"neurosim.{name}")
        yield module.__name__, page(module, own_names(module))


def public_packages() -> list[ModuleType]:
    """Return neurosim and those of its packages that hand out names."""
    packages = [import_module(f"neurosim.{name}") for name in submodules(neurosim)]
    return [neurosim, *(package for package in packages if hasattr(package, "__all__"))]


def submodules(package: ModuleType) -> list[str]:
    """Return the names of the modules in a package."""
    return sorted(module.name for module in pkgutil.iter_modules(package.__path__))


def own_names(module: ModuleType) -> list[tuple[str, str]]:
    """Return the documented public functions and classes that a module defines, in its order; compiled ones too."""
    return [
        (module.__name__, name)
        for name, member in vars(module).items()
        if not name.startswith("_")
        and callable(member)
        and getattr(member, "__module__", None) == module.__name__
        and inspect.getdoc(member)
    ]


def page(module: ModuleType, names: list[tuple[str, str]]) -> str:
    """Return the page of a module: its docstring, then the names."""
    title = module.__name__
    lines = [title, "=" * len(title), "", f".. automodule:: {title}", "   :no-members:", ""]
    for owner, name in names:
        member = getattr(module, name)
        if not callable(member):
            lines += [f".. autodata:: {home(module, name)}.{name}", "   :no-value:", ""]
        elif inspect.isclass(member):
            lines += [f".. autoclass:: {owner}.{name}", *listed(own_members(member)), ""]
        else:
            lines += [f".. autofunction:: {owner}.{name}", ""]
    for _, name in ModuleAnalyzer.for_module(title).find_attr_docs():
        lines += [f".. autodata:: {title}.{name}", "   :no-value:", ""]
    return "\n".join(lines)


def home(package: ModuleType, name: str) -> str:
    """Return the name of the submodule in which a package's variable is documented."""
    for submodule in submodules(package):
        where = f"{package.__name__}.{submodule}"
        if ("", name) in ModuleAnalyzer.for_module(where).find_attr_docs():
            return where
    raise RuntimeError(f"{package.__name__}.{name} has no documentation comment")


def listed(members: list[str]) -> list[str]:
    """Return the option that documents these members, if there are any."""
    return [f"   :members: {', '.join(members)}"] if members else []


def own_members(owner: type) -> list[str]:
    """Return the public methods and properties of a class and of its bases in this package, but not scikit-learn's."""
    kinds = (FunctionType, property, cached_property, classmethod, staticmethod)
    bases = [base for base in owner.__mro__ if base.__module__.startswith("neurosim.")]
    names = [name for base in bases for name, member in vars(base).items() if isinstance(member, kinds)]
    return [name for name in dict.fromkeys(names) if not name.startswith("_")]
