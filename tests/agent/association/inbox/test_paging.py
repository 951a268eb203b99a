"""Long lists come in parts, and a part that is not there is the nearest one."""

import pytest

from agent.association.web.paging import part_of


@pytest.mark.parametrize(
    ("wanted", "items", "number"),
    [
        ("", [1, 2], 1),
        ("2", [3, 4], 2),
        ("3", [5], 3),
        ("9", [5], 3),
        ("0", [1, 2], 1),
        ("-1", [1, 2], 1),
        ("二", [1, 2], 1),
    ],
)
def test_a_list_in_parts(wanted: str, items: list[int], number: int) -> None:
    part = part_of([1, 2, 3, 4, 5], wanted, at_once=2)
    assert (list(part.items), part.number, part.count) == (items, number, 3)


def test_an_empty_list_has_one_empty_part() -> None:
    nothing: list[int] = []
    part = part_of(nothing, "7")
    assert (list(part.items), part.number, part.count) == ([], 1, 1)
