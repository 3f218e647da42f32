"""Training: what an epoch does, the same bits, validation, patience, divergence, checkpoints."""

import pickle
from dataclasses import dataclass

import numpy as np
import pytest

import neurosim
from neurosim.cnn import (
    SGD,
    Adam,
    BatchNorm,
    BinaryCrossEntropy,
    Conv2D,
    CrossEntropy,
    Dense,
    DivergedError,
    Dropout,
    Flatten,
    Schedule,
    Sequential,
    Shift,
    Softmax,
    SquaredError,
    train,
    trainer,
)
from neurosim.cnn import targets as t
from neurosim.core import backend, parallel, random
from neurosim.core.errors import DataError, InvalidParameter, StorageError


def network(seed=0, dtype="float64", dropout=False):
    middle = [Dropout(0.3), BatchNorm()] if dropout else []
    return Sequential([Dense(7, activation="tanh"), *middle, Dense(3), Softmax()], 9, dtype=dtype, random_state=seed)


@pytest.fixture
def data(rng):
    labels = rng.integers(0, 3, 50)
    return rng.normal(size=(50, 9)) + labels[:, None] * 0.7, labels


OPTIONS = {"loss": CrossEntropy(), "optimiser": Adam(0.02), "batch_size": 16, "random_state": 3}


def by_hand(net, x, targets, order, batch, rate, reduction):
    """Plain gradient descent, mini-batch after mini-batch."""
    losses = []
    for begin in range(0, len(order), batch):
        rows = order[begin : begin + batch]
        found = net.gradients(x[rows], targets[rows], CrossEntropy(), reduction=reduction)
        losses.append(found.loss)
        for name, gradient in found.parameters.items():
            net.parameters[name][...] -= rate * gradient
    return losses


@pytest.mark.parametrize("batch", [1, 8, "full"])
@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_epochs_are_mini_batches_of_permutations(batch, reduction, data):
    x, labels = data
    net, other = network(), network()
    options = OPTIONS | {"optimiser": SGD(0.05), "batch_size": batch}
    result = train(net, x, labels, epochs=3, reduction=reduction, **options)
    size, losses = len(x) if batch == "full" else batch, []
    for epoch in range(3):
        losses.append(by_hand(other, x, labels, random.permutation(3, epoch, 50), size, 0.05, reduction))
    np.testing.assert_allclose(result.step_losses, np.concatenate(losses), rtol=1e-9)
    np.testing.assert_allclose(net.flat_parameters, other.flat_parameters, rtol=1e-9, atol=1e-12)
    counts = np.diff([*range(0, 50, size), 50])
    expected = [np.sum(e) if reduction == "sum" else np.average(e, weights=counts) for e in losses]
    np.testing.assert_allclose(result.losses, expected)
    assert (result.epochs, result.updates, result.stopped, result.seed) == (3, 3 * len(counts), "epochs", 3)
    assert result.best_epoch == np.argmin(expected) + 1


def test_without_shuffling_the_order_is_that_of_the_samples(data):
    x, labels = data
    net, other = network(), network()
    train(net, x, labels, epochs=1, shuffle=False, **OPTIONS | {"optimiser": SGD(0.05)})
    by_hand(other, x, labels, np.arange(50), 16, 0.05, "mean")
    np.testing.assert_allclose(net.flat_parameters, other.flat_parameters, rtol=1e-9, atol=1e-12)


def test_rates_of_a_schedule(data):
    x, labels = data
    net, other = network(), network()
    rates = Schedule("linear", 0.1, 0.02)
    train(net, x, labels, epochs=3, **OPTIONS | {"optimiser": SGD(rates), "batch_size": "full", "shuffle": False})
    for rate in (0.1, 0.06, 0.02):
        by_hand(other, x, labels, np.arange(50), 50, rate, "mean")
    np.testing.assert_allclose(net.flat_parameters, other.flat_parameters, rtol=1e-9, atol=1e-12)


