"""Cities, and TSPLIB files: real ones with known optima, every format, and files that are wrong."""

import gzip

import numpy as np
import pytest

from neurosim.core.errors import DataError, InvalidParameter
from neurosim.ising import Cities, random_cities, read_tour, read_tsplib
from tests.ising import naive_tours as naive

HEADER = "NAME : four\nTYPE : TSP\nCOMMENT : a: b\nDIMENSION : 4\n"
MATRIX = np.array([[0, 1, 2, 3], [1, 0, 4, 5], [2, 4, 0, 6], [3, 5, 6, 0]])
POINTS = [(38.24, 20.42), (-39.57, 26.15), (40.56, -25.32), (36.26, 23.12)]
FORMATS = {
    "FULL_MATRIX": "9 1 2 3  1 9 4 5  2 4 9 6  3 5 6 9",
    "UPPER_ROW": "1 2 3\n4 5\n6",
    "LOWER_ROW": "1 2 4 3 5 6",
    "UPPER_DIAG_ROW": "0 1 2 3 0 4 5 0 6 0",
    "LOWER_DIAG_ROW": "0 1 0 2 4 0 3 5 6 0",
    "UPPER_COL": "1 2 4 3 5 6",
    "LOWER_COL": "1 2 3 4 5 6",
    "UPPER_DIAG_COL": "0 1 0 2 4 0 3 5 6 0",
    "LOWER_DIAG_COL": "0 1 2 3 0 4 5 0 6 0",
}


def written(folder, text, name="four.tsp"):
    path = folder / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return path


def explicit(layout, weights):
    return f"{HEADER}EDGE_WEIGHT_TYPE: EXPLICIT\nEDGE_WEIGHT_FORMAT: {layout}\nEDGE_WEIGHT_SECTION\n{weights}\nEOF\n"


def placed(kind, points=POINTS, section="NODE_COORD_SECTION"):
    lines = "\n".join(f" {i} {x} {y}" for i, (x, y) in enumerate(points, 1))
    return f"{HEADER}EDGE_WEIGHT_TYPE : {kind}\n{section}\n{lines}\nEOF\n"


def tour(order, dimension=4):
    return f"TYPE : TOUR\nDIMENSION : {dimension}\nTOUR_SECTION\n{order}\nEOF\n"


@pytest.mark.parametrize(
    ("name", "optimum"), [("ulysses16", 6859), ("att48", 10628), ("eil51", 426), ("berlin52", 7542)]
)
def test_optimal_tours_have_their_published_lengths(name, optimum, data_folder):
    cities = read_tsplib(data_folder / "tsplib" / f"{name}.tsp")
    best = read_tour(data_folder / "tsplib" / f"{name}.opt.tour")
    assert cities.distances.dtype == np.int64
    assert cities.length(best) == optimum
    assert cities.name.startswith(name)
    assert cities.coordinates.shape == (len(best), 2)


@pytest.mark.parametrize("kind", ["EUC_2D", "CEIL_2D", "MAN_2D", "MAX_2D", "ATT", "GEO"])
def test_distances_are_the_naive_ones(kind, tmp_path, rng):
    points = np.r_[POINTS, rng.uniform(-80, 80, (20, 2)).round(2)]
    text = placed(kind, points).replace("DIMENSION : 4", f"DIMENSION : {len(points)}")
    cities = read_tsplib(written(tmp_path, text))
    distance = getattr(naive, kind.lower())
    for i, p in enumerate(points):
        assert cities.distances[i].tolist() == [0 if i == j else distance(p, q) for j, q in enumerate(points)]
    np.testing.assert_array_equal(cities.coordinates, points)


def test_coordinates_may_end_with_minus_one_as_tours_do(tmp_path):
    plain = read_tsplib(written(tmp_path, placed("EUC_2D")))
    for ending in ("-1\nEOF", " -1 \n\nEOF", "-1\nEDGE_WEIGHT_UNIT: 1"):
        ended = read_tsplib(written(tmp_path, placed("EUC_2D").replace("EOF", ending)))
        np.testing.assert_array_equal(ended.coordinates, plain.coordinates)
        np.testing.assert_array_equal(ended.distances, plain.distances)


@pytest.mark.parametrize("kind", ["EUC_2D", "CEIL_2D", "MAN_2D", "MAX_2D", "ATT"])
def test_the_farthest_cities_have_exact_lengths(kind, tmp_path):
    points = [(1e11, -1e11), (-1e11, 1e11), (1e11, 1e11), (0, 0)]
    cities = read_tsplib(written(tmp_path, placed(kind, points)))
    distance = getattr(naive, kind.lower())
    assert cities.distances[0].tolist() == [0, *(distance(points[0], p) for p in points[1:])]


