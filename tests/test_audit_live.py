"""The audit log under real transactions: late commits, writers at once, sealers at once."""

from concurrent.futures import ThreadPoolExecutor

from odoo import SUPERUSER_ID, api
from odoo.addons.freight_tms_connector.tests.live_server import LiveDatabase
from odoo.tests import BaseCase, tagged

WRITERS = 4
EACH = 25


@tagged("post_install", "-at_install")
class TestAuditLive(BaseCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.database = LiveDatabase("audit")
        cls.addClassCleanup(cls.database.drop)
        cls.seal()

    @classmethod
    def seal(cls):
        """Seal what is committed. Return how many entries that was."""
        done = 0
        with cls.database.env() as env:
            while taken := env["freight.audit.sealer"]._queue_step():
                done += taken
        return done

    def verify(self):
        with self.database.env() as env:
            found = env["freight.audit.verification"]._verify()
            return found.outcome, found.waiting_count

    def cursor(self):
        cr = self.database.registry.cursor()
        self.addCleanup(cr.close)
        return cr, api.Environment(cr, SUPERUSER_ID, {})

    def places(self, name):
        """Return [(entry, place in its chain)] of the teams called ``name``, by entry."""
        return self.database.query(
            """
            SELECT e.id, l.number FROM freight_audit_entry e
              LEFT JOIN freight_audit_link l ON l.entry_id = e.id
             WHERE e.model = 'freight.team' AND e.record LIKE %s ORDER BY e.id
            """,
            f"{name}%",
        )

    def test_what_commits_late_is_sealed_late_and_not_skipped(self):
        slow, slow_env = self.cursor()
        quick, quick_env = self.cursor()
        slow_env["freight.team"].create({"name": "late one"})
        quick_env["freight.team"].create({"name": "late two"})
        quick.commit()
        self.assertEqual(self.seal(), 1)
        slow.commit()
        self.assertEqual(self.seal(), 1)
        (first, first_place), (second, second_place) = self.places("late")
        self.assertLess(first, second)
        self.assertEqual(first_place, second_place + 1, "the order of sealing is that of commits")
        self.assertEqual(self.verify(), ("whole", 0))

    def test_what_is_rolled_back_is_no_gap(self):
        gone, gone_env = self.cursor()
        gone_env["freight.team"].create({"name": "never"})
        gone.rollback()
        with self.database.env() as env:
            env["freight.team"].create({"name": "stands"})
        self.assertEqual(self.seal(), 1)
        self.assertEqual(self.verify(), ("whole", 0))

    def test_the_sealer_makes_no_writer_wait_or_start_again(self):
        """A writer whose snapshot is older than the newest link commits all the same."""
        writer, writer_env = self.cursor()
        writer_env["freight.audit.link"].search([], limit=1).mapped("digest")
        with self.database.env() as env:
            env["freight.team"].create({"name": "other"})
        self.seal()
        writer_env["freight.team"].create({"name": "old snapshot"})
        writer.commit()
        self.assertEqual(self.seal(), 1)
        self.assertEqual(self.verify(), ("whole", 0))

    def test_of_two_sealers_one_works(self):
        with self.database.env() as env:
            env["freight.team"].create({"name": "wanted by two"})
        holder, _env = self.cursor()
        holder.execute("SELECT pg_advisory_xact_lock(hashtext('freight.audit.sealer'))")
        self.assertEqual(self.seal(), 0)
        holder.rollback()
        self.assertEqual(self.seal(), 1)

    def test_writers_and_sealers_at_once(self):
        def write(writer):
            for turn in range(EACH):
                with self.database.env() as env:
                    env["freight.team"].create({"name": f"storm {writer} {turn}"})

        with ThreadPoolExecutor(WRITERS + 2) as pool:
            writers = [pool.submit(write, number) for number in range(WRITERS)]
            while not all(one.done() for one in writers):
                for sealer in [pool.submit(self.seal) for _ in range(2)]:
                    sealer.result()
            for one in writers:
                one.result()
        self.seal()
        places = [place for _entry, place in self.places("storm")]
        self.assertEqual(len(places), WRITERS * EACH)
        self.assertEqual(len({*places}), WRITERS * EACH)
        self.assertEqual(self.verify(), ("whole", 0))
