"""Copies of a rules file with one sign or comparison turned round, to see that the tests would notice."""

import ast
import types
from collections.abc import Iterator
from pathlib import Path

FLIPS = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Gt: ast.LtE, ast.Lt: ast.GtE, ast.Mult: ast.Div, ast.Div: ast.Mult}


def sign_flips(path: Path) -> Iterator[tuple[str, types.ModuleType]]:
    """Yield a description and the module for every operator of the file that can be turned round."""
    source = path.read_text()
    places = [i for i, node in enumerate(ast.walk(ast.parse(source))) if _flip(node)]
    for place in places:
        tree = ast.parse(source)
        node = list(ast.walk(tree))[place]
        before = ast.unparse(node)
        field, value = _flip(node)
        setattr(node, field, value)
        module = types.ModuleType("mutant")
        exec(compile(tree, "mutant", "exec"), module.__dict__)
        yield f"line {node.lineno}: {before} -> {ast.unparse(node)}", module


def _flip(node):
    if isinstance(node, ast.BinOp) and type(node.op) in FLIPS:
        return "op", FLIPS[type(node.op)]()
    if isinstance(node, ast.Compare) and type(node.ops[0]) in FLIPS:
        return "ops", [FLIPS[type(node.ops[0])]()]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return "op", ast.UAdd()
    return None
