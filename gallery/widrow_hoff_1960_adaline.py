"""The learning curve of the LMS rule, and the price of learning fast.

The rule w <- w + 2 mu e x of the Adaline learns a linear teacher from noisy samples with white Gaussian inputs. The
mean squared error falls and stays above that of the best weights: by the factor 1 + M, with the misadjustment
M = mu N / (1 - mu (N + 2)), of which mu N is the limit for small mu. The mean of the weights converges for
mu < 1 / lambda_max, but their spread only for mu < 1 / (N + 2).

B. Widrow & M. E. Hoff, "Adaptive switching circuits", IRE WESCON Convention Record 4:96-104 (1960). The paper was not
at hand: the bound on the mean and mu trace(R) are quoted from memory. The exact values for Gaussian inputs are derived
in `neurosim.perceptron.lms`.
"""

import numpy as np
from matplotlib.figure import Figure

from gallery.claims import Claim, show
from neurosim import plotting
from neurosim.perceptron.lms import lms_bounds, lms_learning_curve, lms_mean_error, lms_misadjustment, simulate_lms
from neurosim.perceptron.plot import learning_curve

N, RATES = 10, (0.01, 0.03)
INPUTS = np.eye(N)
COLOURED = np.diag([1.0, 0.4, 0.2])  # correlations of the inputs for the mean weights


@plotting.style()
def draw(runs, rates, measured):
    """Draw the learning curves, the misadjustment against mu, and mean weights on either side of the bound."""
    figure = plotting.figure(10.4, 3.4)
    first, second, third = figure.subplots(1, 3)
    steps, start = 200, np.ones(N)
    for colour, mu in zip(plotting.COLOURS, RATES, strict=False):
        run = simulate_lms(INPUTS, mu, steps, start=start, runs=runs, block=5, random_state=4)
        middles, curve = np.arange(2, steps, 5), lms_learning_curve(INPUTS, mu, start, steps)
        names = ("step", "mean squared error / noise variance")
        learning_curve((np.arange(steps), middles), curve, run.squared_error.mean(axis=0), label=f"μ = {mu}",
                       colour=colour, names=names, ax=first)  # fmt: skip
        first.axhline(1 + lms_misadjustment(INPUTS, mu), color=colour, linewidth=0.8, linestyle=":")
    first.set(xlim=(0, steps), yscale="log", yticks=[1, 2, 5, 10], yticklabels=["1", "2", "5", "10"], ylim=(0.95, 13))
    first.set(title=f"mean of {runs} streams, N = {N}")
    bound = lms_bounds(INPUTS).mean_square
    fine = np.linspace(0.001, 0.99 * bound, 200)
    theory = [lms_misadjustment(INPUTS, mu) for mu in fine]
    learning_curve(
        (fine, rates), theory, measured, label="$μN / (1 - μ(N+2))$", names=("μ", "misadjustment"), ax=second
    )
    second.plot(fine, N * fine, color=plotting.COLOURS[1], linestyle="--", label="$μN$")
    second.axvline(bound, color=plotting.INK, linewidth=0.8, linestyle=":")
    second.text(0.99 * bound, 0.1, "$1 / (N + 2)$", ha="right", fontsize=plotting.SMALL)
    second.set(xlim=(0, 1.02 * bound), ylim=(0, 2), title="the price of learning fast")
    second.legend(loc="upper left")
    for part, marker in ((0.9, "o"), (1.1, "s")):
        error = np.linalg.norm(lms_mean_error(COLOURED, part, np.ones(3), 40), axis=1)
        third.semilogy(error, marker + "-", markersize=3, label=f"μ = {part} / $λ_{{max}}$")
    third.set(xlabel="step", ylabel="length of the mean weight error", title="mean weights: the bound $1 / λ_{max}$")
    third.legend(loc="upper left")
    return figure


def main(fast: bool = False) -> tuple[Figure, list[Claim]]:
    """Return the figure and the claims: streams of 2,000,000 samples."""
    steps, runs = (20_000, 50) if fast else (2_000_000, 2000)

    def misadjustment(mu):
        return float(simulate_lms(INPUTS, mu, steps, block=steps // 200, random_state=1).excess[0, 10:].mean())

    rates = np.array([0.005, 0.01, 0.02, 0.03, 0.04, 0.05])
    measured = dict(zip(rates.tolist(), [misadjustment(mu) for mu in rates], strict=True))
    converged, diverged = (lms_mean_error(COLOURED, part, np.ones(3), 400)[-1] for part in (0.9, 1.1))
    ratio = lms_misadjustment(INPUTS, 1e-4) / (1e-4 * N)
    claims = [
        Claim(
            f"Misadjustment in {steps} steps, N = {N}, μ = {mu}",
            f"{value}: μN / (1 - μ(N + 2)), computed",
            measured[mu],
            0.97 * value,
            1.03 * value,
        )
        for mu, value in ((0.01, 0.1136), (0.03, 0.4688))
    ]
    memory = {"source_read": False}
    return draw(runs, rates, list(measured.values())), [
        *claims,
        Claim("Misadjustment / (μ trace R) at μ = 0.0001", "1 (from memory)", ratio, 0.99, 1.01, **memory),
        Claim("Mean weight error after 400 steps, μ = 0.9 / λ_max", "0 (from memory)", float(np.linalg.norm(converged)),
              at_most=1e-6, **memory),
        Claim("Mean weight error after 400 steps, μ = 1.1 / λ_max", "grows without limit (from memory)",
              float(np.linalg.norm(diverged)), at_least=1e6, **memory),
    ]  # fmt: skip


if __name__ == "__main__":
    show(__file__, *main())
