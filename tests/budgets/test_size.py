"""The caps on the size of files, functions and classes, over everything that we ship."""

import ast
import statistics
from pathlib import Path

ROOT = Path(__file__).parents[2]
FILE_CAP = 400
FILE_MEDIAN = 120
FUNCTION_CAP = 40
PUBLIC_METHODS_CAP = 10


def shipped_files() -> list[Path]:
    return sorted(path for package in ("agent", "collectors") for path in (ROOT / package).rglob("*.py"))


def oversized(source: str, name: str) -> list[str]:
    """Everything in one file that is over a cap, as sentences."""
    lines = len(source.splitlines())
    found = [f"{name}: {lines} lines, cap {FILE_CAP}"] if lines > FILE_CAP else []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_CAP:
                found.append(f"{name}: function {node.name} has {length} lines, cap {FUNCTION_CAP}")
        elif isinstance(node, ast.ClassDef):
            public = [item for item in node.body if _is_public_method(item)]
            if len(public) > PUBLIC_METHODS_CAP:
                found.append(f"{name}: class {node.name} has {len(public)} public methods, cap {PUBLIC_METHODS_CAP}")
    return found


def _is_public_method(item: ast.stmt) -> bool:
    return isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef) and not item.name.startswith("_")


def test_nothing_is_over_its_cap() -> None:
    files = shipped_files()
    assert files
    found = [
        sentence
        for path in files
        for sentence in oversized(path.read_text(encoding="utf-8"), str(path.relative_to(ROOT)))
    ]
    assert found == []


def test_the_median_file_is_small() -> None:
    sizes = [len(path.read_text(encoding="utf-8").splitlines()) for path in shipped_files()]
    assert statistics.median(sizes) <= FILE_MEDIAN


def test_a_planted_violation_of_each_cap_is_found() -> None:
    long_function = "def f() -> None:\n" + "    x = 1\n" * FUNCTION_CAP
    long_file = "x = 1\n" * (FILE_CAP + 1)
    wide_class = "class C:\n" + "".join(
        f"    def m{index}(self) -> None: ...\n" for index in range(PUBLIC_METHODS_CAP + 1)
    )
    assert oversized(long_function, "a") == ["a: function f has 41 lines, cap 40"]
    assert oversized(long_file, "b") == ["b: 401 lines, cap 400"]
    assert oversized(wide_class, "c") == ["c: class C has 11 public methods, cap 10"]
