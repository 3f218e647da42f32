"""How `neurosim neocognitron` trains and tests each of its models."""

import time
from dataclasses import dataclass, replace
from typing import Any

import click
import numpy as np

from neurosim_cli.cnn_data import image_shape, labelled
from neurosim_cli.common import progress_bar
from neurosim_cli.files import load_complete, parts
from neurosim_cli.neocognitron_report import CHANGED, Run

SIDES = {"1980": 16, "1988": 19}  # rows and columns of the images that a model reads
OWN = "01234"  # patterns of 1980
TRAIN, TEST = 1500, 1000
SEEDS, PRESENTATIONS = 8, 20
PER_PATTERN = 20  # drawings that 1988 was not taught, made of each that it was
MARGIN = 2  # pixels around the ink of images that may be changed
MOST_SEEN = 500  # images of which preferred patterns are made
MOST = 36  # planes whose preferred patterns are drawn


@dataclass(frozen=True)
class Digits:
    """Images with ink 1 on 0 to learn from and to test with, and their labels."""

    name: str
    known: np.ndarray
    known_labels: np.ndarray
    test: np.ndarray
    test_labels: np.ndarray

    @property
    def told(self) -> str:
        """What was learned, in words."""
        return f"{self.name}: {len(self.known):,} images of {self.known.shape[1]} x {self.known.shape[2]}"


def digits_of(data: str, model: str, options: dict[str, Any], seed: int) -> Digits:
    """Return as many images of a data set as the options say, of each class alike."""
    dataset = labelled(load_complete(data, "--model, which names a neocognitron"), 2)
    shape, _ = image_shape(dataset.shape)
    if shape is None or shape[0] != 1:
        what = "plain columns" if shape is None else "coloured images"
        raise click.UsageError(f"--model {model} reads grey images; {dataset.name} has {what}")
    if (side := SIDES.get(model)) is not None and shape[1:] != (side, side):
        raise click.UsageError(
            f"--model {model} reads images of {side} x {side}; {dataset.name} has {shape[1]} x {shape[2]}, "
            "for which there is --model 2013"
        )
    known, held_out = parts(data, dataset, None, seed)
    if held_out is None:
        raise click.UsageError(f"{dataset.name}: {len(dataset.data)} images are too few; some are kept for the test")
    low, high = float(known.data.min()), float(known.data.max())
    if low == high:
        raise click.UsageError(f"{dataset.name}: all pixels are {low:g}; there is nothing to learn")
    rng = np.random.default_rng(seed)
    chosen = []
    for part, count in ((known, options["train"] or TRAIN), (held_out, options["test"] or TEST)):
        labels = np.asarray(part.labels)
        rows = _alike(labels, count, rng)
        images = np.clip((part.data[rows] - low) / (high - low), 0, 1).reshape(-1, *shape[1:])
        chosen += [np.ascontiguousarray(images, np.float32), labels[rows]]
    return Digits(dataset.name, *chosen)