def test_a_weight_of_two_is_as_a_sample_twice(data):
    x, labels = data
    weights = np.arange(50) % 3
    net, other = network(), network()
    options = OPTIONS | {"batch_size": "full"}
    first = train(net, x, labels, epochs=20, sample_weight=weights, **options)
    second = train(other, x.repeat(weights, 0), labels.repeat(weights), epochs=20, **options)
    np.testing.assert_allclose(first.losses, second.losses, rtol=1e-9)
    np.testing.assert_allclose(net.flat_parameters, other.flat_parameters, rtol=1e-6)


def test_a_network_that_normalises_needs_two_samples(data):
    net = Sequential([Dense(3), BatchNorm(), Softmax()], 9, random_state=0)
    with pytest.raises(InvalidParameter, match="train: batch_size must be 2 or more, as the samples"):
        train(net, *data, **OPTIONS | {"batch_size": 1})
    with pytest.raises(InvalidParameter, match="train: batch_size must be 2 or more, as the samples"):
        train(net, data[0][:1], data[1][:1], **OPTIONS)
    images = Sequential([BatchNorm(), Flatten(), Dense(3), Softmax()], (3, 3), random_state=0)
    assert train(images, *data, epochs=1, **OPTIONS | {"batch_size": 1}).updates == 50


@pytest.mark.parametrize("stretch", [1.0, 2e5, 1e12])
def test_stretches_and_threads_change_no_bit(stretch, data, monkeypatch):
    x, labels = data
    whole, net = network(dropout=True), network(dropout=True)
    first = train(whole, x, labels, epochs=4, **OPTIONS)
    monkeypatch.setattr(trainer, "STRETCH", stretch)
    before = parallel.threads()
    parallel.set_threads(3)
    try:
        second = train(net, x, labels, epochs=4, callback=lambda p: None, **OPTIONS)
    finally:
        parallel.set_threads(before)
    np.testing.assert_array_equal(first.step_losses, second.step_losses)
    np.testing.assert_array_equal(whole.flat_parameters, net.flat_parameters)
    np.testing.assert_array_equal(whole.flat_statistics, net.flat_statistics)


def test_augmented_images_are_those_of_the_epoch(rng):
    x, labels = rng.random((12, 1, 3, 3)), rng.integers(0, 3, 12)
    net, other = (Sequential([Flatten(), Dense(3), Softmax()], (3, 3), dtype="float64", random_state=0) for _ in "ab")
    options = OPTIONS | {"optimiser": SGD(0.1), "batch_size": "full", "shuffle": False}
    train(net, x, labels, epochs=2, augment=Shift(1), **options)
    key = random.seed_from(np.random.SeedSequence([3, 3]))
    for epoch in range(2):
        changed = Shift(1)(x, epoch=epoch, random_state=key)
        assert (changed != x).any()
        by_hand(other, changed, labels, np.arange(12), 12, 0.1, "mean")
    np.testing.assert_allclose(net.flat_parameters, other.flat_parameters, rtol=1e-9, atol=1e-12)


# ------------------------------------------------------------------ validation
@pytest.mark.parametrize("loss", [CrossEntropy(), BinaryCrossEntropy(), SquaredError(), SquaredError(0.2)])
def test_the_mean_loss_is_that_of_the_kernels(loss, rng):
    net = Sequential([Dense(3)], 9, dtype="float64", random_state=1)
    x, y = rng.normal(size=(20, 9)), rng.integers(0, 2, (20, 3)).astype(float)
    y = np.eye(3)[y[:, 0].astype(int)] if isinstance(loss, CrossEntropy) else y
    weights = rng.random(20)
    program = net.lower(loss)
    samples = t.as_samples("t", x, y, weights, loss=loss, program=program, dtype=np.float64)
    expected = net.gradients(x, y, loss, sample_weight=weights / weights.mean()).loss
    np.testing.assert_allclose(t.mean_loss(program, net(x), samples), expected, rtol=1e-12)


def test_validation_measures_after_every_epoch(data):
    x, labels = data
    held = x[:10] + 0.3, labels[:10]
    net, seen = network(dropout=True), []

    def look(progress):
        outputs = net(held[0])
        loss = -np.log(outputs[np.arange(10), held[1]]).mean()
        seen.append((loss, (outputs.argmax(1) == held[1]).mean()))
        assert progress.metrics["validation_loss"] == pytest.approx(loss)
        assert progress.metrics["validation_accuracy"] == pytest.approx(seen[-1][1])
        assert (progress.step, progress.total) == (len(seen), 4)

    result = train(net, x, labels, epochs=4, validation=held, callback=look, **OPTIONS)
    np.testing.assert_allclose(result.validation_losses, [loss for loss, _ in seen])
    np.testing.assert_allclose(result.validation_accuracies, [accuracy for _, accuracy in seen])
    assert result.best_epoch == np.argmin(result.validation_losses) + 1


