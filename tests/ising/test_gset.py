"""The 71 graphs of the Gset against what was published: hashes, facts that can be counted, and the files."""

import hashlib
import json
import time
from pathlib import Path

import numpy as np
import pytest

from neurosim.core.errors import InvalidParameter
from neurosim.ising import BEST_KNOWN_CUTS, IsingModel, gset, read_graph
from neurosim.ising.best_known import CERTIFIED, PROVEN
from neurosim.ising.graphbase import GraphBaseRandom
from neurosim.ising.rudy import GSET

# vertices, edges, and the start of the SHA-256 of all (i, j, weight). All 71 were compared with the published files;
# four of those (58, 59, 63 and 64) are cut short, and all edges that they do hold are there.
PUBLISHED = {
    1: (800, 19176, "103001b04b5e68ed"),
    2: (800, 19176, "6ebb7a5067a0e814"),
    3: (800, 19176, "66b4700aad50aedd"),
    4: (800, 19176, "9e3062af5b4dd4e0"),
    5: (800, 19176, "ac547b8fb234429d"),
    6: (800, 19176, "4ce5b35d422249fb"),
    7: (800, 19176, "5432cbd6ce76e694"),
    8: (800, 19176, "ad4af233d33b449d"),
    9: (800, 19176, "2219b5ce868d7496"),
    10: (800, 19176, "0ec7c90a4f22a58f"),
    11: (800, 1600, "a55fabf6f5ed566c"),
    12: (800, 1600, "4d20d0f1c46a9a06"),
    13: (800, 1600, "56ffbfdbfcc4e1e6"),
    14: (800, 4694, "7d6d3e2190295559"),
    15: (800, 4661, "24aaad749bbef3d4"),
    16: (800, 4672, "aa97560e838e27a5"),
    17: (800, 4667, "41ad16c69785c89e"),
    18: (800, 4694, "74c1f92d2a1a6577"),
    19: (800, 4661, "79a2daf07e351cf9"),
    20: (800, 4672, "e477397aa3b2173e"),
    21: (800, 4667, "1d3376271d309356"),
    22: (2000, 19990, "0a258972f5592a6b"),
    23: (2000, 19990, "2c75a46611efbb5f"),
    24: (2000, 19990, "ee098e74e2698f4a"),
    25: (2000, 19990, "183ed6a0ff3a6668"),
    26: (2000, 19990, "62f2d1a6a6fc3de2"),
    27: (2000, 19990, "7a7c4bc1997a39ea"),
    28: (2000, 19990, "94cedebafdc3a1bf"),
    29: (2000, 19990, "c75f9caf4c243be1"),
    30: (2000, 19990, "9f6d422398d32cc2"),
    31: (2000, 19990, "a6e0bab8131ef1d2"),
    32: (2000, 4000, "0b719fcca9d87a7c"),
    33: (2000, 4000, "f125dc2a8693d1e7"),
    34: (2000, 4000, "e04a40bccaa2bb4a"),
    35: (2000, 11778, "4d7534f1a91c65fe"),
    36: (2000, 11766, "0e0cb79f5fbea746"),
    37: (2000, 11785, "05fe204000b7e1e9"),
    38: (2000, 11779, "c0e6689f8d0e9623"),
    39: (2000, 11778, "e71b64bcb1f2cf39"),
    40: (2000, 11766, "bc13702b5b70e254"),
    41: (2000, 11785, "f857a99e73a23604"),
    42: (2000, 11779, "5d9259402523b50f"),
    43: (1000, 9990, "00c51e7179d562fe"),
    44: (1000, 9990, "52ecad93a7e67628"),
    45: (1000, 9990, "8428e96f6c39d38c"),
    46: (1000, 9990, "fed037ea32e1c6e7"),
    47: (1000, 9990, "c662c0ed220ab79b"),
    48: (3000, 6000, "e0fef19096116b10"),
    49: (3000, 6000, "72c302d2b34d10b5"),
    50: (3000, 6000, "7921232d702c625f"),
    51: (1000, 5909, "78720d28dc345d6b"),
    52: (1000, 5916, "1761c08bb282ee19"),
    53: (1000, 5914, "fae481f5d3d82794"),
    54: (1000, 5916, "09d3ede48a526003"),
    55: (5000, 12498, "9365aad3248a98a6"),
    56: (5000, 12498, "7ba765a483add1a7"),
    57: (5000, 10000, "95c54b4689931fdd"),
    58: (5000, 29570, "cc4bd92fe11e8094"),
    59: (5000, 29570, "11a4b4bf1e82d048"),
    60: (7000, 17148, "41d9de8e988cc19c"),
    61: (7000, 17148, "e1d344eed8d6888d"),
    62: (7000, 14000, "931954986b0979f9"),
    63: (7000, 41459, "099fbb3c977104f2"),
    64: (7000, 41459, "3742b08848c46f3d"),
    65: (8000, 16000, "19ad4d80f2c304a4"),
    66: (9000, 18000, "1f4d4c406b5bcb30"),
    67: (10000, 20000, "48f45314a4f277a7"),
    70: (10000, 9999, "aa89864766de53db"),
    72: (10000, 20000, "3313115cba89880f"),
    77: (14000, 28000, "65c91d3707666d60"),
    81: (20000, 40000, "21f46a0db4ea9afb"),
}


def digest(graph):
    rows = np.column_stack([graph.edges, graph.weights]).astype("<i8")
    return hashlib.sha256(rows.tobytes()).hexdigest()[:16]


