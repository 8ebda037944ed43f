"""A TMS, two carriers and a settlement platform in one process, for the demo and for tests."""
