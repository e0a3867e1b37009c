"""The label papers that people have in their printers.

All lengths are millimetres. ``left`` and ``top`` are the first label's edges, ``pitch_x`` and ``pitch_y`` the distance
from one label's edge to the next one's. The figures are the makers' published templates; nearly all stock is centred on
its page, so where published figures differ the centred value is used and the note says to print a test page first.
"""

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

Paper = Literal["A4", "Letter"]

#: Width and height of the page in mm (ISO 216; ANSI/ASME Y14.1 size A).
PAPER_SIZES: dict[Paper, tuple[float, float]] = {"A4": (210.0, 297.0), "Letter": (215.9, 279.4)}

_TEST_PAGE = "Published figures differ slightly: print a test page on plain paper first."
_NO_SIDE_MARGIN = "The labels reach the edge of the page, so 4 mm beside the edge stay empty."


@dataclass(frozen=True, slots=True)
class Stock:
    """One kind of label sheet. ``off_centre_reason`` is set exactly when opposite margins differ by more than 1 mm."""

    number: str
    maker: str
    name: str
    paper: Paper
    columns: int
    rows: int
    label_width: float
    label_height: float
    left: float
    top: float
    pitch_x: float
    pitch_y: float
    aliases: tuple[str, ...] = ()
    note: str = ""
    off_centre_reason: str = ""

    @property
    def slots(self) -> int:
        """How many labels one sheet holds."""
        return self.columns * self.rows

    @property
    def page_width(self) -> float:
        return PAPER_SIZES[self.paper][0]

    @property
    def page_height(self) -> float:
        return PAPER_SIZES[self.paper][1]

    @property
    def right(self) -> float:
        """The margin that the last column leaves."""
        return self.page_width - self.left - (self.columns - 1) * self.pitch_x - self.label_width

    @property
    def bottom(self) -> float:
        """The margin that the last row leaves."""
        return self.page_height - self.top - (self.rows - 1) * self.pitch_y - self.label_height


