"""Banks of Gabor filters: every method against the definition, and what goes in and out."""

import numpy as np
import pytest
from scipy.signal import correlate2d

from neurosim.core import parallel
from neurosim.core.errors import DataError, InvalidParameter
from neurosim.v1 import Gabor, GaborBank, bank_fft, bank_sums
from neurosim.v1.stimuli import grating
from tests.v1 import naive_bank
from tests.v1.naive_bank import WHAT, assert_same

METHODS = ("direct", "separable", "fft")
BORDERS = ("zero", "reflect", "nearest", "wrap")
# Pairs by -t and by 180 - t, what looks like a partner, the axes, phases, amplitudes, centres beside the middle
GABORS = [
    Gabor(5, 20, sigma_x=2), Gabor(5, 160, 30, 2, amplitude=-0.7), Gabor(5, -20, 90, 2), Gabor(5, 200, -50, 2),
    Gabor(4, 90, sigma_x=1.5, x0=0.5, y0=-1), Gabor(4, 0, sigma_x=1.5), Gabor(7, 0, sigma_x=1.5),
    Gabor(4, 180, 10, sigma_x=1.5), Gabor(6, 270),
    Gabor(5, 20, 45, 2), Gabor(5, -20, sigma_x=3), Gabor(5, 160, sigma_x=2, x0=1), Gabor(5, -20, sigma_x=2, y0=1),
    Gabor(6, 160, sigma_x=2),
]  # fmt: skip


def naive(bank, images, border="zero", stride=1):
    kernels = [gabor.kernel(bank.size, dc=bank.dc) for gabor in bank.gabors]
    responses = [[naive_bank.respond(image, kernel, border, stride) for kernel in kernels] for image in images]
    return naive_bank.all_of(np.array(responses))


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize(("size", "stride"), [(7, 1), (6, 2), (9, 3)])
def test_all_methods_equal_the_definition(border, size, stride, rng):
    images = rng.normal(size=(2, 8, 5))  # the largest kernel is larger than the image
    for dtype, tolerance in (("float64", 1e-10), ("float32", 1e-5)):
        bank = GaborBank(GABORS, size=size, dtype=dtype)
        expected = naive(bank, images, border, stride)
        for method in METHODS:
            found = bank.respond(images, WHAT, method=method, border=border, stride=stride)
            assert {array.dtype for array in found.values()} == {bank.dtype, np.result_type(bank.dtype, np.complex64)}
            assert_same(found, expected, tolerance)


def test_large_kernels_and_images(rng, monkeypatch):
    image = rng.normal(size=(130, 150))
    bank = GaborBank.grid(4, 2, size=31, dtype="float64")
    expected = np.array([correlate2d(image, kernel.real, "same") for kernel in bank.kernels])
    for tile in (512, 64):  # whole, and in tiles
        monkeypatch.setattr(bank_fft, "TILE", tile)
        for method in METHODS:
            found = bank.respond(image, "real", method=method)
            np.testing.assert_allclose(found, expected, rtol=0, atol=1e-10 * abs(expected).max())


@pytest.mark.parametrize("dc", ["subtract", "quadrature"])
def test_filters_without_a_response_to_uniform_images(dc, rng):
    bank = GaborBank.grid(3, 2, bandwidth=2, size=25, dc=dc, dtype="float64", phase=(0, 70))
    images = rng.normal(size=(1, 4, 5))
    with pytest.raises(InvalidParameter, match="dc is not 'none'"):
        bank.respond(images, method="separable")
    for method in ("auto", "direct", "fft"):
        assert_same(bank.respond(images, WHAT, method=method), naive(bank, images), 1e-10)
    assert abs(bank.respond(np.full((25, 25), 100.0), border="nearest")).max() < 1e-11


