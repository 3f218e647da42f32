"""Selective attention: single steps against the equations, and what it makes of pairs, defects and noise."""

import numpy as np
import pytest

from neurosim.core import parallel
from neurosim.core.errors import DataError, InvalidParameter
from neurosim.neocognitron.attention import SelectiveAttention
from neurosim.neocognitron.attention_cpu import ascend, descend
from neurosim.neocognitron.layers import c_cells, s_cells
from neurosim.neocognitron.neocognitron1988 import Neocognitron1988
from neurosim.neocognitron.recall import cells, wiring
from tests.neocognitron.test_recall import small_network


@pytest.fixture(scope="module")
def net():
    return Neocognitron1988().teach()


@pytest.fixture(scope="module")
def pairs(net):
    """45 pairs of different digits side by side, and their labels."""
    images, labels = net.pattern_set.examples()
    first = [np.flatnonzero(labels == k)[0] for k in range(10)]
    chosen = [(i, j) for i in range(10) for j in range(i + 1, 10)]
    return np.array([np.hstack([images[first[i]], images[first[j]]]) for i, j in chosen]), np.array(chosen)


@pytest.fixture(scope="module")
def attended(net, pairs):
    return SelectiveAttention(net).attend_all(pairs[0])


def test_a_pass_up_is_that_of_the_layers(rng):
    layers = small_network(rng).layers
    u = rng.uniform(0, 1, (3, 9, 8, 1)) * (rng.uniform(0, 1, (3, 9, 8, 1)) < 0.6)
    for (s, c), (s_out, c_out) in zip(layers, cells(u, layers), strict=True):
        ascend(u, wiring(s, c), np.zeros_like(s_out), np.zeros(3), s_out, c_out)
        np.testing.assert_allclose(s_out, s_cells(u, s), rtol=0, atol=1e-12)
        np.testing.assert_allclose(c_out, c_cells(s_out, c), rtol=0, atol=1e-12)
        u = c_out


def test_eased_cells_have_a_smaller_selectivity(rng):
    layers = small_network(rng).layers
    u = rng.uniform(0, 1, (2, 9, 8, 1))
    (s, c), (s_out, c_out) = layers[0], cells(u, layers)[0]
    ascend(u, wiring(s, c), np.full_like(s_out, 0.75), np.array([0.0, 1.25]), s_out, c_out)
    for image, x in enumerate((0.75, 2.0)):
        eased = type(s).shunting(s.a, s.b, s.c, s.pad, s.gain / (1 + x))
        np.testing.assert_allclose(s_out[image], s_cells(u[image : image + 1], eased)[0], rtol=0, atol=1e-12)


def test_missed_cells_are_eased(rng):
    layers = small_network(rng).layers
    (s, c), (s_out, c_out) = layers[0], cells(rng.uniform(0, 1, (1, 9, 8, 1)), layers)[0]
    s_out[:] = rng.uniform(0, 0.5, s_out.shape)
    w, before = rng.uniform(0, 0.2, c_out.shape), rng.uniform(0, 1, s_out.shape)
    eased, out = before.copy(), np.zeros((1, 9, 8, 1))
    descend(w, s_out, wiring(s, c), 1.0, 1.0, 2.0, 0.5, 0.25, eased, out)
    sent = np.zeros_like(s_out)
    for y, x in np.ndindex(w.shape[1:3]):
        for i, j in np.ndindex(c.d.shape):
            row, column = y * c.stride - c.pad + i, x * c.stride - c.pad + j
            if 0 <= row < 9 and 0 <= column < 8:
                sent[0, row, column] += c.d[i, j] * w[0, y, x, c.joins]
    wanted = 0.5 * before + 0.25 * np.maximum(np.minimum(2.0 * sent, 1) - s_out, 0)
    assert (wanted > 0.5 * before).mean() > 0.2
    np.testing.assert_allclose(eased, wanted, rtol=0, atol=1e-12)


