"""The SQL of a page: walks along indexes in the order of the answer, which read little more than they find.

A row of each is (position, body, is_end). For one key a walk meets nothing but what is looked for. For several it leaps
through their lists of positions: from a position in one list to the nearest in the next that is not before it, round
and round, until all have the same one. So it does not matter which key is the rare one, and stretches that only one of
them has are not read. Lists that lie between each other and never meet would be read whole: therefore a walk ends
after `STEPS`, as it does when the page is full. Its last row says where it came to (`is_end`), and the next page goes
on from there.
"""

from collections.abc import Sequence

from lms.lrs import positions, sql

STEPS = 10_000
NOT_VOIDED = "NOT EXISTS (SELECT 1 FROM voided_statement v WHERE v.target_id = s.id)"

Values = tuple[object, ...]
Walk = tuple[str, Values]  # a sentence and its values


def through_all(low: int, high: int, size: int, *, ascending: bool) -> Walk:
    order = "ASC" if ascending else "DESC"
    sentence = (
        "SELECT s.position, s.body, FALSE FROM stored_statement s WHERE s.position >= %s AND s.position < %s "
        f"AND {NOT_VOIDED} ORDER BY s.position {order} LIMIT %s"
    )
    return sentence, (low, high, size)


def by_keys(keys: Sequence[bytes], low: int, high: int, size: int, *, ascending: bool) -> Walk:
    """To the statements that have all these keys."""
    wanted = _as_values(keys)
    if len(wanted) > 1:
        return _leaping("statement_key", wanted, (), low, high, size, ascending=ascending)
    return _along("statement_key", ascending=ascending), (*wanted, low, high, size)


def by_inherited_keys(
    keys: Sequence[bytes], own: Sequence[bytes], low: int, high: int, size: int, *, ascending: bool
) -> Walk:
    """To the statements that inherited all these from one source, and have those of `own` themselves."""
    wanted = _as_values(keys)
    if len(wanted) > 1 or own:
        return _leaping("inherited_key", wanted, _as_values(own), low, high, size, ascending=ascending)
    return _along("inherited_key", ascending=ascending), (*wanted, low, high, size)


def _as_values(keys: Sequence[bytes]) -> tuple[object, ...]:
    return tuple(map(sql.sixteen, dict.fromkeys(keys)))


def together(walks: Sequence[Walk]) -> Walk:
    """One after the other. Each keeps its order, but a statement may come from several."""
    sentence = " UNION ALL ".join(f"SELECT * FROM ({part}) AS walk{number}" for number, (part, _) in enumerate(walks))
    return sentence, tuple(value for _, values in walks for value in values)


def _along(table: str, *, ascending: bool) -> str:
    order = "ASC" if ascending else "DESC"
    # A statement counts once for the page, from however many sources it inherited the key.
    once = (
        " AND NOT EXISTS (SELECT 1 FROM inherited_key e "
        "WHERE e.key = k.key AND e.position = k.position AND e.source < k.source)"
        if table == "inherited_key"
        else ""
    )
    # CROSS JOIN keeps SQLite from turning the order of the tables round.
    return (
        f"SELECT s.position, s.body, FALSE FROM {table} k CROSS JOIN stored_statement s "
        "WHERE k.key = %s AND k.position >= %s AND k.position < %s "
        f"AND s.position = k.position AND {NOT_VOIDED}{once} ORDER BY k.position {order} LIMIT %s"
    )


def _leaping(table: str, keys: Values, own: Values, low: int, high: int, size: int, *, ascending: bool) -> Walk:
    top = max(high - 1, positions.FIRST)
    first, last = (low, top) if ascending else (top, low)
    sentence = _leaps(table, len(keys), len(own), ascending=ascending)
    return sentence, (*keys, keys[0], first, last, size, *own, size, last, size)


def _leaps(table: str, count: int, own: int, *, ascending: bool) -> str:
    """A step looks up key1, which is then the last in turn. position1 to position<n> are the latest steps' answers.

    What a page takes is counted as the steps are made (`met`, until before a step), not by a LIMIT: that would need an
    order, for which all steps were made first. A statement that is voided, or does not have the keys of its own,
    counts and comes without its body.
    """
    nearest, beyond, one_on, within = ("min", ">=", "+ 1", "<=") if ascending else ("max", "<=", "- 1", ">=")
    keys = [f"key{number}" for number in range(1, count + 1)]
    latest = [f"position{number}" for number in range(1, count + 1)]
    meeting = " AND ".join(f"position1 = {position}" for position in latest[1:]) or "position1 IS NOT NULL"
    look_up = f"(SELECT {nearest}(position) FROM {table} WHERE key = {{}} AND position {beyond} {{}})"
    onward = f"CASE WHEN {meeting} THEN position1 {one_on} ELSE position1 END"
    turned = (*keys[1:], keys[0])
    steps = ", ".join((*turned, look_up.format(f"leap.{turned[0]}", onward), *latest[:-1]))
    also = " AND EXISTS (SELECT 1 FROM statement_key b WHERE b.key = %s AND b.position = position1)" * own
    return (
        f"WITH RECURSIVE leap (step, met, {', '.join((*keys, *latest))}) AS ("
        f"SELECT 1, 0, {', '.join(['%s'] * count)}, {look_up.format('%s', '%s')}"
        f"{', CAST(NULL AS bigint)' * (count - 1)} UNION ALL "
        f"SELECT step + 1, met + CASE WHEN {meeting} THEN 1 ELSE 0 END, {steps} "
        f"FROM leap WHERE position1 {within} %s AND step < {STEPS} AND met < %s) "
        # The statement is no join: a database could then think of reading all of them to find these.
        f"SELECT position1, (SELECT s.body FROM stored_statement s WHERE s.position = position1 AND {meeting} "
        f"AND {NOT_VOIDED}{_from_one_source(table, count)}{also}), step = {STEPS} OR met = %s FROM leap "
        f"WHERE position1 {within} %s AND ({meeting} OR step = {STEPS} OR met = %s)"
    )


def _from_one_source(table: str, count: int) -> str:
    if table != "inherited_key" or count == 1:
        return ""
    others = "".join(
        f" JOIN {table} i{number} ON i{number}.key = leap.key{number} AND i{number}.position = i1.position "
        f"AND i{number}.source = i1.source"
        for number in range(2, count + 1)
    )
    return f" AND EXISTS (SELECT 1 FROM {table} i1{others} WHERE i1.key = leap.key1 AND i1.position = leap.position1)"