_STOCKS: tuple[Stock, ...] = (
    Stock("5160", "Avery", "Address labels", "Letter", 3, 10, 66.68, 25.4, 4.76, 12.7, 69.85, 25.4,
          ("8160", "5520", "6460"), _TEST_PAGE + " 5520 is the weatherproof one."),
    Stock("5161", "Avery", "Address labels, wide", "Letter", 2, 10, 101.6, 25.4, 3.97, 12.7, 106.36, 25.4),
    Stock("5162", "Avery", "Address labels, tall", "Letter", 2, 7, 101.6, 33.87, 3.97, 21.17, 106.36, 33.87),
    Stock("5163", "Avery", "Shipping labels", "Letter", 2, 5, 101.6, 50.8, 3.97, 12.7, 106.36, 50.8, ("8163",)),
    Stock("5164", "Avery", "Shipping labels, large", "Letter", 2, 3, 101.6, 84.67, 3.97, 12.7, 106.36, 84.67),
    Stock("5167", "Avery", "Return address labels", "Letter", 4, 20, 44.45, 12.7, 7.62, 12.7, 52.07, 12.7,
          ("8167", "5267")),
    Stock("8195", "Avery", "Return address labels, tall", "Letter", 4, 15, 44.45, 16.92, 7.54, 13.49, 51.59, 16.92,
          off_centre_reason="The published template of this sheet stands left of and below the middle of the page."),
    Stock("22806", "Avery", "Square labels", "Letter", 3, 4, 50.8, 50.8, 15.88, 15.88, 66.68, 65.6, (), _TEST_PAGE),
    Stock("L7160", "Avery", "Address labels", "A4", 3, 7, 63.5, 38.1, 7.25, 15.15, 66.0, 38.1, ("J8160",)),
    Stock("L7159", "Avery", "Address labels", "A4", 3, 8, 63.5, 33.9, 7.25, 12.9, 66.0, 33.9),
    Stock("L7161", "Avery", "Address labels", "A4", 3, 6, 63.5, 46.6, 7.25, 8.7, 66.0, 46.6),
    Stock("L7162", "Avery", "Address labels, wide", "A4", 2, 8, 99.1, 33.9, 4.65, 12.95, 101.6, 33.9),
    Stock("L7163", "Avery", "Address labels, wide", "A4", 2, 7, 99.1, 38.1, 4.65, 15.15, 101.6, 38.1, (), _TEST_PAGE),
    Stock("L7165", "Avery", "Parcel labels", "A4", 2, 4, 99.1, 67.7, 4.65, 13.05, 101.6, 67.7, ("J8165",)),
    Stock("L7651", "Avery", "Mini labels", "A4", 5, 13, 38.1, 21.2, 4.75, 10.7, 40.6, 21.2, ("L8651", "J8651")),
    Stock("L4770", "Avery", "Small labels", "A4", 4, 10, 45.7, 25.4, 9.7, 21.5, 48.3, 25.4, ("L7654",)),
    Stock("L6009", "Avery", "Type plates, silver polyester", "A4", 4, 12, 45.7, 21.2, 9.85, 21.3, 48.2, 21.2,
          ("L4736", "4097", "4221"), _TEST_PAGE + " Herma 4097 and 4221 have the same size."),
    Stock("L4732", "Avery", "Mini labels", "A4", 5, 16, 35.6, 16.9, 11.0, 13.0, 38.1, 16.9, (),
          "Some printers drift towards the foot of this sheet: print a test page first."),
    Stock("L4731REV-25", "Avery", "Mini labels, 189 to a sheet", "A4", 7, 27, 25.4, 10.0, 8.6, 13.5, 27.9, 10.0,
          ("L4731", "L8658")),
    Stock("3475", "Avery Zweckform", "Universal labels", "A4", 3, 8, 70.0, 36.0, 0.0, 4.5, 70.0, 36.0,
          ("3490",), _NO_SIDE_MARGIN),
    Stock("3474", "Avery Zweckform", "Universal labels", "A4", 3, 8, 70.0, 37.0, 0.0, 0.5, 70.0, 37.0,
          (), _NO_SIDE_MARGIN),
    Stock("3669", "Avery Zweckform", "Universal labels", "A4", 3, 5, 70.0, 50.8, 0.0, 21.5, 70.0, 50.8,
          (), _NO_SIDE_MARGIN),
    Stock("4614", "Herma", "Labels", "A4", 3, 8, 66.0, 33.8, 6.0, 13.3, 66.0, 33.8, ("4670",)),
    Stock("4102", "Herma", "Labels", "A4", 4, 11, 48.3, 25.4, 8.4, 8.8, 48.3, 25.4, ("4608", "4357", "4690")),
    Stock("4625", "Herma", "Labels", "A4", 2, 7, 105.0, 42.3, 0.0, 0.5, 105.0, 42.3, (), _NO_SIDE_MARGIN),
    Stock("4620", "Herma", "Labels", "A4", 2, 8, 105.0, 37.0, 0.0, 0.5, 105.0, 37.0, (), _NO_SIDE_MARGIN),
)  # fmt: skip


def all_stocks() -> tuple[Stock, ...]:
    """Every stock, US Letter first, in the order in which the lists show them."""
    return _STOCKS


def find_stock(number: str) -> Stock | None:
    """The stock with this product number or alias; letter case, spaces and the maker's name do not matter."""
    return _by_number().get(_key(number))


def _key(number: str) -> str:
    return re.sub(r"\s+", "", re.sub(r"^\s*(avery\s+zweckform|avery|herma)\b", "", number, flags=re.IGNORECASE)).upper()


@cache
def _by_number() -> dict[str, Stock]:
    return {_key(number): stock for stock in _STOCKS for number in (stock.number, *stock.aliases)}
