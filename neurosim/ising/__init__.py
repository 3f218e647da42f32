"""The Ising model: spins, couplings, annealing and sampling (Kirkpatrick, Gelatt & Vecchi 1983)."""

from typing import TYPE_CHECKING

from neurosim.core.lazy import attach

if TYPE_CHECKING:
    from neurosim.ising.annealing import anneal, sample
    from neurosim.ising.best_known import BEST_KNOWN_CUTS
    from neurosim.ising.exact import ExactEnsemble, enumerate_states
    from neurosim.ising.formats import (
        read_coo,
        read_graph,
        to_dimod,
        write_coo,
        write_graph,
    )
    from neurosim.ising.generators import edwards_anderson, lattice, random_regular, sherrington_kirkpatrick
    from neurosim.ising.graphs import Graph
    from neurosim.ising.model import IsingModel
    from neurosim.ising.results import Annealing, Samples
    from neurosim.ising.rudy import gset
    from neurosim.ising.temperatures import temperature_range
    from neurosim.ising.tours import Cities, TourAnnealing, anneal_tour, random_cities
    from neurosim.ising.tsplib import read_tour, read_tsplib
    from neurosim.ising.tsplib_writer import write_tour, write_tsplib

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "Annealing": "results",
        "BEST_KNOWN_CUTS": "best_known",
        "Cities": "tours",
        "ExactEnsemble": "exact",
        "Graph": "graphs",
        "IsingModel": "model",
        "Samples": "results",
        "TourAnnealing": "tours",
        "anneal": "annealing",
        "anneal_tour": "tours",
        "edwards_anderson": "generators",
        "enumerate_states": "exact",
        "gset": "rudy",
        "lattice": "generators",
        "random_cities": "tours",
        "random_regular": "generators",
        "read_coo": "formats",
        "read_graph": "formats",
        "read_tour": "tsplib",
        "read_tsplib": "tsplib",
        "sample": "annealing",
        "sherrington_kirkpatrick": "generators",
        "temperature_range": "temperatures",
        "to_dimod": "formats",
        "write_coo": "formats",
        "write_graph": "formats",
        "write_tour": "tsplib_writer",
        "write_tsplib": "tsplib_writer",
    },
)
