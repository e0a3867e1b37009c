"""Kinds of browsers, from the headers that they really send."""

import pytest

from portal.lib.browsers import browser_kind

KIT = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
IPHONE = f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) {KIT}"
CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0"


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        (f"{IPHONE} Version/18.5 Mobile/15E148 Safari/604.1", "iPhone, Safari"),
        (f"{IPHONE} CriOS/142.0 Mobile/15E148 Safari/604.1", "iPhone, Chrome"),
        (f"{IPHONE} Mobile/15E148", "iPhone, Safari"),
        (f"Mozilla/5.0 (iPad; CPU OS 17_0 like Mac OS X) {KIT} FxiOS/140.0 Safari/605.1.15", "iPad, Firefox"),
        (f"Mozilla/5.0 (Linux; Android 10; K) {CHROME} Mobile Safari/537.36", "Android, Chrome"),
        ("Mozilla/5.0 (Linux; Android 15; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 "
         "Chrome/130.0.0.0 Mobile Safari/537.36", "Android, Samsung Internet"),
        ("Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0", "Android, Firefox"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0", "Windows, Firefox"),
        (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROME} Safari/537.36 Edg/142.0.0.0", "Windows, Edge"),
        (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROME} Safari/537.36 OPR/120.0.0.0", "Windows, Opera"),
        (f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {KIT} Version/18.5 Safari/605.1.15", "Mac, Safari"),
        (f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {CHROME} Safari/537.36", "Chromebook, Chrome"),
        (f"Mozilla/5.0 (X11; Linux x86_64) {CHROME} Safari/537.36", "Linux, Chrome"),
        ("Mozilla/5.0 (Windows NT 6.1; Trident/7.0; rv:11.0) like Gecko", "Windows, Internet Explorer"),
        ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "Bot"),
        ("facebookexternalhit/1.1", "Bot"),
        ("WhatsApp/2.23.20.0", "Bot"),
        ("curl/8.5.0", "Bot"),
        ("Python-urllib/3.11", "Bot"),
        ("Mozilla/5.0 (Linux; Android 14)", "Android"),
        ("", "Unknown browser"),
        ("<script>alert(1)</script>", "Unknown browser"),
    ],
)  # fmt: skip
def test_kinds(header: str, kind: str) -> None:
    assert browser_kind(header) == kind


def test_a_huge_header_costs_nothing_and_only_its_beginning_counts() -> None:
    assert browser_kind("Version/" * 1_000_000 + "Googlebot/2.1") == "Unknown browser"
