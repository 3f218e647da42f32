"""Settings of optimisers: rules and the rates of all steps."""

import numpy as np
import pytest

from neurosim.cnn.optimisers import SGD, Adagrad, Adam, AdamW, RMSProp, Schedule, as_optimiser
from neurosim.cnn.rules import Rule, Update
from neurosim.core.errors import InvalidParameter


@pytest.mark.parametrize(
    ("optimiser", "rule"),
    [
        (SGD(l1=0.1, l2=0.2, decay=0.3), Rule(Update.SGD, 0.0, 0.0, 0.1, 0.2, 0.3)),
        (SGD(nesterov=True, momentum=0.5), Rule(Update.NESTEROV)),
        (Adagrad(epsilon=1e-4), Rule(Update.ADAGRAD, 0.0, 1e-4)),
        (RMSProp(rho=0.95), Rule(Update.RMSPROP, 0.95, 1e-8)),
        (Adam(beta2=0.99), Rule(Update.ADAM, 0.99, 1e-8)),
        (AdamW(), Rule(Update.ADAMW, 0.999, 1e-8, 0.0, 0.0, 0.01)),
    ],
)
def test_rules(optimiser, rule):
    got = optimiser.rule()
    assert got.kind == rule.kind
    np.testing.assert_allclose(got[1:], rule[1:] if rule.epsilon or not got.epsilon else got[1:])


@pytest.mark.parametrize(
    ("rate", "wanted"),
    [
        (0.5, [0.5] * 6),
        ([1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 5, 6]),
        (lambda epoch: 1 / (1 + epoch), [1, 1, 1 / 2, 1 / 2, 1 / 3, 1 / 3]),
        ({0: 0.3, 2: 0.1}, [0.3, 0.3, 0.3, 0.3, 0.1, 0.1]),
        (Schedule("linear", 1.0, 0.5), [1, 0.9, 0.8, 0.7, 0.6, 0.5]),
        (Schedule("exponential", 32.0, 1.0), [32, 16, 8, 4, 2, 1]),
        (Schedule("constant", 0.2), [0.2] * 6),
        (Schedule("step", 1.0, factor=0.5, every=2), [1, 1, 1, 1, 0.5, 0.5]),
        (Schedule("cosine", 2.0), 1 + np.cos(np.pi * np.arange(6) / 5)),
    ],
)
def test_rates_in_time(rate, wanted):
    rates, momenta = SGD(rate, momentum=rate if np.max(wanted) < 1 else 0.9).values(2, 3)
    np.testing.assert_allclose(rates, wanted, atol=1e-15)
    np.testing.assert_allclose(momenta, wanted if np.max(wanted) < 1 else [0.9] * 6, atol=1e-15)
    assert rates.dtype == momenta.dtype == np.float64


def test_adam_gives_beta1_as_momentum():
    rates, momenta = Adam(0.1, beta1=0.7).values(2, 1)
    assert rates.tolist() == [0.1, 0.1]
    assert momenta.tolist() == [0.7, 0.7]
    assert not Adagrad().values(1, 2)[1].any()


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: SGD(-0.1), "rate"),
        (lambda: SGD(0.1, momentum=1.0), "momentum"),
        (lambda: SGD(0.1, l2=-1), "l2"),
        (lambda: SGD(float("nan")), "rate"),
        (lambda: RMSProp(rho=1.0), "rho"),
        (lambda: Adam(beta1=1.5), "beta1"),
        (lambda: Adam(epsilon=0), "epsilon"),
        (lambda: AdamW(decay=1.0), "decay"),
        (lambda: Schedule("linar", 0.1), "kind"),
        (lambda: Schedule("exponential", 0.1), "end"),
        (lambda: Schedule("step", 0.1, every=0), "every"),
        (lambda: SGD([0.1, 0.2]).values(3, 1), "rate"),
        (lambda: SGD({1: 0.1}).values(1, 2), "rate"),
        (lambda: SGD(lambda epoch: -1.0).values(1, 2), "rate"),
        (lambda: SGD(momentum=[0.5, 1.0]).values(1, 2), "momentum"),
    ],
)
def test_wrong_settings_are_refused(make, name):
    with pytest.raises(InvalidParameter, match=f"{name} must be"):
        make()


def test_an_unknown_schedule_is_told_the_known_ones():
    with pytest.raises(InvalidParameter, match="one of cosine, step, constant, linear, exponential, inverse"):
        Schedule("linar", 0.1)


@pytest.mark.parametrize(
    ("kind", "name", "message"),
    [
        (Adam, "lr", "Adam has no setting 'lr'; did you mean rate[?]"),
        (SGD, "learning_rate", "did you mean rate[?]"),
        (AdamW, "weight_decay", "did you mean l2 or decay[?]"),
        (RMSProp, "alpha", "did you mean rate or rho[?]"),
        (SGD, "nestrov", "did you mean nesterov[?]"),
    ],
)
def test_keywords_of_other_libraries(kind, name, message):
    with pytest.raises(TypeError, match=message):
        kind(**{name: 0.1})


def test_optimisers_by_name():
    kinds = {"sgd": SGD, "adagrad": Adagrad, "rmsprop": RMSProp, "adam": Adam, "adamw": AdamW}
    for name, kind in kinds.items():
        assert as_optimiser("train", name) == kind()
    mine = SGD(0.5)
    assert as_optimiser("train", mine) is mine
    with pytest.raises(InvalidParameter, match=r"optimiser must be .*one of sgd, adagrad, rmsprop, adam, adamw; got"):
        as_optimiser("train", "adm")
    with pytest.raises(InvalidParameter, match=r"optimiser must be Adam\(\) or Adam\(rate\), with brackets"):
        as_optimiser("train", Adam)
