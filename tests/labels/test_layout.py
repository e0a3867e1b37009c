import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.labels.layout import (
    MODULE_CAP,
    MODULE_FLOOR,
    MODULE_WARN,
    PAGE_CLEARANCE,
    Box,
    Refusal,
    place,
    plan,
    sheets_needed,
)
from portal.labels.stock import Stock, all_stocks
from tests.labels.printing import stock_of

STOCKS = pytest.mark.parametrize("stock", all_stocks(), ids=lambda stock: stock.number)
SIZES = pytest.mark.parametrize("size", [29, 33, 37])  # versions 3 to 5


def test_slots_run_along_the_rows_from_the_first_free_one() -> None:
    stock = stock_of("L7160")
    positions = list(place(3, stock, first_slot=3))
    assert [(p.page, p.index) for p in positions] == [(0, 0), (0, 1), (0, 2)]
    assert [(p.x, p.y) for p in positions] == [
        pytest.approx((7.25 + 2 * 66, 15.15)),
        pytest.approx((7.25, 15.15 + 38.1)),
        pytest.approx((7.25 + 66, 15.15 + 38.1)),
    ]


def test_copies_follow_each_other_and_go_on_on_the_next_sheet() -> None:
    stock = stock_of("L7160")
    positions = list(place(2, stock, first_slot=20, copies=2))
    assert [(p.page, p.index) for p in positions] == [(0, 0), (0, 0), (1, 1), (1, 1)]
    assert (positions[2].x, positions[2].y) == (stock.left, stock.top)


@given(st.integers(0, 200), st.integers(1, 21), st.integers(1, 4))
def test_sheets_needed_is_what_place_uses(count: int, first_slot: int, copies: int) -> None:
    stock = stock_of("L7160")
    positions = list(place(count, stock, first_slot, copies))
    assert len(positions) == count * copies
    assert len({(p.page, p.x, p.y) for p in positions}) == count * copies
    assert sheets_needed(count, stock, first_slot, copies) == (positions[-1].page + 1 if positions else 0)


@pytest.mark.parametrize(("first_slot", "copies"), [(0, 1), (22, 1), (-1, 1), (1, 0)])
def test_a_slot_off_the_sheet_is_an_error(first_slot: int, copies: int) -> None:
    with pytest.raises(ValueError, match=r"first_slot|copies"):
        sheets_needed(1, stock_of("L7160"), first_slot, copies)
    with pytest.raises(ValueError, match=r"first_slot|copies"):
        next(place(1, stock_of("L7160"), first_slot, copies))


@STOCKS
@SIZES
def test_everything_stays_in_its_place(stock: Stock, size: int) -> None:
    box = plan(stock, size, logo=True)
    if isinstance(box, Refusal):
        return
    assert box.quiet.width == pytest.approx((size + 8) * box.module)
    assert box.symbol.width == pytest.approx(size * box.module)
    assert box.symbol.x - box.quiet.x == pytest.approx(4 * box.module)
    assert box.symbol.y - box.quiet.y == pytest.approx(4 * box.module)
    assert MODULE_FLOOR <= box.module <= MODULE_CAP
    for part in (box.quiet, box.text, *filter(None, [box.logo])):
        assert part.x >= 1 - 1e-6 and part.right <= stock.label_width - 1 + 1e-6
        assert part.y >= 1 - 1e-6 and part.bottom <= stock.label_height - 1 + 1e-6
    for part in (box.text, *filter(None, [box.logo])):
        assert part.x >= box.quiet.right - 1e-6 or part.y >= box.quiet.bottom - 1e-6
        assert part.width >= 14 and part.height >= 5


@STOCKS
def test_nothing_comes_near_the_edge_of_the_page(stock: Stock) -> None:
    box = plan(stock, 29)
    if isinstance(box, Refusal):
        return
    assert stock.left + box.quiet.x >= PAGE_CLEARANCE - 1e-6
    assert stock.right + stock.label_width - box.text.right >= PAGE_CLEARANCE - 1e-6
    assert stock.top + min(box.quiet.y, box.text.y) >= PAGE_CLEARANCE - 1e-6
    assert stock.bottom + stock.label_height - max(box.quiet.bottom, box.text.bottom) >= PAGE_CLEARANCE - 1e-6


@STOCKS
@SIZES
def test_the_module_is_the_largest_that_fits(stock: Stock, size: int) -> None:
    """On a wide label the height is the limit: all of it is used, up to the cap and the text's share of the width."""
    box = plan(stock, size)
    if isinstance(box, Box) and box.beside and box.module < MODULE_CAP:
        limits = (box.text.height, (box.quiet.width + box.text.width) * 0.6)
        assert box.quiet.width == pytest.approx(min(limits))


@STOCKS
@SIZES
def test_small_modules_are_warned_about_and_too_small_ones_refused(stock: Stock, size: int) -> None:
    box = plan(stock, size)
    if isinstance(box, Refusal):
        assert min(stock.label_height - 2, (stock.label_width - 2) * 0.6) / (size + 8) < MODULE_FLOOR
    else:
        assert any("modules of" in warning for warning in box.warnings) == (box.module < MODULE_WARN)


def test_a_stock_that_is_too_small_is_refused_with_the_reason() -> None:
    refusal = plan(stock_of("L4731REV-25"), 29)
    assert isinstance(refusal, Refusal)
    assert "L4731REV-25" in refusal.reason
    assert "0.22 mm" in refusal.reason and "0.25 mm" in refusal.reason


def test_only_that_one_is_too_small_for_a_version_3_symbol() -> None:
    refused = [stock.number for stock in all_stocks() if isinstance(plan(stock, 29), Refusal)]
    assert refused == ["L4731REV-25"]


def test_small_return_labels_are_warned_about() -> None:
    box = plan(stock_of("5167"), 29)
    assert isinstance(box, Box)
    assert box.module == pytest.approx(10.7 / 37)
    assert "0.29 mm" in box.warnings[0]


def test_text_stands_below_on_square_labels_and_beside_on_wide_ones() -> None:
    square, wide = plan(stock_of("22806"), 29), plan(stock_of("5160"), 29)
    assert isinstance(square, Box) and isinstance(wide, Box)
    assert not square.beside and square.text.y >= square.quiet.bottom
    assert wide.beside and wide.text.x >= wide.quiet.right


def test_a_logo_that_has_no_room_is_named() -> None:
    small, large = plan(stock_of("L7651"), 29, logo=True), plan(stock_of("L7165"), 29, logo=True)
    assert isinstance(small, Box) and isinstance(large, Box)
    assert small.logo is None and "logo" in small.warnings[0]
    assert large.logo is not None and not large.warnings
