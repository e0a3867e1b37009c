"""The kind of a browser in words that people use ("iPhone, Safari"), out of the User-Agent header (RFC 9110, 10.1.5).

A guess for a log, never a reason to allow or refuse. No version and nothing else that tells one visitor from
another is kept.
"""

import re

from portal.lib.words import marked

# Enough for every real browser; what follows cannot change the answer and costs nothing to ignore.
_LONGEST = 400
_UNKNOWN = marked("Unknown browser")

_BOT = re.compile(
    r"bot\b|bot/|crawl|spider|slurp|preview|facebookexternalhit|whatsapp/|telegrambot|headless|lighthouse"
    r"|curl/|wget/|python|okhttp|java/|go-http|libwww|httpclient|monitor",
    re.IGNORECASE,
)

# The first match counts, so a name stands before the ones that it imitates.
_DEVICES = (
    ("iPhone", re.compile(r"iPhone|iPod")),
    ("iPad", re.compile("iPad")),
    ("Windows phone", re.compile("Windows Phone")),
    ("Android", re.compile("Android")),
    ("Windows", re.compile("Windows")),
    ("Chromebook", re.compile("CrOS")),
    ("Mac", re.compile("Macintosh|Mac OS X")),
    ("Linux", re.compile("Linux|X11")),
)
_BROWSERS = (
    ("Edge", re.compile(r"Edg(e|A|iOS)?/")),
    ("Samsung Internet", re.compile("SamsungBrowser/")),
    ("Opera", re.compile(r"OPR/|OPT/|OPiOS/|Opera")),
    ("DuckDuckGo", re.compile(r"DuckDuckGo/|Ddg/")),
    ("Firefox", re.compile(r"Firefox/|FxiOS/")),
    ("Chrome", re.compile(r"Chrome/|CriOS/|Chromium/")),
    ("Safari", re.compile(r"Version/.*Safari/|iP(hone|ad|od).*AppleWebKit/")),
    ("Internet Explorer", re.compile(r"MSIE |Trident/")),
)


_PLATFORMS = {"iPhone": "iOS", "iPad": "iOS"}


def platform_kind(user_agent: str) -> str:
    """ "iOS", "Android" or another system that a device may run; "" when unknown."""
    device = next((name for name, pattern in _DEVICES if pattern.search(user_agent[:_LONGEST])), "")
    return _PLATFORMS.get(device, device)


def is_known(kind: str) -> bool:
    """Whether a kind, as ``browser_kind`` says it, tells anything of the device."""
    return kind not in ("Bot", _UNKNOWN)


def browser_kind(user_agent: str) -> str:
    """ "iPhone, Safari", "Android, Chrome", "Bot" or "Unknown browser"; one half alone when only that is known."""
    text = user_agent[:_LONGEST]
    if _BOT.search(text):
        return "Bot"
    device = next((name for name, pattern in _DEVICES if pattern.search(text)), "")
    browser = next((name for name, pattern in _BROWSERS if pattern.search(text)), "")
    return ", ".join(filter(None, (device, browser))) or _UNKNOWN
