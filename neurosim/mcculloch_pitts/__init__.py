"""Nets of all-or-none cells in discrete time (McCulloch & Pitts 1943), and compilers to them."""

from typing import TYPE_CHECKING

from neurosim.core.lazy import attach

if TYPE_CHECKING:
    from neurosim.mcculloch_pitts.automata import Automaton, from_automaton, from_regex
    from neurosim.mcculloch_pitts.cells import Cell
    from neurosim.mcculloch_pitts.compiler import from_expression
    from neurosim.mcculloch_pitts.expression import Expression
    from neurosim.mcculloch_pitts.library import FIGURE1, figure1
    from neurosim.mcculloch_pitts.machines import binary_counter, full_adder, serial_adder
    from neurosim.mcculloch_pitts.network import McCullochPittsNetwork
    from neurosim.mcculloch_pitts.packing import Histories, all_histories, pack
    from neurosim.mcculloch_pitts.parser import parse, parse_equations
    from neurosim.mcculloch_pitts.runs import Run
    from neurosim.mcculloch_pitts.states import Attractor, StateGraph
    from neurosim.mcculloch_pitts.tables import (
        TruthTable,
        from_table,
        is_threshold_function,
        read_table,
        threshold_cell,
    )

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "Attractor": "states",
        "Automaton": "automata",
        "Cell": "cells",
        "Expression": "expression",
        "FIGURE1": "library",
        "Histories": "packing",
        "McCullochPittsNetwork": "network",
        "Run": "runs",
        "StateGraph": "states",
        "TruthTable": "tables",
        "all_histories": "packing",
        "binary_counter": "machines",
        "figure1": "library",
        "from_automaton": "automata",
        "from_expression": "compiler",
        "from_regex": "automata",
        "from_table": "tables",
        "full_adder": "machines",
        "is_threshold_function": "tables",
        "pack": "packing",
        "parse": "parser",
        "parse_equations": "parser",
        "read_table": "tables",
        "serial_adder": "machines",
        "threshold_cell": "tables",
    },
)
