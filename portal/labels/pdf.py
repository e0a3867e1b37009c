"""Label sheets as PDF: exact millimetres, symbols as 1-bit image masks, text that cannot become anything else.

Each symbol is an inline image mask written in hexadecimal into the page (ISO 32000-1, 8.9.7): crisp at any scale, and
on bilevel printers its ink does not grow as that of a filled path does. The page is compressed as a whole.
"""

import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from reportlab import rl_config
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase.pdfdoc import PDFDocument
from reportlab.pdfgen.canvas import Canvas

from portal.labels import fonts
from portal.labels.layout import Box, Label, Rect, Refusal, Symbol, arrange, check_run, plan, slots
from portal.labels.stock import Stock
from portal.labels.text import Block, Line, Run, Typesetter, clean

# The default wraps every stream into ASCII, for mail of the last century: a quarter more bytes, a third more time.
rl_config.useA85 = 0

POINTS_PER_MM = 72 / 25.4

_NAME_SIZE, _DETAIL_SIZE, _CODE_SIZE = 18.0, 10.0, 8.0  # the most; ``Typesetter`` shrinks from there
_NAME_SHARE = 5.5  # the name takes at most this fraction of the text box's height
_FLOOR, _FLOOR_SMALL = 6.0, 5.0
_SMALL_HEIGHT, _SMALL_WIDTH = 15.0, 20.0  # text boxes in mm that get the smaller floor
_GAP = 0.4  # mm between the quiet zone and the text: letters such as "j" reach left of their origin
_SINGLE = (62.0, 40.0)  # mm: one label on its own page, the size of a common roll label


@dataclass(frozen=True, slots=True)
class Options:
    """What is printed beside the symbol and the label's own lines. ``logo`` is an image file's bytes."""

    typed_code: bool = True
    scan_me: str = ""
    logo: bytes | None = None


def render(
    labels: Iterable[Label],
    stock: Stock,
    *,
    cache_dir: Path,
    first_slot: int = 1,
    copies: int = 1,
    options: Options = Options(),
    title: str = "Labels",
) -> bytes | Refusal:
    """A PDF of these labels on this stock, or why it cannot carry them.

    ``cache_dir`` keeps prepared fonts. Raises ValueError for a slot that is not on the sheet or copies below 1.
    The same labels give the same bytes.
    """
    check_run(stock, first_slot, copies)
    places = slots(stock, first_slot)
    sheet = _Sheet(stock.page_width, stock.page_height, title, options, cache_dir)
    boxes: dict[int, Box] = {}
    page = 0
    for label in labels:
        size = label.symbol.size
        if size not in boxes:
            box = plan(stock, size, logo=options.logo is not None)
            if isinstance(box, Refusal):
                return box
            boxes[size] = box
        content = sheet.content(label, boxes[size])
        for _ in range(copies):
            on_page, x, y = next(places)
            if on_page != page:
                sheet.next_page()
                page = on_page
            sheet.put(content, boxes[size], x, y)
    return sheet.save()


def render_single(
    label: Label, *, cache_dir: Path, options: Options = Options(), title: str = "Label"
) -> bytes | Refusal:
    """One label on a page of its own size (62 x 40 mm), for the record's QR dialog."""
    width, height = _SINGLE
    box = arrange(
        Rect(1, 1, width - 2, height - 2), label.symbol.size, logo=options.logo is not None, paper="This label"
    )
    if isinstance(box, Refusal):
        return box
    sheet = _Sheet(width, height, title, options, cache_dir)
    sheet.put(sheet.content(label, box), box, 0, 0)
    return sheet.save()


class _Canvas(Canvas):
    """reportlab's canvas has no public way to add ready operators: this list is what its own methods append to."""

    _code: list[str]
    _doc: PDFDocument


