"""How property tests run here: generation is slow once, while Hypothesis reads our constants."""

from hypothesis import HealthCheck, settings

relaxed = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
