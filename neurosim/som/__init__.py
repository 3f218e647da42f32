"""Self-organising maps (Kohonen 1982), their relatives, and the models of cortex that they came from."""

from typing import TYPE_CHECKING

from neurosim.core.lazy import attach

if TYPE_CHECKING:
    from neurosim.som.activity_bubble import ActivityBubble, BubbleRun
    from neurosim.som.auto_grid import suggested_grid
    from neurosim.som.cortical_map import CorticalMap, FeatureMap, orientation_threshold
    from neurosim.som.density import p_matrix, pareto_radius, u_star_matrix
    from neurosim.som.elastic_net import DurbinWillshawNet, RingTour
    from neurosim.som.files_esom import BestMatches, read_bm, read_umx, read_wts, write_bm, write_umx, write_wts
    from neurosim.som.files_lvq import read_lvq, write_lvq
    from neurosim.som.files_sompak import CodeBook, read_cod, sompak_randinit, write_cod, write_dat
    from neurosim.som.lvq import LVQ
    from neurosim.som.lvq_initial import proportional_prototypes
    from neurosim.som.magnification import (
        Chain,
        fitted_exponent,
        magnification_exponent,
        selection_threshold,
        selection_wavelength,
        stationary_chain,
        weight_density,
    )
    from neurosim.som.malsburg1973 import CorticalResponse, Malsburg1973, OrientationOrder
    from neurosim.som.measures import Quality, assess, quality
    from neurosim.som.measures_errors import combined_error, distortion
    from neurosim.som.measures_product import topographic_product
    from neurosim.som.measures_ranks import (
        Preservation,
        continuity,
        neighbourhood_preservation,
        preservation,
        trustworthiness,
    )
    from neurosim.som.mixtures import Mixture, mixture
    from neurosim.som.neural_gas import NeuralGas
    from neurosim.som.obermayer1990 import Obermayer1990
    from neurosim.som.orientation_map import (
        ColumnLayout,
        Pinwheels,
        Spectrum,
        column_layout,
        crossing_angles,
        pinwheels,
        spectrum,
    )
    from neurosim.som.ring import GrowingRing, RingMap
    from neurosim.som.semantic import (
        SymbolMap,
        context_averages,
        regions,
        semantic_patterns,
        symbol_map,
        three_word_sentences,
    )
    from neurosim.som.som import SOM
    from neurosim.som.supervised import SOMClassifier
    from neurosim.som.topology import Topology
    from neurosim.som.umatrix import u_matrix
    from neurosim.som.units import LabelMap, UnitClusters, cluster_units, label_map
    from neurosim.som.willshaw_malsburg1976 import RetinotopicOrder, WillshawMalsburg1976

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "SOM": "som",
        "Topology": "topology",
        "u_matrix": "umatrix",
        "Quality": "measures",
        "assess": "measures",
        "quality": "measures",
        "combined_error": "measures_errors",
        "distortion": "measures_errors",
        "Preservation": "measures_ranks",
        "preservation": "measures_ranks",
        "trustworthiness": "measures_ranks",
        "continuity": "measures_ranks",
        "neighbourhood_preservation": "measures_ranks",
        "topographic_product": "measures_product",
        "p_matrix": "density",
        "u_star_matrix": "density",
        "pareto_radius": "density",
        "LabelMap": "units",
        "label_map": "units",
        "UnitClusters": "units",
        "cluster_units": "units",
        "Mixture": "mixtures",
        "mixture": "mixtures",
        "suggested_grid": "auto_grid",
        "SOMClassifier": "supervised",
        "LVQ": "lvq",
        "proportional_prototypes": "lvq_initial",
        "NeuralGas": "neural_gas",
        "CodeBook": "files_sompak",
        "read_cod": "files_sompak",
        "write_cod": "files_sompak",
        "write_dat": "files_sompak",
        "sompak_randinit": "files_sompak",
        "BestMatches": "files_esom",
        "read_bm": "files_esom",
        "write_bm": "files_esom",
        "read_umx": "files_esom",
        "write_umx": "files_esom",
        "read_wts": "files_esom",
        "write_wts": "files_esom",
        "read_lvq": "files_lvq",
        "write_lvq": "files_lvq",
        "Malsburg1973": "malsburg1973",
        "OrientationOrder": "malsburg1973",
        "CorticalResponse": "malsburg1973",
        "WillshawMalsburg1976": "willshaw_malsburg1976",
        "RetinotopicOrder": "willshaw_malsburg1976",
        "ActivityBubble": "activity_bubble",
        "BubbleRun": "activity_bubble",
        "DurbinWillshawNet": "elastic_net",
        "RingTour": "elastic_net",
        "RingMap": "ring",
        "GrowingRing": "ring",
        "Chain": "magnification",
        "magnification_exponent": "magnification",
        "stationary_chain": "magnification",
        "fitted_exponent": "magnification",
        "weight_density": "magnification",
        "selection_threshold": "magnification",
        "selection_wavelength": "magnification",
        "CorticalMap": "cortical_map",
        "FeatureMap": "cortical_map",
        "orientation_threshold": "cortical_map",
        "Obermayer1990": "obermayer1990",
        "Pinwheels": "orientation_map",
        "Spectrum": "orientation_map",
        "ColumnLayout": "orientation_map",
        "pinwheels": "orientation_map",
        "spectrum": "orientation_map",
        "column_layout": "orientation_map",
        "crossing_angles": "orientation_map",
        "SymbolMap": "semantic",
        "semantic_patterns": "semantic",
        "symbol_map": "semantic",
        "regions": "semantic",
        "three_word_sentences": "semantic",
        "context_averages": "semantic",
    },
)
