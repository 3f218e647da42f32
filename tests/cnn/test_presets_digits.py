import numpy as np
import pytest

from neurosim.cnn import train
from neurosim.cnn.presets_digits import LENET_C3, PRESETS_DIGITS, ZIP_H2, bn_4_1, resample
from neurosim.cnn.stylised_digits import stylised_digits
from neurosim.core.errors import DataError
from neurosim.datasets import load_digits


def build(name, dtype="float32", seed=0):
    return PRESETS_DIGITS[name].build(seed, dtype)


def counted(network, column):
    """Return what the summary counts of the layers that have parameters or connections."""
    return [getattr(row, column) for row in network.summary().rows if row.connections]


def learned(name, n, epochs, seed=0, **changes):
    """Train a preset on n bundled digits; return the share of 297 others that it reads."""
    preset, data = PRESETS_DIGITS[name], load_digits()
    x, y = preset.prepare(data.data, data.target, full=16.0)
    recipe = {key: getattr(preset, key) for key in ("loss", "optimiser", "batch_size", "shuffle", "reduction")}
    network = build(name, seed=seed)
    train(network, x[:n], y[:n], epochs=epochs, random_state=seed, **recipe | changes)
    return network, (network(x[1500:]).argmax(axis=1) == data.target[1500:]).mean()


# what the papers count


def test_counts_of_the_network_of_1989():
    network = build("zip1989")
    assert counted(network, "connections") == [19_968, 38_592, 5_790, 310]
    assert counted(network, "parameters") == [1_068, 2_592, 5_790, 310]
    assert counted(network, "units") == [768, 192, 30, 10]
    summary = network.summary()
    assert (summary.units, summary.connections, summary.parameters) == (1256, 64_660, 9_760)


def test_counts_of_lenet5_as_published():
    network = build("lenet5_1998")
    assert counted(network, "connections") == [122_304, 5_880, 151_600, 2_000, 48_120, 10_164, 840]
    assert counted(network, "parameters") == [156, 12, 1_516, 32, 48_120, 10_164, 0]
    summary = network.summary()
    assert (summary.connections, summary.parameters) == (340_908, 60_000)


def test_counts_of_lenet5_of_today():
    network = build("lenet5_modern")
    parameters = [row.parameters for row in network.summary().rows if row.parameters]
    assert parameters == [156, 2_416, 48_120, 10_164, 850]
    assert network.summary().parameters == 61_706


@pytest.mark.parametrize(("normalised", "parameters"), [(False, 99_710), (True, 100_010)])
def test_normalisation_replaces_three_hundred_biases_by_scales_and_shifts(normalised, parameters):
    assert bn_4_1(0, normalised=normalised).summary().parameters == parameters


def test_tables_of_connections():
    assert ZIP_H2.sum(axis=1).tolist() == [8] * 12
    assert ZIP_H2.sum(axis=0).tolist() == [8] * 12
    assert LENET_C3.sum(axis=1).tolist() == [3] * 6 + [4] * 9 + [6]
    assert LENET_C3.sum(axis=0).tolist() == [10] * 6
    assert len(np.unique(LENET_C3, axis=0)) == 16


# what goes in and what comes out


