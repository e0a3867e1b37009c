"""From rows of the database to labels: which lines of text stand beside a record's symbol. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from portal.labels.layout import Label
from portal.stickers import tokens
from portal.stickers.symbols import SymbolEncoder


class LabelRow(NamedTuple):
    """A record with its current sticker, as read from the database."""

    record_id: int
    sticker_id: int
    code: str
    name: str
    tag: str
    detail: str  # the plate of a vehicle, the serial number of equipment, the job title of a contact
    owner: str
    location: str


@dataclass(frozen=True)
class Line:
    """A line of text that a person can choose for their labels. The name is always there."""

    name: str
    label: str
    is_default: bool = False


LINES = (
    Line("tag", "Tag", is_default=True),
    Line("detail", "Plate, serial number or job title"),
    Line("owner", "Owner"),
    Line("location", "Location"),
    Line("company", "Company name"),
    Line("address", "Address of the portal", is_default=True),
)
DEFAULT_LINES = tuple(line.name for line in LINES if line.is_default)


@dataclass(frozen=True)
class Company:
    """What is the same on every label of a run."""

    name: str
    host: str  # 'qr.example.com': where the typed code is typed, and what a scan must show


def compose(
    rows: Iterable[LabelRow], *, lines: tuple[str, ...], company: Company, encoder: SymbolEncoder, passphrase: str
) -> Iterator[Label]:
    """Labels in the order of the rows. Chosen lines that are empty for a record leave no gap."""
    for row in rows:
        token = tokens.make_token(row.code, passphrase)
        texts = {**row._asdict(), "company": company.name, "address": company.host}
        chosen = (texts[line] for line in lines)
        yield Label(
            lines=(row.name, *(text for text in chosen if text)),
            url=encoder.prefix + token,
            symbol=encoder.symbol(token),
            typed_code=tokens.typed_form(token),
        )
