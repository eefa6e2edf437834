"""The benchmark measures what it says. Nothing here looks at the clock."""

import asyncio
import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from benchmarks.lrs import processor, statements, table
from benchmarks.lrs.client import Job, Measured, quantile, run
from benchmarks.lrs.loads import BATCH, LOADS, PAGE, Target
from benchmarks.lrs.table import Cell
from lms.lrs import service
from tests.features.lrs.client import Store

AUTHORITY = {"account": {"homePage": "https://example.com", "name": "a"}}


def test_what_is_stored_is_valid_and_of_the_size_it_says():
    numbers = range(0, statements.VARIETY, 7)
    said = [statements.statement(number, statements.statement_id(number)) for number in numbers]
    assert len(service.received(said, authority=AUTHORITY)) == len(numbers)
    sizes = [len(statements.as_json(number, statements.statement_id(number))) for number in numbers]
    assert 800 < sum(sizes) / len(sizes) < 1200


def test_ten_thousand_statements_fill_a_page_of_each_pair():
    pairs = Counter(
        (statements.agent(number)["account"]["name"], statements.verb_id(number)) for number in range(10_000)
    )
    assert len(pairs) == statements.AGENTS * statements.VERBS
    assert min(pairs.values()) >= PAGE


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [
        ([], 0.5, 0.0),
        ([1.0], 0.95, 1.0),
        ([1.0, 2.0], 0.5, 1.0),
        ([1.0, 2.0, 3.0], 0.5, 2.0),
        (list(range(1, 101)), 0.95, 95),
    ],
)
def test_quantiles(values, share, expected):
    assert quantile(values, share) == expected


def cell(store, load, rate, *, size=10_000, connections=4, held=None, failed=0, cpu=1.0):
    found = Measured(1000, int(rate * 10), failed, "", held, 1.0, 2.0, 10.0, 1.0)
    return Cell(store, size, load, connections, found, cpu)


def missed(*cells):
    return [verdict.text for verdict in table.verdicts(cells) if not verdict.met]


def test_of_several_rounds_the_middle_one_counts_and_every_error():
    rounds = [cell("ours", "single", rate, failed=failed) for rate, failed in ((90, 0), (300, 2), (100, 1))]
    found = table.middle(rounds).measured
    assert (found.rate, found.failed) == (100, 3)
    assert table.middle(rounds[:2]).measured.rate == 90


def test_the_best_peer_is_the_one_to_reach():
    ours = cell("ours, SQLite", "single", 300)
    assert not missed(ours, cell("slow", "single", 200))
    assert len(missed(ours, cell("slow", "single", 200), cell("quick", "single", 301))) == 1


def test_a_peer_is_taken_at_its_best_number_of_writers():
    ours = cell("ours, SQLite", "batch", 90)
    peers = cell("peer", "batch", 5), cell("peer", "batch", 20, connections=1)
    assert len(missed(ours, *peers)) == 1
    assert not missed(cell("ours, SQLite", "batch", 100), *peers)


def test_a_page_without_statements_counts_for_nobody():
    ours = cell("ours, SQLite", "page", 100, held=PAGE)
    assert not missed(ours, cell("empty", "page", 9000, held=0))
    assert missed(cell("ours, SQLite", "page", 9000, held=0), cell("peer", "page", 1, held=PAGE))


def test_errors_and_growth_of_ours_are_missed_goals():
    assert missed(cell("ours, SQLite", "batch", 90, connections=8, failed=1)) == ["errors of ours: 1 (goal 0)"]
    grown = cell("ours, SQLite", "id", 1), cell("ours, SQLite", "id", 1, size=1_000_000, cpu=1.6)
    assert len(missed(*grown)) == 1
    assert not missed(grown[0], cell("ours, SQLite", "id", 1, size=1_000_000, cpu=1.4))


@pytest.mark.parametrize("load", LOADS)
def test_the_client_is_answered_what_it_asks_for(served, load):
    store, filled = Store(served), 2 * BATCH
    said = [statements.statement(number, statements.statement_id(number)) for number in range(filled)]
    assert store.ask("POST", "statements", said).status == 200
    target = Target(f"{served.endpoint.rsplit('/xapi')[0]}/xapi", served.key, served.secret, filled)
    job = Job(target, load, connections=2, seconds=0.3)
    # In a thread of its own: where a browser was used before, this one has Playwright's event loop.
    with ThreadPoolExecutor(1) as threads:
        found = threads.submit(lambda: asyncio.run(run(job))).result()
    assert found.failed == 0, found.first_failure
    assert found.asked > 0
    expected = {"id": 1, "page": filled // (statements.AGENTS * statements.VERBS), "newest": PAGE}
    assert found.held == expected.get(load)


def test_requests_of_one_seed_are_the_same():
    target = Target("http://127.0.0.1:1/xapi", "k", "s", 100)
    first, again = (LOADS["id"].requests(target, random.Random(3)) for _ in range(2))
    assert [next(first) for _ in range(5)] == [next(again) for _ in range(5)]


def test_the_processes_of_a_port_and_their_time(served):
    port = int(served.endpoint.split(":")[2].split("/")[0])
    family = processor.family(processor.listening_on(port))
    assert family
    assert processor.seconds(family) > 0
    assert processor.megabytes(family) > 1
