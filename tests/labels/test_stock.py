import pytest

from portal.labels.stock import PAPER_SIZES, Stock, all_stocks, find_stock

STOCKS = pytest.mark.parametrize("stock", all_stocks(), ids=lambda stock: stock.number)


def test_every_stock_of_the_list_is_there() -> None:
    assert [stock.number for stock in all_stocks()] == [
        *("5160", "5161", "5162", "5163", "5164", "5167", "8195", "22806"),
        *("L7160", "L7159", "L7161", "L7162", "L7163", "L7165", "L7651", "L4770", "L6009", "L4732", "L4731REV-25"),
        *("3475", "3474", "3669", "4614", "4102", "4625", "4620"),
    ]


@STOCKS
def test_labels_fit_on_their_page(stock: Stock) -> None:
    assert stock.paper in PAPER_SIZES
    assert min(stock.left, stock.top, stock.right, stock.bottom) >= 0


@STOCKS
def test_labels_do_not_overlap(stock: Stock) -> None:
    assert stock.pitch_x >= stock.label_width
    assert stock.pitch_y >= stock.label_height


@STOCKS
def test_labels_are_centred_or_say_why_not(stock: Stock) -> None:
    off_centre = abs(stock.left - stock.right) > 1 or abs(stock.top - stock.bottom) > 1
    assert bool(stock.off_centre_reason) == off_centre


@STOCKS
def test_stock_without_side_margins_says_so(stock: Stock) -> None:
    assert ("edge of the page" in stock.note) == (stock.left == 0)


def test_no_number_or_alias_names_two_stocks() -> None:
    names = [name for stock in all_stocks() for name in (stock.number, *stock.aliases)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("L7160", "L7160"),
        ("l7160", "L7160"),
        ("J8160", "L7160"),
        ("Avery L7160", "L7160"),
        ("avery 8160", "5160"),
        ("5520", "5160"),
        ("Herma 4670", "4614"),
        ("Avery Zweckform 3490", "3475"),
        (" 4736 ", None),
        ("L 4736", "L6009"),
        ("4221", "L6009"),
        ("5195", None),
        ("", None),
    ],
)
def test_stock_is_found_by_number_alias_and_maker(written: str, number: str | None) -> None:
    stock = find_stock(written)
    assert (stock and stock.number) == number


def test_published_figures() -> None:
    stock = find_stock("L7160")
    assert stock is not None
    assert (stock.slots, stock.label_width, stock.label_height) == (21, 63.5, 38.1)
    assert (stock.left, stock.top, stock.pitch_x, stock.pitch_y) == (7.25, 15.15, 66.0, 38.1)
