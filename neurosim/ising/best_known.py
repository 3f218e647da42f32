"""The largest cuts of the Gset graphs that have been published.

Collected from the reference tables of the public projects AOCoptimizer and openising. Another list has 11632 for G5,
2175 for G6 and 13349 for G25; later papers are said to reach 9595 on G70, which was not checked against them.
"""

#: The largest published cut of each Gset graph by its number.
BEST_KNOWN_CUTS: dict[int, int] = {
    1: 11624, 2: 11620, 3: 11622, 4: 11646, 5: 11631, 6: 2178, 7: 2006, 8: 2005, 9: 2054, 10: 2000,
    11: 564, 12: 556, 13: 582, 14: 3064, 15: 3050, 16: 3052, 17: 3047, 18: 992, 19: 906, 20: 941,
    21: 931, 22: 13359, 23: 13344, 24: 13337, 25: 13340, 26: 13328, 27: 3341, 28: 3298, 29: 3405, 30: 3413,
    31: 3310, 32: 1410, 33: 1382, 34: 1384, 35: 7687, 36: 7680, 37: 7691, 38: 7688, 39: 2408, 40: 2400,
    41: 2405, 42: 2481, 43: 6660, 44: 6650, 45: 6654, 46: 6649, 47: 6657, 48: 6000, 49: 6000, 50: 5880,
    51: 3848, 52: 3851, 53: 3850, 54: 3852, 55: 10299, 56: 4017, 57: 3494, 58: 19293, 59: 6086, 60: 14188,
    61: 5796, 62: 4870, 63: 27045, 64: 8751, 65: 5562, 66: 6364, 67: 6950, 70: 9591, 72: 7008, 77: 9940,
    81: 14060,
}  # fmt: skip

# A published state of this cut was evaluated on the graph that `gset` returns.
CERTIFIED = frozenset({1, 2, 3, 4, 72, 77, 81})

# No cut can be larger: G48 and G49 are bipartite, and in G50 every one of 120 rings of 25 vertices loses one edge.
PROVEN = frozenset({48, 49, 50})