def test_a_pedestal_costs_no_digits(rng):
    ripple = rng.normal(size=(40, 44))
    ripple *= 10 / abs(ripple).max()
    image = np.round(30000 + ripple, 2).astype(np.float32)
    banks = [GaborBank.grid(4, 2, dc=dc, size=25, dtype=dtype) for dtype in ("float32", "float64")
             for dc in ("subtract", "quadrature")]  # fmt: skip
    banks += [GaborBank.preset("hmax_2007", dtype=dtype) for dtype in ("float32", "float64")]
    for single, double in ((banks[0], banks[2]), (banks[1], banks[3]), (banks[4], banks[5])):
        for border in ("reflect", "nearest", "wrap"):
            expected = double.respond(image.astype(float) - 30000, border=border)
            for method in ("direct", "fft"):
                found = single.respond(image, method=method, border=border)
                np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5 * abs(expected).max())
    found = banks[2].respond(image)  # with zeros beyond the border the mean counts
    expected = [correlate2d(image.astype(float), kernel.conj(), "same") for kernel in banks[2].kernels]
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-10 * abs(found).max())


def test_phase_is_the_filters_less_the_gratings():
    bank = GaborBank([Gabor(8, 30, 50, sigma_x=4)], size=41, dtype="float64")
    for phase in (0, 20, 200):
        found = bank.respond(grating((41, 41), 8, 30, phase), "phase")[0, 20, 20]
        assert (found - (50 - phase) + 180) % 360 - 180 == pytest.approx(0, abs=1e-3)


def test_kernels_are_read_only():
    bank = GaborBank.grid(2, 1)
    with pytest.raises(ValueError, match="read-only"):
        bank.kernels[0] = 0


def test_integers_are_numbers(rng):
    whole = rng.integers(0, 256, (2, 20, 24))
    bank = GaborBank.grid(4, 1)
    expected = bank.respond(whole.astype(float), "real", border="reflect")
    assert expected.min() < -10  # where skimage.filters.gabor wraps round
    for kind in (np.uint8, np.int64, ">u2", np.float16):
        found = bank.respond(whole.astype(kind), "real", border="reflect")
        assert found.dtype == np.float32
        np.testing.assert_array_equal(found, expected)
    mask = whole > 128
    np.testing.assert_array_equal(bank.respond(mask), bank.respond(mask.astype(float)))


@pytest.mark.parametrize("method", METHODS)
def test_a_batch_is_its_images(method, rng):
    images = rng.normal(size=(5, 21, 18))
    bank = GaborBank.grid(4, 2, phase=(0, 45))
    many = bank.respond(images, WHAT, method=method)
    for i, image in enumerate(images):
        one = bank.respond(image, WHAT, method=method)
        for name in WHAT:
            assert one[name].shape == (len(bank), 21, 18)
            np.testing.assert_array_equal(many[name][i], one[name])


@pytest.mark.parametrize("scratch", [1, 10000, 50000])  # pieces of 2 or more filters, or of 2 images
def test_pieces_make_no_difference(scratch, rng, monkeypatch):
    images = rng.normal(size=(5, 21, 18))
    bank = GaborBank(GABORS, size=9)
    for method, stride in (("separable", 1), ("separable", 2), ("direct", 2)):
        with monkeypatch.context() as smaller:
            smaller.setattr(bank_sums, "SCRATCH", scratch)
            found = bank.respond(images, WHAT, method=method, stride=stride)
        for name, expected in bank.respond(images, WHAT, method=method, stride=stride).items():
            np.testing.assert_array_equal(found[name], expected)


@pytest.mark.parametrize("method", METHODS)
def test_one_pass_for_several_and_threads(method, rng):
    images = rng.normal(size=(2, 40, 70))
    bank = GaborBank.grid(4, 2, phase=(0, 45))
    together = bank.respond(images, WHAT, method=method)
    threads = parallel.threads()
    try:
        for number in (1, 3):
            parallel.set_threads(number)
            for name in WHAT:
                np.testing.assert_array_equal(bank.respond(images, name, method=method), together[name])
    finally:
        parallel.set_threads(threads)
    assert list(bank.respond(images, ("phase",))) == ["phase"]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("stride", [1, 2])
