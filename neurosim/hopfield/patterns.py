"""Patterns to store: letters as pictures, random patterns, and noise."""

from typing import Any

import numpy as np

from neurosim.core import checks
from neurosim.core.errors import DataError, InvalidParameter
from neurosim.core.random import seed_from, uniform

__all__ = ["corrupt", "letters", "random_patterns", "unlike_letters"]

CODINGS = {"spin": (-1, 1), "binary": (0, 1)}
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
LETTER_SHAPE = (12, 10)  # rows and columns of a letter
FIRST = "ACJMX"  # five that are little alike: no overlap of two exceeds 0.3
DRAWN = """
....##.... ########.. ..#######. #######... ########## ########## ..#######. ##......## .########.
...####... #########. .######### #########. ########## ########## .######### ##......## .########.
...####... ##.....##. ###.....## ##.....##. ##........ ##........ ###.....## ##......## ....##....
..##..##.. ##.....##. ##........ ##......## ##........ ##........ ##........ ##......## ....##....
..##..##.. ##....##.. ##........ ##......## ##........ ##........ ##........ ##......## ....##....
.##....##. ########.. ##........ ##......## ########.. ########.. ##...##### ########## ....##....
.##....##. #########. ##........ ##......## ########.. ########.. ##...##### ########## ....##....
.########. ##.....### ##........ ##......## ##........ ##........ ##......## ##......## ....##....
########## ##......## ##........ ##......## ##........ ##........ ##......## ##......## ....##....
##......## ##......## ###.....## ##.....##. ##........ ##........ ###.....## ##......## ....##....
##......## #########. .######### #########. ########## ##........ .######### ##......## .########.
##......## ########.. ..#######. #######... ########## ##........ ..######.. ##......## .########.

....###### ##.....### ##........ ##......## ##......## ..######.. ########.. ..######.. ########..
....###### ##....###. ##........ ###....### ###.....## .########. #########. .########. #########.
......##.. ##...###.. ##........ ####..#### ####....## ###....### ##.....### ###....### ##.....###
......##.. ##..###... ##........ ########## #####...## ##......## ##......## ##......## ##......##
......##.. ##.###.... ##........ ##.####.## ##.##...## ##......## ##......## ##......## ##.....###
......##.. #####..... ##........ ##..##..## ##..##..## ##......## ##.....### ##......## #########.
......##.. #####..... ##........ ##......## ##..##..## ##......## #########. ##......## ########..
......##.. ##.###.... ##........ ##......## ##...##.## ##......## ########.. ##..##..## ##.###....
##....##.. ##..###... ##........ ##......## ##...##### ##......## ##........ ##..###.## ##..###...
##....##.. ##...###.. ##........ ##......## ##....#### ###....### ##........ ###..##### ##...###..
########.. ##....###. ########## ##......## ##.....### .########. ##........ .########. ##....###.
.######... ##.....### ########## ##......## ##......## ..######.. ##........ ..#####.## ##.....###

..#######. ########## ##......## ##......## ##......## ##......## ##......## ########## ..######..
.######### ########## ##......## ##......## ##......## ###....### ##......## ########## .########.
##......## ....##.... ##......## ##......## ##......## .##....##. .##....##. .......### ###....###
##........ ....##.... ##......## .##....##. ##......## ..##..##.. .###..###. ......###. ##.....###
###....... ....##.... ##......## .##....##. ##......## ...####... ..##..##.. .....###.. ##....####
.#######.. ....##.... ##......## .##....##. ##......## ....##.... ...####... ....###... ##...##.##
..#######. ....##.... ##......## ..##..##.. ##..##..## ....##.... ....##.... ...###.... ##.##...##
.......### ....##.... ##......## ..##..##.. ##.####.## ...####... ....##.... ..###..... ####....##
........## ....##.... ##......## ..##..##.. ########## ..##..##.. ....##.... .###...... ###.....##
##......## ....##.... ###....### ...####... ####..#### .##....##. ....##.... ###....... ###....###
#########. ....##.... .########. ...####... ###....### ###....### ....##.... ########## .########.
.#######.. ....##.... ..######.. ....##.... ##......## ##......## ....##.... ########## ..######..

....##.... ..######.. .#######.. .....###.. ########## ...#####.. ########## ..######.. ..######..
...###.... .########. #########. ....####.. ########## ..######.. ########## .########. .########.
..####.... ###....### ##.....### ...##.##.. ##........ .###...... ........## ###....### ###....###
.##.##.... ##......## ........## ..##..##.. ##........ ###....... .......##. ##......## ##......##
....##.... .......### .......##. .##...##.. ########.. ##........ ......###. ###....### ###.....##
....##.... ......###. ...#####.. ##....##.. #########. ########.. ......##.. .########. .#########
....##.... .....###.. ...#####.. ########## .......### #########. .....##... .########. ..########
....##.... ....###... .......##. ########## ........## ##.....### .....##... ###....### ........##
....##.... ..####.... ........## ......##.. ........## ##......## ....##.... ##......## .......###
....##.... .###...... ##.....### ......##.. ##.....### ###....### ....##.... ###....### ......###.
.########. ########## #########. ......##.. #########. .########. ...##..... .########. ..######..
.########. ########## .#######.. ......##.. .#######.. ..######.. ...##..... ..######.. ..#####...
"""


