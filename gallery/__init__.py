"""Published figures drawn again, each script with a table of claims: what the paper says and what we measure.

``python -m gallery`` runs the scripts that changed. A script is named author_year_topic where one paper stands behind
it, and has ``main(fast=False)``, which returns a figure and its claims; `gallery.claims` does the rest.
"""
