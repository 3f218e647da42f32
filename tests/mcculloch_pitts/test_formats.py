"""Nets as text."""

import json

import pytest

from neurosim.core.errors import DataError, InvalidParameter, NeurosimError
from neurosim.mcculloch_pitts import Cell, McCullochPittsNetwork

from . import naive


@pytest.fixture
def net():
    cells = {"a": Cell({"1": 2, 'say "x"': 1}, ["b"]), "b": Cell({"a": 3}, {"1": 2}, 3, True)}
    return McCullochPittsNetwork(
        ["1", 'say "x"'], cells, outputs=["b"], inhibition="relative", delay=2, notes=["Größe"]
    )


def test_json_is_a_round_trip(net, rng):
    for some in (net, naive.random_net(rng), McCullochPittsNetwork([], {})):
        again = McCullochPittsNetwork.from_json(some.to_json())
        assert again == some
        assert list(again.cells) == list(some.cells)
        assert (again.outputs, again.inhibition, again.delay, again.notes) == (
            some.outputs, some.inhibition, some.delay, some.notes
        )  # fmt: skip


def altered(net, change):
    description = json.loads(net.to_json())
    change(description)
    return json.dumps(description)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda d: d.pop("delay"), DataError),
        (lambda d: d.update(more=1), DataError),
        (lambda d: d["cells"][0].pop("threshold"), DataError),
        (lambda d: d.update(cells=3), DataError),
        (lambda d: d["cells"][0].update(excitatory=[["1", 2, 3]]), DataError),
        (lambda d: d["cells"][0].update(excitatory=[["1", 1], ["1", 3]]), InvalidParameter),
        (lambda d: d["cells"][0].update(inhibitory=[["b", 1], ["b", 1]]), InvalidParameter),
        (lambda d: d["cells"][0].update(threshold=0), InvalidParameter),
        (lambda d: d["cells"].append(d["cells"][0]), InvalidParameter),
        (lambda d: d["inputs"].pop(), InvalidParameter),
        (lambda d: d["cells"][0].update(name=["a"]), DataError),
    ],
)
def test_damaged_json(net, change, error):
    with pytest.raises(error):
        McCullochPittsNetwork.from_json(altered(net, change))


@pytest.mark.parametrize("text", ["", "{", "[]", "3", "[" * 100_000])
def test_other_text(text):
    with pytest.raises(NeurosimError, match="from_json"):
        McCullochPittsNetwork.from_json(text)


def test_dot(net):
    lines = net.to_dot().splitlines()
    assert lines[0] == "digraph net {"
    assert lines[-1] == "}"
    assert '  "1" [shape=plaintext];' in lines
    assert '  "1" -> "a" [arrowhead=normal, label="2"];' in lines
    assert '  "say \\"x\\"" -> "a" [arrowhead=normal];' in lines
    assert '  "b" -> "a" [arrowhead=odot];' in lines
    assert '  "1" -> "b" [arrowhead=odot, label="2"];' in lines
    assert '  "b" [shape=circle, label="b\\n>= 3", peripheries=2, style=filled];' in lines
    assert sum("->" in line for line in lines) == 5


def test_what_is_no_name_is_no_matter_for_dot():
    net = McCullochPittsNetwork(["a\\b"], {"c\nd": Cell({"a\\b": 1})})
    assert '"a\\\\b" -> "c\\nd"' in net.to_dot()
