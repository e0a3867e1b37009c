"""Label sheets: labels per second, bytes per label and peak memory of ours, pylabels and blabel, with ratios.

Run: script/bench labels [-- --labels 1000 --rounds 3]. Every maker prints the same names, tags and URLs on Avery 5160,
one process per run, in turns, since a busy machine slows all: the ratios are what counts. A first sheet of one label
pays for imports, fonts and tables before the clock starts. Symbols are made within the time, by each maker's encoder.
"""

import argparse
import json
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

PREFIX = "HTTPS://QR.EXAMPLE.COM/Q/"
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
THINGS = ("Pump", "Valve", "Boiler", "Extinguisher", "Ladder", "Drill", "Laptop", "Projector", "Freezer", "Compressor")
TARGETS = {"pylabels": 100, "blabel": 60}


@dataclass(frozen=True)
class Thing:
    url: str
    name: str
    tag: str


def things(count: int) -> list[Thing]:
    pick = random.Random(5)
    return [
        Thing(
            PREFIX + "".join(pick.choices(ALPHABET, k=16)),
            f"{pick.choice(THINGS)} {pick.choice(THINGS)} {number % 997}",
            f"TAG-{number:06d}",
        )
        for number in range(count)
    ]


def ours(items: list[Thing], target: Path, typed_code: bool = False) -> None:
    from portal.labels.layout import Label
    from portal.labels.pdf import Options, render
    from portal.labels.stock import find_stock
    from portal.stickers.symbols import symbol_for

    stock = find_stock("5160")
    assert stock is not None
    labels = (Label((item.name, item.tag), item.url, symbol_for(item.url), item.url[-16:]) for item in items)
    options = Options(typed_code=typed_code)
    document = render(labels, stock, cache_dir=target.parent / "fonts", options=options)
    assert isinstance(document, bytes)
    target.write_bytes(document)


def ours_with_code(items: list[Thing], target: Path) -> None:
    ours(items, target, typed_code=True)


def pylabels(items: list[Thing], target: Path) -> None:
    import labels
    from reportlab.graphics import shapes
    from reportlab.graphics.barcode.qr import QrCodeWidget

    def draw(label: shapes.Drawing, _: float, height: float, item: Thing) -> None:
        widget = QrCodeWidget(item.url, barLevel="Q", barBorder=0, barWidth=54, barHeight=54, x=9, y=9)
        label.add(widget)
        label.add(shapes.String(72, height - 24, item.name, fontName="Helvetica-Bold", fontSize=9))
        label.add(shapes.String(72, height - 38, item.tag, fontName="Helvetica", fontSize=8))

    spec = labels.Specification(
        *(215.9, 279.4, 3, 10, 66.675, 25.4), left_margin=4.7625, top_margin=12.7, column_gap=3.175
    )
    sheet = labels.Sheet(spec, draw, border=False)
    sheet.add_labels(items)
    sheet.save(str(target))


def blabel(items: list[Thing], target: Path) -> None:
    import weasyprint
    from blabel import LabelWriter

    style = weasyprint.CSS(
        string="""
        @page { size: 8.5in 11in; margin: 0.5in 0.1875in }
        .print-area { width: 8.25in; font-size: 0; line-height: 0 }
        .item { width: 2.625in; height: 1in; margin-right: .125in; position: relative; overflow: hidden;
                vertical-align: top }
        img { width: 54pt; height: 54pt; position: absolute; left: 9pt; top: 9pt; image-rendering: pixelated }
        b { font: bold 9pt Helvetica; position: absolute; left: 72pt; top: 14pt }
        span { font: 8pt Helvetica; position: absolute; left: 72pt; top: 28pt }
        """
    )
    # Level 3 is Q in the qrcode library, the level that ours prints.
    template = "<img src='{{label_tools.qr_code(url, error_correction=3)}}'/><b>{{name}}</b><span>{{tag}}</span>"
    writer = LabelWriter(item_template=template, default_stylesheets=(style,), items_per_page=30)
    writer.write_labels([{"url": item.url, "name": item.name, "tag": item.tag} for item in items], target=str(target))


MAKERS: dict[str, Callable[[list[Thing], Path], None]] = {
    "ours": ours,
    "ours, typed code too": ours_with_code,
    "pylabels": pylabels,
    "blabel": blabel,
}


@dataclass(frozen=True)
class Run:
    """Seconds, bytes of the PDF, MiB of peak memory."""

    seconds: float
    size: int
    memory: float


def measure(maker: str, count: int, folder: Path) -> None:
    """In a process of its own: one run, printed as JSON."""
    target = folder / f"{maker}.pdf"
    items = things(count)
    MAKERS[maker](items[:1], target)
    start = time.perf_counter()
    MAKERS[maker](items, target)
    seconds = time.perf_counter() - start
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "size": target.stat().st_size, "memory": memory}))


def run(maker: str, count: int, folder: Path) -> Run:
    command = [sys.executable, "-P", __file__, "--one", maker, "--labels", str(count), "--folder", str(folder)]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return Run(**json.loads(output.splitlines()[-1]))


def main() -> None:
    parser = argparse.ArgumentParser(description="Label sheets of ours, pylabels and blabel, side by side.")
    parser.add_argument("--labels", type=int, default=1000, help="labels in each PDF (1000)")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each maker, in turns (3)")
    parser.add_argument("--one", choices=MAKERS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        measure(options.one, options.labels, options.folder)
        return
    with tempfile.TemporaryDirectory() as folder:
        runs: dict[str, list[Run]] = {maker: [] for maker in MAKERS}
        for _ in range(options.rounds):
            for maker, done in runs.items():
                done.append(run(maker, options.labels, Path(folder)))
    report(runs, options.labels)


def report(runs: dict[str, list[Run]], count: int) -> None:
    print(f"{count} labels on Avery 5160, medians of {len(runs['ours'])} runs in turns")
    print(f"{'':22}{'labels/s':>10}{'bytes/label':>13}{'peak MiB':>10}{'ours is':>10}")
    for maker, done in runs.items():
        speed = count / statistics.median(one.seconds for one in done)
        ratio = statistics.median(theirs.seconds / our.seconds for theirs, our in zip(done, runs["ours"], strict=True))
        target = f" (target {TARGETS[maker]})" if maker in TARGETS else ""
        memory = max(one.memory for one in done)
        print(f"{maker:22}{speed:10.0f}{done[0].size / count:13.0f}{memory:10.0f}{ratio:9.1f}x{target}")


if __name__ == "__main__":
    main()