def test_a_share_is_set_aside(data):
    x, labels = data
    result = train(network(), x, labels, epochs=2, validation=0.3, **OPTIONS | {"batch_size": 1})
    assert result.updates == 2 * 35
    assert len(result.validation_losses) == 2


def test_weights_are_relative_in_either_part(data):
    """Scaled by 3 in the part that is learned, they say the same."""
    x, labels = data
    net, other = network(), network()
    order = random.permutation(random.seed_from(np.random.SeedSequence([3, 1])), 0, 50)
    weights = np.linspace(0.5, 2.0, 50)
    scaled = np.where(np.isin(np.arange(50), order[15:]), 3 * weights, weights)
    options = {"validation": 0.3, "epochs": 3}
    first = train(net, x, labels, sample_weight=weights, **options, **OPTIONS)
    second = train(other, x, labels, sample_weight=scaled, **options, **OPTIONS)
    np.testing.assert_allclose(first.losses, second.losses, rtol=1e-9)
    np.testing.assert_allclose(first.validation_losses, second.validation_losses, rtol=1e-9)
    for part, rows in (("set aside for the validation", order[:15]), ("that is learned", order[15:])):
        weights = np.ones(50)
        weights[rows] = 0
        with pytest.raises(
            InvalidParameter, match=f"train: sample_weight must be .* got 'zeros only in the part {part}"
        ):
            train(network(), x, labels, sample_weight=weights, **options, **OPTIONS)


def test_patience_stops_and_returns_to_the_best_weights(data, rng):
    x, _ = data
    labels = rng.integers(0, 3, 50)  # nothing to learn: the validation loss rises soon
    held, weights, net = (rng.normal(size=(40, 9)), rng.integers(0, 3, 40)), [], network(dropout=True)
    statistics = []

    def look(progress):
        weights.append(net.flat_parameters.copy())
        statistics.append(net.flat_statistics.copy())

    options = {"epochs": 500, "validation": held, "patience": 5}
    result = train(net, x, labels, callback=look, **options, **OPTIONS)
    assert result.stopped == "patience"
    assert result.epochs == len(weights) == result.best_epoch + 5
    assert result.validation_losses[: result.epochs].argmin() + 1 == result.best_epoch
    np.testing.assert_array_equal(net.flat_parameters, weights[result.best_epoch - 1])
    np.testing.assert_array_equal(net.flat_statistics, statistics[result.best_epoch - 1])
    assert (statistics[-1] != net.flat_statistics).any()


def test_patience_without_validation_watches_the_loss(data):
    x, labels = data
    result = train(network(), x, labels, epochs=5000, patience=3, tolerance=1e-3, **OPTIONS)
    assert result.stopped == "patience"
    anchor, waited, epochs = np.inf, 0, 0
    while waited < 3:
        better = result.losses[epochs] < anchor - 1e-3
        anchor, waited = (result.losses[epochs], 0) if better else (anchor, waited + 1)
        epochs += 1
    assert 5 < result.epochs == epochs < 5000


def test_callbacks_stop(data):
    x, labels = data
    net, other = network(), network()
    result = train(net, x, labels, epochs=9, callback=lambda p: p.step == 2, **OPTIONS)
    assert (result.stopped, result.epochs, len(result.losses)) == ("callback", 2, 2)
    train(other, x, labels, epochs=2, **OPTIONS)
    np.testing.assert_array_equal(net.flat_parameters, other.flat_parameters)


def test_step_callbacks_stop_within_an_epoch(data, monkeypatch):
    x, labels = data
    monkeypatch.setattr(trainer, "STRETCH", 1.0)
    seen = []
    result = train(network(), x, labels, epochs=9, step_callback=lambda p: seen.append(p) or p.step == 6, **OPTIONS)
    assert [p.step for p in seen] == [1, 2, 3, 4, 5, 6]
    assert (result.epochs, result.updates, result.stopped) == (1, 6, "callback")
    assert seen[0].total == 9 * 4


