"""Networks against PyTorch on the CPU, and scikit-learn: the same weights, data, order and loss.

    python -m benchmarks cnn [--quick]

Made images of ten classes; both sides start from PyTorch's weights and take the same mini-batches in the same order.
PyTorch runs in its default mode, with channels_last, and for inference with torch.compile; the ratio that counts is
that of its best mode. Each side returns the trained weights, or the outputs.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.harness import compare, write
from neurosim.cnn import (
    SGD,
    Conv2D,
    CrossEntropy,
    Dense,
    Flatten,
    Pool2D,
    ReLU,
    Sequential,
    train,
)  # fmt: skip
from neurosim.core import parallel

Layers = list[tuple[str, tuple[int, ...]]]
LENET: Layers = [
    ("conv", (6, 5, 2)),
    ("pool", ()),
    ("conv", (16, 5, 0)),
    ("pool", ()),
    ("dense", (120,)),
    ("dense", (84,)),
]
WIDE: Layers = [("conv", (32, 5, 2)), ("pool", ()), ("conv", (64, 5, 0)), ("pool", ()), ("dense", (128,))]
MLP: Layers = [("dense", (100,))]


def images(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return n noisy, shifted 28 x 28 images of ten random shapes, and their classes."""
    rng = np.random.default_rng(0)
    shapes = np.kron(rng.normal(size=(10, 7, 7)), np.ones((4, 4)))
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 10, n)
    x = rng.normal(0, 0.8, (n, 28, 28)).astype(np.float32)
    for image, label, shift in zip(x, y, rng.integers(-3, 4, (n, 2)), strict=True):
        image += np.roll(shapes[label], shift, (0, 1))
    return x[:, None], y


def ours(layers: Layers, source: tuple[int, ...]) -> Sequential:
    """Return the network as ours."""
    made: list[Any] = []
    for kind, numbers in layers:
        if kind == "conv":
            made += [Conv2D(numbers[0], numbers[1], padding=numbers[2]), ReLU()]
        elif kind == "pool":
            made.append(Pool2D(2))
        else:
            made += ([Flatten()] if not any(isinstance(m, Dense) for m in made) else []) + [Dense(numbers[0]), ReLU()]
    if not any(isinstance(m, Dense) for m in made):
        made.append(Flatten())
    return Sequential([*made, Dense(10)], source, random_state=0)


def theirs(layers: Layers) -> Any:
    """Return the network as PyTorch's, with PyTorch's own starting weights."""
    from torch import nn

    made: list[Any] = []
    for kind, numbers in layers:
        if kind == "conv":
            made += [nn.LazyConv2d(numbers[0], numbers[1], padding=numbers[2]), nn.ReLU()]
        elif kind == "pool":
            made.append(nn.MaxPool2d(2))
        else:
            made += ([nn.Flatten()] if not any(isinstance(m, nn.LazyLinear) for m in made) else []) + [
                nn.LazyLinear(numbers[0]), nn.ReLU(),
            ]  # fmt: skip
    return nn.Sequential(*made, nn.LazyLinear(10))


def pair(layers: Layers, x: np.ndarray) -> tuple[Sequential, Any]:
    """Return both networks with the same weights."""
    import torch

    torch.manual_seed(0)
    torch.set_num_threads(parallel.threads())
    peer = theirs(layers)
    peer(torch.from_numpy(x[:2]))
    net = ours(layers, x.shape[1:])
    weights = [p.detach().numpy() for p in peer.parameters()]
    for (name, view), values in zip(net.parameters.items(), weights, strict=True):
        view[...] = values.T if name.endswith("weights") and values.ndim == 2 else values
    return net, peer


def parameters_of(net: Sequential) -> np.ndarray:
    """Return the weights in PyTorch's order."""
    return np.concatenate([
        (values.T if name.endswith("weights") and values.ndim == 2 else values).ravel()
        for name, values in net.parameters.items()
    ])  # fmt: skip


