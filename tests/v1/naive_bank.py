"""Responses of a bank by its definition: for every pixel a sum over the kernel."""

import numpy as np

WHAT = ("real", "imaginary", "complex", "energy", "magnitude", "phase")


def pixel(image, row, column, border):
    """Return the image at a place that may lie beyond its border."""
    rows, columns = image.shape
    places = []
    for at, length in ((row, rows), (column, columns)):
        while border == "reflect" and not 0 <= at < length:
            at = -1 - at if at < 0 else 2 * length - 1 - at
        if border == "wrap":
            at -= length * (at // length)
        if border == "nearest":
            at = max(0, min(length - 1, at))
        places.append(at)
    inside = 0 <= places[0] < rows and 0 <= places[1] < columns
    return image[places[0], places[1]] if inside else 0.0


def respond(image, kernel, border="zero", stride=1):
    """Return the complex responses of one filter to one image, R = sum_u g(u) image(pixel + u)."""
    image = np.asarray(image, float)
    high, wide = kernel.shape
    results = [
        [
            sum(
                kernel[y, x] * pixel(image, row + y - high // 2, column + x - wide // 2, border)
                for y in range(high)
                for x in range(wide)
            )
            for column in range(0, image.shape[1], stride)
        ]
        for row in range(0, image.shape[0], stride)
    ]
    return np.array(results)


def all_of(response):
    """Return everything that a bank gives, from the complex responses."""
    return {
        "real": response.real,
        "imaginary": response.imag,
        "complex": response,
        "energy": response.real**2 + response.imag**2,
        "magnitude": abs(response),
        "phase": np.angle(response, deg=True),
    }


def assert_same(found, expected, tolerance):
    """Fail unless responses agree relative to the largest; phases count by the response that they turn."""
    for name, array in found.items():
        wanted = expected[name]
        if name == "phase":
            error = abs(np.exp(1j * np.deg2rad(array)) - np.exp(1j * np.deg2rad(wanted))) * expected["magnitude"]
            assert array.min() >= -180
            assert array.max() <= 180
            assert error.max() <= tolerance * expected["magnitude"].max()
        else:
            np.testing.assert_allclose(array, wanted, rtol=0, atol=tolerance * abs(wanted).max(), err_msg=name)
