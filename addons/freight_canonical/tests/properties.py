"""Settings for property tests that run inside Odoo."""

from hypothesis import HealthCheck, settings

#: The first draw reads every loaded source file for constants: slow with Odoo, and no fault.
relaxed = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