def training(name: str, layers: Layers, n: int, of: int, *, sklearn: bool = False) -> list[dict[str, Any]]:
    """Time one epoch of mini-batches of 64, SGD with momentum."""
    import torch

    x, y = images(n)
    test, answers = images(4000, seed=1)
    net, peer = pair(layers, x)
    start = net.flat_parameters.copy()
    begin = [p.detach().clone() for p in peer.parameters()]
    loss = torch.nn.CrossEntropyLoss()
    inputs, labels = torch.from_numpy(x), torch.from_numpy(y)

    def neurosim() -> np.ndarray:
        net.flat_parameters[:] = start
        train(net, x, y, loss=CrossEntropy(), optimiser=SGD(0.01, momentum=0.9), epochs=1, batch_size=64, shuffle=False)
        return parameters_of(net)

    def pytorch(channels_last: bool) -> Callable[[], np.ndarray]:
        data = inputs.to(memory_format=torch.channels_last) if channels_last else inputs

        def run() -> np.ndarray:
            with torch.no_grad():
                for p, values in zip(peer.parameters(), begin, strict=True):
                    p.copy_(values)
            model = peer.to(memory_format=torch.channels_last if channels_last else torch.contiguous_format)
            optimiser = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, fused=True)
            for s in range(0, n, 64):
                optimiser.zero_grad()
                loss(model(data[s : s + 64]), labels[s : s + 64]).backward()
                optimiser.step()
            return np.concatenate([p.detach().contiguous().numpy().ravel() for p in model.parameters()])

        return run

    def quality(weights: Any) -> dict[str, float]:
        if not isinstance(weights, np.ndarray):
            return {"accuracy": float(weights.score(test.reshape(len(test), -1), answers))}
        with torch.no_grad():
            at = 0
            for p in peer.parameters():
                p.copy_(torch.from_numpy(weights[at : at + p.numel()].reshape(p.shape)))
                at += p.numel()
            outputs = peer(torch.from_numpy(test))
            right = (outputs.argmax(1).numpy() == answers).mean()
            return {"accuracy": float(right), "loss": float(loss(outputs, torch.from_numpy(answers)))}

    runs: dict[str, Callable[[], Any]] = {"neurosim": neurosim, "torch": pytorch(False)}
    if layers[0][0] == "conv":
        runs["torch, channels_last"] = pytorch(True)
    if sklearn:
        from sklearn.neural_network import MLPClassifier

        def scikit() -> Any:
            model = MLPClassifier(
                (100,), solver="sgd", batch_size=64, learning_rate_init=0.01, nesterovs_momentum=False, max_iter=1,
                shuffle=False, alpha=0.0, random_state=0,
            )  # fmt: skip
            model._no_improvement_count = 0
            return model.partial_fit(x.reshape(n, -1), y, classes=np.arange(10))

        runs["scikit-learn"] = scikit
    scale = dict.fromkeys(runs, of / n)
    notes = dict.fromkeys(runs, f"{n} of {of} images run") if n != of else None
    return compare(name, runs, reference="neurosim", quality=quality, scale=scale, notes=notes)


def inference(name: str, layers: Layers, n: int) -> list[dict[str, Any]]:
    """Time outputs of n images; PyTorch in batches of 256."""
    import torch

    x, _ = images(n)
    net, peer = pair(layers, x)
    peer = peer.eval()
    compiled = torch.compile(peer)
    inputs = torch.from_numpy(x)
    last = inputs.to(memory_format=torch.channels_last)

    def pytorch(model: Any, data: Any, memory: Any = None) -> Callable[[], np.ndarray]:
        def run() -> np.ndarray:
            if memory is not None:
                model.to(memory_format=memory)
            with torch.inference_mode():
                return np.concatenate([model(data[s : s + 256]).numpy() for s in range(0, n, 256)])

        return run

    with torch.inference_mode():
        right = peer(inputs[:512]).numpy()
    return compare(
        name,
        {
            "neurosim": lambda: net.forward(x),
            "torch": pytorch(peer, inputs, torch.contiguous_format),
            "torch, channels_last": pytorch(peer, last, torch.channels_last),
            "torch.compile": pytorch(compiled, inputs),
        },
        reference="neurosim",
        quality=lambda outputs: {"largest difference": float(np.abs(outputs[:512] - right).max())},
    )


