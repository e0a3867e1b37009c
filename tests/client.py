"""A browser without script for view tests: keeps cookies, reads CSRF tokens from pages, signs in by the form."""

import re
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from portal.database import set_reading

PASSWORD = "a long enough pass phrase 7"


class PortalClient(FlaskClient):
    """Flask's client at the public URL. ``submit`` posts like a browser: with the session's CSRF token."""

    def __init__(self, app: Flask) -> None:
        super().__init__(app, app.response_class, use_cookies=True)

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        if not args or isinstance(args[0], str):
            kwargs.setdefault("base_url", self.application.extensions["portal"].settings.public_url)
        answer = super().open(*args, **kwargs)
        # The request ran in the test's own context: what the test writes next is no looking.
        set_reading(False)
        return answer

    def token(self) -> str:
        """The CSRF token of this session."""
        page = self.get("/sign-in?again=1").get_data(as_text=True)
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
        assert found, "the sign-in page carries no CSRF token"
        return found[1]

    def submit(self, path: str, data: Any = None, **kwargs: Any) -> TestResponse:
        """Posts a form with its CSRF token. ``data`` is a dict or a list of pairs."""
        pairs = list(data.items()) if isinstance(data, dict) else list(data or [])
        multi: dict[str, Any] = {}
        for key, value in pairs:
            multi.setdefault(key, []).append(value)
        multi["csrf_token"] = [self.token()]
        return self.post(path, data=multi, **kwargs)

    def sign_in(self, email: str, password: str = PASSWORD) -> TestResponse:
        answer = self.submit("/sign-in", {"email": email, "password": password})
        assert answer.status_code == 303, answer.get_data(as_text=True)[:2000]
        return answer