def test_out(method, stride, rng):
    images = rng.normal(size=(2, 9, 12))
    bank = GaborBank.grid(2, 2)
    expected = bank.respond(images, WHAT, method=method, stride=stride)
    out = {name: np.full_like(array, 7) for name, array in expected.items()}
    found = bank.respond(images, WHAT, method=method, stride=stride, out=out)
    for name in WHAT:
        assert found[name] is out[name]
        np.testing.assert_array_equal(out[name], expected[name])
    room = np.empty((3, 4, *expected["real"].shape[2:]), np.float32)
    assert bank.respond(images[1], "real", method=method, stride=stride, out=room[1]).base is room
    np.testing.assert_array_equal(room[1], expected["real"][1])


def test_outputs_that_do_not_fit():
    bank, image = GaborBank.grid(2, 2), np.zeros((6, 7))
    room = np.zeros((4, 6, 14), np.float32)
    bad = (room, room.astype(float), room[:, :, ::2], [1], np.zeros((1, 4, 6, 7), np.float32))
    for out in bad:
        with pytest.raises(DataError, match=r"out for 'real' must be a writable C-contiguous float32 array of shape"):
            bank.respond(image, "real", out=out)
    frozen = np.zeros((4, 6, 7), np.complex64)
    frozen.flags.writeable = False
    with pytest.raises(DataError, match="complex64"):
        bank.respond(image, out=frozen)
    for out in (room, {"real": room}, {"real": room, "phase": room, "energy": room}):
        with pytest.raises(DataError, match="a dict of arrays with the keys real, phase"):
            bank.respond(image, ("real", "phase"), out=out)


@pytest.mark.parametrize("method", METHODS)
def test_input_of_any_layout(method, rng):
    images = rng.normal(size=(2, 30, 40)).astype(np.float32)
    bank = GaborBank.grid(2, 2)
    for view in (images[:, ::2, ::-3], images.transpose(0, 2, 1), images[::-1], images[1].T):
        before = view.copy()
        np.testing.assert_array_equal(
            bank.respond(view, method=method), bank.respond(np.ascontiguousarray(view), method=method)
        )
        np.testing.assert_array_equal(view, before)
    frozen = images[0].copy()
    frozen.flags.writeable = False
    bank.respond(frozen, method=method)


def test_images_that_are_none():
    bank = GaborBank.grid(2, 1)
    for value in (np.nan, np.inf, -np.inf, 1e300):
        image = np.zeros((5, 5))
        image[2, 3] = value
        with pytest.raises(DataError, match="finite in float32"):
            bank.respond(image)
    for image in (np.zeros(5), np.zeros((1, 1, 5, 5)), np.zeros((5, 0)), np.zeros((5, 5), complex), [["a"]], None):
        with pytest.raises(DataError, match=r"GaborBank.respond: images must be real numbers"):
            bank.respond(image)
    assert bank.respond(np.zeros((0, 5, 6)), "real").shape == (0, 2, 5, 6)
    assert bank.respond([[1]], "energy").shape == (2, 1, 1)


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"what": "power"}, "what"), ({"what": ("real", "power")}, "what"), ({"what": ["real"]}, "what"),
        ({"what": ()}, "what"), ({"method": "best"}, "method"), ({"border": "mirror"}, "border"),
        ({"stride": 0}, "stride"), ({"stride": 1.5}, "stride"),
    ],
)  # fmt: skip
def test_parameters_of_respond(options, name):
    with pytest.raises(InvalidParameter, match=rf"GaborBank.respond: {name} must be"):
        GaborBank.grid(2, 1).respond(np.zeros((5, 5)), **options)


def test_elongated_filters_are_not_separable(rng):
    bank = GaborBank.grid(4, 1, aspect=1.5, dtype="float64", size=9)
    images = rng.normal(size=(1, 6, 7))
    with pytest.raises(InvalidParameter, match="not all circular"):
        bank.respond(images, method="separable")
    assert_same(bank.respond(images, WHAT), naive(bank, images), 1e-10)


