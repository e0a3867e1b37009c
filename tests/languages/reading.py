"""The script that fills the catalogues, and the texts of templates as people see them."""

import importlib.machinery
import importlib.util
import re
from html.parser import HTMLParser

from jinja2 import Environment, nodes

from tests.conventions.tree import ROOT

_loader = importlib.machinery.SourceFileLoader("translations", str(ROOT / "script" / "translations"))
_spec = importlib.util.spec_from_loader("translations", _loader)
assert _spec
script = importlib.util.module_from_spec(_spec)
_loader.exec_module(script)

LETTERS = re.compile(r"[^\W\d_]{2,}")
SAYING = ("_", "gettext", "ngettext")
# The product's own name, what a code looks like, and a selector of a script.
NAMES = {"QR Portal", "K7Q2-M4XJ-9R3T-5V8W", '"form button"'}
READ_OUT = ("alt", "aria-label", "placeholder", "title")
SCRIPTED = re.compile(r'"[^"\n]*"')
WORDS = re.compile(r"[^\W\d_]+ [^\W\d_]+|[^\W\d_]{2,}[.:!?]")
# A block or macro that fills a tag with attributes looks like text to whoever reads it alone.
ATTRIBUTE = re.compile(r'[\w-]+="[^"]*"')


class _Page(HTMLParser):
    """Collects what a reader sees or hears; strings of scripts that have a space between words count too."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside.append(tag)
        self.found += [value for name, value in attrs if name in READ_OUT and value and LETTERS.search(value)]

    def handle_endtag(self, tag: str) -> None:
        if tag in self.inside:
            while self.inside.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if "style" in self.inside:
            return
        if "script" in self.inside:
            self.found += [text for text in SCRIPTED.findall(data) if WORDS.search(text)]
        elif LETTERS.search(ATTRIBUTE.sub("", data)):
            self.found.append(data.strip())


def bare_texts(source: str) -> list[str]:
    """English that a template shows without asking a catalogue: in its text, and in strings of its expressions."""
    tree = Environment(extensions=["jinja2.ext.i18n"], autoescape=True).parse(source)
    page = _Page()
    page.feed(_text(tree))
    page.close()
    return [text for text in page.found + _strings(tree) if text not in NAMES]


def _text(node: nodes.Node) -> str:
    """The template's own text in its order; an expression is a digit, which is neither a letter nor a mark-up."""
    if isinstance(node, nodes.TemplateData):
        return node.data
    if isinstance(node, nodes.Expr):
        return "0"
    return "".join(_text(child) for child in node.iter_child_nodes())


def _strings(node: nodes.Node) -> list[str]:
    """Strings with a capital letter or a space: words, not keys."""
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name in SAYING:
        return [text for value in node.kwargs for text in _strings(value)]
    if isinstance(node, nodes.Extends | nodes.Include | nodes.FromImport):
        return []
    if isinstance(node, nodes.Const):
        text = str(node.value) if isinstance(node.value, str) else ""
        return [text] if LETTERS.search(text) and (text[0].isupper() or " " in text.strip()) else []
    return [text for child in node.iter_child_nodes() for text in _strings(child)]
