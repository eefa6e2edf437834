"""The people of the tests. Rosa's manager is Milo, his is Vera; Otis manages another team; Enid is enablement."""

from types import SimpleNamespace

import pytest

from lms.people.models import User
from tests.factories import make_team, make_user


@pytest.fixture
def cast(session) -> SimpleNamespace:
    vera = make_user("Vera Lind", roles=("manager",), job_role="leader")
    milo = make_user("Milo Hart", roles=("manager",), manager=vera, job_role="manager")
    otis = make_user("Otis Grey", roles=("manager",), manager=vera, job_role="manager")
    rosa = make_user("Rosa Diaz", roles=("rep",), manager=milo)
    nils = make_user("Nils Berg", roles=("rep",), manager=milo)
    olga = make_user("Olga Wirth", roles=("rep",), manager=otis)
    enid = make_user("Enid Shaw", roles=("admin", "author"), job_role="enablement")
    make_team("North", milo, rosa, nils)
    make_team("South", otis, olga)
    return SimpleNamespace(vera=vera, milo=milo, otis=otis, rosa=rosa, nils=nils, olga=olga, enid=enid)


@pytest.fixture
def rosa(cast) -> User:
    """A rep in her second week."""
    return cast.rosa


@pytest.fixture
def milo(cast) -> User:
    """Rosa's manager."""
    return cast.milo


@pytest.fixture
def otis(cast) -> User:
    """Another team's manager."""
    return cast.otis


@pytest.fixture
def vera(cast) -> User:
    """The managers' manager."""
    return cast.vera


@pytest.fixture
def olga(cast) -> User:
    """A rep of Otis."""
    return cast.olga


@pytest.fixture
def enid(cast) -> User:
    """Admin and author."""
    return cast.enid