@pytest.mark.parametrize("number", sorted(PUBLISHED))
def test_the_graph_is_the_published_one(number):
    graph = gset(number)
    assert (graph.n_vertices, graph.n_edges, digest(graph)) == PUBLISHED[number]
    assert graph.weights.dtype == np.int64


@pytest.mark.parametrize("number", [1, 2, 3, 6, 11, 14, 22, 32, 43, 48, 55, 70, 81])
def test_the_graph_is_that_of_the_file(data_folder, number):
    path = data_folder / "gset" / f"G{number}.gz"
    if not path.is_file():
        pytest.skip(f"{path} is not here")
    published, ours = read_graph(path), gset(number)
    assert published.n_vertices == ours.n_vertices
    np.testing.assert_array_equal(published.edges, ours.edges)
    np.testing.assert_array_equal(published.weights, ours.weights)


@pytest.mark.parametrize(("number", "seconds"), [(1, 0.2), (63, 1.0), (81, 1.0)])
def test_graphs_are_made_at_once(number, seconds):
    elapsed = []
    for _ in range(3):
        start = time.process_time()
        gset(number)
        elapsed.append(time.process_time() - start)
    assert min(elapsed) < seconds


@pytest.mark.parametrize("number", [0, 68, 82, -1, "1", 1.0, True, None])
def test_there_is_no_other_graph(number):
    with pytest.raises(InvalidParameter, match=r"gset: number must be 1 \.\.\. 67, 70, 72, 77 or 81; got"):
        gset(number)


def test_the_random_numbers_pass_knuths_own_check():
    random = GraphBaseRandom(-314159)
    assert random.next(1).tolist() == [119318998]
    random.next(133)
    assert random.below(0x55555555, 1).tolist() == [748103812]


@pytest.mark.parametrize("sizes", [[1] * 200, [3, 54, 55, 56, 110, 1], [0, 200]])
def test_random_numbers_come_in_one_sequence(sizes):
    random = GraphBaseRandom(8001)
    parts = np.concatenate([random.next(size) for size in sizes])
    np.testing.assert_array_equal(parts, GraphBaseRandom(8001).next(sum(sizes)))


def test_numbers_below_a_bound_refuse_the_uneven_rest():
    bound = 2**30 + 1  # nearly half of all numbers lie beyond the largest multiple
    raw = GraphBaseRandom(5).next(200)
    wanted = raw[raw < bound]
    assert 60 < len(wanted) < 140
    np.testing.assert_array_equal(GraphBaseRandom(5).below(bound, len(wanted)), wanted)


def parity(rows, columns):
    return 1 - 2 * (np.add.outer(np.arange(rows), np.arange(columns)) % 2).ravel()


@pytest.mark.parametrize(("number", "sides"), [(48, (50, 60)), (49, (30, 100)), (50, (25, 120))])
def test_the_proven_cuts_are_those_of_all_sites_of_one_parity(number, sides):
    assert number in PROVEN
    assert gset(number).cut(parity(*sides)) == BEST_KNOWN_CUTS[number]
    odd_rings = sum(other for side, other in (sides, sides[::-1]) if side % 2)
    assert BEST_KNOWN_CUTS[number] == gset(number).n_edges - odd_rings


def test_the_tables_name_the_same_graphs():
    assert set(BEST_KNOWN_CUTS) == set(GSET) == set(PUBLISHED)
    assert len(GSET) == 71
    assert set(GSET) >= CERTIFIED | PROVEN


def descend(model, rng):
    """Return a state that no single flip improves, by steepest descent."""
    spins = rng.choice(np.array([-1, 1], dtype=np.int8), model.n_spins)
    fields = model.local_fields(spins)
    rows = model.couplings
    while (gains := -spins * fields).max() > 0:
        i = int(gains.argmax())
        spins[i] *= -1
        row = slice(rows.indptr[i], rows.indptr[i + 1])
        fields[rows.indices[row]] += 2 * spins[i] * rows.data[row]
    return spins


@pytest.mark.parametrize("number", [1, 6, 11, 14, 18, 22, 27, 32, 35, 39, 43, 51])
def test_a_local_optimum_comes_near_the_best_known_cut_and_not_above(number, rng):
    graph = gset(number)
    model = IsingModel.from_graph(graph)
    state = descend(model, rng)
    cut = graph.cut(state)
    triples = zip(graph.edges.tolist(), graph.weights.tolist(), strict=True)
    assert cut == sum(w for (i, j), w in triples if state[i] != state[j])
    assert cut == model.cut(state) == (graph.weights.sum() - model.energy(state)) / 2
    assert 0.65 * BEST_KNOWN_CUTS[number] < cut <= BEST_KNOWN_CUTS[number]


CERTIFICATES = json.loads((Path(__file__).parent / "certificates.json").read_text())


@pytest.mark.parametrize("number", [1, 81])
def test_certificates_cut_what_they_say(number):
    """A side for every vertex, the first in the highest bit."""
    kept = CERTIFICATES[str(number)]
    graph = gset(number)
    sides = np.unpackbits(np.frombuffer(bytes.fromhex(kept["sides"]), np.uint8))[: graph.n_vertices]
    assert graph.cut(sides, coding="binary") == kept["cut"] == BEST_KNOWN_CUTS[number]
    i, j = graph.edges.T
    assert graph.weights[sides[i] != sides[j]].sum() == kept["cut"]
