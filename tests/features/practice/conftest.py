from tests.own_app import own_app

__all__ = ["own_app"]
