"""What other libraries call a setting, for messages."""

from difflib import get_close_matches
from inspect import Parameter, signature
from typing import Any, Self

SYNONYMS = {
    "units": "unit out_features n_units size neurons",
    "maps": "filters out_channels channels",
    "kernel": "kernel_size filter_size",
    "size": "pool_size kernel_size kernel",
    "stride": "strides",
    "dilation": "dilation_rate",
    "padding": "pad",
    "width": "padding",
    "bias": "use_bias",
    "initialiser": "initializer kernel_initializer weight_initializer init",
    "bias_initialiser": "bias_initializer",
    "rate": "lr learning_rate learning_rate_init eta alpha p drop_prob",
    "slope": "negative_slope alpha",
    "epsilon": "eps",
    "rho": "alpha",
    "beta1": "beta_1 betas",
    "beta2": "beta_2",
    "l2": "weight_decay",
    "decay": "weight_decay",
    "kind": "mode",
}
"""What other libraries call the settings."""


class Keywords:
    """A class that says what a keyword that it does not have is called here."""

    def __new__(cls, *_: Any, **settings: Any) -> Self:
        """Return an instance, or raise TypeError for an unknown keyword."""
        known = signature(cls.__init__).parameters
        wrong = [name for name in settings if name not in known]
        if wrong and not any(argument.kind is Parameter.VAR_KEYWORD for argument in known.values()):
            names = [name for name in known if name != "self"]
            meant = [name for name in names if wrong[0] in SYNONYMS.get(name, "").split() and name not in settings]
            meant = meant or get_close_matches(wrong[0], names, 1)
            hint = f"did you mean {' or '.join(meant)}?" if meant else f"it has {', '.join(names) or 'none'}"
            raise TypeError(f"{cls.__name__} has no setting {wrong[0]!r}; {hint}")
        return super().__new__(cls)
