"""The cortex of Obermayer, Ritter & Schulten, one stimulus and one unit at a time, in float64."""

import numpy as np


def develop(weights, stimuli, sigmas, rates):
    """Return the weights after all stimuli, and the winners; weights are (rows, columns, pixels)."""
    w, winners = weights.astype(np.float64), []
    rows, columns, _ = w.shape
    for x, sigma, rate in zip(stimuli, sigmas, rates, strict=True):
        winner = np.unravel_index(np.argmax(w @ x), (rows, columns))
        for r in range(rows):
            for c in range(columns):
                dy, dx = abs(r - winner[0]), abs(c - winner[1])
                d2 = min(dy, rows - dy) ** 2 + min(dx, columns - dx) ** 2
                w[r, c] += rate * np.exp(-d2 / (2 * sigma**2)) * (x - w[r, c])
                w[r, c] /= w[r, c].sum()
        winners.append(winner)
    return w, winners


def spot(centre, orientation, length, width, retina):
    """Return an elongated Gaussian on a closed retina, pixel by pixel, with sum 1."""
    image = np.zeros((retina, retina))
    for y in range(retina):
        for x in range(retina):
            dx = min((x + 0.5 - centre[0] + n * retina for n in (-1, 0, 1)), key=abs)
            dy = min((y + 0.5 - centre[1] + n * retina for n in (-1, 0, 1)), key=abs)
            along = dx * np.cos(orientation) + dy * np.sin(orientation)
            across = -dx * np.sin(orientation) + dy * np.cos(orientation)
            image[y, x] = np.exp(-((along / length) ** 2) / 2 - (across / width) ** 2 / 2)
    return image / image.sum()
