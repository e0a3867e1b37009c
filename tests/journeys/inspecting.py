"""What a page is looked at for: axe, size, targets, clipped text, and anything that the browser complains of."""

import json

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Response

# target-size (WCAG 2.2, 2.5.8) is off in axe unless asked for.
EVERYTHING = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}
COLOURS = {"resultTypes": ["violations"], "runOnly": {"type": "rule", "values": ["color-contrast"]}}
SIZES = {
    "resultTypes": ["violations"],
    "runOnly": {"type": "rule", "values": ["target-size", "scrollable-region-focusable", "meta-viewport"]},
}

# Everything that is drawn, neither beyond the window nor cut off. What scrolls inside a box of its own, such as a wide
# table, is reached by scrolling there; what is hidden from sight on purpose is clipped or stands above the window.
_MISPLACED = """() => {
  const found = [];
  const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  if (wide > 0) found.push(`the page scrolls sideways by ${wide}`);
  const shown = (one) =>
    one.checkVisibility({visibilityProperty: true}) && !one.closest('.visually-hidden, .skip-link');
  const scrolls = (one) => one && (/(auto|scroll)/.test(getComputedStyle(one).overflowX) || scrolls(one.parentElement));
  for (const one of document.body.querySelectorAll('*')) {
    if (!shown(one) || one.closest('svg svg, option')) continue;
    const box = one.getBoundingClientRect(), name = `${one.tagName.toLowerCase()}.${[...one.classList].join('.')}`;
    if (box.width === 0 || box.height === 0) continue;
    if ((box.right > innerWidth + 1 || box.left < -1) && !scrolls(one.parentElement)) {
      found.push(`${name} reaches from ${Math.round(box.left)} to ${Math.round(box.right)}`);
    }
    const style = getComputedStyle(one);
    const cuts = (one.scrollWidth > one.clientWidth + 1 && /(hidden|clip)/.test(style.overflowX))
      || (one.scrollHeight > one.clientHeight + 2 && /(hidden|clip)/.test(style.overflowY));
    if (cuts && !one.title && !one.closest('select, svg, input') && one.textContent.trim()) {
      found.push(`${name} cuts its text`);
    }
  }
  return [...new Set(found)];
}"""

_LOW = """() => [...document.querySelectorAll('.button, .field')]
  .filter((one) => one.checkVisibility() && one.getBoundingClientRect().height < 48)
  .map((one) => `${one.textContent.trim()} is ${one.getBoundingClientRect().height} high`)"""


def axe(page: Page, options: dict) -> list[str]:
    """Findings, each with its rule, its places and why."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    answer = page.evaluate(f"axe.run({json.dumps(options)})")
    return [
        f"{found['id']}: {node['target']} {node['failureSummary']}"
        for found in answer["violations"]
        for node in found["nodes"]
    ]


def misplaced(page: Page) -> list[str]:
    """Elements outside the window and text that is cut off."""
    return page.evaluate(_MISPLACED)


def low_buttons(page: Page) -> list[str]:
    """Buttons and fields of a public page that a gloved thumb would miss."""
    return page.evaluate(_LOW)


class Complaints:
    """Everything that goes wrong in the pages of a context: script faults, console errors, blocked and failed loads."""

    def __init__(self, context: BrowserContext) -> None:
        self.all: list[str] = []
        context.add_init_script(
            "addEventListener('securitypolicyviolation', (event) =>"
            " console.error(`CSP ${event.effectiveDirective} ${event.blockedURI} ${event.sample}`))"
        )
        context.on("console", self._hear)
        context.on("weberror", lambda fault: self.all.append(f"{fault.page.url}: {fault.error}"))
        context.on("response", self._judge)

    def _hear(self, message: ConsoleMessage) -> None:
        # The browser repeats the status of every answer, of pages that are meant to be refused too: see _judge.
        if message.type in ("error", "warning") and not message.text.startswith("Failed to load resource"):
            self.all.append(f"{message.page.url if message.page else ''}: {message.text}")

    def _judge(self, response: Response) -> None:
        if response.status >= 400 and not response.request.is_navigation_request():
            self.all.append(f"{response.url} answered {response.status}")

    def take(self) -> list[str]:
        """What came up since the last call."""
        taken, self.all = self.all, []
        return taken
