"""The service from outside: what a door uses that hands the work to a server."""