class _Sheet:
    """The document while it is being written."""

    def __init__(self, width: float, height: float, title: str, options: Options, cache_dir: Path) -> None:
        self._file = io.BytesIO()
        self._height = height * POINTS_PER_MM
        self._canvas = _Canvas(
            self._file,
            pagesize=(width * POINTS_PER_MM, self._height),
            pageCompression=1,
            invariant=1,
            pdfVersion=(1, 7),
        )
        self._canvas.setTitle(clean(title))
        self._canvas.setCreator("QR portal")
        self._canvas.setProducer("QR portal")
        self._canvas.setAuthor("")
        self._canvas.setSubject("")
        # Without this, viewers "fit to page" and every label shrinks by some 3 %.
        self._canvas.setViewerPreference("PrintScaling", "None")
        self._options = options
        self._scan_me = clean(options.scan_me)
        self._fonts = fonts.library(cache_dir)
        self._setters: dict[Rect, Typesetter] = {}
        self._logo = _Logo(self._canvas, options.logo) if options.logo else None

    def content(self, label: Label, box: Box) -> str:
        """The operators of one label, in points from its top left corner, upwards positive as in PDF."""
        parts = [_mask(label.symbol, box.symbol)]
        text = box.text
        left, width = text.x * POINTS_PER_MM, text.width * POINTS_PER_MM
        if box.beside:
            left, width = left + _GAP * POINTS_PER_MM, width - _GAP * POINTS_PER_MM
        setter = self._setters.get(text)
        if setter is None:
            floor = _FLOOR_SMALL if text.height < _SMALL_HEIGHT or text.width < _SMALL_WIDTH else _FLOOR
            setter = self._setters[text] = Typesetter(self._fonts, width, text.height * POINTS_PER_MM, floor)
        lines = setter.fit(self._blocks(label, setter.height))
        top = text.y * POINTS_PER_MM
        if box.beside:
            top += max(0.0, setter.height - lines[-1].foot) / 2 if lines else 0.0
        for line in lines:
            x = left + _indent(line, width, box.beside)
            parts += [self._operators(run, shift, line.size, -top - line.baseline) for run, shift in line.placed(x)]
        return "\n".join(parts)

    def _blocks(self, label: Label, height: float) -> list[Block]:
        name, *details = map(clean, label.lines)
        blocks = [Block(name, True, min(_NAME_SIZE, height / _NAME_SHARE))]
        blocks += [Block(detail, False, _DETAIL_SIZE) for detail in details]
        if self._scan_me:
            blocks.append(Block(self._scan_me, False, _DETAIL_SIZE))
        if self._options.typed_code and label.typed_code:
            blocks.append(Block(clean(label.typed_code), False, _CODE_SIZE, whole=True))
        return blocks

    def put(self, content: str, box: Box, x: float, y: float) -> None:
        """One label with its top left corner at ``x``, ``y`` mm from the page's."""
        left, top = x * POINTS_PER_MM, self._height - y * POINTS_PER_MM
        self._canvas._code.append(f"q 1 0 0 1 {left:.3f} {top:.3f} cm\n{content}\nQ")
        if self._logo and box.logo:
            self._canvas.saveState()
            self._canvas.translate(left, top)
            self._logo.draw(box.logo, box.beside)
            self._canvas.restoreState()

    def next_page(self) -> None:
        self._canvas.showPage()

    def save(self) -> bytes:
        self._canvas.showPage()
        with fonts.SAVING:
            self._canvas.save()
        return self._file.getvalue()

    def _operators(self, run: Run, x: float, size: float, y: float) -> str:
        if run.glyphs is None:
            return f"BT {x:.2f} {y:.2f} Td {self._shows(run.face, run.text, size)} ET"
        # Outlines are no text, so the same words follow unseen (mode 3), to be searched, copied and read aloud. Readers
        # of PDF expect the order of display and turn it round themselves.
        words = "".join(char for char in run.text if ord(char) in run.face.widths)
        if run.rtl:
            words = words[::-1]
        unseen = f"q BT 3 Tr {x:.2f} {y:.2f} Td {self._shows(run.face, words, size)} ET Q"
        return f"{_outlines(run, x, y, size)}\n{unseen}"

    def _shows(self, face: fonts.Face, text: str, size: float) -> str:
        """Strings in hexadecimal: whatever a name contains, it cannot end the string and become an operator."""
        document = self._canvas._doc
        return " ".join(
            f"{face.font.getSubsetInternalName(subset, document)} {size:g} Tf <{codes.hex()}> Tj"
            for subset, codes in face.font.splitString(text, document)
        )


def _mask(symbol: Symbol, place: Rect) -> str:
    x, foot, side = place.x * POINTS_PER_MM, -place.bottom * POINTS_PER_MM, place.width * POINTS_PER_MM
    return (
        f"q {side:.3f} 0 0 {side:.3f} {x:.3f} {foot:.3f} cm "
        f"BI/W {symbol.size}/H {symbol.size}/BPC 1/IM true/D[1 0]/F/AHx ID\n{symbol.hex()}>\nEI Q"
    )


def _indent(line: Line, width: float, beside: bool) -> float:
    """Beside the symbol text begins at its own side of the box; below the symbol it stands in the middle."""
    if not beside:
        return (width - line.width) / 2
    return width - line.width if line.rtl else 0.0


def _outlines(run: Run, x: float, y: float, size: float) -> str:
    """Placed glyphs as filled outlines: marks stand where HarfBuzz put them, which code points cannot express."""
    scale = size / 1000
    parts, pen = [f"q {scale:.5f} 0 0 {scale:.5f} {x:.2f} {y:.2f} cm"], 0
    for glyph in run.glyphs or ():
        outline = run.face.outline(glyph.number)
        if outline:
            parts.append(f"q 1 0 0 1 {pen + glyph.x} {glyph.y} cm {outline} f Q")
        pen += glyph.advance
    return "\n".join([*parts, "Q"])


class _Logo:
    """The account's logo, stored once in the document."""

    def __init__(self, canvas: Canvas, data: bytes) -> None:
        image = Image.open(io.BytesIO(data)).convert("RGBA")
        self._ratio = image.width / image.height
        self._canvas = canvas
        canvas.beginForm("logo", 0, 0, 1, 1)
        canvas.drawImage(ImageReader(image), 0, 0, 1, 1, mask="auto")
        canvas.endForm()

    def draw(self, place: Rect, beside: bool) -> None:
        """As large as it fits; at the text's side of ``place``, or in its middle when the text stands in the middle."""
        height = min(place.height, place.width / self._ratio)
        width = height * self._ratio
        left = place.x if beside else place.x + (place.width - width) / 2
        self._canvas.scale(POINTS_PER_MM, POINTS_PER_MM)
        self._canvas.translate(left, -place.y - height)
        self._canvas.scale(width, height)
        self._canvas.doForm("logo")
