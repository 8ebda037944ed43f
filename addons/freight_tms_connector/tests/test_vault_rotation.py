"""A new key: what is new lies under it at once, the rest soon, and nothing is lost on the way."""

import base64
import os
from unittest import mock

from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models import freight_vault_rotation
from ..models.freight_vault import KEYS_VARIABLE
from ..sealed import head
from .desk_common import DeskCase

OLD, NEW, OTHER = (f"{name}:{base64.b64encode(name.encode() * 16).decode()}"
                   for name in ("k1", "k2", "k3"))  # fmt: skip
LOGGER = "odoo.addons.freight_tms_connector.models.freight_vault_rotation"


@tagged("post_install", "-at_install")
class TestRotation(DeskCase):
    @classmethod
    def setUpClass(cls):
        cls.enterClassContext(mock.patch.dict(os.environ, {KEYS_VARIABLE: OLD}))
        super().setUpClass()
        cls.env.cr.execute("DELETE FROM freight_message_payload")

    def keys(self, *keys):
        return mock.patch.dict(os.environ, {KEYS_VARIABLE: ",".join(keys)})

    def used(self, model="freight.message.payload"):
        return self.env["freight.vault"]._keys_in_use()[model, "sealed"]

    def page(self, user=None):
        pages = self.env["freight.vault.keys"].with_user(user or self.manager)
        return pages.browse(pages.action_open()["res_id"])

    def test_everything_is_sealed_anew_and_opens(self):
        messages = [self.take_in(self.status("S", f"P{number}")) for number in range(5)]
        bodies = [message._body() for message in messages]
        secret = self.carrier_endpoint.credential_ids
        fix = self.env["freight.message.fix"].create(
            {"message_id": messages[0].id, "body": "draft", "reason": "x"}
        )
        plain = secret.sudo()._open()
        with self.keys(NEW, OLD), mock.patch.object(freight_vault_rotation, "BATCH", 2):
            late = self.take_in(self.status("S", "LATE"))
            self.assertEqual(self.used(), {"k1": 5, "k2": 1})
            self.assertTrue(self.env["freight.vault"]._rotate())
            self.assertEqual(self.used(), {"k2": 6})
            self.assertEqual(set(self.used("freight.credential")), {"k2"})
            self.assertEqual(set(self.used("freight.message.fix")), {"k2"})
        self.env.invalidate_all()
        with self.keys(NEW):
            self.assertEqual([message._body() for message in messages], bodies)
            self.assertTrue(late._body())
            self.assertEqual(secret.sudo()._open(), plain)
            self.assertEqual(fix.body, "draft")

    def test_a_batch_is_bounded_by_bytes(self):
        for number in range(4):
            self.take_in(os.urandom(3000) + bytes([number]), "csv")
        with self.keys(NEW, OLD), mock.patch.object(freight_vault_rotation, "BATCH_BYTES", 4000):
            vault = self.env["freight.vault"]._vault()
            payloads = self.env["freight.vault"]._sealed_columns()[0]
            self.env["freight.vault"]._rotate_batch(vault, payloads, "k1", 0)
            self.assertEqual(self.used(), {"k1": 2, "k2": 2})

    def test_without_time_it_goes_on_later(self):
        self.take_in(self.status("S", "P1"))
        with self.keys(NEW, OLD):
            self.assertFalse(self.env["freight.vault"]._rotate(deadline=0.001))
            self.assertEqual(self.used(), {"k1": 1})
            self.assertTrue(self.env["freight.vault"]._rotate())
            self.assertEqual(self.used(), {"k2": 1})

    def test_what_somebody_wrote_meanwhile_stays(self):
        credential = self.carrier_endpoint.credential_ids
        with self.keys(NEW, OLD):
            service = type(self.env["freight.vault"])
            seal, met = service._sealed_anew, []

            def meanwhile(this, vault, sealed, rows):
                anew = seal(this, vault, sealed, rows)
                if credential.id in [row[0] for row in rows] and sealed.model == credential._name:
                    met.append(sealed.model)
                    credential.secret = "written meanwhile"
                    self.env.flush_all()
                return anew

            with mock.patch.object(service, "_sealed_anew", meanwhile):
                self.env["freight.vault"]._rotate()
            self.env.invalidate_all()
            self.assertEqual(met, [credential._name])
            self.assertEqual(credential.sudo()._open(), "written meanwhile")

    @mute_logger(LOGGER)
    def test_what_cannot_be_opened_stays_and_stops_nobody(self):
        first, second = (self.take_in(self.status("S", f"P{number}")) for number in range(2))
        self.env.cr.execute(
            "UPDATE freight_message_payload SET sealed = sealed || '\\x00'::bytea"
            " WHERE message_id = %s", [first.id],
        )  # fmt: skip
        with self.keys(NEW, OLD):
            self.assertTrue(self.env["freight.vault"]._rotate())
            self.assertEqual(self.used(), {"k1": 1, "k2": 1})
            self.assertTrue(second._body())

    def test_the_page_says_which_keys_may_go(self):
        self.take_in(self.status("S", "P1"))
        with self.keys(NEW, OLD):
            page = self.page()
            self.assertEqual((page.current, page.removable, page.missing), ("k2", False, False))
            self.assertGreater(page.left, 0)
            page.action_rotate()
            self.env["freight.vault"]._cron_rotate()
            page = self.page(self.auditor)
            self.assertEqual((page.left, page.removable), (0, "k1"))
            with self.assertRaises(AccessError):
                page.action_rotate()
            with self.assertRaises(AccessError):
                self.page(self.clerk)

    @mute_logger(LOGGER)
    def test_a_key_that_is_gone_is_named(self):
        self.take_in(self.status("S", "P1"))
        with self.keys(OTHER):
            page = self.page()
            self.assertEqual(page.missing, "k1")
            self.assertTrue(self.env["freight.vault"]._rotate())
            self.assertEqual(self.used(), {"k1": 1})
            self.carrier_endpoint.invalidate_recordset()
            self.assertEqual(self.carrier_endpoint.health, "red")
            self.assertIn("k1", self.carrier_endpoint.health_reason)

    def test_the_beginning_tells_values_apart(self):
        vault = self.env["freight.vault"]._vault()
        one, two = (vault.seal(b"x", ("a",)) for _time in range(2))
        self.assertNotEqual(head(one), head(two))
        self.assertTrue(one.startswith(head(one)))


@tagged("post_install", "-at_install")
class TestWithoutKey(DeskCase):
    @mute_logger("odoo.addons.freight_tms_connector.models.freight_message_keys")
    def test_nothing_moves_and_no_attempt_is_used_up(self):
        message = self.take_in(self.status(self.make_shipment()))
        with mock.patch.dict(os.environ, {KEYS_VARIABLE: "k9:short"}):
            self.assertFalse(self.drain())
            self.assertFalse(self.drain("outbox"))
            self.assertEqual((message.state, message.attempts), ("received", 0))
            page = self.env["freight.vault.keys"].with_user(self.manager)
            page = page.browse(page.action_open()["res_id"])
            self.assertIn("k9", page.problem)
        self.assertTrue(self.drain())
        self.assertEqual(message.state, "applied")
