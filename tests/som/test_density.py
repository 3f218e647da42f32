"""P-matrix, Pareto radius and U*-matrix against the naive formulas."""

import numpy as np
import pytest
from scipy import sparse
from scipy.spatial.distance import cdist

from neurosim.core.errors import DataError, InvalidParameter
from neurosim.som import SOM, measures_common, u_matrix
from neurosim.som.density import p_matrix, pareto_radius, u_star_matrix


@pytest.fixture
def x(rng):
    return rng.normal(size=(120, 3))


@pytest.fixture
def som(x):
    return SOM(grid=(4, 5), epochs=3).fit(x)


@pytest.mark.parametrize("share", [0.05, 0.2013, 1.0])
def test_a_typical_sphere_just_holds_the_share(som, x, share):
    x = x[:119]  # an odd number, so that the median is one of them
    radius = pareto_radius(som, x, share=share)
    inside = [np.median((cdist(x, x) <= radius * factor).sum(1)) for factor in (1 - 1e-9, 1 + 1e-9)]
    assert inside[1] >= share * 119
    assert inside[0] < share * 119 + 1


def test_p_matrix(som, x):
    np.testing.assert_array_equal(p_matrix(som, x, radius=0.8), (cdist(som.weights_, x) <= 0.8).sum(1))
    np.testing.assert_array_equal(p_matrix(som, x), p_matrix(som, x, radius=pareto_radius(som, x)))
    assert p_matrix(som, x, radius=1e3).tolist() == [120] * 20


def test_densities_in_the_metric_of_the_map(x):
    som = SOM(grid=(4, 5), metric="manhattan", epochs=3).fit(x)
    np.testing.assert_array_equal(p_matrix(som, x, radius=1), (cdist(som.weights_, x, "cityblock") <= 1).sum(1))


def test_u_star_matrix(som, x):
    p, u, star = p_matrix(som, x), u_matrix(som)[1], u_star_matrix(som, x)
    np.testing.assert_allclose(star, u * (1 + (p - p.mean()) / (p.mean() - p.max())))
    assert star[p.argmax()] == 0
    assert (star[p < p.mean()] > u[p < p.mean()]).all()
    np.testing.assert_array_equal(u_star_matrix(som, x, radius=1e3), u)  # as dense everywhere


def test_blocks_and_anchors(som, x, monkeypatch):
    whole = pareto_radius(som, x), p_matrix(som, x)
    assert pareto_radius(som, x, anchors=None) == whole[0]
    some = np.sort(cdist(x[[0, 30, 60, 90]], x), axis=1)[:, 24]
    np.testing.assert_allclose(pareto_radius(som, x, anchors=4), np.median(some))
    monkeypatch.setattr(measures_common, "BLOCK", 300)
    np.testing.assert_allclose(pareto_radius(som, x), whole[0])
    np.testing.assert_array_equal(p_matrix(som, x), whole[1])


def test_what_is_not_defined_is_refused(som, x):
    gaps = x.copy()
    gaps[0, 0] = np.nan
    for measure in (pareto_radius, p_matrix, u_star_matrix):
        with pytest.raises(DataError, match="missing values"):
            measure(som, gaps)
        with pytest.raises(DataError, match="sparse"):
            measure(som, sparse.csr_matrix(x))
    for share in (0, 1.01, "all"):
        with pytest.raises(InvalidParameter, match=r"pareto_radius: share must be a number in \(0, 1\]"):
            pareto_radius(som, x, share=share)
    with pytest.raises(InvalidParameter, match="p_matrix: radius must be a number >= 0"):
        p_matrix(som, x, radius=-1)
