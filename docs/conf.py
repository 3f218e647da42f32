"""Sphinx: run by `make docs`, with warnings as errors. Nothing here needs the network or runs a model."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import neurosim

project = "neurosim"
author = "the neurosim developers"
copyright = author
version = release = neurosim.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.mathjax",
    "numpydoc",
    "myst_parser",
    "ext_generated",  # beside this file: help texts, API and claims become pages
]
default_role = "literal"  # `name` in a docstring
exclude_patterns = ["_build", "_generated"]
suppress_warnings = ["config.cache"]

myst_enable_extensions = ["amsmath", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the docstrings say it in the field's words
numpydoc_show_class_members = False
python_maximum_signature_line_length = 88

html_theme = "furo"
html_title = f"neurosim {version}"
html_copy_source = False
html_show_sphinx = False
