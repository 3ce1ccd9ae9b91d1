"""Measures: how quick, how steady, how heavy, beside named rivals in the same run."""
