"""Everybody at the demo company opens everything that their pages offer, and all of it answers and is sound HTML.

Six people follow every link; the others open what their own start page offers. Pages that differ only in whose they
are get opened some times each, and the steps of the course twice, so that it ends.
"""

import re
from collections import Counter, deque
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urljoin, urlsplit
from xml.etree.ElementTree import Element

import html5lib
import lxml.html
import pytest
from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import RequestRedirect
from werkzeug.test import TestResponse

from lms.demo.company import EVERYBODY
from tests.conftest import IGNORED_PARSE_ERRORS, ON_POSTGRES, Visitor
from tests.demo import DEMO, Demo, writes_of

pytestmark = DEMO

# A rep early on, one whose numbers wait, one who finished; a manager, a leader, an admin.
THOROUGH = ("rosa", "amara", "viktor", "milo", "vera", "enid")
OTHERS = tuple(member.key for member in EVERYBODY if member.key not in THOROUGH)
# Of one endpoint with one set of arguments: this many addresses that name no step, and that name the same step. Twelve
# pages of a kind differ in their data, which is the same on both databases; what they ask a database does not differ.
MOST, MOST_OF_A_STEP = (5 if ON_POSTGRES else 12), 2
QUICK = lxml.html.HTMLParser(remove_comments=True)
HX = {"hx-get": "GET", "hx-post": "POST", "data-autosave": "POST", "data-bookmark-url": "POST", "data-tally": "POST"}


@dataclass
class Page:
    """What an answer holds for a crawler."""

    path: str
    status: int
    kind: str
    ids: frozenset[str] = frozenset()
    links: list[tuple[str, str]] = field(default_factory=list)  # (element, address)
    forms: list[tuple[str, str]] = field(default_factory=list)  # (method, address)
    problems: list[str] = field(default_factory=list)
    is_lock: bool = False


class Reader(Visitor):
    """Parses once, for the check of every visitor and for what the crawler wants to know."""

    tree: Element | None = None
    wrong: tuple = ()

    def check(self, response: TestResponse) -> None:
        if ON_POSTGRES:  # strictly in the other half; here the quick parser is enough to find links, forms and ids
            self.tree = lxml.html.document_fromstring(response.get_data(as_text=True), parser=QUICK)
            return
        parser = html5lib.HTMLParser(namespaceHTMLElements=False)
        self.tree = parser.parse(response.get_data(as_text=True))
        self.wrong = tuple(error for error in parser.errors if error[1] not in IGNORED_PARSE_ERRORS)

    def page(self, path: str) -> Page:
        self.tree, self.wrong = None, ()
        response = self.get(path, follow_redirects=True)
        data = response.get_data()
        response.close()  # a file stays open otherwise
        page = Page(path, response.status_code, response.mimetype)
        if self.tree is not None:
            page.path = response.request.full_path.rstrip("?")
            page.is_lock = "This step is not open yet." in data.decode()
            read(self.tree, page, is_whole=b"<html" in data[:300])
            page.problems += [f"HTML: {error}" for error in self.wrong[:3] if b"<html" in data[:300]]
        elif not data and response.status_code not in {204, 304}:
            page.problems.append("an empty answer")
        return page