def test_step_callbacks_stop_many_small_epochs(data):
    x, labels = data
    net, other, seen = network(), network(), []
    result = train(net, x, labels, epochs=5000, step_callback=lambda p: seen.append(p.step) or True, **OPTIONS)
    assert seen == [4096]
    assert (result.epochs, len(result.losses), result.updates, result.stopped) == (1024, 1024, 4096, "callback")
    train(other, x, labels, epochs=1024, **OPTIONS)
    np.testing.assert_array_equal(net.flat_parameters, other.flat_parameters)


def test_ctrl_c_keeps_what_was_learned(data):
    x, labels = data
    net, other = network(), network()

    def interrupt(progress):
        if progress.step == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(net, x, labels, epochs=9, callback=interrupt, **OPTIONS)
    train(other, x, labels, epochs=3, **OPTIONS)
    np.testing.assert_array_equal(net.flat_parameters, other.flat_parameters)


# ------------------------------------------------------------------ divergence
def linear(seed=0):
    return Sequential([Dense(8, activation="relu"), Dense(1)], 9, dtype="float32", random_state=seed)


def test_a_loss_that_is_not_finite_stops_and_says_why(rng):
    x, y = rng.normal(size=(40, 9)), rng.normal(size=40)
    net, first = linear(), linear().flat_parameters.copy()
    message = r"not finite at update \d+ .*the learning rate, 50, is too large"
    with pytest.raises(DivergedError, match=message) as caught:
        train(net, x, y, loss=SquaredError(), optimiser=SGD(50.0), epochs=50, batch_size=8, random_state=0)
    error = caught.value
    assert isinstance(error, FloatingPointError)
    assert 2 <= error.step < 50
    assert np.isfinite(error.losses).all()
    assert (net.flat_parameters != first).any()
    again = pickle.loads(pickle.dumps(error))
    assert (again.step, again.cause, str(again)) == (error.step, error.cause, str(error))


def test_the_last_good_weights_are_kept(rng, monkeypatch):
    """With a rate that jumps in the fourth epoch, the weights of the third are good."""
    monkeypatch.setattr(trainer, "STRETCH", 1.0)
    x, y = rng.normal(size=(40, 9)), rng.normal(size=40)
    net, weights = linear(), []
    with pytest.raises(DivergedError):
        train(
            net, x, y, loss=SquaredError(), optimiser=SGD({0: 0.01, 3: 1e9}), epochs=50, batch_size="full",
            random_state=0, callback=lambda p: weights.append(net.flat_parameters.copy()),
        )  # fmt: skip
    assert np.isfinite(net.flat_parameters).all()
    found = [np.array_equal(net.flat_parameters, old) for old in weights]
    assert any(found[2:])
    assert np.isfinite(net(x)).all()


@pytest.mark.parametrize("stretch", [1.0, 1e6, 1e12])
@pytest.mark.parametrize("augment", [None, Shift(1)])
@pytest.mark.parametrize("last", [1499, 1502])
def test_divergence_goes_back_to_the_last_finite_loss(last, stretch, augment, rng, monkeypatch):
    """An update at the end of an epoch, or within one, spoils the weights."""
    monkeypatch.setattr(trainer, "STRETCH", stretch)
    x, y = rng.normal(size=(40, 1, 3, 3)).astype(np.float32), rng.normal(size=40)
    net, other = (Sequential([Flatten(), Dense(1)], (3, 3), random_state=1) for _ in "ab")
    rates = np.where(np.arange(2000) < last, 0.01, 1e22)
    options = {"loss": SquaredError(), "batch_size": 8, "random_state": 0, "augment": augment, "epochs": 400}
    with pytest.raises(DivergedError, match=r"the learning rate, 1e\+22, is too large") as caught:
        train(net, x, y, optimiser=SGD(rates), **options)
    assert caught.value.step == last + 1
    monkeypatch.setattr(trainer, "STRETCH", 1.0)
    train(other, x, y, optimiser=SGD(rates), step_callback=lambda p: p.step == last, **options)
    np.testing.assert_array_equal(net.flat_parameters, other.flat_parameters)


