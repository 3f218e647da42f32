"""What tests of figures share."""

import io

import numpy as np

from neurosim.v1 import TuningCurve


def png(figure):
    """Draw a figure, which raises where the layout fails (warnings are errors)."""
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=40)
    return file.getvalue()


def texts(labels):
    return [label.get_text() for label in labels]


def curve_of(parameter, x, rates):
    return TuningCurve(parameter, "", np.array(x, float), np.array(rates, float), np.zeros(len(x)))
