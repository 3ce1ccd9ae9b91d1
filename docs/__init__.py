"""The documentation: guides written by hand, and a reference written by :mod:`docs.generate`."""