def letters(text: str = FIRST, *, coding: str = "spin") -> np.ndarray:
    """Return pictures of letters and digits, each of 12 rows and 10 columns.

    Strokes are two cells wide, so that about half of the 120 units are on.

    Parameters
    ----------
    text : str, default "ACJMX"
        Letters A to Z, in either case, and digits 0 to 9.
    coding : {"spin", "binary"}, default "spin"
        Values of a unit that is off and on: -1 and +1, or 0 and 1.

    Returns
    -------
    (characters, 120) int8 array
        Row by row; ``letters("A").reshape(LETTER_SHAPE)`` is a picture.

    Raises
    ------
    InvalidParameter
        If `text` is empty or has another character.

    Examples
    --------
    >>> for row in letters("J", coding="binary").reshape(LETTER_SHAPE)[::4]:
    ...     print("".join("-#"[unit] for unit in row))
    ----######
    ------##--
    ##----##--
    """
    checks.one_of("letters", "coding", coding, tuple(CODINGS))
    known = isinstance(text, str) and text != "" and set(text.upper()) <= set(ALPHABET)
    if not known:
        raise InvalidParameter("letters", "text", text, "letters A to Z and digits 0 to 9, at least one")
    return coded(_alphabet()[[ALPHABET.index(character) for character in text.upper()]], coding)


def unlike_letters(count: int) -> str:
    """Return `count` letters and digits that are little alike.

    Up to five are the first of "ACJMX"; each one more has the least largest overlap with those before it.

    Parameters
    ----------
    count : int in [1, 36]

    Examples
    --------
    >>> unlike_letters(5)
    'ACJMX'
    """
    checks.at_least("unlike_letters", "count", count, 1)
    if count > len(ALPHABET):
        raise InvalidParameter("unlike_letters", "count", count, f"at most {len(ALPHABET)}, as many as are drawn")
    spins = letters(ALPHABET).astype(np.int64)
    alike = np.abs(spins @ spins.T)
    chosen = [ALPHABET.index(character) for character in FIRST[:count]]
    while len(chosen) < count:
        worst = alike[chosen].max(axis=0)
        worst[chosen] = spins.shape[1] + 1
        chosen.append(int(worst.argmin()))
    return "".join(ALPHABET[k] for k in chosen)


def random_patterns(
    count: int, n_units: int, *, activity: float = 0.5, coding: str = "spin", random_state: Any = None
) -> np.ndarray:
    """Return patterns whose units are on independently, each with the same probability.

    Parameters
    ----------
    count : int >= 1
    n_units : int >= 1
    activity : float in [0, 1], default 0.5
        Probability that a unit is on.
    coding : {"spin", "binary"}, default "spin"
    random_state : None, int or Generator

    Returns
    -------
    (count, n_units) int8 array
    """
    checks.at_least("random_patterns", "count", count, 1)
    checks.at_least("random_patterns", "n_units", n_units, 1)
    _share("random_patterns", "activity", activity)
    checks.one_of("random_patterns", "coding", coding, tuple(CODINGS))
    return coded(uniform(seed_from(random_state), 0, (count, n_units)) < activity, coding)


def corrupt(
    patterns: Any, noise: float, *, coding: str = "spin", exact: bool = True, random_state: Any = None
) -> np.ndarray:
    """Return patterns of which a share of the units is turned round.

    Parameters
    ----------
    patterns : (patterns, units) or (units,) array
        Of the values of `coding`.
    noise : float in [0, 1]
        Share of the units.
    coding : {"spin", "binary"}, default "spin"
    exact : bool, default True
        Turn round as many different units of every pattern, ``noise * units`` to the nearest integer; or, if False,
        every unit with probability `noise`, so that the number of them is binomial.
    random_state : None, int or Generator

    Returns
    -------
    int8 array of the same shape

    Raises
    ------
    InvalidParameter
        If `noise` is no share.
    DataError
        If `patterns` have other values.

    Examples
    --------
    >>> pattern = letters("X")
    >>> int((corrupt(pattern, 0.1, random_state=1) != pattern).sum())
    12
    """
    _share("corrupt", "noise", noise)
    checks.one_of("corrupt", "coding", coding, tuple(CODINGS))
    given = np.asarray(patterns)
    off, on = CODINGS[coding]
    if given.dtype.kind not in "iufb" or given.ndim not in (1, 2) or not given.size:
        raise DataError(f"corrupt: patterns must be a (patterns, units) array of numbers; got shape {given.shape}")
    if (strange := given[(given != off) & (given != on)]).size:
        raise DataError(f"corrupt: patterns hold {strange.flat[0]}; coding={coding!r} has {off} and {on} alone")
    chance = uniform(seed_from(random_state), 0, given.shape)
    if exact:
        places = chance.argsort(axis=-1, kind="stable")[..., : round(noise * given.shape[-1])]
        turned = np.zeros(given.shape, bool)
        np.put_along_axis(turned, places, True, axis=-1)
    else:
        turned = chance < noise
    return coded((given == on) ^ turned, coding)


def coded(active: np.ndarray, coding: str) -> np.ndarray:
    """Return a boolean array as int8 values of a coding."""
    off, on = CODINGS[coding]
    return np.where(active, np.int8(on), np.int8(off))


def _alphabet() -> np.ndarray:
    """Return all that is drawn, (36, 120) bool."""
    bands = [[line.split() for line in band.splitlines()] for band in DRAWN.strip().split("\n\n")]
    pictures = ["".join(line[place] for line in band) for band in bands for place in range(len(band[0]))]
    return np.array([[cell == "#" for cell in picture] for picture in pictures])


def _share(owner: str, name: str, value: Any) -> None:
    checks.number(owner, name, value, "a number in [0, 1]", least=0.0, below=np.nextafter(1.0, 2.0))
