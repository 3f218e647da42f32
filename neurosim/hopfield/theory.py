"""What theory says about associative memories: mean field, phases, mixtures and capacities, all under one name.

Examples
--------
>>> from neurosim.hopfield import theory
>>> round(theory.critical_load(), 4)
0.1379
"""

from neurosim.hopfield.capacity import (
    bit_error_probability,
    critical_overlap,
    direction_cosines,
    dynamical_capacity,
    error_free_fraction,
    gardner_capacity,
    gardner_stability,
    hebb_capacity,
    storkey_capacity,
)
from neurosim.hopfield.dense_capacity import (
    dense_capacity,
    dense_error_probability,
    dense_load,
    softmax_base,
    softmax_capacity,
    willshaw_capacity,
    willshaw_load,
)
from neurosim.hopfield.mean_field import (
    MeanFieldState,
    critical_load,
    critical_state,
    error_fraction,
    free_energy,
    retrieval_overlap,
    retrieval_state,
    spin_glass_state,
)
from neurosim.hopfield.mixtures import mixture_overlap, mixture_stability, mixture_temperature
from neurosim.hopfield.phases import (
    PhaseDiagram,
    phase,
    phase_diagram,
    retrieval_temperature,
    sherrington_kirkpatrick_energy,
    spin_glass_temperature,
    transition_load,
    transition_temperature,
)

__all__ = [
    "MeanFieldState",
    "PhaseDiagram",
    "bit_error_probability",
    "critical_load",
    "critical_overlap",
    "critical_state",
    "dense_capacity",
    "dense_error_probability",
    "dense_load",
    "direction_cosines",
    "dynamical_capacity",
    "error_fraction",
    "error_free_fraction",
    "free_energy",
    "gardner_capacity",
    "gardner_stability",
    "hebb_capacity",
    "mixture_overlap",
    "mixture_stability",
    "mixture_temperature",
    "phase",
    "phase_diagram",
    "retrieval_overlap",
    "retrieval_state",
    "retrieval_temperature",
    "sherrington_kirkpatrick_energy",
    "softmax_base",
    "softmax_capacity",
    "spin_glass_state",
    "spin_glass_temperature",
    "storkey_capacity",
    "transition_load",
    "transition_temperature",
    "willshaw_capacity",
    "willshaw_load",
]
