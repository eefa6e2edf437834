from tests.features.lrs.caller import caller, keep

__all__ = ["caller", "keep"]
