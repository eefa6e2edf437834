"""Fieldwork: learning that counts when the rep's own manager has verified it in the field."""
