"""`/xapi`: the learning record store for every xAPI tool. Guarded by key pairs, not by sign-in."""

from lms.lrs.views.routes import bp, init_app

__all__ = ["bp", "init_app"]
