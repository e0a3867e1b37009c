"""The app's page and files: installable, strict, the same for everybody, and there without a connection."""

import io
import json
import re
import threading
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from PIL import Image

from portal.lib.images import reencode_logo
from tests.app.conftest import field_app
from tests.factories.people import make_account

NEXT = "feedfacefeed"
KEPT_HEADERS = ("Content-Type", "Content-Security-Policy", "Service-Worker-Allowed", "Cache-Control", "Shell-Version")
FILES = re.compile(r'(?:href|src)="(/app/shell/[^"]+)"')


def get(client, path):
    """A file's answer, read and closed."""
    with client.get(path) as answer:
        answer.get_data()
        return answer


def picture(answer) -> Image.Image:
    assert answer.mimetype == "image/png"
    return Image.open(io.BytesIO(answer.data))


def test_the_manifest_names_icons_of_the_sizes_it_says(client):
    answer = client.get("/app/manifest.webmanifest")
    assert answer.mimetype == "application/manifest+json"
    manifest = answer.json
    assert (manifest["start_url"], manifest["scope"], manifest["display"]) == ("/app", "/app", "standalone")
    assert manifest["name"] and manifest["theme_color"] and manifest["background_color"]
    purposes = set()
    for icon in manifest["icons"]:
        drawn = picture(client.get(icon["src"]))
        assert "{}x{}".format(*drawn.size) == icon["sizes"]
        corner = drawn.convert("RGBA").getpixel((0, 0))
        assert (corner[3] == 255) == (icon["purpose"] == "maskable"), "a launcher cuts a maskable icon itself"
        purposes.add((icon["sizes"], icon["purpose"]))
    assert purposes == {("192x192", "any"), ("512x512", "any"), ("512x512", "maskable")}


def test_the_page_may_use_the_camera_and_runs_no_script_but_its_own(client):
    answer = client.get("/app")
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; ") and "script-src 'self';" in policy and "nonce" not in policy
    assert "worker-src 'self'" in policy and "unsafe" not in policy
    assert "camera=(self)" in answer.headers["Permissions-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert "<script>" not in answer.text and " style=" not in answer.text and "onclick" not in answer.text
    assert "camera=()" in client.get("/sign-in").headers["Permissions-Policy"]


def test_the_page_is_the_same_for_everybody(app, client):
    before = client.get("/app").text
    with app.app_context():
        from tests.factories.people import make_member

        make_member(make_account("North Yard Haulage"))
    client.sign_in("ada@example.com")
    assert client.get("/app").text == before
    assert client.get("/app/").text == before
    assert client.get("/app?t=secret").text == before


def test_every_file_of_the_page_is_there_for_good_and_the_worker_keeps_them_all(client):
    page, worker = client.get("/app").text, client.get("/app/sw.js")
    addresses = FILES.findall(page)
    assert len(addresses) > 15
    for address in addresses:
        answer = get(client, address)
        assert answer.status_code == 200 and "immutable" in answer.headers["Cache-Control"]
        assert answer.mimetype == ("text/css" if address.endswith(".css") else "text/javascript")
        assert f'"{address}"' in worker.text
    assert worker.mimetype == "text/javascript" and worker.headers["Service-Worker-Allowed"] == "/app"
    assert worker.headers["Cache-Control"] == "no-store", "a new version is found at the next start"


def test_a_file_of_an_older_version_is_not_kept(client):
    answer = get(client, "/app/shell/000000000000/main.js")
    assert answer.status_code == 200 and answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["shell/x/../../config.py", "shell/x/app.js", "shell/x/nothing.js", "icons/1.png"])
def test_nothing_else_is_served(client, path):
    assert client.get(f"/app/{path}").status_code == 404


def test_a_company_without_a_logo_and_an_unknown_one_look_alike(app, client):
    drawing = io.BytesIO()
    Image.new("RGB", (40, 20), "#c2410c").save(drawing, "PNG")
    with app.app_context():
        key = app.extensions["portal"].photos.save_logo(reencode_logo(drawing.getvalue()))
        bare, shown = make_account("Bare").public_id, make_account("Shown", logo_key=key).public_id
    mark = client.get("/app/icons/192.png").data
    assert get(client, f"/app/logo/{bare}").data == mark
    assert get(client, "/app/logo/nobody").data == mark
    assert picture(get(client, f"/app/logo/{shown}")).size == (40, 20)


def comes_true(page, condition: str) -> None:
    """Waits for a condition that has to wait itself: to Playwright's own waiting a promise is true at once."""
    page.evaluate(
        "async () => { const end = performance.now() + 10000;"
        f" while (!({condition})) {{ if (performance.now() > end) throw new Error('never came true');"
        " await new Promise((done) => setTimeout(done, 50)); } }"
    )


def shell_is_kept(page) -> None:
    """Waits until the worker controls the page and has stored everything."""
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.wait_for_function("navigator.serviceWorker.controller !== null")


