"""A cell of a sheet and its place, and the tables that rows of cells make. Mistakes name the cell."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from agent.settings.mistakes import Mistake
from agent.texts.sentences import Sentence, Words, say

Content = str | Decimal | datetime | None


@dataclass(frozen=True, slots=True)
class Cell:
    """What a cell holds, and where it stands: `readings.xlsx:Sheet1!C7` or `readings.csv:7:3`. None is empty.

    `problem` says why what stands there cannot be taken, such as a formula that gives an error.
    """

    content: Content
    place: str
    problem: Sentence | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing stands there."""
        return self.content is None and not self.problem

    def mistake(self, message: Words, hint: Words | None = None) -> Mistake:
        """A mistake at this cell."""
        return Mistake(Path(self.place), 0, 0, message, hint)


@dataclass(frozen=True, slots=True)
class Grid:
    """A sheet: its header cells, and the rows under it, each as long as the header."""

    name: str
    header: Sequence[Cell]
    rows: Sequence[Sequence[Cell]]


def grid_of(name: str, rows: Sequence[Sequence[Cell]], mistakes: list[Mistake]) -> Grid | None:
    """The grid whose header is the first row with anything in it; None where there is none.

    Empty rows are left out. A cell beyond the header is a mistake: nobody has said what it is.
    """
    filled = [row for row in rows if any(not cell.is_empty for cell in row)]
    if not filled:
        return None
    width = max(index + 1 for index, cell in enumerate(filled[0]) if not cell.is_empty)
    header = filled[0][:width]
    mistakes.extend(cell.mistake(say("column_without_heading")) for cell in header if cell.is_empty)
    for row in filled[1:]:
        stray = (cell for cell in row[width:] if not cell.is_empty)
        mistakes.extend(cell.mistake(say("outside_table"), say("give_heading")) for cell in stray)
    return Grid(name, header, [row[:width] for row in filled[1:]])
