"""A weak signal: answers that never arrive, and answers that come late."""

import urllib.request

from playwright.sync_api import Page, Route


def deliver(route: Route) -> None:
    """The portal hears the request and the phone hears nothing yet: the browser must not even take the cookie."""
    asked = route.request
    headers = {name: text for name, text in asked.all_headers().items() if not name.startswith(":")}
    sent = urllib.request.Request(asked.url, data=asked.post_data_buffer, headers=headers, method=asked.method)
    with urllib.request.urlopen(sent) as answer:
        assert answer.status == 200


def lose(route: Route) -> None:
    """The portal hears the request, and the connection breaks before its answer."""
    deliver(route)
    route.abort()


def hold(page: Page, pattern: str) -> list[Route]:
    """Keeps the next such request waiting: it stands in the list until the test goes on with it."""
    waiting: list[Route] = []

    def wait(route: Route) -> None:
        waiting.append(route)

    page.route(pattern, wait, times=1)
    return waiting
