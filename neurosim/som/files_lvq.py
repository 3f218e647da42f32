"""Codebook files of LVQ_PAK (.cod): the dimension, then a line for each prototype, its numbers and its label."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from neurosim.core import checks
from neurosim.core.errors import InvalidParameter
from neurosim.datasets.dataset import MISSING_LABELS
from neurosim.datasets.files import problem
from neurosim.datasets.sompak import read_dat
from neurosim.som.files_sompak import write_text
from neurosim.som.lvq import LVQ

WHOLE = re.compile(r"0|-?[1-9][0-9]{0,17}")


def write_lvq(model: LVQ, path: str | os.PathLike[str], *, digits: int | None = None) -> Path:
    """Write the prototypes of a model as a codebook of LVQ_PAK and return its path.

    Parameters
    ----------
    model : LVQ
        Fitted. Its labels have to be words without blanks, or numbers; NA and nan mean a missing label.
    path : path
        The file; an older one stays whole until the new one is complete. With the ending .gz it is compressed.
    digits : int >= 1 or None, default None
        Significant digits: 6 are LVQ_PAK's own, None as many as are needed to read the same numbers back.

    Raises
    ------
    InvalidParameter
        If a label does not go into the format.

    Examples
    --------
    >>> import os, tempfile
    >>> from neurosim.som.files_lvq import read_lvq, write_lvq
    >>> from neurosim.som.lvq import LVQ
    >>> model = LVQ.from_codebook([[0.0, 0.5], [1.0, 2.0]], ["low", "high"])
    >>> path = write_lvq(model, os.path.join(tempfile.mkdtemp(), "two.cod"))
    >>> path.read_text().splitlines()
    ['2 lvq', '0.0 0.5 low ', '1.0 2.0 high ']
    >>> read_lvq(path).predict([[0.2, 0.2]])
    array(['low'], dtype='<U4')
    """
    check_is_fitted(model)
    if digits is not None:
        checks.at_least("write_lvq", "digits", digits, 1)
    return write_text(path, _lines(model, str if digits is None else f"%.{digits}g".__mod__))


def _lines(model: LVQ, spell: Any) -> Iterator[str]:
    """Yield the lines; LVQ_PAK ends every number and every label with a blank."""
    yield f"{model.prototypes_.shape[1]} lvq\n"
    for row, label in zip(model.prototypes_, model.prototype_labels_.tolist(), strict=True):
        word = str(label)
        bare = word.split() == [word] and word.isprintable() and not word.startswith(("weight=", "fixed="))
        if not bare or word.lower() in MISSING_LABELS:
            wanted = "printable words without blanks, no weight= or fixed=, not NA or nan"
            raise InvalidParameter("write_lvq", "labels", word, wanted)
        yield "".join(f"{spell(value)} " for value in row) + f"{word} \n"


def read_lvq(path: str | os.PathLike[str], **parameters: Any) -> LVQ:
    """Read a codebook of LVQ_PAK, or a map of SOM_PAK whose units all have labels, as a model that can classify.

    Parameters
    ----------
    path : path
        The file, plain or with the ending .gz. What follows the dimension in its first line does not count, and of
        several labels only the first does.
    **parameters
        Of the model; they matter only if it is trained on.

    Returns
    -------
    LVQ
        With float64 prototypes; integer labels if all of them are integers, else str.

    Raises
    ------
    DataError
        With file and line, if a line has too few numbers, a missing one, or no label, or all labels are the same.
    """
    file = Path(path)
    found = read_dat(file)
    labels = found.labels if found.labels is not None else np.full(len(found.data), "")
    words = [(str(label).split() or [""])[0] for label in labels]
    for number, (row, word) in enumerate(zip(found.data, words, strict=True), 1):
        if not np.isfinite(row).all():
            raise problem(file, f"prototype {number} has a missing or infinite number")
        if not word:
            raise problem(file, f"prototype {number} has no label")
    if len(set(words)) < 2:
        raise problem(file, f"all prototypes have the label {words[0]}; two classes are needed")
    whole = all(WHOLE.fullmatch(word) for word in words)
    return LVQ.from_codebook(found.data, [int(word) for word in words] if whole else words, **parameters)
