"""Data of `neurosim rbm` and `neurosim dbn`: which targets are classes, and how samples are split."""

import numpy as np
import pytest

from neurosim.datasets import Dataset
from neurosim_cli import rbm_data


def test_a_real_valued_target_is_no_classes(tmp_path):
    rows = "".join(f"{i % 7},{i % 3},{i / 8}\n" for i in range(120))
    (tmp_path / "x.csv").write_text("a,b,target\n" + rows)
    source = rbm_data.source_of(str(tmp_path / "x.csv"), None, None, False, "float32", 0)
    assert (len(source.known), len(source.held_out), source.labels, source.unused) == (108, 12, None, True)


@pytest.mark.parametrize("target", [[0, 1, 1, 0], ["a", "b", "c"], [1.0, 1, 1, 2, 2, 2]])
def test_names_and_few_whole_numbers_are_classes(target):
    assert rbm_data.has_classes(Dataset("x", np.zeros((len(target), 1)), target=np.array(target)))


@pytest.mark.parametrize("target", [range(9), [0.5, 0.5, 1.5, 1.5], [1, 1, np.nan, 2]])
def test_other_numbers_are_not(target):
    assert not rbm_data.has_classes(Dataset("x", np.zeros((len(target), 1)), target=np.array(target)))