def test_the_shell_opens_without_a_connection_and_goes_on_with_one(field, phone):
    field.open()
    field.heading("Setup")
    shell_is_kept(field.page)
    phone.set_offline(True)
    field.open(f"{field.url}/app/")
    field.heading("No connection")
    field.press("Try again")
    field.heading("No connection")
    phone.set_offline(False)
    field.heading("Setup")  # by itself, as soon as the phone is back


def test_only_the_shell_is_kept(field, company):
    field.pair(company.pair_mia)
    field.heading("Sign in")
    shell_is_kept(field.page)
    kept = field.page.evaluate(
        "caches.keys().then((names) => Promise.all(names.map((name) => caches.open(name))))"
        ".then((all) => Promise.all(all.map((one) => one.keys()))).then((all) => all.flat().map((one) => one.url))"
    )
    assert kept and all(address.startswith(f"{field.url}/app") for address in kept)
    assert not any("/api/" in address or "/oauth/" in address for address in kept)


def test_a_new_version_takes_the_place_of_the_old_one(field):
    field.open()
    field.heading("Setup")
    shell_is_kept(field.page)
    field.page.evaluate("caches.open('app-shell-old').then((cache) => cache.put('/app/old', new Response('old')))")
    field.page.evaluate("navigator.serviceWorker.getRegistration('/app').then((one) => one.unregister())")
    field.open()
    field.heading("Setup")
    comes_true(field.page, "!(await caches.keys()).includes('app-shell-old') && (await caches.keys()).length === 1")


class Release(BaseHTTPRequestHandler):
    """Stands before the portal; once ``is_new``, it is as if the next release had been installed."""

    portal, version, is_new, is_torn = "", "", False, False

    def do_GET(self) -> None:
        own = type(self)
        path = self.path.replace(NEXT, own.version)
        with urllib.request.urlopen(own.portal + path) as answer:
            body, headers = answer.read(), answer.headers
        if own.is_new and path in ("/app", "/app/sw.js"):
            body = body.replace(own.version.encode(), NEXT.encode())
        if own.is_new and not (own.is_torn and path.endswith("words.js")):
            headers.replace_header("Shell-Version", NEXT)
        self.send_response(200)
        for name in KEPT_HEADERS:
            if name in headers:
                self.send_header(name, headers[name])
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        body = json.dumps({"error": "invalid_request"}).encode()  # no phone has been here
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(400)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Tests say what went wrong themselves."""


@pytest.fixture
def release(live, client) -> Iterator[type[Release]]:
    version = re.search(r'"app-version" content="(\w+)"', client.get("/app").text)[1]
    own = type("Own", (Release,), {"portal": live.url, "version": version})
    with ThreadingHTTPServer(("127.0.0.1", 0), own) as server:
        own.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield own
        server.shutdown()
        thread.join()


def versions(page) -> list[str]:
    """Of the page and of every file that it was made of."""
    return page.evaluate(
        "[...new Set([document.querySelector('meta[name=app-version]').content,"
        " ...performance.getEntriesByType('resource').map((one) => /shell[/](\\w+)[/]/.exec(one.name))"
        ".filter(Boolean).map((found) => found[1])])]"
    )


TRY_TO_UPDATE = """async () => {
    const own = await navigator.serviceWorker.getRegistration("/app");
    await own.update();
    const fresh = own.installing;
    const isOver = () => ["activated", "redundant"].includes(fresh.state);
    if (fresh && !isOver()) await new Promise((done) => (fresh.onstatechange = () => isOver() && done()));
    return caches.keys();
}"""


def test_the_next_release_replaces_the_shell_whole(release, phone):
    field = field_app(phone, release.url)
    field.open()
    field.heading("Setup")
    shell_is_kept(field.page)
    assert versions(field.page) == [release.version]
    release.is_new = True
    field.page.evaluate("location.hash = '#/help'")
    field.heading("Help")
    field.press("Update the app")
    field.heading("Setup")
    field.page.wait_for_function("() => document.querySelector('meta[name=app-version]').content === 'feedfacefeed'")
    assert versions(field.page) == [NEXT]
    assert field.page.evaluate("caches.keys()") == [f"app-shell-{NEXT}"]


def test_a_phone_that_is_only_opened_gets_the_next_release_too(release, phone):
    field = field_app(phone, release.url)
    field.open()
    field.heading("Setup")
    shell_is_kept(field.page)
    release.is_new = release.is_torn = True  # a second server is still at the release before
    assert field.page.evaluate(TRY_TO_UPDATE) == [f"app-shell-{release.version}"]
    release.is_torn = False
    field.open()  # the old one, whole, while the new one is fetched
    field.heading("Setup")
    assert versions(field.page) == [release.version]
    comes_true(field.page, f"(await caches.keys()).join() === 'app-shell-{NEXT}'")
    field.open()
    field.heading("Setup")
    assert versions(field.page) == [NEXT]
