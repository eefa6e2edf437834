"""The Activities and Agents resources: what statements have told about an activity and about a person."""

from flask import Response

from lms.lrs import parameters, queries
from lms.lrs.keys import IDENTIFIERS
from lms.lrs.protocol import Call, answer, needed

READING = ("all/read", "statements/read", "profile", "state")


def _activity(call: Call) -> Response:
    """The activity with everything that was said about it; one that nobody spoke of has no definition."""
    call.client.require(*READING)
    given = call.known("activityId")
    needed(given, "activityId")
    activity_id = parameters.address_of(given["activityId"], "activityId")
    definition = queries.definitions([activity_id]).get(activity_id)
    told = {} if definition is None else {"definition": definition}
    return answer({"objectType": "Activity", "id": activity_id, **told})


def _person(call: Call) -> Response:
    """A Person: everything an agent is known by, in lists. Who is unknown is known by what was asked."""
    call.client.require(*READING)
    given = call.known("agent")
    needed(given, "agent")
    agent = parameters.agent_of(given["agent"], "agent")
    names = queries.agent_names(agent)
    person: dict[str, object] = {"objectType": "Person"}
    if names or agent.get("name"):
        person["name"] = list(names) or [agent["name"]]
    person.update({name: [agent[name]] for name in (*IDENTIFIERS, "account") if name in agent})
    return answer(person)


ACTIVITIES = {"GET": _activity}
AGENTS = {"GET": _person}
