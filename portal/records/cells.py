"""Values as the cells of a file show them, and as reports and events tell them. Pure."""

from portal.lib.lines import one_line
from portal.records.checking import Value

LONGEST_SHOWN = 80


def show_cell(value: Value) -> str:
    """The cell of a column value: reading it again gives the same value. Numbers have a point and no grouping."""
    return "" if value is None else repr(value) if isinstance(value, float) else str(value)


def shorten(text: str, most: int = LONGEST_SHOWN) -> str:
    """One line of at most ``most`` characters, for a report."""
    line = one_line(text)
    return line if len(line) <= most else line[: most - 1] + "…"
