"""Responses of a bank by Fourier transforms: tiles of large images, and the spectra that are kept."""

import pytest

from neurosim.v1 import GaborBank, bank_fft
from tests.v1.naive_bank import WHAT, assert_same


@pytest.mark.parametrize("border", ["zero", "wrap"])
@pytest.mark.parametrize("stride", [1, 2, 5])
def test_tiles_make_no_difference(border, stride, rng, monkeypatch):
    images = rng.normal(size=(3, 70, 33))
    bank = GaborBank.grid(3, 1, aspect=1.7, size=12, dtype="float64", phase=(0, 50))
    whole = bank.respond(images, WHAT, method="fft", border=border, stride=stride)
    monkeypatch.setattr(bank_fft, "TILE", 16)
    monkeypatch.setattr(bank_fft, "BLOCK", 20000)
    tiled = bank.respond(images, WHAT, method="fft", border=border, stride=stride)
    assert_same(tiled, whole, 1e-12)


def test_spectra_are_kept_for_a_few_shapes_the_oldest_going_first(rng):
    bank = GaborBank.grid(2, 1, size=5)
    spectra = bank._spectra
    for side in (8, 10, 12):
        bank.respond(rng.normal(size=(side, side)), "real", method="fft")
    first, *_ = spectra.kept
    again = spectra.of(*first)
    for side in (16, 18):
        bank.respond(rng.normal(size=(side, side)), "real", method="fft")
    assert len(spectra.kept) == bank_fft.KEPT == 4
    assert spectra.of(*first) is again  # used since, and so not the one that went
