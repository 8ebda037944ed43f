"""A skipped test tests nothing: any skip turns the run red, but for the reasons named here."""

import pytest

ALLOWED_SKIPS = ("no ../shared/samples beside the checkout",)


def pytest_configure(config):
    """Watch this run's skips."""
    config.pluginmanager.register(SkipGuard())


class SkipGuard:
    """Collects unexpected skips, names them at the end and fails a run that would pass."""

    def __init__(self):
        self.unexpected = []

    def pytest_collectreport(self, report):
        """Note a whole module that was skipped."""
        self._note(report)

    def pytest_runtest_logreport(self, report):
        """Note a test that was skipped; an expected failure is no skip."""
        if not hasattr(report, "wasxfail"):
            self._note(report)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session, exitstatus):
        """Fail the run."""
        if self.unexpected and exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter):
        """Say which skips turned the run red."""
        for place, reason in self.unexpected:
            terminalreporter.write_line(f"UNEXPECTED SKIP {place}: {reason}", red=True)

    def _note(self, report):
        if not report.skipped:
            return
        reason = report.longrepr[2].removeprefix("Skipped: ")
        if not reason.startswith(ALLOWED_SKIPS):
            self.unexpected.append((report.nodeid, reason))
