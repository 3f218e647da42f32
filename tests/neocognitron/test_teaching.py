"""What a teacher shows: patterns, planes and sets, and their files."""

import json
from importlib import resources

import numpy as np
import pytest

from neurosim.core.errors import DataError
from neurosim.neocognitron.teaching import Pattern, Plane, TeachingSet

LINE = Pattern([[(1, 0), (1, 2)]], (3, 3))


def small():
    """Two planes of lines that one C-plane joins, and two labels."""
    first = (Plane("flat", 0, (LINE,)), Plane("steep", 0, (Pattern([[(0, 1), (2, 1)]], (3, 3), (0, 2)),)))
    second = (Plane("a", 0, (LINE,)), Plane("b", 1, (LINE, LINE)))
    return TeachingSet((first, second), (7, 3))


def test_the_digits():
    digits = TeachingSet.digits()
    assert [len(stage) for stage in digits.stages] == [12, 38, 35, 11]
    patterns = [[p for plane in stage for p in plane.patterns] for stage in digits.stages]
    assert [len(shown) for shown in patterns] == [12, 123, 73, 25]
    assert [digits.c_planes(stage) for stage in (1, 2, 3, 4)] == [8, 19, 23, 10]
    assert [{p.shape for p in shown} for shown in patterns] == [{(3, 3)}, {(9, 9)}, {(19, 19)}, {(19, 19)}]
    assert digits.labels == tuple(range(10))
    assert [plane.name for plane in digits.stages[3]].count("4 open") == 1
    assert digits is TeachingSet.digits()


def test_every_drawing_of_the_digits_has_ink_and_is_made_once_in_its_plane():
    for stage in TeachingSet.digits().stages:
        for plane in stage:
            drawn = [p.image.tobytes() for p in plane.patterns]
            assert all(p.image.sum() >= 3 for p in plane.patterns), plane.name
            assert len(set(drawn)) == len(drawn), plane.name


def test_the_stubs_are_twelve_lines_of_three_cells_through_the_middle():
    stubs = [plane.patterns[0].image for plane in TeachingSet.digits().stages[0]]
    assert all(stub.sum() == 3 and stub[1, 1] == 1 for stub in stubs)
    assert len({stub.tobytes() for stub in stubs}) == 12
    assert {stub.T.tobytes() for stub in stubs} == {stub.tobytes() for stub in stubs}


def test_examples_are_the_patterns_of_the_last_stage():
    images, labels = TeachingSet.digits().examples()
    assert images.shape == (25, 19, 19)
    assert np.bincount(labels).min() >= 2
    assert labels.tolist() == sorted(labels)
    images, labels = small().examples()
    assert labels.tolist() == [7, 3, 3]
    np.testing.assert_array_equal(images[0], LINE.image)


def test_files(tmp_path):
    shown = small()
    path = tmp_path / "set.json"
    text = shown.to_json(path)
    assert path.read_text(encoding="utf-8") == text
    assert TeachingSet.from_json(path) == TeachingSet.from_json(str(path)) == TeachingSet.from_json(text) == shown
    assert json.loads(text)["stages"][0][1]["patterns"][0]["seed"] == [0, 2]


def test_the_file_of_the_digits_is_what_would_be_written():
    text = resources.files("neurosim.neocognitron").joinpath("patterns", "digits.json").read_text(encoding="utf-8")
    assert TeachingSet.digits().to_json() == text


def test_joins():
    assert small().joins(1).tolist() == [0, 0]
    assert small().joins(2).tolist() == [0, 1]
    assert small().c_planes(1) == 1


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Pattern([], (3, 3)), "strokes must be"),
        (lambda: Pattern([[(0, 0)]], (0, 3)), "shape must be"),
        (lambda: Pattern([[(0, 0)]], (3, 3), (0, -1)), "seed must be"),
        (lambda: Pattern([[(0, 0)]], (3, 3), (0, 0.5)), "seed must be"),
        (lambda: Pattern([[(0, 0)]], (3, np.inf)), "shape must be"),
        (lambda: Pattern([[(0, np.inf)]], (3, 3)), "strokes must be"),
        (lambda: TeachingSet((("a",),), (0,)), "stage 1 must hold objects of the class Plane; got 'a'"),
        (lambda: TeachingSet(((Plane("a", 0, (LINE,)),),), (0.0,)), "labels must be"),
        (lambda: Plane("a", 0, ()), "plane 'a' needs patterns"),
        (lambda: Plane("a", 0, (np.ones((3, 3)),)), "plane 'a' needs patterns"),
        (lambda: Plane("a", -1, (LINE,)), "join must be an integer >= 0; got -1"),
        (lambda: Plane("a", True, (LINE,)), "join must be"),
        (lambda: TeachingSet((), ()), "at least one stage"),
        (lambda: TeachingSet(((),), ()), "the joins of stage 1"),
        (
            lambda: TeachingSet(((Plane("a", 1, (LINE,)),),), (0,)),
            r"the joins of stage 1 must be 0, 1, 2, ...; got \[1",
        ),
        (lambda: TeachingSet(((Plane("a", 0, (LINE,)),),), (0, 1)), "labels must be 1 integers"),
        (lambda: TeachingSet(((Plane("a", 0, (LINE,)),),), (-1,)), "labels must be"),
    ],
)
def test_what_is_refused(make, message):
    with pytest.raises(DataError, match=f"TeachingSet: .*{message}"):
        make()


@pytest.mark.parametrize(
    "text", ["{", "{}", '{"labels": [0], "stages": 3}', '{"labels": [0], "stages": [[{"name": "a"}]]}']
)
def test_files_that_are_no_set(text, tmp_path):
    (tmp_path / "bad.json").write_text(text)
    for source in (text, tmp_path / "bad.json"):
        with pytest.raises(DataError, match="not the JSON of a teaching set"):
            TeachingSet.from_json(source)


def test_files_of_other_bytes_or_infinite_numbers(tmp_path):
    (tmp_path / "bytes.json").write_bytes(b"\xff\xfe\x00{")
    with pytest.raises(DataError, match="not the JSON of a teaching set"):
        TeachingSet.from_json(tmp_path / "bytes.json")
    text = small().to_json()
    for whole in ('"shape": [3, 3]', '"strokes": [[[1, 0]'):
        assert whole in text
        with pytest.raises(DataError, match="must be"):
            TeachingSet.from_json(text.replace(whole, whole.replace("3, 3", "3, 1e999").replace("1, 0", "1, 1e999")))


def test_numpy_integers_are_integers():
    shown = TeachingSet(small().stages, np.array([7, 3]))
    assert shown == small()
    assert shown.to_json() == small().to_json()
    assert Plane("a", np.int64(1), (LINE,)) == Plane("a", 1, (LINE,))
    assert type(Plane("a", np.int64(1), (LINE,)).join) is int


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError):
        TeachingSet.from_json(tmp_path / "none.json")
