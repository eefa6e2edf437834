from tests.own_app import own_app, served

__all__ = ["own_app", "served"]
