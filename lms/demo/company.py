"""Who works at the demo company: invented people in real roles, three teams, six managers, thirty reps."""

from dataclasses import dataclass

PASSWORD = "fieldwork-demo"  # noqa: S105 -- printed at the start of the demo, on purpose


@dataclass(frozen=True, slots=True)
class Member:
    key: str
    name: str
    job_role: str
    manager: str | None
    team: str | None
    roles: tuple[str, ...]
    hired_days_ago: int
    zone: str = "America/New_York"

    @property
    def email(self) -> str:
        return f"{self.key}@northwind.example"


LEADERS = (
    Member("vera", "Vera Lind", "sales-leader", None, None, ("manager",), 2400),
    Member("dana", "Dana Okoye", "sales-leader", "vera", None, ("manager",), 1700, "America/Chicago"),
    Member("enid", "Enid Shaw", "enablement", "vera", None, ("admin", "author"), 1500),
    Member("finn", "Finn Adler", "enablement", "enid", None, ("facilitator",), 700),
)
TEAMS = (("north", "North"), ("south", "South"), ("west", "West"))
MANAGERS = (
    Member("milo", "Milo Hart", "sales-manager", "vera", "north", ("manager",), 1300),
    Member("priya", "Priya Nair", "sales-manager", "vera", "north", ("manager",), 900),
    Member("otis", "Otis Grey", "sales-manager", "dana", "south", ("manager",), 1100, "America/Chicago"),
    Member("lena", "Lena Brandt", "sales-manager", "dana", "south", ("manager",), 650, "America/Chicago"),
    Member("gus", "Gus Holm", "sales-manager", "dana", "west", ("manager",), 2000, "America/Los_Angeles"),
    Member("tara", "Tara Quinn", "sales-manager", "dana", "west", ("manager",), 480, "America/Los_Angeles"),
)
SLOW_MANAGER = "gus"
ON_LEAVE = ("lena", "otis")  # Lena is away; Otis decides for her

_REPS = {
    "milo": ("Rosa Diaz", "Nils Berg", "Amara Cole", "Jonah Pike", "Mei Tanaka"),
    "priya": ("Caleb Stone", "Ines Moreau", "Tobias Falk", "Ruth Abara", "Viktor Sand"),
    "otis": ("Olga Wirth", "Hector Ruiz", "Nora Finch", "Samir Haddad", "Elsa Lund"),
    "lena": ("Peter Vance", "Chloe Marsh", "Darius Webb", "Yuki Mori", "Hanna Kraus"),
    "gus": ("Leo Castell", "Freya Dahl", "Marcus Bell", "Anya Petrova", "Owen Tate"),
    "tara": ("Bianca Rossi", "Kofi Mensah", "Greta Voss", "Liam Doyle", "Zara Khan"),
}


def _reps() -> tuple[Member, ...]:
    manager_of = {manager.key: manager for manager in MANAGERS}
    found: list[Member] = []
    for manager_key, names in _REPS.items():
        manager = manager_of[manager_key]
        for position, name in enumerate(names):
            role = "account-executive" if position == 4 else "sdr"
            hired = 10 if name == "Rosa Diaz" else 40 + 75 * position + 11 * len(found) % 60
            found.append(
                Member(name.split()[0].lower(), name, role, manager_key, manager.team, ("rep",), hired, manager.zone)
            )
    return tuple(found)


REPS = _reps()
EVERYBODY = (*LEADERS, *MANAGERS, *REPS)
SIGN_INS = (
    ("rosa", "rep in her second week, with a script to write"),
    ("nils", "rep whose script waits on his manager"),
    ("milo", "manager of Rosa and Nils: his queue"),
    ("gus", "a slow manager: requests were escalated"),
    ("otis", "manager, and delegate for Lena while she is away"),
    ("vera", "sales leader: the managers' manager"),
    ("enid", "admin and author"),
    ("finn", "facilitator: scores answers; Ruth's voicemail waits"),
)
