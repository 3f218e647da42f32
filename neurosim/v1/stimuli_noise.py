"""Random and complete stimulus sets for reverse correlation: white, binary and sparse noise, m-sequences, Hartley sets.

Arrays are (frames, rows, columns) float64 of contrasts, as in `neurosim.v1.stimuli`. The same `random_state` gives the
same frames.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from neurosim.core import checks
from neurosim.core.random import permutation, seed_from, uniform
from neurosim.v1.stimuli import grating, shape_of

MOST_BITS = 24


def gaussian_noise(n: int, shape: tuple[int, int], *, contrast: float = 1.0, random_state: Any = None) -> np.ndarray:
    """Return frames of Gaussian white noise: every pixel of every frame is drawn on its own.

    Parameters
    ----------
    n : int >= 1
        Frames.
    shape : (rows, columns)
    contrast : float > 0, default 1
        Standard deviation.
    random_state : None, int, Generator or RandomState

    Returns
    -------
    (n, rows, columns) float64
    """
    checks.at_least("gaussian_noise", "n", n, 1)
    checks.number("gaussian_noise", "contrast", contrast, "a finite number > 0", above=0.0)
    draws = np.random.default_rng(seed_from(random_state))
    return contrast * draws.standard_normal((n, *shape_of("gaussian_noise", shape)))


def binary_noise(
    n: int, shape: tuple[int, int], *, size: int = 1, contrast: float = 1.0, random_state: Any = None
) -> np.ndarray:
    """Return frames of black and white checks, each drawn on its own with even chances.

    Parameters
    ----------
    n, shape, random_state
        As in `gaussian_noise`.
    size : int >= 1, default 1
        Side of a check in pixels; checks at the right and lower border may be cut.
    contrast : float > 0, default 1
        Checks have -contrast or +contrast, which is also the standard deviation.

    Returns
    -------
    (n, rows, columns) float64
    """
    checks.at_least("binary_noise", "n", n, 1)
    checks.number("binary_noise", "contrast", contrast, "a finite number > 0", above=0.0)
    shape = shape_of("binary_noise", shape)
    rows, columns = _places("binary_noise", shape, size)
    white = uniform(seed_from(random_state), 0, (n, rows, columns)) < 0.5
    return _enlarged(np.where(white, contrast, -contrast), size, shape)


def m_sequence(bits: int, shape: tuple[int, int], *, contrast: float = 1.0) -> np.ndarray:
    """Return binary noise of which every pixel runs through the same m-sequence with a lag of its own.

    An m-sequence of length n = 2**bits - 1 has autocorrelation 1 at lag 0 and -1 / n at every other lag. Over all n
    frames two pixels therefore have the correlation -1 / n exactly, where drawn noise leaves about 1 / sqrt(n).

    Parameters
    ----------
    bits : int in 2 .. 24
        The number of frames is 2**bits - 1, at least as many as pixels.
    shape : (rows, columns)
    contrast : float > 0, default 1

    Returns
    -------
    (2**bits - 1, rows, columns) float64
        Pixel i (row by row) at frame t is member t + i * (n // pixels) of the sequence.

    Notes
    -----
    The sequence is SciPy's ``max_len_seq``.
    """
    from scipy.signal import max_len_seq

    rows, columns = shape_of("m_sequence", shape)
    least = max(2, int(rows * columns).bit_length())
    wanted = f"an integer in {least} .. {MOST_BITS}, so that there are at least as many frames as pixels"
    checks.at_least("m_sequence", "bits", bits, 2)
    checks.number("m_sequence", "bits", bits, wanted, least=least, below=MOST_BITS + 1)
    checks.number("m_sequence", "contrast", contrast, "a finite number > 0", above=0.0)
    sequence = contrast * (2.0 * max_len_seq(bits)[0] - 1.0)
    lag = np.arange(rows * columns) * (len(sequence) // (rows * columns))
    frames = sequence[(np.arange(len(sequence))[:, None] + lag) % len(sequence)]
    return frames.reshape(-1, rows, columns)


def sparse_noise(
    n: int, shape: tuple[int, int], *, size: int = 1, contrast: float = 1.0, random_state: Any = None
) -> np.ndarray:
    """Return frames that are grey but for one square, bright or dark, at a place of a grid.

    All places and both signs come once each in random order, then once more in another order, and so on, so that
    whole rounds of 2 * places frames show every square equally often.

    Parameters
    ----------
    n, shape, random_state
        As in `gaussian_noise`.
    size : int >= 1, default 1
        Side of a square and step of the grid in pixels; squares at the right and lower border may be cut.
    contrast : float > 0, default 1

    Returns
    -------
    (n, rows, columns) float64
    """
    checks.at_least("sparse_noise", "n", n, 1)
    checks.number("sparse_noise", "contrast", contrast, "a finite number > 0", above=0.0)
    shape = shape_of("sparse_noise", shape)
    rows, columns = _places("sparse_noise", shape, size)
    key, kinds = seed_from(random_state), 2 * rows * columns
    rounds = [permutation(key, stream, kinds) for stream in range(-(-n // kinds))]
    place, sign = np.divmod(np.concatenate(rounds)[:n], 2)
    squares = np.zeros((n, rows * columns))
    squares[np.arange(n), place] = np.where(sign == 0, contrast, -contrast)
    return _enlarged(squares.reshape(n, rows, columns), size, shape)


@dataclass(frozen=True)
class HartleySet:
    """Gratings of the discrete Hartley transform.

    Parameters
    ----------
    stimuli : (n, rows, columns) float64
    kx, ky : (n,) int64
        Cycles in the whole width and height.
    sign : (n,) int64
        1, or -1 for the negative of a grating.
    """

    stimuli: np.ndarray
    kx: np.ndarray
    ky: np.ndarray
    sign: np.ndarray

    @property
    def frequency(self) -> np.ndarray:
        """Cycles per pixel, (n,)."""
        return np.hypot(self.kx / self.stimuli.shape[2], self.ky / self.stimuli.shape[1])

    @property
    def orientation(self) -> np.ndarray:
        """Direction of modulation in degrees, in [0, 180), (n,)."""
        across, down = self.kx / self.stimuli.shape[2], self.ky / self.stimuli.shape[1]
        return np.rad2deg(np.arctan2(down, across)) % 180.0


def hartley(shape: tuple[int, int], highest: int, *, contrast: float = 1.0) -> HartleySet:
    """Return the Hartley set: all gratings with whole numbers of cycles up to `highest`, and their negatives.

    A stimulus is contrast / sqrt(2) * (cos a + sin a), a = 2 pi (kx x / columns + ky y / rows): gratings of the phases
    -45 and (for -kx, -ky) 45 degrees, which are orthogonal to each other.

    Parameters
    ----------
    shape : (rows, columns)
    highest : int >= 1
        Largest size of kx and of ky, less than half of the smaller side. kx = ky = 0 is left out.
    contrast : float > 0, default 1

    Returns
    -------
    HartleySet
        2 * ((2 * highest + 1)**2 - 1) stimuli.

    References
    ----------
    D. L. Ringach, G. Sapiro, R. Shapley, "A subspace reverse-correlation technique for the study of visual neurons",
    Vision Research 37:2455-2464 (1997).
    """
    rows, columns = shape_of("hartley", shape)
    checks.at_least("hartley", "highest", highest, 1)
    wanted = f"less than half of the smaller side of the stimulus, {min(rows, columns)} px"
    checks.number("hartley", "highest", highest, wanted, below=min(rows, columns) / 2)
    checks.number("hartley", "contrast", contrast, "a finite number > 0", above=0.0)
    cycles = np.arange(-highest, highest + 1)
    kx, ky = (k.ravel() for k in np.meshgrid(cycles, cycles))
    kx, ky = kx[(kx != 0) | (ky != 0)], ky[(kx != 0) | (ky != 0)]
    across, down = kx / columns, ky / rows
    angle = np.rad2deg(np.arctan2(down, across))
    waves = grating((rows, columns), 1.0 / np.hypot(across, down), angle, -45.0, contrast)
    sign = np.repeat([1, -1], len(kx))
    return HartleySet(np.concatenate([waves, -waves]), np.tile(kx, 2), np.tile(ky, 2), sign)


def _places(owner: str, shape: tuple[int, int], size: int) -> tuple[int, int]:
    """Return how many squares of side `size` it takes to cover the rows and the columns."""
    checks.at_least(owner, "size", size, 1)
    return -(-shape[0] // size), -(-shape[1] // size)


def _enlarged(squares: np.ndarray, size: int, shape: tuple[int, int]) -> np.ndarray:
    """Return frames (n, *shape) with squares of `size` pixels, cut at the border."""
    return squares.repeat(size, axis=1).repeat(size, axis=2)[:, : shape[0], : shape[1]]