def run_1980(data: str | None, options: dict[str, Any], seed: int) -> Run:
    """Let networks organise themselves, name their cells by majority, and take the best."""
    digits, own = _shown_to_1980(data, options, seed), data is None
    count = options["seeds"] or (SEEDS if own else 1)
    presentations = options["presentations"] or (PRESENTATIONS if own else 1)
    network, predicted, facts, seconds = _organised(digits, own, count, presentations, seed)
    shares = facts["accuracies"]
    often = "once" if presentations == 1 else f"{presentations} times"
    chosen = f"seed {facts['seeds'][facts['best']]}"
    if count > 1:
        told = f"{shares.count(1.0)} without an error" if own else f"{np.mean(shares):.2%} on average"
        by = f"in this test, {max(shares):.2%}" if own else "with the training images"
        chosen = f"{count}, {told}; below, the best {by}, {chosen}"
    rows = [("shown", f"{often} each, at random positions"), ("networks", chosen),
            ("cells named after", facts["labelled_with"]), *_paper(digits)]  # fmt: skip
    nothing = "" if predicted.dtype.kind == "U" else -1
    return Run(
        title="Neocognitron 1980, self-organised", data=digits.told,
        tested="at all positions" if own else "test images", images=digits.test,
        labels=digits.test_labels, predicted=predicted, rejected=predicted == nothing, predict=network.predict,
        changeable=_roomy(digits.test) if own else np.arange(len(digits.test)),
        changes=("scale", "slant", "flip", "missing") if own else CHANGED, facts=facts, rows=rows,
        layers=lambda n: _first(network.responses(digits.test[n : n + 1])),
        preferred=lambda: _preferred(network, digits.test[:MOST_SEEN], ("S1", "S2", "S3")),
        classes=[network.classes_[k] if k >= 0 else "" for k in network.cell_classes_], most=24, seconds=seconds,
        model=network, several=tuple(shares) if own and count > 1 else (),
    )  # fmt: skip


def _shown_to_1980(data: str | None, options: dict[str, Any], seed: int) -> Digits:
    """Return five digits, to be tested with at all positions, or images of a data set."""
    from neurosim.neocognitron.stick_patterns import centred, everywhere

    if data is not None:
        digits = digits_of(data, "1980", options, seed)
        known, test = digits.known_labels, digits.test_labels
        negative = known.dtype.kind == "i" and min(known.min(), test.min()) < 0  # which stand for no class
        return replace(digits, known_labels=known.astype(str), test_labels=test.astype(str)) if negative else digits
    images, labels = everywhere(OWN)
    rows = _alike(labels, options["test"] or "all", np.random.default_rng(seed))
    rows = np.sort(rows)
    return Digits("five digits of strokes", centred(OWN), np.array(list(OWN)), images[rows], labels[rows])


def _organised(
    digits: Digits, own: bool, count: int, presentations: int, seed: int
) -> tuple[Any, np.ndarray, dict[str, Any], dict[str, float]]:
    """Return the best of some networks, its answers, facts for the report, and what it took."""
    from neurosim.neocognitron.neocognitron1980 import Neocognitron1980

    started, seeds = time.perf_counter(), [(seed + k) % 2**64 for k in range(count)]
    networks = Neocognitron1980.fit_seeds(digits.known, seeds, presentations=presentations)
    fitted = time.perf_counter()
    given = (digits.test, digits.test_labels) if own else (digits.known, digits.known_labels)
    said = [network.label(*given).predict(digits.test) for network in networks]
    shares = [float((answers == digits.test_labels).mean()) for answers in said]
    known = shares if own else [float((net.predict(given[0]) == given[1]).mean()) for net in networks]
    best = int(np.argmax(known))
    facts = {"model": "1980", "presentations": presentations, "seeds": seeds, "accuracies": shares, "best": best,
             **({} if own else {"training_accuracies": known}),
             "labelled_with": "the test images" if own else "the training images"}  # fmt: skip
    return networks[best], said[best], facts, {"fit": fitted - started, "test": time.perf_counter() - fitted}