def read(tree: Element, page: Page, *, is_whole: bool) -> None:
    ids: Counter[str] = Counter()
    labelled: set[str] = set()
    headings = 0
    if "[[" in "".join(tree.itertext()):
        page.problems.append("a glossary reference as it was typed: [[")
    for node in tree.iter():
        if not isinstance(node.tag, str):
            continue
        attributes = {str(name): value for name, value in node.attrib.items()}
        if "id" in attributes:
            ids[attributes["id"]] += 1
        for name in ("for", "aria-labelledby", "aria-describedby", "aria-controls", "list"):
            labelled |= set(attributes.get(name, "").split())
        headings += node.tag == "h1"
        if "style" in attributes:
            page.problems.append(f"style attribute on <{node.tag}>: {attributes['style'][:60]}")
        if any(name.startswith("on") for name in attributes):
            page.problems.append(f"a handler in an attribute of <{node.tag}>")
        if node.tag == "script" and "src" not in attributes and attributes.get("type") != "application/json":
            page.problems.append("a script in the page")
        if node.tag == "style":
            page.problems.append("a style sheet in the page")
        if node.tag == "img" and "alt" not in attributes:
            page.problems.append(f"an image without alt: {attributes.get('src')}")
        if node.tag == "form":
            page.forms.append((attributes.get("method", "get").upper(), attributes.get("action") or page.path))
        for name in ("href", "src", "poster", "formaction", "data-src"):
            if name in attributes and node.tag != "base":
                if name == "formaction":
                    page.forms.append(("POST", attributes[name]))
                else:
                    page.links.append((node.tag, attributes[name]))
        for name, method in HX.items():
            if attributes.get(name, "").startswith("/"):
                page.forms.append((method, attributes[name]))
    page.ids = frozenset(ids)
    page.problems += [f"id {name!r} {times} times" for name, times in ids.items() if times > 1]
    if not is_whole:
        return
    page.problems += [f"refers to #{name}, which is not there" for name in sorted(labelled - ids.keys())]
    title = tree.find(".//title")
    if title is None or not (title.text or "").strip():
        page.problems.append("no title")
    if not tree.attrib.get("lang"):
        page.problems.append("no lang")
    if headings != 1:
        page.problems.append(f"{headings} h1")


class Crawler:
    def __init__(self, demo: Demo, key: str, *, is_thorough: bool) -> None:
        self.demo, self.key, self.is_thorough = demo, key, is_thorough
        self.browser = demo.browser(demo.people[key], Reader)
        self.routes = demo.app.url_map.bind("localhost")
        self.pages: dict[str, Page] = {}
        self.found: Counter[tuple] = Counter()
        self.queue: deque[tuple[str, str, int]] = deque()
        self.seen: set[str] = set()
        self.wrong: list[str] = []
        self.anchors: list[tuple[str, str, str]] = []

    def crawl(self) -> None:
        self.add("/", "the start", 0)
        while self.queue:
            path, from_, depth = self.queue.popleft()
            page = self.browser.page(path)
            self.pages[path] = page
            if page.status == 403 and page.is_lock and "/steps/" in from_ and "/steps/" in path:
                continue  # a chunk refers to a later one; the answer says what opens it
            if page.status not in {200, 204}:
                self.wrong.append(f"{path} answers {page.status} (linked from {from_})")
                continue
            self.wrong += [f"{path}: {problem}" for problem in page.problems]
            for element, address in page.links:
                self.follow(element, address, page, depth)
            for method, address in page.forms:
                self.must_exist(method, address, page)
        for path, name, from_ in self.anchors:
            page = self.pages.get(path)
            if page is not None and page.kind == "text/html" and name not in page.ids:
                self.wrong.append(f"{from_} links to {path}#{name}, which has no such place")

    def follow(self, element: str, address: str, page: Page, depth: int) -> None:
        if address.startswith(("mailto:", "tel:", "data:")):
            return
        parts = urlsplit(urljoin(f"http://localhost{page.path}", address))
        if parts.netloc != "localhost":
            if element != "a":
                self.wrong.append(f"{page.path}: <{element}> loads {address} from elsewhere")
            return
        if element == "use":  # a symbol of the sprite
            parts = parts._replace(fragment="")
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        if parts.fragment:
            self.anchors.append((path, parts.fragment, page.path))
        self.add(path, page.path, depth + 1, is_part=element != "a")

    def add(self, path: str, from_: str, depth: int, *, is_part: bool = False) -> None:
        """Put an address on the list unless it was seen, or enough of its kind were."""
        if path in self.seen:
            return
        self.seen.add(path)
        parts = urlsplit(path)
        try:
            endpoint, values = self.routes.match(parts.path, "GET")
        except RequestRedirect:
            endpoint, values = "redirect", {}
        except (NotFound, MethodNotAllowed):
            self.wrong.append(f"{path} is no page (linked from {from_})")
            return
        if not self.is_thorough and depth > (1 if not is_part else 2):
            return
        query = tuple(sorted(name for name, _ in parse_qsl(parts.query)))
        steps = tuple(str(values[name]) for name in ("module_key", "step_key", "path", "filename") if name in values)
        kind = (endpoint, query, steps)
        self.found[kind] += 1
        if self.found[kind] <= (MOST_OF_A_STEP if steps else MOST):
            self.queue.append((path, from_, depth))

    def must_exist(self, method: str, address: str, page: Page) -> None:
        parts = urlsplit(urljoin(f"http://localhost{page.path}", address))
        try:
            self.routes.match(parts.path, method)
        except RequestRedirect:
            return
        except (NotFound, MethodNotAllowed):
            self.wrong.append(f"{page.path}: a form sends {method} to {parts.path}, which takes none")
            return
        if method == "GET":
            self.add(parts.path + (f"?{parts.query}" if parts.query else ""), page.path, 1)


