from tests.features.lrs.caller import caller, keep
from tests.own_app import own_app, served

__all__ = ["caller", "keep", "own_app", "served"]