def test_weights_that_are_lost_by_the_last_update(rng):
    x, y = 1e3 * rng.normal(size=(40, 9)), 1e3 * rng.normal(size=40)
    net, first = linear(), linear().flat_parameters.copy()
    with pytest.raises(DivergedError, match="the learning rate, 1e\\+38, is too large"):
        train(net, x, y, loss=SquaredError(), optimiser=SGD(1e38), epochs=1, batch_size="full", random_state=0)
    np.testing.assert_array_equal(net.flat_parameters, first)


def test_inputs_that_are_not_scaled_are_named(rng):
    x, y = 1e4 * rng.normal(size=(40, 9)), rng.normal(size=40)
    with pytest.raises(DivergedError, match="the inputs are not scaled: they reach"):
        train(linear(), x, y, loss=SquaredError(), optimiser=SGD(0.1), epochs=50, batch_size=8, random_state=0)


def test_weights_that_are_not_finite_are_refused(data):
    net = network()
    net.flat_parameters[3] = np.nan
    with pytest.raises(DataError, match="train: the network's weights are not finite"):
        train(net, *data, **OPTIONS)


# ------------------------------------------------------------------ checkpoints
@pytest.mark.parametrize("stops", [(2,), (1, 4)])
def test_resumed_training_has_the_same_bits(stops, data, tmp_path, monkeypatch):
    monkeypatch.setattr(trainer, "SECONDS", 0.0)
    x, labels = data
    options = OPTIONS | {"epochs": 6, "validation": 0.2, "patience": 50}
    file = {"checkpoint": tmp_path / "c.npz", "resume": True}
    straight = network(dropout=True)
    whole = train(straight, x, labels, **options)
    for stop in stops:

        def crash(progress, stop=stop):
            if progress.step == stop + 1:
                raise OSError("power cut")

        with pytest.raises(OSError, match="power cut"):
            train(network(dropout=True), x, labels, callback=crash, **file, **options)
    assert isinstance(neurosim.load(tmp_path / "c.npz"), Sequential)
    net, seen = network(seed=9, dropout=True), []
    options["random_state"] = None
    result = train(net, x, labels, callback=seen.append, **file, **options)
    assert len(seen) == 6 - stops[-1]
    np.testing.assert_array_equal(net.flat_parameters, straight.flat_parameters)
    np.testing.assert_array_equal(net.flat_statistics, straight.flat_statistics)
    for name in ("losses", "step_losses", "validation_losses", "validation_accuracies"):
        np.testing.assert_array_equal(getattr(result, name), getattr(whole, name))
    assert (result.epochs, result.updates, result.seed) == (6, whole.updates, 3)
    done = train(network(dropout=True), x, labels, **file, **options)
    np.testing.assert_array_equal(done.losses, whole.losses)
    np.testing.assert_array_equal(neurosim.load(tmp_path / "c.npz").flat_parameters, straight.flat_parameters)


def test_finished_training_can_be_extended(data, tmp_path):
    net, straight = network(), network()
    for epochs in (2, 5):
        train(net, *data, epochs=epochs, checkpoint=tmp_path / "c.npz", resume=True, **OPTIONS)
    train(straight, *data, epochs=5, **OPTIONS)
    np.testing.assert_array_equal(net.flat_parameters, straight.flat_parameters)


