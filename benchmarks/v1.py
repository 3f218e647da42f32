"""Gabor banks against OpenCV, SciPy and scikit-image; sparse coding against scikit-learn.

    python -m benchmarks v1 [--quick]

A bank has 8 orientations and 5 scales, kernels of 31 x 31, the real part of the responses, zeros beyond the border. All
sides filter the same images with the same kernels. They make their own output for one image; for 16 images neurosim and
OpenCV write into arrays that are there, since 670 MB of fresh memory take as long as the filters, or longer. OpenCV,
which runs its transforms on one core, gets as many Python threads as neurosim has; SciPy and scikit-image are called
once a filter, and their time for a part of the filters is scaled.
"""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from benchmarks import v1_sparse
from benchmarks.harness import compare, write
from neurosim.core import parallel
from neurosim.v1 import Gabor, GaborBank

SIZE = 31
WAVELENGTHS = (4.0, 5.6, 8.0, 11.3, 16.0)
Run = Callable[[], Any]


def bank(aspect: float) -> GaborBank:
    """Return the bank; envelopes are as wide as fits the kernels."""
    gabors = []
    for wavelength in WAVELENGTHS:
        sigma = min(0.4 * wavelength, 5.0 / aspect)
        for k in range(8):
            shape = {"sigma_x": sigma, "sigma_y": aspect * sigma, "amplitude": 1 / (2 * np.pi * aspect * sigma**2)}
            gabors.append(Gabor(wavelength, 22.5 * k, **shape))
    return GaborBank(gabors, size=SIZE)


def images(count: int, side: int) -> np.ndarray:
    """Return smoothed noise, (count, side, side) float32."""
    noise = np.random.default_rng(0).normal(size=(count, side, side)).astype(np.float32)
    return noise + np.roll(noise, 1, 1) + np.roll(noise, 1, 2)


def by_opencv(
    stack: np.ndarray, kernels: np.ndarray, pool: ThreadPoolExecutor, out: np.ndarray | None = None
) -> np.ndarray:
    """One call an image and filter, from Python threads."""
    import cv2

    cv2.setNumThreads(1)
    if out is None:
        out = np.empty((len(stack), len(kernels), *stack.shape[1:]), np.float32)

    def one(task: int) -> None:
        i, j = divmod(task, len(kernels))
        cv2.filter2D(stack[i], cv2.CV_32F, kernels[j], dst=out[i, j], borderType=cv2.BORDER_CONSTANT)

    list(pool.map(one, range(len(stack) * len(kernels))))
    return out


def by_scipy(stack: np.ndarray, kernels: np.ndarray) -> np.ndarray:
    """One call an image and filter."""
    from scipy.signal import fftconvolve

    return np.array([[fftconvolve(i, k[::-1, ::-1], mode="same") for k in kernels] for i in stack])


def by_scikit_image(image: np.ndarray) -> np.ndarray:
    """One filter of the longest wavelength; the real part is as by the others, the imaginary one comes with it."""
    from skimage.filters import gabor

    return np.asarray(gabor(image, 1 / WAVELENGTHS[-1], sigma_x=5.0, sigma_y=5.0, n_stds=3, mode="constant")[0])


def filtering(name: str, aspect: float, count: int, side: int) -> list[dict[str, Any]]:
    """Time a bank's responses to some images."""
    ours, stack = bank(aspect), images(count, side)
    kernels = np.ascontiguousarray(ours.kernels.real)
    exact = by_scipy(stack[:1].astype(np.float64), kernels[::5].astype(np.float64))[0]
    part = 8 if count > 1 else 40

    def quality(responses: np.ndarray) -> dict[str, float]:
        if responses.ndim != 4 or responses.shape[1] != len(kernels):
            return {}
        error = abs(responses[0, ::5] - exact).max() / abs(exact).max()
        return {"largest error, millionths of the largest response": float(error * 1e6)}

    shape = (count, len(kernels), side, side)
    rooms = [np.zeros(shape, np.float32) if count > 1 else None for _ in range(2)]
    with ThreadPoolExecutor(parallel.threads()) as pool:
        runs: dict[str, Run] = {
            "neurosim": lambda: ours.respond(stack, "real", out=rooms[0]),
            "opencv": lambda: by_opencv(stack, kernels, pool, rooms[1]),
        }
        scale: dict[str, float] = {}
        if aspect == 1:
            runs["scipy"] = lambda: by_scipy(stack, kernels[:part])
            scale["scipy"] = len(kernels) / part
            if count == 1:
                runs["scikit-image"] = lambda: by_scikit_image(stack[0])
                scale["scikit-image"] = float(len(kernels))
        few = ("scikit-image",) if "scikit-image" in runs else ()
        notes = {label: f"{len(kernels) / s:.0f} of 40 filters, scaled" for label, s in scale.items() if s > 1}
        return compare(
            f"{name}, 8 orientations x 5 scales, {SIZE} x {SIZE}, {count} x {side} x {side}", runs,
            reference="neurosim", quality=quality, few=few, notes=notes, scale=scale,
        )  # fmt: skip


def main(quick: bool = False) -> None:
    """Run all and write the results."""
    started = time.perf_counter()
    side, many = (128, 2) if quick else (512, 16)
    records = filtering("circular envelopes", 1.0, 1, side)
    records += filtering("elongated envelopes (1.5)", 1.5, 1, side)
    records += filtering("circular envelopes", 1.0, many, side)
    records += v1_sparse.records(quick)
    if not quick:
        print(f"wrote {write('v1', records)} after {time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