def test_digits_side_by_side_are_recognised_one_after_the_other(attended, pairs):
    first = [a.segments[0][0] in pair for a, pair in zip(attended, pairs[1], strict=True)]
    both = [{label for label, _ in a.segments} == {*pair} for a, pair in zip(attended, pairs[1], strict=True)]
    assert np.mean(first) >= 0.95
    assert np.mean(both) >= 0.8


def test_a_segment_is_the_attended_digit_and_not_its_neighbour(attended, pairs):
    kept, leaked = [], []
    for attention, image, pair in zip(attended, *pairs, strict=True):
        label, ink = attention.segments[0][0], attention.ink[0]
        left = label == pair[0]
        own, other = (slice(0, 19), slice(19, 38)) if left else (slice(19, 38), slice(0, 19))
        kept.append(ink[:, own][image[:, own] > 0].mean())
        leaked.append(ink[:, other].sum())
    assert np.mean(kept) >= 0.8
    assert np.mean(leaked) <= 1.5  # of some 25


def test_a_break_takes_the_gain_of_what_was_attended(attended):
    for attention in attended[:5]:
        ink = attention.ink[0]
        assert attention.gains[0].min() == attention.gains[0].max() == 1
        assert attention.gains[9][ink].min() > 1
        assert not attention.frames[10].any()
        assert not attention.frames[11].any()
        assert attention.winners[10] == attention.winners[11] == -1
        assert attention.gains[12][ink].max() < 0.9


def test_one_spell_of_steps_gives_one_segment(net, pairs):
    model = SelectiveAttention(net, spell=4, pause=1)
    assert [len(model.attend(pairs[0][0], steps=n).segments) for n in (3, 4, 7, 8)] == [0, 1, 1, 2]
    attention = model.attend(pairs[0][0], steps=6)
    assert attention.frames.shape == attention.gains.shape == (6, 19, 38)
    assert attention.responses.shape == (6, 10)


def test_silence_lowers_the_selectivity_until_a_cell_answers(net, pairs):
    dots = np.zeros((19, 19))
    dots[3:16:4, 3:16:3] = 1
    assert SelectiveAttention(net, alarm=0).attend(dots, steps=9).winners.max() == -1
    winners = SelectiveAttention(net, alarm=0.3).attend(dots, steps=9).winners
    assert winners[0] == -1
    assert winners.max() >= 0


def test_an_image_without_ink_is_never_attended_to(net):
    attention = SelectiveAttention(net).attend(np.zeros((19, 19)))
    assert attention.segments == ()
    assert attention.ink == ()
    assert (attention.winners == -1).all()


def test_threads_and_batches_change_nothing(net, pairs, attended):
    before = parallel.threads()
    try:
        parallel.set_threads(3)
        alone = SelectiveAttention(net).attend(pairs[0][7])
    finally:
        parallel.set_threads(before)
    np.testing.assert_array_equal(alone.frames, attended[7].frames)
    np.testing.assert_array_equal(alone.winners, attended[7].winners)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"alpha": 0}, "alpha must be a number > 0"),
        ({"beta_input": -1.0}, "beta_input must be a number > 0"),
        ({"fatigue": -0.1}, "fatigue must be a number >= 0"),
        ({"rate": 1.5}, r"rate must be a number in \[0, 1\]"),
        ({"pause": 0}, "pause must be an integer >= 1"),
        ({"pause": 3, "spell": 3}, "spell must be an integer >= 4"),
    ],
)
def test_bad_constants_are_refused(net, change, message):
    with pytest.raises(InvalidParameter, match=message):
        SelectiveAttention(net, **change)


def test_bad_images_are_refused(net):
    model = SelectiveAttention(net)
    with pytest.raises(DataError, match=r"an image must be \(rows, columns\)"):
        model.attend(np.zeros((1, 19, 19)))
    with pytest.raises(InvalidParameter, match="steps must be an integer >= 1"):
        model.attend(np.zeros((19, 19)), steps=0)
    with pytest.raises(InvalidParameter, match="net must be a network"):
        SelectiveAttention(None)