def test_a_stop_within_an_epoch_goes_on_from_its_start(data, tmp_path, monkeypatch):
    monkeypatch.setattr(trainer, "STRETCH", 1.0)
    net, straight = network(), network()
    file = {"checkpoint": tmp_path / "c.npz", "resume": True}
    train(net, *data, epochs=3, step_callback=lambda p: p.step == 6, **file, **OPTIONS)
    result = train(net, *data, epochs=3, **file, **OPTIONS)
    whole = train(straight, *data, epochs=3, **OPTIONS)
    np.testing.assert_array_equal(result.step_losses, whole.step_losses)
    np.testing.assert_array_equal(net.flat_parameters, straight.flat_parameters)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"optimiser": Adam(0.03)}, "training; the optimiser differs$"),
        ({"batch_size": 8}, "training; batch_size differs$"),
        ({"batch_size": 8, "patience": 3}, "training; batch_size and patience differ$"),
        ({"loss": SquaredError()}, "training; the loss differs$"),
        ({"validation": 0.2}, "training; the data and the validation data differ$"),
        ({"random_state": 4}, "random_state was 3"),
    ],
)
def test_a_checkpoint_of_other_training_is_refused(change, message, data, tmp_path):
    x, labels = data
    targets = np.eye(3)[labels]
    train(network(), x, targets, epochs=1, checkpoint=tmp_path / "c.npz", **OPTIONS)
    with pytest.raises(StorageError, match=message):
        train(network(), x, targets, epochs=2, checkpoint=tmp_path / "c.npz", resume=True, **OPTIONS | change)
    with pytest.raises(StorageError, match="the data differ"):
        train(network(), x + 1, targets, epochs=2, checkpoint=tmp_path / "c.npz", resume=True, **OPTIONS)
    with pytest.raises(StorageError, match="exists already"):
        train(network(), x, targets, epochs=2, checkpoint=tmp_path / "c.npz", **OPTIONS)
    network().save(tmp_path / "net.npz")
    with pytest.raises(StorageError, match="no checkpoint of training"):
        train(network(), x, targets, checkpoint=tmp_path / "net.npz", resume=True, **OPTIONS)


def test_a_checkpoint_knows_the_network(rng, tmp_path):
    def build(table, trainable=True):
        layers = [Conv2D(2, 3, connections=table, trainable=trainable), Flatten(), Dense(3), Softmax()]
        return Sequential(layers, (2, 5, 5), random_state=0)

    x, labels, file = rng.random((20, 2, 5, 5)), np.arange(20) % 3, {"checkpoint": tmp_path / "c", "resume": True}
    train(build([[1, 0], [0, 1]]), x, labels, epochs=2, **file, **OPTIONS)
    for other in (build([[0, 1], [1, 0]]), build([[1, 0], [0, 1]], False)):
        with pytest.raises(StorageError, match=r"training; the network differs$"):
            train(other, x, labels, epochs=3, **file, **OPTIONS)
    with pytest.raises(StorageError, match=r"has gone through 2 epochs, more than epochs, 1$"):
        train(build([[1, 0], [0, 1]]), x, labels, epochs=1, **file, **OPTIONS)


def test_a_checkpoint_knows_the_validation_data(data, tmp_path):
    x, labels = data
    file, held = {"checkpoint": tmp_path / "c", "resume": True}, (x[:9], labels[:9])
    train(network(), x, labels, epochs=2, validation=held, **file, **OPTIONS)
    with pytest.raises(StorageError, match=r"training; the validation data differ$"):
        train(network(), x, labels, epochs=3, validation=(held[0] + 1, held[1]), **file, **OPTIONS)


def test_patience_counts_on_after_a_checkpoint(data, tmp_path, monkeypatch):
    monkeypatch.setattr(trainer, "SECONDS", -1.0)
    options = OPTIONS | {"optimiser": SGD(1e-6), "patience": 6, "tolerance": 1e-3}  # never clearly better
    whole = train(network(), *data, epochs=50, **options)
    file = {"checkpoint": tmp_path / "c", "resume": True}
    train(network(), *data, epochs=50, callback=lambda p: p.step == 4, **file, **options)
    resumed = train(network(), *data, epochs=50, **file, **options)
    assert (whole.epochs, whole.stopped) == (resumed.epochs, resumed.stopped) == (7, "patience")


def test_what_cannot_be_stored_is_told_first(data, tmp_path):
    @dataclass(frozen=True)
    class Mine(Shift):
        pass

    calls = {"epochs": 2, "callback": lambda p: pytest.fail("it has been trained"), **OPTIONS}
    net, images = Sequential([Flatten(), Dense(3), Softmax()], (3, 3)), data[0].reshape(50, 3, 3)
    with pytest.raises(InvalidParameter, match="train: augment must be of a kind that a checkpoint can hold"):
        train(net, images, data[1], augment=Mine(1), checkpoint=tmp_path / "c", **calls)
    with pytest.raises(InvalidParameter, match="train: checkpoint must be a file in a folder that exists"):
        train(net, images, data[1], checkpoint=tmp_path / "none" / "c", **calls)
    with pytest.raises(InvalidParameter, match="train: resume must be False without a checkpoint"):
        train(net, images, data[1], resume=True, **calls)