@pytest.mark.parametrize(
    ("aspect", "size", "stride", "method"),
    [
        (1, 5, 1, "separable"), (1, 31, 1, "separable"), (1, 31, 3, "separable"), (1, 31, 4, "direct"),
        (2, 9, 1, "direct"), (2, 11, 1, "fft"), (2, 31, 3, "fft"), (2, 31, 4, "direct"),
    ],
)  # fmt: skip
def test_auto_takes_the_quickest_method(aspect, size, stride, method, rng):
    bank, image = GaborBank.grid(2, 1, aspect=aspect, size=size), rng.normal(size=(40, 40))
    automatic = bank.respond(image, stride=stride)
    methods = METHODS if aspect == 1 else ("direct", "fft")
    same = [np.array_equal(bank.respond(image, stride=stride, method=m), automatic) for m in methods]
    assert [m for m, equal in zip(methods, same, strict=True) if equal] == [method]  # they differ in their last bits


def test_pairs_share_their_sums():
    bank = GaborBank.grid(8, 5)
    factors = bank_sums.factorise(bank.gabors, 31, np.dtype(float))
    assert len(factors.rows) == 5 * 5  # 0, 22.5, 45, 67.5 and 90 degrees; the others are partners
    assert (factors.minus >= 0).sum() == 5 * 3
    assert sorted(f for f in (*factors.plus, *factors.minus) if f >= 0) == list(range(40))


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"gabors": []}, "gabors"), ({"gabors": [1]}, "gabors"), ({"gabors": 3}, "gabors"), ({"size": 0}, "size"),
        ({"size": 7.5}, "size"), ({"dc": "no"}, "dc"), ({"dtype": "int8"}, "dtype"), ({"dtype": "float"}, None),
        ({"dtype": 3.5}, "dtype"), ({"backend": "gpu"}, "backend"),
    ],
)  # fmt: skip
def test_parameters_of_a_bank(options, name):
    if name is None:
        assert GaborBank(**{"gabors": GABORS, **options}).dtype == np.float64
        return
    with pytest.raises(InvalidParameter, match=rf"GaborBank: {name} must be"):
        GaborBank(**{"gabors": GABORS, **options})


def test_grid():
    bank = GaborBank.grid(3, 2, phase=(0, 90), cycles=0.5, aspect=2, dtype="float64")
    assert [(g.orientation, g.phase) for g in bank.gabors[:6]] == [(t, p) for t in (0, 60, 120) for p in (0, 90)]
    assert {g.wavelength for g in bank.gabors[6:]} == {4 * 2**0.5}
    assert {(round(g.n_x, 12), round(g.aspect, 12)) for g in bank.gabors} == {(0.5, 2)}
    assert len(bank) == 12
    assert bank.size == max(g.size for g in bank.gabors)
    assert "12 filters" in repr(bank)
    assert GaborBank.grid(1, wavelengths=[7]).gabors[0].bandwidth == pytest.approx(1.4)
    for options in ({"orientations": 0}, {"scales": 0}, {"wavelengths": [0]}, {"wavelengths": []}, {"aspect": 0},
                    {"bandwidth": -1}, {"cycles": 0}):  # fmt: skip
        with pytest.raises(InvalidParameter):
            GaborBank.grid(**options)


def test_gain_is_the_same_at_all_scales():
    bank = GaborBank.grid(4, 4, dtype="float64", aspect=1.3)
    for gabor, energies in zip(bank.gabors, bank.respond(
        np.array([grating((101, 101), g.wavelength, g.orientation) for g in bank.gabors]), "magnitude"
    ), strict=True):  # fmt: skip
        middle = energies[:, 50, 50]
        assert bank.gabors[middle.argmax()] is gabor
        assert middle.max() == pytest.approx(0.5, abs=0.01)
