"""Benchmarks: ratios of this suite to what stands next to it, from one run on one machine."""