def zip_1989(passes: int, presentations: int) -> list[dict[str, Any]]:
    """Time online learning of the network of 1989, one image at a time; PyTorch over a part of a pass."""
    import torch
    from torch import nn

    from neurosim.cnn import PRESETS

    preset = PRESETS["zip1989"]
    count = 7291
    rng = np.random.default_rng(0)
    x, y = images(count)
    small = np.clip(x[:, :, 6:22, 6:22] / 3, -1, 1)
    targets = np.where(np.arange(10) == y[:, None], 1.0, -1.0).astype(np.float32)
    net = preset.build(0, "float32")
    start = net.flat_parameters.copy()

    class Peer(nn.Module):
        """The same network: padding of -1, a bias a unit, and eight of twelve maps for each of the second layer."""

        def __init__(self) -> None:
            super().__init__()
            self.first = nn.Conv2d(1, 12, 5, stride=2, bias=False)
            self.second = nn.ModuleList(nn.Conv2d(8, 4, 5, stride=2, bias=False) for _ in range(3))
            self.biases = nn.ParameterList([nn.Parameter(torch.zeros(12, 8, 8)), nn.Parameter(torch.zeros(12, 4, 4))])
            self.third, self.output = nn.Linear(192, 30), nn.Linear(30, 10)

        def forward(self, image: Any) -> Any:
            pad = lambda v: nn.functional.pad(v, (2, 2, 2, 2), value=-1.0)  # noqa: E731
            h = torch.tanh(self.first(pad(image)) + self.biases[0])
            h = pad(h)
            parts = (h[:, 0:8], h[:, 4:12], torch.cat((h[:, 8:12], h[:, 0:4]), dim=1))
            h = torch.cat([layer(part) for layer, part in zip(self.second, parts, strict=True)], dim=1)
            h = torch.tanh(h + self.biases[1])
            return torch.tanh(self.output(torch.tanh(self.third(h.flatten(1)))))

    def neurosim() -> float:
        net.flat_parameters[:] = start
        done = train(
            net, small, targets, loss=preset.loss, optimiser=preset.optimiser, epochs=passes, batch_size=1,
            shuffle=False, reduction=preset.reduction,
        )  # fmt: skip
        return float(done.losses[-1])

    inputs, wanted = torch.from_numpy(small), torch.from_numpy(targets)

    def pytorch() -> float:
        torch.manual_seed(0)
        torch.set_num_threads(1)  # faster here than two
        peer = Peer()
        optimiser = torch.optim.SGD(peer.parameters(), lr=0.03)
        total = 0.0
        for s in rng.integers(0, count, presentations):
            optimiser.zero_grad()
            loss = ((peer(inputs[s : s + 1]) - wanted[s : s + 1]) ** 2).mean()
            loss.backward()
            optimiser.step()
            total += loss.item()
        torch.set_num_threads(parallel.threads())
        return total / presentations

    return compare(
        f"ZIP network of 1989, one image at a time, {passes} passes over {count}",
        {"neurosim": neurosim, "torch": pytorch},
        reference="neurosim",
        scale={"torch": passes * count / presentations},
        notes={"torch": f"{presentations} presentations run"},
    )


def main(quick: bool = False) -> None:
    """Run all and write benchmarks/results/cnn.json."""
    if quick:
        training("quick", LENET, 128, 128)
        training("quick", MLP, 128, 128, sklearn=True)
        inference("quick", LENET, 512)
        zip_1989(1, 20)
        return
    records = training("LeNet-5 training, batch 64, an epoch of 60,000", LENET, 60000, 60000)
    records += inference("LeNet-5 inference, batch 256, 10,240 images", LENET, 10240)
    records += training("conv32-conv64-fc128 training, batch 64, an epoch of 60,000", WIDE, 12800, 60000)
    records += inference("conv32-conv64-fc128 inference, batch 256, 5,120 images", WIDE, 5120)
    records += zip_1989(23, 4000)
    records += training("MLP 784-100-10 training, batch 64, an epoch of 60,000", MLP, 60000, 60000, sklearn=True)
    write("cnn", records)