@pytest.mark.parametrize("layout", FORMATS)
def test_matrix_formats(layout, tmp_path):
    cities = read_tsplib(written(tmp_path, explicit(layout, FORMATS[layout])))
    np.testing.assert_array_equal(cities.distances, MATRIX)
    assert (cities.name, cities.coordinates) == ("four", None)


def test_places_for_display_and_gzip(tmp_path):
    shown = "DISPLAY_DATA_SECTION\n4 0 3\n3 0 2\n2 0 1\n1 0 0\nEOF"
    text = explicit("UPPER_ROW", FORMATS["UPPER_ROW"]).replace("EOF", shown)
    cities = read_tsplib(written(tmp_path, text, "four.tsp.gz"))
    np.testing.assert_array_equal(cities.coordinates, [[0, 0], [0, 1], [0, 2], [0, 3]])
    np.testing.assert_array_equal(cities.distances, MATRIX)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (placed("EUC_3D"), "line 5: EDGE_WEIGHT_TYPE: one of EUC_2D, "),
        (placed("EUC_2D").replace("TSP", "ATSP"), "line 2: TYPE: one of TSP wanted; got 'ATSP'"),
        (placed("EUC_2D").replace("DIMENSION : 4\n", ""), "has no DIMENSION"),
        (placed("EUC_2D").replace("DIMENSION : 4", "DIMENSION : four"), "line 4: DIMENSION, a whole number wanted"),
        (placed("EUC_2D").replace("DIMENSION : 4", "DIMENSION : 2"), "line 4: a DIMENSION of 3 to"),
        (placed("EUC_2D").replace("DIMENSION : 4", "DIMENSION : 5"), "no coordinates of city 5"),
        (placed("EUC_2D", POINTS[:3]), "no coordinates of city 4"),
        (placed("EUC_2D", [*POINTS, (1, 2)]), "line 11: a city, 1 to 4, that has no coordinates yet wanted"),
        (placed("EUC_2D").replace(" 4 ", " 3 "), "line 10: a city, 1 to 4, that has no coordinates yet wanted"),
        (placed("EUC_2D").replace("26.15", "x"), "line 8: the number of a city and two coordinates wanted"),
        (placed("EUC_2D").replace("26.15", "26.15 1"), "line 8: the number of a city and two coordinates wanted"),
        (placed("EUC_2D").replace("26.15", "inf"), "line 8: the number of a city and two coordinates wanted"),
        (placed("EUC_2D").replace("26.15", "1_0"), "line 8: the number of a city and two coordinates wanted"),
        (placed("EUC_2D").replace("26.15", "٢"), "line 8: the number of a city and two coordinates wanted"),
        (
            placed("EUC_2D").replace("26.15", "-1e20"),
            "line 8: coordinates of at most 1e+11 wanted; got '2 -39.57 -1e20'",
        ),
        (placed("EUC_2D").replace("EOF", "-1\n5 1 1\nEOF"), "line 12: the end of NODE_COORD_SECTION after -1 wanted"),
        (placed("EUC_2D").replace("EOF", "-1\n-1\nEOF"), "line 12: the end of NODE_COORD_SECTION after -1 wanted"),
        (placed("EUC_2D").replace(" 3 40", "-1\n 3 40"), "line 10: the end of NODE_COORD_SECTION after -1 wanted"),
        (placed("EUC_2D", POINTS[:3]).replace("EOF", "-1\nEOF"), "no coordinates of city 4"),
        (placed("EUC_2D", section="FIXED_EDGES_SECTION"), "line 6: one of the sections"),
        (placed("EUC_2D", section="TOUR_SECTION"), "has no NODE_COORD_SECTION, which EDGE_WEIGHT_TYPE EUC_2D needs"),
        (placed("EUC_2D").replace("NAME :", "NAME"), "line 1: KEYWORD: value"),
        (placed("EUC_2D").replace("COMMENT", "TYPE"), "line 3: a second TYPE"),
        (placed("EUC_2D").replace("EOF", "NODE_COORD_SECTION"), "line 11: a second NODE_COORD_SECTION"),
        (placed("EXPLICIT"), "has no EDGE_WEIGHT_FORMAT"),
        (explicit("FUNCTION", "1"), "line 6: EDGE_WEIGHT_FORMAT: one of FULL_MATRIX"),
        (explicit("UPPER_ROW", "1 2 3\n4 5"), "line 9: UPPER_ROW of 4 cities has 6 weights; got 5"),
        (explicit("UPPER_ROW", "1 2 3\n4 5 6 7"), "line 9: UPPER_ROW of 4 cities has 6 weights; got 7"),
        (explicit("UPPER_ROW", "1 2 3\n4 5 6.5"), "line 9: a weight, a whole number >= 0 wanted; got '6.5'"),
        (explicit("UPPER_ROW", "1 2 3\n4 5 -6"), "line 9: a weight, a whole number >= 0 wanted; got '-6'"),
        (explicit("FULL_MATRIX", "0 1 2 3 1 0 4 5 2 4 0 7 3 5 6 0"), "7 from city 3 to 4, 6 back"),
        (explicit("UPPER_ROW", "").replace("EDGE_WEIGHT_SECTION\n", ""), "has no EDGE_WEIGHT_SECTION"),
    ],
)
def test_wrong_problems(text, message, tmp_path):
    with pytest.raises(DataError) as error:
        read_tsplib(written(tmp_path, text))
    assert str(error.value).startswith("four.tsp: ")
    assert message in str(error.value)


