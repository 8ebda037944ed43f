"""Append-only tables stay writable by upgrades: nothing that would have to rewrite a row."""

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError
from psycopg2.errors import RestrictViolation

from .common import CanonicalCase

#: What a ledger must not point at: people leave, and partners are merged.
PERSONAL = {"res.users", "res.partner"}


@tagged("post_install", "-at_install")
class TestShapeOfTheLedger(CanonicalCase):
    def append_only(self):
        """Return the models whose table refuses updates, whichever addon made them."""
        self.cr.execute(
            """
            SELECT c.relname FROM pg_trigger t
              JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
             WHERE p.proname = 'freight_append_only'
            """
        )
        tables = {row[0] for row in self.cr.fetchall()}
        return [model for model in self.env.values() if model._table in tables
                and not model._abstract]  # fmt: skip

    def stored(self, model):
        return [field for field in model._fields.values() if field.store and field.column_type]

    def test_the_ledger_is_one_of_them(self):
        self.assertIn("freight.event", [model._name for model in self.append_only()])

    def test_nobody_s_log_columns(self):
        for model in self.append_only():
            with self.subTest(model._name):
                self.assertFalse(model._log_access)

    def test_no_stored_compute_and_no_default(self):
        """Both would be written to rows that exist when the column is added."""
        for model in self.append_only():
            for field in self.stored(model):
                with self.subTest(str(field)):
                    self.assertFalse(field.compute)
                    self.assertFalse(field.default)

    def test_references_refuse_and_name_nobody(self):
        for model in self.append_only():
            for field in self.stored(model):
                if field.type == "many2one":
                    with self.subTest(str(field)):
                        self.assertEqual(field.ondelete, "restrict")
                        self.assertNotIn(field.comodel_name, PERSONAL)

    def test_no_row_has_an_external_id(self):
        self.make_shipment()
        for model in self.append_only():
            with self.subTest(model._name):
                self.assertFalse(self.env["ir.model.data"].search([("model", "=", model._name)]))

    def test_a_column_is_added_without_a_rewrite(self):
        """What the ORM does for a new field: a column that is empty, on a table left as it is."""
        event = self.make_shipment().event_ids
        before = self.rows(event)
        self.cr.execute("SELECT pg_relation_filenode('freight_event')")
        file = self.cr.fetchone()
        self.cr.execute("ALTER TABLE freight_event ADD COLUMN x_added varchar")
        self.cr.execute("SELECT pg_relation_filenode('freight_event')")
        self.assertEqual(self.cr.fetchone(), file)
        self.assertEqual(self.rows(event), before)

    def rows(self, event):
        self.cr.execute("SELECT id, xmin, uuid FROM freight_event WHERE id = %s", [event.id])
        return self.cr.fetchall()


@tagged("post_install", "-at_install")
class TestWhatPeopleDelete(CanonicalCase):
    def setUp(self):
        super().setUp()
        self.shipment = self.make_shipment()
        self.report(self.document(self.shipment, "departed_pickup"))

    def ledger(self):
        self.cr.execute("SELECT * FROM freight_event WHERE shipment_id = %s ORDER BY id",
                        [self.shipment.id])  # fmt: skip
        return self.cr.fetchall()

    def test_partners_of_a_shipment_are_merged(self):
        partners = self.env["res.partner"]
        kept = partners.create({"name": "Kept"})
        gone = partners.create({"name": "Gone"})
        self.shipment.consignee_id = gone
        self.shipment.stop_ids[1].partner_id = gone
        reference = self.env["freight.reference"].create(
            {"shipment_id": self.shipment.id, "type": "po", "value": "4711", "issuer_id": gone.id}
        )
        before = self.ledger()
        self.env["base.partner.merge.automatic.wizard"]._merge((kept | gone).ids, kept)
        self.env.invalidate_all()
        self.assertFalse(gone.exists())
        self.assertEqual(self.shipment.consignee_id, kept)
        self.assertEqual(self.shipment.stop_ids[1].partner_id, kept)
        self.assertEqual(reference.issuer_id, kept)
        self.assertEqual(self.ledger(), before)

    def test_the_partner_of_a_system_is_merged(self):
        kept = self.env["res.partner"].create({"name": "Kept", "is_company": True})
        before = self.ledger()
        self.env["base.partner.merge.automatic.wizard"]._merge((kept | self.carrier).ids, kept)
        self.env.invalidate_all()
        self.assertEqual((self.source.partner_id, self.shipment.carrier_id), (kept, kept))
        self.assertEqual(self.ledger(), before)

    @mute_logger("odoo.sql_db")
    def test_the_partner_of_a_system_is_not_deleted(self):
        lone = self.env["res.partner"].create({"name": "Lone"})
        self.make_system("of_lone", "carrier", lone)
        with self.assertRaises(IntegrityError):
            lone.unlink()

    def test_a_system_that_reported_is_archived_and_not_deleted(self):
        with self.assertRaisesRegex(UserError, "[Aa]rchive"):
            self.source.unlink()
        self.source.active = False
        self.assertNotIn(self.source, self.env["freight.system"].search([]))
        self.assertTrue(self.ledger())

    def test_a_company_with_a_ledger_says_why_it_stays(self):
        sister = self.env["res.company"].create({"name": "Sister Company"})
        theirs = self.make_shipment(company_id=sister.id)
        self.assertTrue(theirs.event_ids)
        with self.assertRaisesRegex(UserError, "Sister Company.*archive"):
            sister.unlink()

    def test_who_released_a_shipment_may_leave(self):
        user = self.make_user("a_leaver", "dispatcher")
        shipment = self.make_shipment(release=False)
        shipment.with_user(user).action_release()
        consumer = self.make_consumer("anything")
        decision = self.env["freight.event.work.decision"].create(
            {"event_id": shipment.event_ids.id, "consumer_id": consumer.id, "decision": "skip",
             "shipment_id": shipment.id, "company_id": shipment.company_id.id,
             "user_id": user.id}
        )  # fmt: skip
        before = self.ledger()
        user.unlink()
        self.env.invalidate_all()
        self.assertFalse(decision.user_id)
        self.assertEqual(self.ledger(), before)

    def test_a_language_is_uninstalled(self):
        french = self.env["res.lang"]._activate_lang("fr_FR")
        self.env["freight.event.type"].search([], limit=1).with_context(lang="fr_FR").name = "Voilà"
        before = self.ledger()
        french.active = False
        french.unlink()
        self.assertEqual(self.ledger(), before)

    @mute_logger("odoo.sql_db")
    def test_not_even_sql_truncates(self):
        with self.assertRaises(RestrictViolation), self.cr.savepoint():
            self.cr.execute("TRUNCATE freight_event CASCADE")
