"""Perceptrons and their relatives (Rosenblatt 1958 to Freund and Schapire 1999), and what is known of them."""

from typing import TYPE_CHECKING

from neurosim.core.lazy import attach

if TYPE_CHECKING:
    from neurosim.perceptron.adaline import Adaline
    from neurosim.perceptron.averaged import AveragedPerceptron
    from neurosim.perceptron.capacity import (
        SeparabilityCurve,
        cover_count,
        cover_probability,
        gardner_capacity,
        gardner_stability,
        separability_curve,
    )
    from neurosim.perceptron.elementary import ElementaryPerceptron
    from neurosim.perceptron.generalisation import Generalisation, generalisation_error, simulate_generalisation
    from neurosim.perceptron.kernel import KernelPerceptron
    from neurosim.perceptron.lms import (
        LMSBounds,
        LMSRun,
        lms_bounds,
        lms_learning_curve,
        lms_mean_error,
        lms_misadjustment,
        simulate_lms,
    )
    from neurosim.perceptron.madaline import Madaline
    from neurosim.perceptron.minover import MinOver
    from neurosim.perceptron.passive_aggressive import PassiveAggressive
    from neurosim.perceptron.perceptron import Perceptron
    from neurosim.perceptron.photo import PhotoPerceptron
    from neurosim.perceptron.photo_theory import (
        LearningCurves,
        activity_probability,
        conditional_activity,
        learning_curves,
        least_conditional_activity,
    )
    from neurosim.perceptron.pocket import PocketPerceptron
    from neurosim.perceptron.predicates import (
        connectedness,
        least_coefficient,
        one_in_a_box,
        order_of_predicate,
        parity,
    )
    from neurosim.perceptron.separability import (
        is_separable,
        largest_margin,
        novikoff_bound,
        novikoff_worst_case,
        separating_vector,
    )
    from neurosim.perceptron.stimuli import make_random_dots, make_shape, make_variations
    from neurosim.perceptron.voted import VotedPerceptron

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "Adaline": "adaline",
        "AveragedPerceptron": "averaged",
        "ElementaryPerceptron": "elementary",
        "Generalisation": "generalisation",
        "KernelPerceptron": "kernel",
        "LMSBounds": "lms",
        "LMSRun": "lms",
        "LearningCurves": "photo_theory",
        "Madaline": "madaline",
        "MinOver": "minover",
        "PassiveAggressive": "passive_aggressive",
        "Perceptron": "perceptron",
        "PhotoPerceptron": "photo",
        "PocketPerceptron": "pocket",
        "SeparabilityCurve": "capacity",
        "VotedPerceptron": "voted",
        "activity_probability": "photo_theory",
        "conditional_activity": "photo_theory",
        "connectedness": "predicates",
        "cover_count": "capacity",
        "cover_probability": "capacity",
        "gardner_capacity": "capacity",
        "gardner_stability": "capacity",
        "generalisation_error": "generalisation",
        "is_separable": "separability",
        "largest_margin": "separability",
        "learning_curves": "photo_theory",
        "least_coefficient": "predicates",
        "least_conditional_activity": "photo_theory",
        "lms_bounds": "lms",
        "lms_learning_curve": "lms",
        "lms_mean_error": "lms",
        "lms_misadjustment": "lms",
        "make_random_dots": "stimuli",
        "make_shape": "stimuli",
        "make_variations": "stimuli",
        "novikoff_bound": "separability",
        "novikoff_worst_case": "separability",
        "one_in_a_box": "predicates",
        "order_of_predicate": "predicates",
        "parity": "predicates",
        "separability_curve": "capacity",
        "separating_vector": "separability",
        "simulate_generalisation": "generalisation",
        "simulate_lms": "lms",
    },
)