@pytest.mark.parametrize("name", PRESETS_DIGITS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_preset_reads_what_it_prepares(name, dtype):
    preset = PRESETS_DIGITS[name]
    x, targets = preset.prepare(np.zeros((3, 784), np.uint8), np.array([0, 9, 4]))
    network = build(name, dtype)
    assert x.shape == (3, *network.input_shape)
    assert x.dtype == np.float32
    outputs = network(x)
    assert outputs.shape == (3, 10)
    assert outputs.dtype == dtype
    assert np.isfinite(outputs).all()
    preset.loss.targets(targets, 10, dtype)


@pytest.mark.parametrize(
    ("name", "paper", "full"),
    [("zip1989", -1.0, 1.0), ("lenet5_1998", -0.1, 1.175), ("lenet5_modern", 0.0, 1.0), ("bn_4_1", 0.0, 1.0)],
)
@pytest.mark.parametrize(("side", "low", "high"), [(28, 0, 255), (16, -1, 1), (8, 0, 16), (28, 255, 0)])
def test_grey_values_of_paper_and_ink(name, paper, full, side, low, high):
    images = np.full((2, side, side), float(low))
    images[1, side // 4 : -(side // 4), side // 4 : -(side // 4)] = high
    x, _ = PRESETS_DIGITS[name].prepare(images, np.zeros(2, int), paper=low, full=high)
    np.testing.assert_allclose(x[0], paper, atol=1e-6)
    assert x[1].max() == pytest.approx(full)
    assert x[1].min() == pytest.approx(paper)
    middle = x.shape[-1] // 2
    assert x[1, 0, middle, middle] == pytest.approx(full)
    np.testing.assert_allclose(x[1, 0], x[1, 0, ::-1, ::-1], atol=1e-6)


def test_digits_of_16_x_16_are_taken_as_they_are(rng):
    images = rng.uniform(-1, 1, (2, 256)).astype(np.float32)
    x, targets = PRESETS_DIGITS["zip1989"].prepare(images, np.array([3, 0]), paper=-1.0, full=1.0)
    np.testing.assert_allclose(x.reshape(2, 256), images, atol=1e-6)
    assert targets.tolist() == [[1 if k == digit else -1 for k in range(10)] for digit in (3, 0)]


def test_binary_digits_have_ink_where_it_is_more_than_half():
    images = np.full((1, 28, 28), 127.0)
    images[0, 14] = 128.0
    x, _ = PRESETS_DIGITS["bn_4_1"].prepare(images, np.zeros(1, int))
    assert x[0, 0].sum() == 28
    assert x[0, 0, 14].all()


@pytest.mark.parametrize(("old", "new"), [(28, 16), (8, 20), (6, 3), (5, 5)])
def test_resampling_keeps_the_ink_and_its_middle(old, new, rng):
    images = rng.uniform(size=(3, old, old))
    small = resample(images, new)
    np.testing.assert_allclose(small.mean(axis=(1, 2)), images.mean(axis=(1, 2)))
    np.testing.assert_allclose(resample(images[:, ::-1], new), small[:, ::-1], atol=1e-12)
    if old % new == 0:
        step = old // new
        np.testing.assert_allclose(small, images.reshape(3, new, step, new, step).mean(axis=(2, 4)), atol=1e-12)


@pytest.mark.parametrize("shape", [(4, 7), (4, 3, 4), (4, 1, 8, 8), (4,)])
def test_what_is_no_square_is_refused(shape):
    with pytest.raises(DataError, match="side"):
        PRESETS_DIGITS["zip1989"].prepare(np.zeros(shape), np.zeros(4, int))


# the networks


def test_blank_paper_looks_the_same_everywhere_to_the_network_of_1989():
    """The border has the grey value of paper, so that without biases all units of a map of H1 agree."""
    network = build("zip1989", "float64")
    first = next(name for name in network.layers if name.startswith("conv"))
    maps = network.activations(np.full((1, 1, 16, 16), -1.0), [first])[first][0]
    assert maps.shape == (12, 8, 8)
    np.testing.assert_allclose(maps, maps[:, :1, :1] * np.ones((1, 8, 8)), atol=1e-12)
    assert np.ptp(maps) > 0.1


def test_first_weights_of_1989_lie_within_their_limits():
    network = build("zip1989")
    weights = [w for name, w in network.parameters.items() if name.endswith("weights")]
    for w, fan_in in zip(weights, (25, 200, 192, 30), strict=True):
        limit = 2.4 / np.sqrt(fan_in)
        assert 0.96 * limit < np.abs(w).max() <= limit
    biases = [b for name, b in network.parameters.items() if name.endswith("bias")]
    assert [set(np.unique(b)) for b in biases] == [{0.0}, {0.0}, {0.0}, {-1.0}]
    assert [b.size for b in biases] == [768, 192, 30, 10]


def test_outputs_of_lenet5_are_distances_from_fixed_bitmaps():
    network, _ = learned("lenet5_1998", 64, 1)
    last, before = list(network.layers)[-1], list(network.layers)[-2]
    x = PRESETS_DIGITS["lenet5_1998"].prepare(load_digits().data[:5], np.zeros(5, int), full=16.0)[0]
    values = network.activations(x, [before, last])
    f6, bitmaps = values[before].reshape(5, 84), stylised_digits().reshape(10, 84) / 4
    wanted = -((f6[:, None].astype(float) - bitmaps) ** 2).sum(axis=2)
    np.testing.assert_allclose(values[last].reshape(5, 10), wanted, rtol=1e-4)


def test_bitmaps_are_of_ink_and_paper_and_differ():
    bitmaps = stylised_digits()
    assert bitmaps.shape == (10, 12, 7)
    assert set(np.unique(bitmaps)) == {-1.0, 1.0}
    differ = (bitmaps[:, None] != bitmaps).sum(axis=(2, 3))
    assert differ[~np.eye(10, dtype=bool)].min() >= 8
    assert (bitmaps > 0).any(axis=(1,)).all(axis=1).sum() >= 8  # all but 1 and 4 fill the width


def test_normal_first_weights_of_the_normalised_network():
    network = bn_4_1(3)
    weights = np.concatenate([w.ravel() for name, w in network.parameters.items() if "dense" in name and w.ndim == 2])
    assert weights.std() == pytest.approx(0.1, rel=0.01)
    assert abs(weights.mean()) < 0.002


def test_seeds_decide_the_first_weights():
    a, b, c = (build("lenet5_modern", seed=seed).flat_parameters for seed in (1, 1, 2))
    np.testing.assert_array_equal(a, b)
    assert (a != c).mean() > 0.9


# learning


@pytest.mark.parametrize(
    ("name", "epochs", "bar"),
    [("zip1989", 5, 0.8), ("lenet5_1998", 10, 0.8), ("lenet5_modern", 10, 0.85), ("bn_4_1", 30, 0.8)],
)
def test_presets_learn_to_read(name, epochs, bar):
    assert learned(name, 1500, epochs)[1] >= bar
