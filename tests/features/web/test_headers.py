"""What browsers are told about every answer, and how static files are kept."""

import gzip
import re

import pytest

from tests.features.web.probe import make_probe


def test_every_page_is_locked_down(client):
    headers = client.get("/probe/thanks").headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"
    assert "camera=()" in headers["Permissions-Policy"]
    assert "Strict-Transport-Security" not in headers


def test_https_is_remembered(tmp_path):
    app, _ = make_probe(f"sqlite:///{tmp_path / 'a.db'}", tmp_path, base_url="https://learn.example.com")
    headers = app.test_client().get("/probe/thanks").headers
    assert headers["Strict-Transport-Security"].startswith("max-age=31536000")


def fetch(client, address: str, encoding: str = "identity"):
    """A static file; read and closed, as a server would."""
    with client.get(address, headers={"Accept-Encoding": encoding}) as answer:
        answer.get_data()
        return answer


def test_static_addresses_name_the_content(client):
    page = client.get("/probe/thanks").text
    address = re.search(r'href="(/static/app\.css\?v=[0-9a-f]{12})"', page)[1]
    assert fetch(client, address).headers["Cache-Control"] == "private, max-age=31536000, immutable"
    for other in ("/static/app.css?v=000000000000", "/static/app.css"):
        assert fetch(client, other).headers["Cache-Control"] == "no-cache"


def test_a_browser_that_asks_for_favicon_ico_gets_it(client):
    assert fetch(client, "/favicon.ico").data.startswith(b"\x00\x00\x01\x00")


def test_static_text_travels_compressed(client):
    plain = fetch(client, "/static/app.css")
    small = fetch(client, "/static/app.css", "gzip, br")
    assert small.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(small.data) == plain.data
    assert "Content-Encoding" not in plain.headers
    assert "Accept-Encoding" in small.headers["Vary"]


def test_a_page_weighs_little(client):
    """Stylesheet, htmx and our script together, compressed: under 100 KB (the promise) and under 40 KB (today)."""
    page = client.get("/probe/thanks").text
    addresses = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
    assert len(addresses) == 4  # icon, stylesheet, htmx, script
    sizes = [len(fetch(client, one, "gzip").data) for one in addresses]
    assert sum(sizes) < 40_000


@pytest.mark.parametrize(
    "path", ["/static/../../settings.py", "/static/%2e%2e/%2e%2e/settings.py", "/static/none.css?v=1"]
)
def test_nothing_outside_the_folder(client, path):
    assert client.get(path).status_code == 404
