"""What of the connector the audit log follows: ways in, secrets, and who read what."""

import json
from unittest.mock import patch

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .desk_common import DeskCase


@tagged("post_install", "-at_install")
class TestAudit(DeskCase):
    def setUp(self):
        super().setUp()
        self.mark = self.env["freight.audit.entry"].search([], limit=1).id

    def entries(self, model):
        """Return what joined the log about ``model`` since the test began, oldest first."""
        domain = [("id", ">", self.mark), ("model", "=", model)]
        return self.env["freight.audit.entry"].search(domain, order="id")

    def test_a_secret_is_set_and_changed_and_never_told(self):
        credential = self.env["freight.credential"].create(
            {"endpoint_id": self.carrier_endpoint.id, "secret": "correct horse battery"}
        )
        credential.secret = "another staple"
        credential.unlink()
        made, changed, dropped = self.entries("freight.credential")
        self.assertEqual(json.loads(made.after)["sealed"], "set")
        self.assertEqual(json.loads(changed.after), {"sealed": "changed"})
        self.assertEqual(changed.changes, "Sealed: set → changed")
        self.assertEqual((dropped.action, dropped.stream), ("unlink", "access"))
        self.assertEqual(made.company_id, self.carrier_endpoint.company_id)
        self.cr.execute("SELECT string_agg(e::text, '') FROM freight_audit_entry e")
        log = self.cr.fetchone()[0]
        for secret in ("horse", "staple"):
            self.assertNotIn(secret, log)

    def test_a_rotated_secret(self):
        wizard = self.env["freight.credential.rotation"].with_user(self.manager)
        wizard.create({"endpoint_id": self.carrier_endpoint.id, "overlap": "24"}).action_rotate()
        actions = [(one.action, one.actor) for one in self.entries("freight.credential")]
        self.assertEqual(actions, [("write", "desk_manager"), ("create", "desk_manager")])

    def test_a_token_is_issued_and_revoked(self):
        client = self.env["freight.api.client"].create(
            {"name": "Their TMS", "endpoint_id": self.tms_endpoint.id, "owner_id": self.manager.id}
        )
        token, text = self.env["freight.api.token"]._issue(
            client, "long", ["events:write"], "2030-01-01 00:00:00"
        )
        token.action_revoke()
        issued, revoked = self.entries("freight.api.token")
        self.assertEqual((issued.action, revoked.action), ("create", "revoke"))
        self.assertNotIn(text, issued.after)
        self.assertEqual(json.loads(issued.after)["digest"], "set")
        self.assertTrue(self.entries("freight.api.client"))

    def test_an_endpoint_is_changed(self):
        self.carrier_endpoint.with_user(self.manager).name = "Renamed"
        (entry,) = self.entries("freight.endpoint")
        self.assertEqual(json.loads(entry.after), {"name": "Renamed"})
        self.assertEqual((entry.stream, entry.actor), ("configuration", "desk_manager"))

    def test_a_mapping_is_approved_and_put_to_work(self):
        version = self.env["freight.mapping"].search([("code", "=", "x12_214")]).active_version_id
        draft = version.browse(version.mapping_id.action_new_version()["res_id"])
        draft.with_user(self.manager).action_approve()
        draft.with_user(self.manager).action_activate()
        deeds = [(one.action, one.role, one.res_id) for one in self.entries(version._name)]
        self.assertIn(("approve", "approved", draft.id), deeds)
        self.assertIn(("activate", "approved", draft.id), deeds)
        self.assertIn(("write", "initiated", version.id), deeds)

    def test_reading_payloads_is_recorded_once_for_what_is_read_at_once(self):
        messages = self.take_in(b"ISA1") | self.take_in(b"ISA2")
        messages[0].with_user(self.auditor).get_payload()
        (one,) = self.entries(messages._name)
        self.assertEqual((one.action, one.stream, one.res_id, one.actor),
                         ("read_payload", "access", messages[0].id, "desk_auditor"))  # fmt: skip
        messages.with_user(self.manager).mapped("payload_text")
        both = self.entries(messages._name)[-1]
        self.assertEqual(len(self.entries(messages._name)), 2)
        self.assertEqual(sorted(json.loads(both.after)["ids"]), sorted(messages.ids))

    def test_what_cannot_be_recorded_is_not_read(self):
        message = self.take_in(b"ISA1").with_user(self.auditor)
        broken = patch.object(self.registry["freight.audit"], "_insert", side_effect=ValueError)
        with broken, self.assertRaises(ValueError):
            message.get_payload()

    def test_who_may_not_read_leaves_no_entry(self):
        message = self.take_in(b"ISA1")
        with self.assertRaises(AccessError):
            message.with_user(self.clerk).get_payload()
        self.assertFalse(self.entries(message._name))

    def test_a_message_is_replayed_and_dismissed_with_the_reason(self):
        first, second = self.dead_letter(pro="P1"), self.dead_letter(pro="P2")
        first.with_user(self.manager).action_replay("mapping mended")
        second.with_user(self.manager).write({"resolution": "test data"})
        second.with_user(self.manager).action_dismiss()
        replayed, dismissed = self.entries(first._name)
        self.assertEqual((replayed.action, replayed.why, replayed.res_id, replayed.stream),
                         ("replay", "mapping mended", first.id, "operations"))  # fmt: skip
        self.assertEqual((dismissed.action, dismissed.why, dismissed.trace_id or False),
                         ("dismiss", "test data", second.trace_id))  # fmt: skip

    def test_by_filter_it_is_one_entry_for_all(self):
        messages = self.dead_letter(pro="P1") | self.dead_letter(pro="P2")
        messages.with_user(self.manager)._replay_in_batches("mapping mended", "dead letters")
        (entry,) = self.entries(messages._name)
        told = json.loads(entry.after)
        self.assertEqual((told["count"], told["replayed"], told["chosen"]), (2, 2, "dead letters"))

    def test_who_reads_the_log(self):
        entries = self.env["freight.audit.entry"]
        self.assertTrue(entries.with_user(self.manager).search([], limit=1))
        with self.assertRaises(AccessError):
            entries.with_user(self.clerk).search([])
