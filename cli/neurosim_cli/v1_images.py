"""Pictures and fields as the verbs of `neurosim v1` read them."""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from neurosim.core.errors import DataError

CHINA = "china.jpg, scikit-learn's photograph by danielbuechele (CC BY 2.0)"
LUMINANCE = np.array([0.299, 0.587, 0.114])  # of red, green and blue (ITU-R BT.601)


@dataclass(frozen=True)
class Picture:
    """A picture with values from 0 to 1, or those of an array.

    Attributes
    ----------
    name : str
    pixels : (rows, columns) or (rows, columns, 3) float64 array
    credit : str
        Of the picture that comes with an installed package, "" of others.
    """

    name: str
    pixels: np.ndarray
    credit: str = ""

    @property
    def grey(self) -> np.ndarray:
        """The luminance, (rows, columns)."""
        return self.pixels if self.pixels.ndim == 2 else np.asarray(self.pixels @ LUMINANCE)


def picture(source: str | None) -> Picture:
    """Return the picture of a file, or the photograph that comes with scikit-learn."""
    if source is None:
        spec = find_spec("sklearn")
        if spec is None or spec.origin is None:
            raise DataError("scikit-learn, with its photograph china.jpg, is not installed; name an IMAGE")
        return Picture("china.jpg", _drawn(Path(spec.origin).parent / "datasets" / "images" / "china.jpg"), CHINA)
    path = Path(source)
    if not path.is_file():
        raise FileNotFoundError(f"{source}: no such file")
    pixels = _array(path) if path.suffix.lower() == ".npy" else _drawn(path)
    if min(pixels.shape[:2]) < 2:
        raise DataError(f"{source}: a picture of 2 x 2 pixels or more is needed; got {pixels.shape[:2]}")
    return Picture(path.name, pixels)


def fields(source: str) -> np.ndarray:
    """Return receptive fields of a .npy file, (n, rows, columns) float64."""
    path = Path(source)
    if path.suffix.lower() != ".npy":
        raise DataError(f"{source}: fields are read from a .npy file, (rows, columns) or (n, rows, columns)")
    values = _load(path)
    values = values[None] if values.ndim == 2 else values
    if values.ndim != 3 or not values.size:
        raise DataError(f"{source}: fields must be (rows, columns) or (n, rows, columns); got {values.shape}")
    if values.dtype.kind not in "buif":
        raise DataError(f"{source}: fields must be real numbers; got {values.dtype} (take the real or imaginary part)")
    return values.astype(np.float64)


def _drawn(path: Path) -> np.ndarray:
    """Return a picture that Pillow reads, (rows, columns) or (rows, columns, 3), from 0 to 1."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as opened:
            deep = opened.mode.startswith("I") or opened.mode == "F"
            grey = deep or opened.mode in ("1", "L", "LA")
            pixels = np.asarray(opened if deep else opened.convert("L" if grey else "RGB"), np.float64)
    except (UnidentifiedImageError, Image.DecompressionBombError, SyntaxError) as error:
        raise DataError(f"{path}: is no picture that Pillow reads, nor a .npy file ({error})") from error
    return pixels / (65535.0 if deep and pixels.max() > 255 else 255.0)


def _array(path: Path) -> np.ndarray:
    """Return a picture of a .npy file; of whole numbers of 8 or 16 bits from 0 to 1, of others as they are."""
    values = _load(path)
    if values.ndim == 3 and values.shape[2] == 4:
        values = values[..., :3]
    if values.ndim not in (2, 3) or (values.ndim == 3 and values.shape[2] != 3) or values.dtype.kind not in "buif":
        raise DataError(
            f"{path}: a picture is (rows, columns) or (rows, columns, 3) of real numbers; got {values.shape}"
        )
    if not np.isfinite(values).all():
        raise DataError(f"{path}: holds NaN or infinity")
    most = float(np.iinfo(values.dtype).max) if values.dtype in (np.uint8, np.uint16) else 1.0
    return values.astype(np.float64) / most


def _load(path: Path) -> Any:
    """Return the array of a .npy file."""
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file")
    try:
        return np.load(path, allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise DataError(f"{path}: is no .npy file that can be read ({error})") from error