def run_1988(data: str | None, options: dict[str, Any], seed: int) -> Run:
    """Teach the network its drawings, and test it with others."""
    from neurosim.neocognitron.neocognitron1988 import Neocognitron1988

    digits = None if data is None else digits_of(data, "1988", options, seed)
    started = time.perf_counter()
    network = Neocognitron1988().teach()
    fitted = time.perf_counter()
    taught, taught_labels = network.pattern_set.examples()
    if digits is None:
        test, labels = held_out_drawings(network.pattern_set, options["test"], seed)
    else:
        test, labels = _of_known_classes(digits, network.pattern_set)
    kind = labels.dtype if labels.dtype.kind in "iu" else "U32"  # -1, for none, is no class of either
    threshold = options["threshold"] or 0.0
    found = network.recognise(test, threshold=threshold)
    learned = int((network.recognise(taught, threshold=threshold).labels == taught_labels).sum())
    planes = "-".join(str(len(stage)) for stage in network.pattern_set.stages)
    return Run(
        title="Neocognitron 1988, taught plane by plane", data=f"its own drawings, {planes} S-planes",
        tested="drawings not taught" if data is None else f"test images of {data}", images=test, labels=labels,
        predicted=found.labels.astype(kind), rejected=found.rejected,
        predict=lambda u: network.recognise(u, threshold=threshold).labels.astype(kind),
        changeable=np.arange(len(test)),
        facts={"model": "1988", "threshold": threshold, "taught": [learned, len(taught)]},
        rows=[("drawings taught", f"{learned} of {len(taught)} recognised"), *(_paper(digits) if digits else [])],
        layers=lambda n: _first(network.responses(test[n : n + 1])), preferred=lambda: _taught(network.pattern_set),
        classes=list(network.pattern_set.labels), most=19,
        seconds={"teach": fitted - started, "test": time.perf_counter() - fitted},
    )  # fmt: skip


