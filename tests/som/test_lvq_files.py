"""Codebooks of LVQ_PAK."""

import re

import numpy as np
import pytest

from neurosim.core.errors import DataError, InvalidParameter
from neurosim.datasets import load_iris
from neurosim.som.files_lvq import read_lvq, write_lvq
from neurosim.som.lvq import LVQ

WRITTEN = """4 lvq
5.1 3.5 1.4 0.2 setosa
6.43471 2.69481 4.50617 1.38789 versicolor
# a comment, and a second label
6.7027 3.13378 5.5223 2.24459 virginica late
"""


@pytest.mark.parametrize("first", ["4 lvq", "4", "4 rect 3 1 bubble"])
def test_files_as_lvq_pak_writes_them(tmp_path, first):
    (tmp_path / "c.cod").write_text(WRITTEN.replace("4 lvq", first))
    model = read_lvq(tmp_path / "c.cod", algorithm="lvq3")
    assert model.prototype_labels_.tolist() == ["setosa", "versicolor", "virginica"]
    np.testing.assert_array_equal(model.prototypes_[1], [6.43471, 2.69481, 4.50617, 1.38789])
    iris = load_iris()
    assert model.score(iris.data, np.asarray(iris.labels)) > 0.9
    assert model.algorithm == "lvq3"


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", ["c.cod", "c.cod.gz"])
def test_round_trip_to_the_last_bit(tmp_path, dtype, name, rng):
    prototypes = rng.normal(size=(6, 3)).astype(dtype) * 10.0 ** rng.integers(-30, 14, (6, 3))
    model = LVQ.from_codebook(prototypes.astype(dtype), [3, -1, 3, 10, -1, 0])
    again = read_lvq(write_lvq(model, tmp_path / name))
    np.testing.assert_array_equal(again.prototypes_.astype(dtype), model.prototypes_)
    assert again.prototype_labels_.tolist() == [3, -1, 3, 10, -1, 0]
    assert again.prototype_labels_.dtype.kind == "i"
    np.testing.assert_array_equal(again.classes_, model.classes_)


def test_six_digits_are_those_of_lvq_pak(tmp_path):
    model = LVQ.from_codebook([[1 / 3, 20.0], [1e-7, 123456789.0]], ["a", "b"])
    path = write_lvq(model, tmp_path / "c.cod", digits=6)
    assert path.read_text() == "2 lvq\n0.333333 20 a \n1e-07 1.23457e+08 b \n"


def test_numbers_with_leading_zeros_stay_words(tmp_path):
    (tmp_path / "c.cod").write_text("1\n0 007\n1 8\n")
    assert read_lvq(tmp_path / "c.cod").classes_.tolist() == ["007", "8"]


def test_going_on_from_a_file(tmp_path):
    iris = load_iris()
    first = LVQ(3, random_state=0).fit(iris.data, iris.target)
    read = read_lvq(write_lvq(first, tmp_path / "c.cod"))
    tuned = LVQ(algorithm="lvq3", init=read.codebook, random_state=0).fit(iris.data, iris.target)
    direct = LVQ(algorithm="lvq3", init=first.codebook, random_state=0).fit(iris.data, iris.target)
    np.testing.assert_array_equal(tuned.prototypes_, direct.prototypes_)


BAD = {
    "dimension": ("lvq 2\n1 2 a\n", "line 1 must begin with the dimension"),
    "few": ("2\n1 2 a\n3\n", "line 3 has 1 fields, 2 wanted"),
    "word": ("2\n1 two a\n3 4 b\n", "line 2, column 2: 'two' is not a number"),
    "label": ("2\n1 2 a\n3 4\n", "prototype 2 has no label"),
    "labels": ("2\n1 2\n3 4\n", "prototype 1 has no label"),
    "missing": ("2\n1 2 a\n3 x b\n", "prototype 2 has a missing or infinite number"),
    "one class": ("2\n1 2 a\n3 4 a\n", "all prototypes have the label a; two classes are needed"),
    "nothing": ("2\n", "has no samples"),
}


@pytest.mark.parametrize(("text", "message"), BAD.values(), ids=BAD)
def test_bad_files(tmp_path, text, message):
    (tmp_path / "c.cod").write_text(text)
    with pytest.raises(DataError, match=re.escape("c.cod: ") + ".*" + re.escape(message)):
        read_lvq(tmp_path / "c.cod")


@pytest.mark.parametrize("label", ["two words", "", "weight=3", "tab\there", "NA", "nan", "n/a"])
def test_labels_that_do_not_go_into_the_format(tmp_path, label):
    (tmp_path / "c.cod").write_text("older")
    with pytest.raises(InvalidParameter, match="labels must be printable words without blanks"):
        write_lvq(LVQ.from_codebook([[0.0], [1.0]], ["a", label]), tmp_path / "c.cod")
    assert (tmp_path / "c.cod").read_text() == "older"


def test_bad_parameters(tmp_path):
    model = LVQ.from_codebook([[0.0], [1.0]], [0, 1])
    with pytest.raises(InvalidParameter, match="digits must be an integer >= 1"):
        write_lvq(model, tmp_path / "c.cod", digits=0)
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        write_lvq(model, tmp_path / "nowhere" / "c.cod")
