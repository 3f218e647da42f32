"""The deep neocognitron: scikit-learn's contract, its layers, its learning, what its parameters change."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.utils.estimator_checks import parametrize_with_checks

import neurosim
from neurosim.core import parallel
from neurosim.core.errors import DataError, InvalidParameter
from neurosim.datasets import load_digits
from neurosim.neocognitron.add_if_silent import add_if_silent
from neurosim.neocognitron.features import balanced_order, blurring, selective
from neurosim.neocognitron.layers import c_cells, gaussian, s_cells, v_cells
from neurosim.neocognitron.neocognitron2013 import Neocognitron2013

SMALL = Neocognitron2013(field=32, cells2=30, random_state=0)
DEEP = Neocognitron2013(
    field=32, cells2=20, cells3=25, windows=(3, 3), theta_recognition=(0.6, 0.5), root=False, random_state=0
)
UNEVEN = clone(DEEP).set_params(
    windows=(5, 3), theta_learning=(0.8, 0.7), theta_recognition=(0.65, 0.5), blur=(1.8, 1.5, 1.2), activity=0.15
)  # its stages have different settings


@parametrize_with_checks([Neocognitron2013(field=16, cells2=10, cells3=5, hidden_samples=50)])
def test_scikit_learn(estimator, check):
    check(estimator)


@pytest.fixture(scope="module")
def digits():
    """Training images and labels, test images and labels."""
    data = load_digits()
    images = np.float32(data.data.reshape(-1, 8, 8) / 16)
    return images[:200], data.target[:200], images[-300:], data.target[-300:]


@pytest.fixture(scope="module")
def deep(digits):
    return clone(DEEP).fit(*digits[:2])


@pytest.fixture(scope="module")
def uneven(digits):
    return clone(UNEVEN).fit(*digits[:2])


def test_digits_are_told_apart(digits, deep):
    assert clone(SMALL).fit(*digits[:2]).score(*digits[2:]) > 0.8  # 0.86 to 0.91 with eight seeds
    assert deep.score(*digits[2:]) > 0.76  # 0.82 to 0.86


def test_layers(digits, uneven):
    layers = uneven.responses(digits[2][:3])
    shapes = {name: layer.shape[1:] for name, layer in layers.items()}
    assert shapes == {
        "U0": (1, 32, 32), "S1": (16, 32, 32), "C1": (16, 16, 16), "S2": (20, 16, 16), "C2": (20, 8, 8),
        "S3": (25, 8, 8), "C3": (25, 4, 4),
    }  # fmt: skip
    assert all(layer.min() >= 0 and layer.dtype == np.float32 for layer in layers.values())
    features = np.moveaxis(layers["C3"], 1, 3).reshape(3, -1)
    np.testing.assert_array_equal(uneven.transform(digits[2][:3]), features)
    planes_last = {name: np.ascontiguousarray(np.moveaxis(layer, 1, 3)) for name, layer in layers.items()}
    for number, cells, window, theta in ((2, uneven.cells2_, 5, 0.65), (3, uneven.cells3_, 3, 0.5)):
        s = selective(cells.transpose(0, 2, 3, 1), gaussian(window, 0.3 * window), window // 2, theta, "subtractive")
        np.testing.assert_allclose(s_cells(planes_last[f"C{number - 1}"], s), planes_last[f"S{number}"], atol=1e-6)
    for number, width in ((1, 1.8), (2, 1.5), (3, 1.2)):
        c = c_cells(planes_last[f"S{number}"], blurring(width, "l2"))
        np.testing.assert_allclose(c, planes_last[f"C{number}"], atol=1e-6)
    assert list(clone(SMALL).set_params(contrast=True).fit(*digits[:2]).responses(digits[2][:1])) == [
        "U0", "UG", "S1", "C1", "S2", "C2"
    ]  # fmt: skip


def test_hidden_cells_are_those_of_the_learning_rule(digits, uneven):
    order = balanced_order(digits[1], 0)
    layers = uneven.responses(digits[0][order])
    for below, cells, limit, window, theta in (("C1", uneven.cells2_, 20, 5, 0.8), ("C2", uneven.cells3_, 25, 3, 0.7)):
        u = np.ascontiguousarray(np.moveaxis(layers[below], 1, 3))
        c = gaussian(window, 0.3 * window)
        patches = add_if_silent(u, window=window, c=c, pad=window // 2, cells=limit, theta=theta, activity=0.15)
        np.testing.assert_allclose(cells, patches.transpose(0, 3, 1, 2), atol=1e-6)


@pytest.mark.parametrize("inhibition", ["subtractive", "shunting"])
def test_cells_answer_to_what_they_learned(rng, inhibition):
    patches, c, theta = rng.random((6, 3, 3, 4)).astype(np.float32), gaussian(3, 0.9), 0.6
    layer = selective(patches, c, 0, theta, inhibition)
    u = s_cells(patches, layer)[:, 0, 0]
    v = v_cells(patches, c / c.sum(), 0)[:, 0, 0]
    weighted = (patches * np.sqrt(c)[:, :, None]).reshape(6, -1).astype(float)
    weighted /= np.linalg.norm(weighted, axis=1, keepdims=True)
    wanted = np.maximum(weighted @ weighted.T - theta, 0) / (1 - theta)
    if inhibition == "subtractive":
        wanted *= v[:, None]
    np.testing.assert_allclose(u, wanted, atol=2e-3)
    assert (wanted < 0.9 * np.diagonal(wanted)).any()


@pytest.mark.parametrize(("pool", "of"), [
    ("l2", lambda u: np.sqrt((u**2).mean())), ("average", np.mean), ("root", lambda u: np.sqrt(u.mean())),
    ("max", np.max),
])  # fmt: skip
def test_pools(pool, of):
    u = np.zeros((1, 9, 9, 1), np.float32)
    u[0, ::2] = 0.6
    around = np.repeat(u, 4, 0)
    around[1] = 0.6
    got = c_cells(around, blurring(1.2, pool))[:, 2, 2, 0]
    assert got.shape == (4,)
    np.testing.assert_allclose(got[1], of(np.full(3, 0.6)), rtol=1e-5)  # of equal cells
    assert got[0] == pytest.approx(0.6) if pool == "max" else 0 < got[0] < got[1]


def test_brightness_does_not_matter_to_subtractive_cells(digits, deep):
    np.testing.assert_array_equal(deep.predict(digits[2]), deep.predict(np.float32(7) * digits[2]))
    np.testing.assert_allclose(deep.transform(4 * digits[2][:9]), 4 * deep.transform(digits[2][:9]), rtol=1e-4)


@pytest.mark.parametrize("brightness", [1e20, 1e-20, 1e200])
def test_brightness_without_squares_in_float32_is_refused(digits, deep, brightness):
    images = digits[0].astype(np.float64) * brightness
    for work in (lambda: deep.predict(images), lambda: clone(DEEP).fit(images, digits[1])):
        with pytest.raises(DataError, match=r"largest \|value\| must be 0 or in \[1e-12, 1e\+12\]"):
            work()


@pytest.mark.parametrize("brightness", [0.9e12, 1e-11])
def test_brightness_at_its_limits(digits, deep, brightness):
    images = digits[2].astype(np.float64) * brightness
    np.testing.assert_array_equal(deep.predict(images), deep.predict(digits[2]))
    assert (clone(deep).fit(digits[0] * brightness, digits[1]).predict(images) == deep.predict(digits[2])).mean() > 0.97


@pytest.mark.parametrize("changed", [
    {"theta_recognition": (0.3, 0.3)}, {"inhibition": "shunting"}, {"root": True}, {"pool": "max"},
    {"blur": (2.5, 2.5, 2.5)}, {"contrast": True}, {"windows": (3, 3)}, {"scale": 2.0}, {"readout": (1, 2)},
    {"field": 48},
], ids=str)  # fmt: skip
def test_features_stay_as_the_fit_made_them(tmp_path, digits, changed):
    model = clone(SMALL).set_params(root=False, readout=[2]).fit(*digits[:2])
    wanted = model.decision_function(digits[2][:20])
    model.set_params(**changed)
    np.testing.assert_array_equal(model.decision_function(digits[2][:20]), wanted)
    assert "UG" not in model.responses(digits[2][:1])
    back = neurosim.load(model.save(tmp_path / "model.npz"))
    np.testing.assert_array_equal(back.decision_function(digits[2][:20]), wanted)


def test_the_plan_is_not_shared_with_the_parameters(digits):
    readout = [1, 2]
    model = clone(SMALL).set_params(readout=readout).fit(*digits[:2])
    wanted = model.transform(digits[2][:2])
    model.readout.pop()
    np.testing.assert_array_equal(model.transform(digits[2][:2]), wanted)


def test_interpolation_may_be_changed_after_the_fit(digits, deep):
    other = {"interpolation": "pairs", "nearest": 3}
    changed, wanted = clone(DEEP).fit(*digits[:2]).set_params(**other), clone(DEEP).set_params(**other).fit(*digits[:2])
    np.testing.assert_array_equal(changed.decision_function(digits[2]), wanted.decision_function(digits[2]))
    assert (changed.decision_function(digits[2]) != deep.decision_function(digits[2])).any()
    assert changed.top_.nearest == DEEP.nearest


@pytest.mark.parametrize("cut", [np.s_[:, :, 1:7], np.s_[:, 1:7]])
def test_images_that_are_not_square(digits, cut):
    model = clone(SMALL).fit(digits[0][cut], digits[1])
    assert model.image_shape_ == digits[0][cut].shape[1:]
    assert model.score(digits[2][cut], digits[3]) > 0.75
    layers, turned = model.responses(digits[2][cut][:2]), np.swapaxes(digits[2][cut][:2], 1, 2)
    assert layers["U0"].shape == (2, 1, 32, 32)
    across = clone(SMALL).fit(np.swapaxes(digits[0][cut], 1, 2), digits[1]).responses(turned)
    np.testing.assert_allclose(np.swapaxes(across["U0"], 2, 3), layers["U0"], atol=1e-6)


def test_same_seed_same_bits(digits, deep):
    before = parallel.threads()
    parallel.set_threads(3)
    try:
        again = clone(DEEP).fit(*digits[:2])
        np.testing.assert_array_equal(again.decision_function(digits[2]), deep.decision_function(digits[2]))
    finally:
        parallel.set_threads(before)
    other = clone(DEEP).set_params(random_state=1).fit(*digits[:2])
    assert other.cells2_.shape != deep.cells2_.shape or (other.cells2_ != deep.cells2_).any()


def test_images_go_one_by_one_or_together_in_any_form(digits, deep):
    together = deep.transform(digits[2][:5])
    np.testing.assert_array_equal(np.concatenate([deep.transform(image[None]) for image in digits[2][:5]]), together)
    np.testing.assert_array_equal(deep.transform(digits[2][:5].reshape(5, -1)), together)
    rows = digits[0].reshape(len(digits[0]), -1)
    flat = clone(DEEP).set_params(image_shape=(8, 8)).fit(rows, digits[1])
    np.testing.assert_array_equal(flat.transform(digits[2][:5]), together)
    integers = clone(DEEP).fit(np.rint(16 * digits[0]).astype(np.uint8), digits[1])
    np.testing.assert_array_equal(integers.predict(digits[2]), deep.predict(digits[2]))


def test_readout(digits):
    model = clone(DEEP).set_params(readout=(1, 3)).fit(*digits[:2])
    layers = model.responses(digits[2][:4])
    c1 = np.ascontiguousarray(np.moveaxis(layers["C1"], 1, 3))
    parts = [c_cells(c_cells(c1, blurring(1.2, "l2")), blurring(1.2, "l2")), np.moveaxis(layers["C3"], 1, 3)]
    wanted = np.hstack([p.reshape(4, -1) / np.linalg.norm(p.reshape(4, -1), axis=1)[:, None] for p in parts])
    np.testing.assert_allclose(model.transform(digits[2][:4]), wanted, atol=1e-6)
    assert model.get_feature_names_out()[0] == "neocognitron20130"


def test_roots(digits, deep):
    rooted = clone(DEEP).set_params(root=True).fit(*digits[:2])
    np.testing.assert_allclose(rooted.transform(digits[2][:9]) ** 2, deep.transform(digits[2][:9]), atol=1e-6)


def test_stages_can_be_left_out(digits):
    model = clone(SMALL).set_params(cells2=0).fit(*digits[:2])
    assert list(model.responses(digits[2][:1])) == ["U0", "S1", "C1"]
    assert model.cells2_.shape[0] == model.cells3_.shape[0] == 0
    assert model.transform(digits[2][:1]).shape == (1, 4 * 4 * 16)


@pytest.mark.parametrize("changed", [
    {"learning": "winner-take-all"}, {"learning": "winner-kill-loser"}, {"inhibition": "shunting"}, {"contrast": True},
    {"pool": "root"}, {"interpolation": "none"}, {"margin": 0.03, "winner_learns": True}, {"contrast": True,
    "inhibition": "shunting"},
], ids=str)  # fmt: skip
def test_variants_learn(digits, deep, changed):
    model = clone(DEEP).set_params(**changed).fit(*digits[:2])
    assert model.score(*digits[2:]) > 0.6
    assert (model.decision_function(digits[2]) != deep.decision_function(digits[2])).any()
    if "margin" in changed:
        assert len(model.top_.references_) < 200


def test_scale(digits):
    model = clone(SMALL).set_params(scale=2).fit(*digits[:2])
    seen = model.responses(digits[2][:20])["U0"][:, 0]
    assert not seen[:, :8].any()
    assert not seen[:, 24:].any()
    assert seen[:, 8:24].sum() == pytest.approx(4 * digits[2][:20].sum(), rel=0.1)


def test_the_top_gets_its_parameters(digits):
    options = {"margin": 0.02, "winner_learns": True, "interpolation": "pairs", "nearest": 4}
    model = clone(SMALL).set_params(**options).fit(*digits[:2])
    assert model.top_.get_params() == options | {"max_passes": 20}


def test_order_is_balanced(rng):
    codes = rng.choice(3, 60, p=[0.6, 0.3, 0.1])
    order = balanced_order(codes, 5)
    np.testing.assert_array_equal(np.sort(order), np.arange(60))
    few = np.bincount(codes).min()
    np.testing.assert_array_equal(np.sort(codes[order][: 3 * few].reshape(few, 3), axis=1), [[0, 1, 2]] * few)
    assert (order != balanced_order(codes, 6)).any()


def test_hidden_cells_learn_from_the_first_of_each_class(digits):
    one = clone(SMALL).set_params(hidden_samples=10).fit(*digits[:2])
    few = balanced_order(digits[1], 0)[:10]
    np.testing.assert_array_equal(np.sort(digits[1][few]), np.arange(10))
    changed = digits[0].copy()
    changed[np.setdiff1d(np.arange(200), few)] = 0.5
    np.testing.assert_array_equal(clone(one).fit(changed, digits[1]).cells2_, one.cells2_)


def test_progress_and_stop(digits):
    images, labels = np.concatenate([digits[0], digits[2]]), np.concatenate([digits[1], digits[3]])
    seen = []
    model = clone(DEEP).fit(images, labels, callback=seen.append)
    assert [p.step for p in seen] == [1, 2, 3, 4, 5, 6]
    assert all(p.total == 6 for p in seen)
    assert [p.metrics.get("images") for p in seen] == [None, None, 128, 256, 384, 500]
    assert len(model.top_.references_) == 500
    stopped = clone(DEEP).fit(images, labels, callback=lambda p: p.step >= 4)
    assert len(stopped.top_.references_) == 256
    kept = balanced_order(labels, 0)[:256]
    assert sorted(stopped.top_.labels_) == sorted(labels[kept])


def test_files(tmp_path, digits, deep):
    back = neurosim.load(deep.save(tmp_path / "model.npz"))
    np.testing.assert_array_equal(back.decision_function(digits[2]), deep.decision_function(digits[2]))
    assert back.get_params() == deep.get_params()
    assert not hasattr(Neocognitron2013.from_parts(*DEEP.to_parts()), "top_")


@pytest.mark.parametrize(("name", "value"), [
    ("field", 4), ("scale", 0), ("scale", 5), ("contrast", 1), ("cells2", -1), ("cells2", 0), ("cells3", 2.5),
    ("windows", (4, 3)), ("windows", (3,)), ("learning", "hebb"), ("inhibition", "none"),
    ("theta_learning", (1, 0.5)), ("theta_recognition", 0.5), ("activity", 1), ("hidden_samples", 0),
    ("blur", (1, 1, 0)), ("pool", "sum"), ("readout", (4,)), ("readout", ()), ("root", 2), ("margin", -1),
    ("nearest", 0), ("image_shape", (3, 3)), ("image_shape", (4, 16)), ("random_state", -1), ("readout", (1.0,)),
    ("readout", ([1],)), ("readout", (1, 1)),
])  # fmt: skip
def test_refused(digits, name, value):
    with pytest.raises(InvalidParameter, match=name if (name, value) != ("cells2", 0) else "cells3"):
        clone(DEEP).set_params(**{name: value}).fit(*digits[:2])


def test_scale_that_rounds_up_beyond_the_field():
    images = np.random.default_rng(0).random((12, 19, 19))
    with pytest.raises(InvalidParameter, match="scale"):
        Neocognitron2013(field=9, scale=0.5, cells2=3).fit(images, np.arange(12) % 3)
    Neocognitron2013(field=10, scale=0.5, cells2=3).fit(images, np.arange(12) % 3)


def test_refused_images(digits, deep):
    with pytest.raises(ValueError, match="0 sample"):
        deep.predict(np.empty((0, 8, 8)))
    with pytest.raises(DataError, match="fitted to"):
        deep.predict(digits[2].reshape(-1, 4, 16))
    with pytest.raises(DataError, match="nothing to learn"):
        clone(DEEP).fit(np.zeros((20, 8, 8)), np.arange(20) % 2)
    with pytest.raises(ValueError, match="features"):
        deep.predict(np.ones((2, 9)))


def test_a_moved_image_moves_all_layers(rng, deep):
    network = deep._network()
    u = np.zeros((1, 96, 96, 1), np.float32)  # C3 sees 27 cells to each side
    u[0, 32:48, 40:56, 0] = rng.random((16, 16))
    here, there = network.c_layers(u), network.c_layers(np.roll(u, 16, 1))
    for layer, moved, step in zip(here, there, (8, 4, 2), strict=True):
        assert layer.max() > 0.03
        np.testing.assert_allclose(np.roll(layer, step, 1), moved, atol=1e-5)