def _of_known_classes(digits: Digits, pattern_set: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return test images and labels, if the network was taught these."""
    known = [str(label) for label in pattern_set.labels]
    if strange := sorted({str(label) for label in digits.test_labels} - set(known)):
        raise click.UsageError(f"--model 1988 was taught {' '.join(known)}; {digits.name} has the label {strange[0]}")
    return digits.test, digits.test_labels


def held_out_drawings(pattern_set: Any, count: int | str | None, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return digits whose strokes end a pixel beside those of the drawings that were taught, and their labels."""
    from neurosim.neocognitron.strokes import draw, jittered

    rng = np.random.default_rng(seed)
    given = [(p, pattern_set.labels[plane.join]) for plane in pattern_set.stages[-1] for p in plane.patterns]
    made = [(draw(jittered(p.strokes, random_state=rng), p.shape), label) for p, label in given * PER_PATTERN]
    images, labels = (np.array(part) for part in zip(*made, strict=True))
    rows = np.arange(len(labels)) if count in (None, "all") else _alike(labels, int(count), rng)
    return images[rows], labels[rows]


def _alike(labels: np.ndarray, count: int | str, rng: np.random.Generator) -> np.ndarray:
    """Return `count` rows, of each class alike as far as there are so many, in random order."""
    order = rng.permutation(len(labels))
    if count == "all" or int(count) >= len(labels):
        return order
    rank = np.zeros(len(labels), int)
    for label in np.unique(labels):
        members = np.flatnonzero(labels[order] == label)
        rank[members] = np.arange(len(members))
    return order[np.sort(np.argsort(rank, kind="stable")[: int(count)])]


def _paper(digits: Digits) -> list[tuple[str, str]]:
    """Return a line for the table if images look like white on black."""
    share = float(digits.known.mean())
    return [("hint", f"{share:.0%} of the images is ink: is it 1 on paper 0?")] if share > 0.5 else []


def _roomy(images: np.ndarray) -> np.ndarray:
    """Return the images with room around their ink."""
    edge = np.ones(images.shape[1:], bool)
    edge[MARGIN:-MARGIN, MARGIN:-MARGIN] = False
    return np.flatnonzero(~(images > 0)[:, edge].any(axis=1))


def _first(layers: Any) -> dict[str, np.ndarray]:
    """Return the responses to the first image."""
    return {name: planes[0] for name, planes in layers.items()}


def _preferred(network: Any, images: np.ndarray, names: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Return what excites the cells of layers most."""
    from neurosim.neocognitron import plot_layers

    fields, answers = plot_layers.receptive_fields(network.layers), network.responses(images)
    found = {}
    for name in names:
        window, stride, first = fields[name]
        window = min(window, images.shape[1])
        pictures = plot_layers.preferred(images, answers[name], window=window, stride=stride, first=first)
        found[f"what excites the cells of {name} most"] = pictures[:MOST]
    return found


def _taught(pattern_set: Any) -> dict[str, np.ndarray]:
    """Return the first pattern that each plane of the first three stages was taught."""
    return {
        f"what the planes of S{number} were taught": np.stack([plane.patterns[0].image for plane in planes])
        for number, planes in enumerate(pattern_set.stages[:3], 1)
    }


def run_2013(data: str | None, options: dict[str, Any], seed: int) -> Run:
    """Let hidden cells learn without labels and reference vectors with them, and test."""
    digits, model = digits_of(data or "digits", "2013", options, seed), deep_network(options, seed)
    started = time.perf_counter()
    with progress_bar("learning", quiet=options["quiet"]) as draw:
        model.fit(digits.known, digits.known_labels, callback=draw)
    fitted = time.perf_counter()
    predicted = model.predict(digits.test)
    references = len(model.top_.references_)
    planes = {"S2": len(model.cells2_), "S3": len(model.cells3_)}
    settings = model.get_params()
    told = f"{settings['learning']}, {settings['inhibition']} inhibition"
    rows = [("hidden cells", f"{planes['S2']} and {planes['S3']} planes, {told}"),
            ("reference vectors", f"{references:,}, interpolation: {settings['interpolation']}")]  # fmt: skip
    facts = {"model": "2013", "preset": options["preset"], "settings": settings, "planes": planes,
             "references": references, "train_images": len(digits.known)}  # fmt: skip
    return Run(
        title=f"Neocognitron 2013{', after ' + options['preset'] if options['preset'] else ''}", data=digits.told,
        tested="test images", images=digits.test, labels=digits.test_labels, predicted=predicted,
        rejected=np.zeros(len(predicted), bool), predict=model.predict, changeable=np.arange(len(predicted)),
        facts=facts, rows=rows, layers=lambda n: _first(model.responses(digits.test[n : n + 1])),
        preferred=lambda: _deep_preferred(model, digits.known[:MOST_SEEN]), classes=None, most=16,
        seconds={"fit": fitted - started, "test": time.perf_counter() - fitted}, model=model,
    )  # fmt: skip


def deep_network(options: dict[str, Any], seed: int) -> Any:
    """Return the network of 2013 that the options describe."""
    from neurosim.neocognitron.neocognitron2013 import Neocognitron2013

    given: dict[str, Any] = {}
    if options["preset"]:
        from neurosim.neocognitron.presets import PRESETS

        given |= PRESETS[options["preset"]]
    given |= {name: options[name] for name in ("field", "margin", "interpolation") if options[name] is not None}
    if options["cells"] is not None:
        given["cells2"], given["cells3"] = options["cells"]
    return Neocognitron2013(**given, random_state=seed)


def _deep_preferred(model: Any, images: np.ndarray) -> dict[str, np.ndarray]:
    """Return what excites the cells of S2 and S3 most, on the field."""
    from neurosim.neocognitron import plot_layers

    answers = model.responses(images)
    field = answers["U0"][:, 0]
    window, found = 13 if model.contrast else 9, {}  # that S1 sees
    for number, blur in enumerate(model.blur, 1):
        planes = answers.get(f"S{number}")
        if planes is None:
            break
        stride = 2 ** (number - 1)
        if number > 1:
            window += (model.windows[number - 2] - 1) * stride
            some = np.unique(np.linspace(0, planes.shape[1] - 1, MOST).round().astype(int))
            seen = min(window, model.field)
            pictures = plot_layers.preferred(field, planes[:, some], window=seen, stride=stride, first=0)
            found[f"what excites the cells of S{number} most ({len(pictures)} of {planes.shape[1]})"] = pictures
        window += 2 * int(2 * blur) * stride
    return found


RUNS = {"1980": run_1980, "1988": run_1988, "2013": run_2013}
