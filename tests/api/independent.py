"""A client of the API that knows nothing but the address of its description: no line of ours is imported here."""

import json
from typing import Any
from urllib.error import HTTPError
from urllib.parse import parse_qs, quote, urlencode, urlsplit
from urllib.request import Request, urlopen

import jsonschema_rs
from joserfc import jwt
from joserfc.jwk import KeySet

JSON, FORM = "application/json", "application/x-www-form-urlencoded"


class Answer:
    """What an operation answered, after it was held against its description."""

    def __init__(self, status: int, content: bytes, headers: Any) -> None:
        self.status, self.headers = status, headers
        self.kind = headers.get_content_type()
        self.content = json.loads(content) if content and self.kind.endswith("json") else content

    def __getitem__(self, name: str) -> Any:
        return self.content[name]


class Client:
    """Calls operations by their names. It keeps a cookie and a CSRF token, or a bearer token, as the schemes say."""

    def __init__(self, address: str) -> None:
        self.description = json.load(urlopen(address, timeout=20))
        self.base = self.description["servers"][0]["url"]
        self.cookie = self.csrf = self.bearer = ""

    def call(self, name: str, body: Any = None, query: dict[str, str] | None = None, **ids: str) -> Answer:
        method, path, operation = self._find(name)
        for place, value in ids.items():
            path = path.replace("{" + place + "}", quote(value))
        content, headers = self._write(operation, body)
        url = f"{self.base}{path}" + (f"?{urlencode(query)}" if query else "")
        request = Request(url, content, self._credentials(operation) | headers, method=method)
        try:
            with urlopen(request, timeout=20) as reply:
                answer = Answer(reply.status, reply.read(), reply.headers)
        except HTTPError as refusal:
            answer = Answer(refusal.code, refusal.read(), refusal.headers)
        self._compare(operation, answer)
        for given in answer.headers.get_all("Set-Cookie") or ():
            if given.startswith(f"{self._scheme('session')['name']}="):
                self.cookie = given.partition(";")[0]
        return answer

    def claims(self, token: str) -> dict[str, Any]:
        """What an access token says, its signature checked by the published keys."""
        keys = KeySet.import_key_set(self.call("oauth_jwks").content)
        found = jwt.decode(token, keys, algorithms=["ES256"])
        assert found.header["typ"] == "at+jwt"
        jwt.JWTClaimsRegistry(
            iss={"essential": True, "value": self.base}, aud={"essential": True, "value": f"{self.base}/api/v1"},
            exp={"essential": True}, iat={"essential": True},
        ).validate(found.claims)  # fmt: skip
        return found.claims

    def _find(self, name: str) -> tuple[str, str, dict[str, Any]]:
        for path, item in self.description["paths"].items():
            for method, operation in item.items():
                if method != "parameters" and operation["operationId"] == name:
                    return method.upper(), path, operation
        raise LookupError(name)

    def _scheme(self, name: str) -> dict[str, Any]:
        return self.description["components"]["securitySchemes"][name]

    def _credentials(self, operation: dict[str, Any]) -> dict[str, str]:
        ways = [set(way) for way in operation["security"]]
        if self.bearer and ways:
            return {"Authorization": f"Bearer {self.bearer}"}
        if any("csrf" in way for way in ways):
            return {"Cookie": self.cookie, self._scheme("csrf")["name"]: self.csrf}
        return {"Cookie": self.cookie} if self.cookie and any("session" in way for way in ways) else {}

    def _write(self, operation: dict[str, Any], body: Any) -> tuple[bytes | None, dict[str, str]]:
        if body is None:
            return None, {}
        taken = operation["requestBody"]["content"]
        kind = next(iter(taken))
        self._validate(taken[kind]["schema"], body)
        content = urlencode(body) if kind == FORM else json.dumps(body)
        return content.encode(), {"Content-Type": kind}

    def _compare(self, operation: dict[str, Any], answer: Answer) -> None:
        said = operation["responses"].get(str(answer.status))
        assert said, f"{operation['operationId']} answered {answer.status}, which is not described"
        if "$ref" in said:
            said = self.description["components"]["responses"][said["$ref"].rpartition("/")[2]]
        for kind, media in said.get("content", {}).items():
            assert answer.kind == kind, (operation["operationId"], answer.kind)
            if kind.endswith("json"):
                self._validate(media["schema"], answer.content)

    def _validate(self, schema: dict[str, Any], value: Any) -> None:
        whole = schema | {"components": self.description["components"]}
        jsonschema_rs.Draft202012Validator(whole).validate(value)


def scanned(link: str) -> dict[str, str]:
    """The fields of a scanned link."""
    return {name: values[0] for name, values in parse_qs(urlsplit(link).fragment).items()}
