"""Batch normalisation."""

from dataclasses import dataclass
from typing import Any, ClassVar

from neurosim.cnn import program as p
from neurosim.cnn.layer import Counts, Layer, Parameter, Shape, image, one_input, volume
from neurosim.cnn.lowering import Site
from neurosim.cnn.program import Op
from neurosim.core import checks


@dataclass(frozen=True)
class BatchNorm(Layer):
    """Centre every feature or channel and divide it by its standard deviation, then scale and shift it, both learned.

    In training mean and variance are those of the mini-batch, over samples and places; otherwise those of the
    population, which training collects.

    Parameters
    ----------
    momentum : float in (0, 1], default 0.1
        What a mini-batch adds to the population's statistics: new = (1 - momentum) old + momentum of the mini-batch,
        with the unbiased variance.
    epsilon : float > 0, default 1e-5
        Added to the variance.

    Notes
    -----
    The parameters are "scale" and "shift", the statistics "mean" and "variance", (features,) or (channels,) each.

    References
    ----------
    S. Ioffe & C. Szegedy, "Batch normalization: accelerating deep network training by reducing internal covariate
    shift", ICML 2015, algorithms 1 and 2.
    """

    label: ClassVar[str] = "batchnorm"
    momentum: float = 0.1
    epsilon: float = 1e-5

    def __post_init__(self) -> None:
        if self.momentum != 1:
            checks.number("BatchNorm", "momentum", self.momentum, "a number in (0, 1]", above=0.0, below=1.0)
        checks.number("BatchNorm", "epsilon", self.epsilon, "a finite number > 0", above=0.0)

    def output_shape(self, *shapes: Shape) -> Shape:
        """Return the input's shape."""
        return one_input(shapes)

    def parameters(self, *shapes: Shape) -> list[Parameter]:
        """Return scale and shift."""
        return [Parameter("scale", shapes[0][:1], 1.0), Parameter("shift", shapes[0][:1], 0.0)]

    def statistics(self, *shapes: Shape) -> dict[str, tuple[int, float]]:
        """Return the sizes and first values of mean and variance."""
        return {"mean": (shapes[0][0], 0.0), "variance": (shapes[0][0], 1.0)}

    def lower(self, site: Site) -> int:
        """Write the instructions and return the number of the output's value."""
        channels, builder = site.shape[0], site.builder
        columns: dict[str, Any] = {
            "w": site.offset("scale"),
            "b": site.offset("shift"),
            "statistics": builder.reserve(p.STATISTICS, 2 * channels),
            "partials": builder.reserve(p.PARTIALS, 4 * channels),
        }
        reals = (self.epsilon, self.momentum)
        value = site.emit(Op.MOMENTS, image(site.shape), reals=reals, **columns)
        builder.cut()
        return site.emit(Op.NORMALISE, image(site.shape), y=value, reals=reals, **columns)

    def counts(self, *shapes: Shape) -> Counts:
        """Return what `Summary` says of this layer."""
        return Counts(multiply_adds=volume(shapes[0]))
