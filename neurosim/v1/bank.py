"""Banks of Gabor filters and their responses to images."""

from collections.abc import Iterable, Mapping
from functools import partial
from math import pi
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from neurosim.core import backend as backend_
from neurosim.core import checks
from neurosim.core.errors import InvalidParameter
from neurosim.v1 import bank_fft, bank_inputs, bank_sums
from neurosim.v1.bank_recipe import Factors
from neurosim.v1.gabor import Dc, Gabor
from neurosim.v1.gabor_conventions import BANDWIDTH, cycles_of_bandwidth

NAME = "GaborBank"
METHODS = ("auto", "direct", "separable", "fft")
BORDERS = ("zero", "reflect", "nearest", "wrap")
WHAT = ("real", "imaginary", "complex", "energy", "magnitude", "phase")
LARGE = 10  # pixels of a kernel a stride from which on transforms are quicker than sums over it, as measured
Out = NDArray[Any] | Mapping[str, NDArray[Any]]


class GaborBank:
    """A bank of Gabor filters with kernels of one size, made once and used for any number of images.

    The response of a filter at a pixel is the correlation R = sum_u g(u) image(pixel + u) with the complex Gabor
    g = envelope exp(i (2 pi x' / wavelength + phase)); its real part is the response of the even, its imaginary part
    that of the odd filter, and `|R|^2` is the energy of the pair (Adelson and Bergen 1985). x runs to the right and y
    downwards, angles are in degrees from x towards y, and an orientation is the direction in which luminance is
    modulated.

    Parameters
    ----------
    gabors : sequence of Gabor
    size : int >= 1, optional
        Side of all kernels in pixels; the middle is pixel size // 2. By default the largest that a filter asks for.
    dc : "none", "subtract" or "quadrature", default "none"
        How responses to uniform images are removed, as in `Gabor.kernel`.
    dtype : float32 or float64, default float32
        Of images and responses; complex responses have that of complex numbers with such parts.
    backend : "auto", "cpu" or "cuda", default "auto"

    Attributes
    ----------
    gabors : tuple of Gabor
    kernels : (filters, size, size) complex array
        The real part is the even, the imaginary part the odd filter. Read-only.
    size : int
    dtype : dtype
    circular : bool
        Whether responses can be found by passes along rows and columns.

    Raises
    ------
    InvalidParameter
        If a parameter is out of its range.
    BackendError
        If "cuda" is asked for and there is no device; raised by `respond`.

    Notes
    -----
    The same input gives the same bits for any number of threads. What a method needs beyond the kernels (factors,
    spectra for a shape of images) is made when first needed and kept.

    References
    ----------
    E. H. Adelson and J. R. Bergen, "Spatiotemporal energy models for the perception of motion", Journal of the Optical
    Society of America A 2:284-299 (1985).

    Examples
    --------
    >>> from neurosim.v1 import GaborBank
    >>> from neurosim.v1.stimuli import grating
    >>> bank = GaborBank.grid(orientations=4, scales=2)
    >>> energy = bank.respond(grating((64, 64), wavelength=4, orientation=45), "energy")
    >>> energy.shape, bank.gabors[energy[:, 32, 32].argmax()].orientation
    ((8, 64, 64), 45.0)
    """

    def __init__(
        self,
        gabors: Iterable[Gabor],
        *,
        size: int | None = None,
        dc: Dc = "none",
        dtype: DTypeLike = "float32",
        backend: str = "auto",
    ) -> None:
        self.gabors = tuple(gabors) if isinstance(gabors, Iterable) else ()
        if not self.gabors or not all(isinstance(gabor, Gabor) for gabor in self.gabors):
            raise InvalidParameter(NAME, "gabors", gabors, "a sequence of one Gabor or more")
        if size is not None:
            checks.at_least(NAME, "size", size, 1)
        checks.one_of(NAME, "dc", dc, ("none", "subtract", "quadrature"))
        checks.one_of(NAME, "backend", backend, backend_.BACKENDS)
        self.dtype = bank_inputs.real_dtype(dtype)
        self.size = int(size or max(gabor.size for gabor in self.gabors))
        self.dc, self.backend = dc, backend
        self._use(np.array([gabor.kernel(self.size, dc=dc) for gabor in self.gabors]))
        self._balanced = dc != "none"  # each kernel sums to zero
        self.circular = dc == "none" and all(np.isclose(g.sigma_x, g.sigma_y, rtol=1e-12) for g in self.gabors)

    def _use(self, kernels: np.ndarray) -> None:
        """Take kernels, which may be others than those of the Gabors."""
        self.kernels = kernels.astype(np.result_type(self.dtype, np.complex64))
        self.kernels.flags.writeable = False
        self.circular = False
        self._spectra = bank_fft.Spectra(self.kernels)
        self._pairs = np.ascontiguousarray(np.stack([self.kernels.real, self.kernels.imag], axis=1))
        self._factors: Factors | None = None

    @classmethod
    def grid(
        cls,
        orientations: int = 8,
        scales: int = 5,
        *,
        wavelengths: Iterable[float] | None = None,
        bandwidth: float = BANDWIDTH,
        cycles: float | None = None,
        aspect: float = 1.0,
        phase: float | Iterable[float] = 0.0,
        **options: Any,
    ) -> Self:
        """Return the bank of all orientations at all wavelengths.

        Parameters
        ----------
        orientations : int >= 1, default 8
            How many, evenly spaced in 0..180 degrees from 0 on.
        scales : int >= 1, default 5
            How many wavelengths: 4, 4 sqrt(2), 8 ... pixels. Not used where `wavelengths` are given.
        wavelengths : sequence of float, optional
            In pixels.
        bandwidth : float, default 1.4
            Spatial-frequency bandwidth at half amplitude in octaves.
        cycles : float, optional
            Instead of `bandwidth`: n_x, the standard deviation of the envelope in wavelengths.
        aspect : float, default 1
            sigma_y / sigma_x. Circular envelopes are the quickest.
        phase : float or sequence of float, default 0
            In degrees. Complex responses contain every phase.
        **options
            `size`, `dc`, `dtype` and `backend` as of the class.

        Returns
        -------
        GaborBank
            Filters in the order of wavelengths, then orientations, then phases: responses to an image have the shape
            (scales * orientations * phases, rows, columns). Envelopes have the sum 1, so that the magnitude for a
            filter's own grating of contrast 1 is about 1/2 at every scale.
        """
        checks.at_least(f"{NAME}.grid", "orientations", orientations, 1)
        checks.at_least(f"{NAME}.grid", "scales", scales, 1)
        given = [4 * 2 ** (k / 2) for k in range(scales)] if wavelengths is None else list(wavelengths)
        for name, value in (*(("wavelengths", w) for w in given), ("aspect", aspect), ("bandwidth", bandwidth)):
            checks.number(f"{NAME}.grid", name, value, "finite and > 0", above=0)
        if cycles is not None:
            checks.number(f"{NAME}.grid", "cycles", cycles, "a finite number > 0", above=0)
        phases = list(phase) if isinstance(phase, Iterable) else [phase]
        gabors = []
        for wavelength in given:
            sigma = wavelength * (cycles_of_bandwidth(bandwidth) if cycles is None else cycles)
            shape = {"sigma_x": sigma, "sigma_y": sigma * aspect, "amplitude": 1 / (2 * pi * sigma**2 * aspect)}
            for k in range(orientations):
                gabors += [Gabor(wavelength, k * 180 / orientations, p, **shape) for p in phases]
        return cls(gabors, **options)

    @classmethod
    def preset(
        cls, name: Literal["v1_like_2008", "hmax_2007"], *, dtype: DTypeLike = "float32", backend: str = "auto"
    ) -> Self:
        """Return a bank of the literature.

        Parameters
        ----------
        name : "v1_like_2008" or "hmax_2007"
            See `neurosim.v1.bank_presets`.
        dtype, backend
            As of the class.
        """
        from neurosim.v1.bank_presets import PRESETS

        checks.one_of(f"{NAME}.preset", "name", name, tuple(PRESETS))
        gabors, kernels = PRESETS[name]()
        bank = cls(gabors, size=kernels.shape[1], dtype=dtype, backend=backend)
        bank._use(kernels)
        bank._balanced = True
        return bank

    def __len__(self) -> int:
        return len(self.gabors)

    def __repr__(self) -> str:
        return f"{NAME}({len(self)} filters, {self.size} x {self.size}, {self.dtype})"

    def respond(
        self,
        images: ArrayLike,
        what: str | tuple[str, ...] = "complex",
        *,
        method: str = "auto",
        border: str = "zero",
        stride: int = 1,
        out: Out | None = None,
    ) -> Any:
        """Return the responses of all filters to one image or to several.

        Parameters
        ----------
        images : (rows, columns) or (n, rows, columns) array
            Integers are converted to the bank's dtype. A colour image is not three images: average its channels first.
        what : str or tuple of str, default "complex"
            "real", "imaginary", "complex", "energy" (squared modulus), "magnitude" (modulus) or "phase" (in degrees,
            -180 to 180: the filter's phase - p for a grating cos(2 pi x' / wavelength + p)), or several of them, which
            takes one pass. In float32 energies overflow where responses exceed 1.8e19: infinity, without a warning.
            In float32 with dc="none" or border="zero" a mean far from zero costs digits: subtract it first.
        method : "auto", "direct", "separable" or "fft", default "auto"
            Sums over the kernel; passes along rows and columns, for circular envelopes with dc="none" alone; Fourier
            transforms, on the CPU alone. They agree within rounding. "auto" takes the quickest.
        border : "zero", "reflect", "nearest" or "wrap", default "zero"
            What lies beyond the image, named as in scipy.ndimage: nothing, the image mirrored at its edge (its
            outermost pixels twice), its outermost pixels, or the image again.
        stride : int >= 1, default 1
            Give every stride-th pixel of both axes, from the first on.
        out : array or dict of arrays, optional
            Where to write: C-contiguous arrays of the result's shape and dtype; a dict where `what` is a tuple.

        Returns
        -------
        array (filters, rows, columns) or (n, filters, rows, columns), or a dict of such arrays if `what` is a tuple
            ceil(rows / stride) rows and ceil(columns / stride) columns.

        Raises
        ------
        DataError
            If `images` are not finite real numbers in two or three dimensions, or `out` does not fit.
        InvalidParameter
            If another parameter is none of these.
        """
        owner = f"{NAME}.respond"
        for word in what if isinstance(what, tuple) and what else (what,):
            checks.one_of(owner, "what", word, WHAT)
        checks.one_of(owner, "method", method, METHODS)
        checks.one_of(owner, "border", border, BORDERS)
        checks.at_least(owner, "stride", stride, 1)
        stack, alone = bank_inputs.as_images(images, self.dtype)
        shape = len(stack), len(self), *(-(-length // stride) for length in stack.shape[1:])
        results = bank_inputs.results(what, shape[alone:], self.dtype, out)
        targets = {word: result.reshape(shape) for word, result in results.items()}
        if stack.size:
            if self._balanced and border != "zero":
                stack = bank_inputs.without_mean(stack)
            self._run(stack, targets, method, border, int(stride))
        return results if isinstance(what, tuple) else results[what]

    def _run(self, stack: np.ndarray, targets: dict[str, np.ndarray], method: str, border: str, stride: int) -> None:
        target = backend_.choose(self.backend, "v1", 2.0 * self.kernels.size * stack.size / stride**2)
        method = self._method(method, target, stride)
        edge = partial(bank_sums.bordered, stack, self.size, border)
        if method == "fft":
            bank_fft.respond(self._spectra, stack, None if border == "zero" else edge, stride, targets)
            return
        if method == "separable" and self._factors is None:
            self._factors = bank_sums.factorise(self.gabors, self.size, self.dtype)
        filters = self._factors if method == "separable" and self._factors else self._pairs
        derived = {"complex", "phase"} if target == "cpu" else {"complex"}
        bank_sums.respond(backend_.kernels("v1", target), edge(), filters, stride, targets, derived)

    def _method(self, method: str, target: str, stride: int) -> str:
        """Return the quickest method, or the one asked for if there is such a one."""
        if method == "separable" and not self.circular:
            wanted = "another one: the bank's envelopes are not all circular, or its dc is not 'none'"
            raise InvalidParameter(f"{NAME}.respond", "method", method, wanted)
        if method == "fft" and target == "cuda":
            raise InvalidParameter(f"{NAME}.respond", "method", method, "another one with backend='cuda'")
        if method != "auto":
            return method
        large = self.size >= LARGE * stride
        if self.circular and (stride == 1 or large):
            return "separable"
        return "fft" if large and target == "cpu" else "direct"
