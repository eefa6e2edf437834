"""The statements that the store is filled with and sent: about 0.9 KB each, as a course writes them.

Few people, verbs and activities stand in many statements, as in a real organization. All of it follows from the
statement's number, so that client and filler need not tell each other what there is.
"""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

# After so many the same things are said again, under other ids.
VARIETY = 5_000
AGENTS, VERBS, MODULES, COURSES, PATHS = 20, 5, 500, 50, 5
HOME = "https://people.example.com"
PLACE = "https://courses.example.com"
VERB_NAMES = ("initialized", "experienced", "answered", "passed", "completed")
BEGIN = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
_SPACE = UUID("5f0c7c1e-3c1f-4bb0-9e58-2f6f2f7a1c11")


def statement_id(number: int) -> str:
    """The id of the statement with this number in a filled store; of version 4 in its shape, as some clients insist."""
    return str(UUID(bytes=uuid5(_SPACE, str(number)).bytes, version=4))


def agent(number: int) -> dict[str, Any]:
    which = number % AGENTS
    return {
        "objectType": "Agent",
        "name": f"Person Number {which}",
        "account": {"homePage": HOME, "name": f"{which:08d}-4c1d-4f3e-9a57-0d6f3f3b8e21"},
    }


def verb_id(number: int) -> str:
    return f"http://adlnet.gov/expapi/verbs/{VERB_NAMES[number // AGENTS % VERBS]}"


def statement(number: int, id_: str) -> dict[str, Any]:
    """Every pair of agent and verb comes round once in a hundred statements."""
    number %= VARIETY
    module = number * 7 % MODULES
    return {
        "id": id_,
        "actor": agent(number),
        "verb": {"id": verb_id(number), "display": {"en-US": VERB_NAMES[number // AGENTS % VERBS]}},
        "object": {
            "objectType": "Activity",
            "id": f"{PLACE}/modules/{module}",
            "definition": {
                "name": {"en-US": f"Module {module}: preparing an appointment"},
                "description": {"en-US": "What to find out before the first call, and whom to ask for it."},
                "type": "http://adlnet.gov/expapi/activities/module",
            },
        },
        "result": {
            "score": {"scaled": number % 101 / 100, "raw": number % 101, "min": 0, "max": 100},
            "success": number % 3 > 0,
            "completion": True,
            "duration": f"PT{number % 50 + 1}M{number % 60}S",
        },
        "context": {
            "registration": str(UUID(int=number % AGENTS * COURSES + module % COURSES + (4 << 76) + (8 << 60))),
            "contextActivities": {
                "parent": [{"objectType": "Activity", "id": f"{PLACE}/courses/{module % COURSES}"}],
                "grouping": [{"objectType": "Activity", "id": f"{PLACE}/paths/{module % PATHS}"}],
            },
            "platform": "Fieldwork",
            "language": "en-US",
        },
        "timestamp": (BEGIN + timedelta(seconds=number)).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }


def as_json(number: int, id_: str) -> bytes:
    return json.dumps(statement(number, id_), separators=(",", ":")).encode()
