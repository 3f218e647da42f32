"""What the commands share: option types, common options, groups with a default command, progress, Ctrl-C, output."""

import json
import math
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

INTERRUPTED = 130  # the exit code that a shell gives a command stopped by Ctrl-C


class Reported(click.ClickException):
    """An error that the user can understand and mend: one line on stderr, or a table, and an exit code."""

    def __init__(self, message: str, exit_code: int, *, table: bool = False) -> None:
        super().__init__(message if table else " ".join(message.split()))
        vars(self)["exit_code"] = exit_code


class DefaultGroup(click.Group):
    """A group whose hidden command `train` runs unless the first word is one of its verbs."""

    default = "train"

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Insert the default command."""
        if not args or (args[0] not in self.commands and args[0] not in ctx.help_option_names):
            if late := [word for word in args if word in self.commands and word != self.default]:
                verb = f"{ctx.command_path} {late[0]}"
                raise click.UsageError(f"the verb {late[0]!r} comes first, as in {verb} MODEL [DATA]", ctx)
            args = [self.default, *args]
        return super().parse_args(ctx, args)

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Show the help of the default command and the verbs on one page."""
        command = self.commands[self.default]
        with click.Context(command, info_name=ctx.info_name, parent=ctx.parent) as inner:
            command.format_help(inner, formatter)
        with formatter.section("Verbs"):
            verbs = [(name, verb.get_short_help_str(80)) for name, verb in self.commands.items() if not verb.hidden]
            formatter.write_dl(verbs)


class Grid(click.ParamType):
    """ROWSxCOLUMNS, as 20x20."""

    name = "ROWSxCOLUMNS"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        """Return (rows, columns)."""
        rows, cross, columns = str(value).lower().partition("x")
        if not (cross and rows.isdecimal() and columns.isdecimal() and int(rows) and int(columns)):
            self.fail(f"{value!r} is not ROWSxCOLUMNS with two positive integers, as 20x20", param, ctx)
        return int(rows), int(columns)


class Pair(click.ParamType):
    """Two numbers with a comma between them."""

    name = "START,END"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[float, float]:
        """Return (start, end)."""
        try:
            start, end = (float(part) for part in str(value).split(","))
        except ValueError:
            self.fail(f"{value!r} is not two numbers with a comma between them, as 10,1", param, ctx)
        return start, end


class Words(click.ParamType):
    """Some of a few known words, with commas between them."""

    def __init__(self, known: tuple[str, ...]) -> None:
        self.known = known
        self.name = ",".join(known)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        """Return the words."""
        words = tuple(word.strip() for word in str(value).split(",")) if isinstance(value, str) else tuple(value)
        for word in words:
            if word not in self.known:
                self.fail(f"{word!r} is not one of {', '.join(self.known)}", param, ctx)
        return words


def did_you_mean(word: str, names: Iterable[str]) -> str:
    """Return "did you mean ...?" with the names that begin with a word or look like it, "" without any."""
    from difflib import get_close_matches

    close = [name for name in names if name.startswith(word)] or get_close_matches(word, list(names), 2)
    return f"did you mean {' or '.join(close)}?" if word and close else ""


def run_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that every training command has."""
    options = [
        click.option(
            "--seed", type=click.IntRange(0, 2**64 - 1), help="Seed of the random numbers.  [default: fresh entropy]"
        ),
        click.option(
            "--backend", type=click.Choice(["auto", "cpu", "cuda"]), help="Where to compute.  [default: auto]"
        ),
        click.option("--threads", type=click.IntRange(min=1), help="CPU threads.  [default: all]"),
        click.option(
            "--out",
            type=click.Path(file_okay=False, path_type=Path),
            help="Folder for the results.  [default: neurosim-out/COMMAND]",
        ),
        click.option("--json", "as_json", is_flag=True, help="Print the report as JSON on stdout."),
        click.option("--quiet", is_flag=True, help="Print nothing but errors."),
        click.option("--no-plot", is_flag=True, help="Draw no figure."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def set_threads(threads: int | None) -> None:
    """Set the number of threads of the kernels, if one was asked for."""
    if threads is None:
        return
    from neurosim.core import parallel

    parallel.set_threads(threads)


@contextmanager
def progress_bar(title: str, *, quiet: bool) -> Iterator[Any]:
    """Give a callback for `fit` that draws a progress bar on stderr, or None where stderr is no terminal."""
    import sys

    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=None)

        def callback(progress: Any) -> None:
            bar.update(task, completed=progress.step, total=progress.total)

        yield callback


@contextmanager
def first_interrupt() -> Iterator[list[int]]:
    """Give a list on which the first Ctrl-C is put; the second is a KeyboardInterrupt as ever."""
    caught: list[int] = []

    def note(number: int, _frame: Any) -> None:
        caught.append(number)
        signal.signal(signal.SIGINT, signal.default_int_handler)

    usual = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if here := usual and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, note)
    try:
        yield caught
    finally:
        if here:
            signal.signal(signal.SIGINT, signal.default_int_handler)


@contextmanager
def result_folder(folder: Path) -> Iterator[None]:
    """Make a folder before the work that fills it begins, and take it away again if that fails."""
    made = [path for path in (folder, *folder.parents) if not path.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    try:
        yield
    except BaseException:
        for path in made:
            path.rmdir()
        raise


def print_table(table: Any) -> None:
    """Print a rich table on stdout; into a pipe or a file without folding its lines."""
    import sys

    from rich.console import Console

    Console(width=None if sys.stdout.isatty() else 200).print(table)


def write_json(path: Path, report: dict[str, Any]) -> None:
    """Write a report."""
    path.write_text(to_json(report) + "\n")


def to_json(report: Any) -> str:
    """Return a report as JSON, which has no NaN: such a value becomes null."""

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: plain(item) for key, item in value.items()}
        return None if isinstance(value, float) and not math.isfinite(value) else value

    return json.dumps(plain(report), indent=2, allow_nan=False)


def show(report: dict[str, Any], rows: list[tuple[str, str]], title: str, *, as_json: bool, quiet: bool) -> None:
    """Print the report as JSON or its rows as a table."""
    if as_json:
        click.echo(to_json(report))
    elif not quiet:
        from rich.table import Table

        table = Table(title=title, show_header=False, title_justify="left", title_style="bold")
        table.add_column(style="dim")
        table.add_column(justify="right")
        for row in rows:
            table.add_row(*row)
        print_table(table)
