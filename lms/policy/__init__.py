"""The rulebook: pure functions over frozen values, standard library only."""
