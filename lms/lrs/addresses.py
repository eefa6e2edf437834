"""What a document is named by."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from lms.lrs import keys


class Resource(StrEnum):
    STATE = "state"
    ACTIVITY_PROFILE = "activity profile"
    AGENT_PROFILE = "agent profile"


@dataclass(frozen=True, slots=True)
class Address:
    """`agent` is the agent's one text (see `keys.agent_name`); what a resource has not is empty.

    `document_id` is None where all of an owner's documents are meant.
    """

    resource: Resource
    activity_id: str = ""
    agent: str = ""
    registration: UUID | None = None
    document_id: str | None = None

    @property
    def owner(self) -> UUID:
        return UUID(bytes=keys.key(self.resource, self.activity_id, self.agent))

    @property
    def key(self) -> UUID:
        if self.document_id is None:
            raise ValueError("all documents of an owner have no common key")
        registration = str(self.registration or "")
        return UUID(bytes=keys.key(self.resource, self.activity_id, self.agent, registration, self.document_id))
