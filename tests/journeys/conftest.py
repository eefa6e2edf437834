"""Fixtures of the journeys."""

from tests.journeys.browsing import chromium

__all__ = ["chromium"]