# ------------------------------------------------------------------ bad input
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"epochs": 0}, "train: epochs must be an integer >= 1"),
        ({"batch_size": 0}, "train: batch_size must be an integer >= 1"),
        ({"batch_size": "half"}, "train: batch_size"),
        ({"shuffle": "yes"}, "train: shuffle"),
        ({"reduction": "max"}, "train: reduction must be one of mean, sum"),
        ({"optimiser": "adam"}, "train: optimiser must be an optimiser such as"),
        ({"loss": "hinge"}, "train: loss must be"),
        ({"augment": 3}, "train: augment must be"),
        ({"augment": Shift()}, "train: augment must be None for a network of vectors"),
        ({"patience": 0}, "train: patience must be"),
        ({"tolerance": -1.0}, "train: tolerance must be"),
        ({"validation": 1.5}, "train: validation must be"),
        ({"sample_weight": np.ones(3)}, "train: sample_weight must be 50 finite numbers"),
        ({"sample_weight": np.zeros(50)}, "train: sample_weight must be 50 finite numbers"),
        ({"backend": "tpu"}, "backend must be one of"),
    ],
)
def test_bad_parameters(options, message, data):
    with pytest.raises(InvalidParameter, match=message):
        train(network(), *data, **OPTIONS | options)


def test_bad_data(data):
    x, labels = data
    with pytest.raises(DataError, match=r"train: x has shape \(50, 8\); the network takes \(samples, 9\)"):
        train(network(), x[:, :8], labels, **OPTIONS)
    with pytest.raises(DataError, match="x has 50 samples and y 49"):
        train(network(), x, labels[1:], **OPTIONS)
    for wrong in ([["a"] * 9] * 50, np.array([["a"] * 9] * 50)):
        with pytest.raises(DataError, match=r"train: x has to be an array of numbers, .*; got an? "):
            train(network(), wrong, labels, **OPTIONS)
    with pytest.raises(DataError, match=r"train: x has shape \(0, 9\) and no samples"):
        train(network(), x[:0], labels[:0], **OPTIONS)
    x[4, 2] = np.inf
    with pytest.raises(DataError, match="train: x is not finite, first at sample 4, feature 2"):
        train(network(), x, labels, **OPTIONS)


@pytest.mark.parametrize("shape", [(8, 8, 3), (8, 3, 8), (64, 3), (3, 64)])
def test_other_axes_are_not_scrambled(shape, rng):
    net = Sequential([Flatten(), Dense(3), Softmax()], (3, 8, 8))
    advice = r"come last: numpy.transpose\(x, \(0, 3, 1, 2\)\)" if shape == (8, 8, 3) else r"\(3, 8, 8\)$"
    with pytest.raises(DataError, match=advice):
        train(net, rng.random((5, *shape)), np.arange(5) % 3, **OPTIONS)


def test_targets_that_do_not_fit_a_loss(data):
    x, labels = data
    with pytest.raises(DataError, match=r"BinaryCrossEntropy: targets have to lie in \[0, 1\]; got -1 to 1"):
        train(linear(), x, 2 * (labels > 1) - 1, **OPTIONS | {"loss": "binary_cross_entropy"})
    shares = np.full((50, 3), 0.5)
    for wrong in (shares, shares - [0, 0, 1]):
        with pytest.raises(DataError, match="CrossEntropy: targets have to be labels, or probabilities >= 0"):
            train(network(), x, wrong, **OPTIONS)
    assert train(network(), x, shares - [0, 0.25, 0.25], epochs=1, **OPTIONS).epochs == 1
    with pytest.raises(DataError, match="CrossEntropy: one output has no classes; take two, or BinaryCrossEntropy"):
        train(linear(), x, labels % 2, **OPTIONS)


def test_the_backend_is_told():
    assert backend.choose("auto", "cnn", 1.0) == "cpu"
