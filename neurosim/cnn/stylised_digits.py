"""Ten digits as bitmaps of 7 x 12 pixels: what LeNet-5's last hidden layer shall say for each class.

The idea is the paper's, that similar characters have similar codes; the bitmaps are drawn by us, not copied from its
figure 3.
"""

import numpy as np

_DRAWN = """
..###.. ...#... ..###.. ..###.. ....##. ####### ..###.. ####### ..###.. ..###..
.#...#. ..##... .#...#. .#...#. ...#.#. #...... .#...#. ......# .#...#. .#...#.
#.....# .#.#... #.....# ......# ...#.#. #...... #...... ......# #.....# #.....#
#.....# ...#... ......# ......# ..#..#. #...... #...... .....#. #.....# #.....#
#.....# ...#... ......# .....#. ..#..#. #.###.. #.###.. .....#. .#...#. #.....#
#.....# ...#... .....#. ...##.. .#...#. ##...#. ##...#. ....#.. ..###.. .#...##
#.....# ...#... ....#.. .....#. .#...#. ......# #.....# ....#.. .#...#. ..###.#
#.....# ...#... ...#... ......# ####### ......# #.....# ...#... #.....# ......#
#.....# ...#... ..#.... ......# .....#. ......# #.....# ...#... #.....# ......#
#.....# ...#... .#..... ......# .....#. #.....# #.....# ..#.... #.....# ......#
.#...#. ...#... #...... .#...#. .....#. .#...#. .#...#. ..#.... .#...#. .#...#.
..###.. .#####. ####### ..###.. .....#. ..###.. ..###.. ..#.... ..###.. ..###..
"""


def stylised_digits() -> np.ndarray:
    """Return the bitmaps of the digits 0 to 9, (10, 12, 7) float64: 1 is ink, -1 is paper.

    Examples
    --------
    >>> from neurosim.cnn.stylised_digits import stylised_digits
    >>> for row in stylised_digits()[7, ::3]:
    ...     print("".join("#" if ink > 0 else "." for ink in row))
    #######
    .....#.
    ....#..
    ..#....
    """
    rows = [line.split() for line in _DRAWN.strip().splitlines()]
    return np.array([[[1.0 if c == "#" else -1.0 for c in row[d]] for row in rows] for d in range(10)])
