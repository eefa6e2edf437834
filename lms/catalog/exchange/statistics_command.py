"""`items statistics`: difficulty, discrimination and reliability of a table of responses from anywhere."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from lms.catalog.exchange.response_table import BadTable, read_responses
from lms.policy.response_matrix import Figures, ItemFigures, figures


@click.command("statistics")
@click.argument("responses", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of a table.")
@click.option("--key", default="", help="The right answers in the order of the columns, with commas: b,d,a.")
@click.option(
    "--missing",
    type=click.Choice(["skip", "wrong"]),
    default="skip",
    show_default=True,
    help="An empty cell or NA: the question was not met, or counts as wrong.",
)
def statistics(responses: Path, as_json: bool, key: str, missing: str) -> None:
    """Figures of the questions in RESPONSES, a CSV file: a row for each person, a column for each question.

    Cells hold points, or with --key what was chosen. A column freq, frequency or count says how many people answered
    like this; columns called id, person, name, learner, student, respondent, case or nothing are passed over.
    """
    answers = [answer.strip() for answer in key.split(",")] if key else []
    try:
        table = read_responses(responses.read_bytes(), answers, counts_missing_as_wrong=missing == "wrong")
    except BadTable as bad:
        for problem in bad.problems:
            click.echo(f"{responses.name}: {problem}", err=True)
        raise SystemExit(1) from bad
    found = figures(table.sittings, table.items, table.most)
    if as_json:
        click.echo(json.dumps(_as_json(found), indent=2, ensure_ascii=False))
        return
    for line in _lines(found):
        click.echo(line)


def _as_json(found: Figures) -> dict[str, Any]:
    items = []
    for item in found.items:
        shown = asdict(item)
        shown["flags"] = [flag.value for flag in item.flags]
        shown["choices"] = [row | {"flags": [flag.value for flag in row["flags"]]} for row in shown["choices"]]
        items.append(shown)
    return asdict(found) | {"items": items}


def _lines(found: Figures) -> list[str]:
    width = max(len(item.key) for item in found.items)
    head = f"{'':{width}}  {'n':>6} {'mean':>8} {'p':>7} {'r rest':>7} {'95 %':>15} {'r total':>7} {'α without':>9}"
    lines = [head, *(_line(item, width) for item in found.items), ""]
    lines.append(
        f"{found.n} people, {found.complete} of them with every question: mean {_said(found.mean, 4)}, "
        f"deviation {_said(found.deviation, 4)}, alpha {_said(found.alpha, 4)}, SEM {_said(found.sem, 4)}"
    )
    if not found.is_alpha_shown:
        lines.append("Alpha from fewer than 8 questions or 50 people says little; the pages keep silent about it.")
    return lines


def _line(item: ItemFigures, width: int) -> str:
    between = f"{item.r_interval.low:.3f}…{item.r_interval.high:.3f}" if item.r_interval else "–"
    flags = f"  {', '.join(flag.value for flag in item.flags)}" if item.flags else ""
    return (
        f"{item.key:{width}}  {item.n:>6} {_said(item.mean):>8} {_said(item.difficulty):>7} {_said(item.r):>7} "
        f"{between:>15} {_said(item.r_total):>7} {_said(item.alpha_without):>9}{flags}"
    )


def _said(value: float | None, places: int = 3) -> str:
    return "–" if value is None else f"{value:.{places}f}"
