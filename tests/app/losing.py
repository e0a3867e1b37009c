"""A weak signal: answers that never arrive, and answers that come late."""

import urllib.request

from playwright.sync_api import Page, Route


def lose(route: Route) -> None:
    """The portal hears the request and the phone hears nothing: the browser must not even take the answer's cookie."""
    asked = route.request
    headers = {name: text for name, text in asked.all_headers().items() if not name.startswith(":")}
    sent = urllib.request.Request(asked.url, data=asked.post_data_buffer, headers=headers, method=asked.method)
    with urllib.request.urlopen(sent) as answer:
        assert answer.status == 200
    route.abort()


def hold(page: Page, pattern: str) -> list[Route]:
    """Keeps the next such request waiting: it stands in the list until the test goes on with it."""
    waiting: list[Route] = []

    def wait(route: Route) -> None:
        waiting.append(route)

    page.route(pattern, wait, times=1)
    return waiting
