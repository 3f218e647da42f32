"""Reverse correlation and the Gabor function, written out sum by sum."""

import math

import numpy as np


def average(stimuli, spikes):
    """The mean stimulus per spike: every stimulus is listed as often as it gave a spike."""
    listed = [s for s, count in zip(stimuli, spikes, strict=True) for _ in range(int(count))]
    return np.array([sum(s[i] for s in listed) / len(listed) for i in range(len(stimuli[0]))])


def covariance(stimuli, spikes):
    """The covariance about that mean of the same list."""
    listed = np.array([s for s, count in zip(stimuli, spikes, strict=True) for _ in range(int(count))])
    return np.cov(listed.T, bias=True)


def gabor(x, y, fit):
    """The value of a fitted Gabor at a point, pixels from the middle pixel."""
    turn = math.radians(fit.orientation)
    along = (x - fit.x0) * math.cos(turn) + (y - fit.y0) * math.sin(turn)
    across = -(x - fit.x0) * math.sin(turn) + (y - fit.y0) * math.cos(turn)
    envelope = math.exp(-(along**2) / (2 * fit.sigma_x**2) - across**2 / (2 * fit.sigma_y**2))
    return fit.amplitude * envelope * math.cos(2 * math.pi * along / fit.wavelength + math.radians(fit.phase))


def gabor_errors(field, fit, names):
    """Standard errors of a fit's parameters by differences instead of derivatives."""
    rows, columns = field.shape
    points = [(x - columns // 2, y - rows // 2) for y in range(rows) for x in range(columns)]

    def values(changed, step):
        parameters = {name: getattr(fit, name) for name in names}
        parameters[changed] += step
        moved = type(fit)(**parameters)
        return np.array([gabor(x, y, moved) for x, y in points])

    slopes = np.array([(values(name, 1e-5) - values(name, -1e-5)) / 2e-5 for name in names]).T
    rest = field.ravel() - values(names[0], 0.0)
    variance = rest @ rest / (len(rest) - len(names))
    return dict(zip(names, np.sqrt(variance * np.diag(np.linalg.inv(slopes.T @ slopes))), strict=True))


def nested_test(stimuli, spikes, permutations, alpha, rng):
    """How many axes are significantly raised and lowered: the test done anew on what is left after each axis."""
    stimuli = np.array(stimuli, dtype=float)
    raised = lowered = 0
    while stimuli.shape[1] > 1:
        values, vectors = np.linalg.eigh(covariance(stimuli, spikes))
        shuffled = [covariance(stimuli, rng.permutation(spikes)) for _ in range(permutations)]
        lowest, highest = np.array([np.linalg.eigvalsh(c)[[0, -1]] for c in shuffled]).T
        lows, highs = np.append(lowest, values[0]), np.append(highest, values[-1])
        below = (lows.mean() - values[0]) / lows.std()
        above = (values[-1] - highs.mean()) / highs.std()
        chance = np.maximum((lows.mean() - lowest) / lows.std(), (highest - highs.mean()) / highs.std())
        if (1 + sum(chance >= max(below, above))) / (1 + permutations) > alpha:
            break
        raised, lowered = raised + (above > below), lowered + (below >= above)
        stimuli = stimuli @ (vectors[:, :-1] if above > below else vectors[:, 1:])
    return raised, lowered