def told(crawler: Crawler) -> str:
    """The problems, each kind of address once, with how often it occurred."""
    kinds: Counter[str] = Counter()
    example: dict[str, str] = {}
    for line in crawler.wrong:
        kind = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d+", "…", line)
        kinds[kind] += 1
        example.setdefault(kind, line)
    return "\n".join(f"{times} × {example[kind]}" for kind, times in kinds.most_common(60))


def crawled(demo: Demo, key: str, *, is_thorough: bool) -> Crawler:
    crawler = Crawler(demo, key, is_thorough=is_thorough)
    with writes_of(demo.app) as written:
        crawler.crawl()
    assert not crawler.wrong, f"{demo.people[key].name}, {len(crawler.pages)} pages:\n{told(crawler)}"
    assert not written, written[0]
    return crawler


@pytest.mark.parametrize("key", THOROUGH)
def test_every_link_leads_somewhere(demo, key):
    pages = crawled(demo, key, is_thorough=True).pages
    print(f"{key}: {len(pages)} pages")  # noqa: T201 -- shown with -s
    assert len(pages) > 40


@pytest.mark.parametrize("key", OTHERS)
def test_everything_on_the_start_page_opens(demo, key):
    assert len(crawled(demo, key, is_thorough=False).pages) > 5


def test_one_process_has_the_company_to_itself(request):
    """Otherwise each of them would build it."""
    assert not request.config.getoption("loadgroup", False) or request.node.nodeid.endswith("@demo")


def test_a_crawler_finds_what_is_wrong(demo):
    """It has been seen to fail: on a page with one of each mistake."""
    page = Page("/x", 200, "text/html")
    text = """<!doctype html><html><head><title> </title></head><body><h1>A</h1><h1>B</h1><p id=a style="color:red">
      <i id=a></i><img src="/no"><script>1</script><a href="/nowhere#b" onclick="x()">x</a>
      <form method=post action="/record"></form><label for="gone">L [[call|Call]]</label></body></html>"""
    read(html5lib.parse(text, namespaceHTMLElements=False), page, is_whole=True)
    assert {problem.split(":")[0] for problem in page.problems} == {
        "style attribute on <p>",
        "a handler in an attribute of <a>",
        "a script in the page",
        "an image without alt",
        "id 'a' 2 times",
        "refers to #gone, which is not there",
        "a glossary reference as it was typed",
        "no title",
        "no lang",
        "2 h1",
    }
    crawler = Crawler(demo, "rosa", is_thorough=True)
    for element, address in page.links:
        crawler.follow(element, address, page, 0)
    for method, address in page.forms:
        crawler.must_exist(method, address, page)
    assert [line.split(" (")[0] for line in crawler.wrong] == [
        "/no is no page",
        "/nowhere is no page",
        "/x: a form sends POST to /record, which takes none",
    ]


def test_pages_for_nobody(demo):
    """The way in, for who is not signed in."""
    crawler = Crawler(demo, "rosa", is_thorough=True)
    crawler.browser = demo.browser(None, Reader)
    for path in ("/sign-in", "/forgot", "/forgot/sent"):
        crawler.add(path, "the start", 0)
    crawler.queue = deque((path, from_, 1) for path, from_, _ in crawler.queue)
    crawler.is_thorough = False
    crawler.crawl()
    assert not crawler.wrong, told(crawler)