def test_a_tour(tmp_path):
    for order in ("2\n4\n1\n3\n-1", "2 4 1 3 -1\n-1", "2 4 1 3"):
        found = read_tour(written(tmp_path, tour(order)))
        assert found.tolist() == [1, 3, 0, 2]
        assert found.dtype == np.int64


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (tour("1 2 3 -1"), "visits 3 cities, DIMENSION is 4"),
        (tour("1 2\n3 2 -1"), "line 5: city 2 was visited in line 4 already"),
        (tour("1 2 3 5 -1"), "line 4: a city, 1 to 4, or -1 at the end wanted; got '5'"),
        (tour("1 2 3 0 -1"), "got '0'"),
        (tour("1 2 3 x -1"), "got 'x'"),
        (tour("1 2 3 4 -1 1"), "line 4: the end of the file after -1, as one tour is read, wanted; got '1'"),
        (tour("").replace("TOUR_SECTION\n", ""), "has no TOUR_SECTION"),
        (placed("EUC_2D"), "line 2: TYPE: one of TOUR wanted; got 'TSP'"),
    ],
)
def test_wrong_tours(text, message, tmp_path):
    with pytest.raises(DataError) as error:
        read_tour(written(tmp_path, text))
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("distances", "message"),
    [
        (np.zeros((2, 2)), "n >= 3"),
        (np.zeros((3, 4)), "(n, n)"),
        ([[0, 1, 2], [1, 0, 3], [2, 4, 0]], "3 from 1 to 2, 4 back"),
        ([[0, 1, 2], [1, 5, 3], [2, 3, 0]], "5 for 1"),
        ([[0, np.nan, 2], [1, 0, 3], [2, 4, 0]], "nan between 0 and 1"),
        ([[0, -1, 2], [-1, 0, 3], [2, 3, 0]], "-1 between 0 and 1"),
        ([["a"] * 3] * 3, "numbers"),
        ([[0, 1, 2], [1, 0]], "distances must be an array; got rows of different lengths"),
    ],
)
def test_bad_distances(distances, message):
    with pytest.raises(DataError) as error:
        Cities("", None, distances)
    assert message in str(error.value)


def test_cities(rng):
    cities = random_cities(20, random_state=1)
    assert cities.coordinates.min() >= 0
    assert cities.coordinates.max() < 1
    tours = np.array([rng.permutation(20) for _ in range(6)]).reshape(2, 3, 20)
    expected = [[naive.length(cities.distances, tour) for tour in row] for row in tours]
    np.testing.assert_allclose(cities.length(tours), expected)
    np.testing.assert_array_equal(random_cities(20, random_state=1).coordinates, cities.coordinates)
    for bad in ([0, 1], np.arange(20.0), np.r_[np.arange(19), 20], np.r_[np.arange(19), 0]):
        with pytest.raises(InvalidParameter, match="order"):
            cities.length(bad)
    for coordinates in (np.zeros((4, 3)), [[0, 0], [1, np.inf], [1, 1]], [[0, 0], [1]], [["a", "b"]] * 3, None):
        with pytest.raises(DataError, match="Cities: coordinates must be"):
            Cities.from_coordinates(coordinates)
    with pytest.raises(DataError, match=r"\(20, 2\)"):
        Cities("", np.zeros((19, 2)), cities.distances)
    with pytest.raises(InvalidParameter, match="n must"):
        random_cities(2)
