"""The `neurosim` command."""

from typing import Any

import click

import neurosim
from neurosim_cli.anneal import anneal
from neurosim_cli.boltzmann import boltzmann
from neurosim_cli.cnn import cnn
from neurosim_cli.common import INTERRUPTED, Reported
from neurosim_cli.data import data
from neurosim_cli.dbn import dbn
from neurosim_cli.hopfield import hopfield
from neurosim_cli.info import info
from neurosim_cli.lvq import lvq
from neurosim_cli.mp import mp
from neurosim_cli.neocognitron import neocognitron
from neurosim_cli.perceptron import perceptron
from neurosim_cli.rbm import rbm
from neurosim_cli.som import som
from neurosim_cli.v1 import gabor, v1
from neurosim_cli.warmup import warmup

FAILED, USAGE, NO_BACKEND = 1, 2, 3


class ErrorReportingGroup(click.Group):
    """Turns errors into one line and an exit code: 1 failed, 2 wrong usage, 3 backend missing, 130 interrupted."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        from neurosim.core.errors import BackendError, InvalidParameter

        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            path = (error.ctx or ctx).command_path.removesuffix(" train")
            raise Reported(f"{error.format_message().rstrip('.')} (see {path} --help)", USAGE) from error
        except BackendError as error:
            raise Reported(str(error), NO_BACKEND) from error
        except InvalidParameter as error:
            raise Reported(str(error), USAGE, table=bool(error.table)) from error
        except BrokenPipeError:
            raise
        except (MemoryError, OverflowError) as error:
            raise Reported(f"not enough memory: {error}", FAILED) from error
        except (ValueError, OSError) as error:
            raise Reported(str(error), FAILED) from error
        except KeyboardInterrupt as error:
            raise Reported("interrupted", INTERRUPTED) from error


@click.group(
    cls=ErrorReportingGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(neurosim.__version__, prog_name="neurosim")
def main() -> None:
    """Classical neural models, faithful to their papers.

    Each model family is a command: `neurosim som --grid 20x20` trains a self-organising map on the bundled digits,
    `neurosim perceptron` learns to read them, `neurosim mp --expr "a & ~b"` compiles a net of McCulloch-Pitts cells,
    `neurosim hopfield` recalls noisy letters, `neurosim anneal` cuts a graph of 800 vertices, `neurosim boltzmann` lets
    a thousand encoders learn, `neurosim v1` filters a photograph with Gabors and puts questions to model cells,
    `neurosim neocognitron` finds the features of five digits by itself. Each writes figures, the model or its result,
    and a report.
    """


for command in (
    anneal, boltzmann, cnn, dbn, hopfield, lvq, mp, neocognitron, perceptron, rbm, som, v1, gabor, data, info, warmup,
):  # fmt: skip
    main.add_command(command)
