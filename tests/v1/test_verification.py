"""The table of closed forms: every line agrees, and a model that is broken is found out."""

import numpy as np
import pytest

from neurosim.core.errors import InvalidParameter
from neurosim.v1 import EnergyCell, LogPolarMap, SimpleCell, bank_presets, verification, verify
from neurosim.v1.verification import TOPICS, Check


@pytest.mark.parametrize("topic", TOPICS)
def test_every_line_agrees(topic):
    checks = verify([topic])
    assert {check.topic for check in checks} == {topic}
    assert len({check.name for check in checks}) == len(checks) > 2
    assert [f"{check}" for check in checks if not check.passed] == []


def test_a_check_passes_within_its_tolerance_only():
    assert Check("t", "n", 1.0, 1.1, 0.11).passed
    assert not Check("t", "n", 1.0, 1.12, 0.11).passed
    assert not Check("t", "n", 1.0, float("nan"), 0.11).passed


def names_of_failures(topic):
    return {check.name for check in verify(topic) if not check.passed}


def test_a_broken_cell_is_found_out(monkeypatch):
    monkeypatch.setattr(SimpleCell, "respond", lambda self, s: np.abs(self.linear(s)))
    assert {"F1/F0, rectified", "F1/F0, half-squared"} <= names_of_failures("cells")


def test_broken_quadrature_is_found_out(monkeypatch):
    usual = EnergyCell.__init__
    monkeypatch.setattr(EnergyCell, "__init__", lambda self, g, shape, **o: usual(self, g, shape, dc="subtract"))
    assert "modulation of the energy by phase, 1.5 octaves" in names_of_failures("cells")


@pytest.mark.parametrize("table", ["SIGMAS", "WAVELENGTHS"])
def test_another_table_of_a_preset_is_found_out(monkeypatch, table):
    """12.78 px, as the rule says, instead of the printed 12.7, or 10.1 for a standard deviation of 10.2."""
    changed = [{12.7: 12.78, 10.2: 10.1}.get(value, value) for value in getattr(bank_presets, table)]
    assert changed != list(getattr(bank_presets, table))
    monkeypatch.setattr(bank_presets, table, changed)
    assert len(names_of_failures("bank")) == 1


def test_a_map_without_its_linear_part_is_found_out(monkeypatch):
    """k log(z + a) instead of k log(1 + z / a): 30.3 mm at 5 degrees."""

    def shifted(self, z):
        return self.k * np.log(np.asarray(z, complex) + self.a)

    monkeypatch.setattr(LogPolarMap, "to_cortex", shifted)
    assert "place of 5 degrees (mm)" in names_of_failures("retinotopy")


def test_topics_are_checked():
    with pytest.raises(InvalidParameter, match=r"topics must be some of filters, bank, .*; got 'cell'"):
        verify(["cell"])
    assert [c.topic for c in verify("retinotopy")] == ["retinotopy"] * len(verify("retinotopy"))
    assert verification.verify is verify
