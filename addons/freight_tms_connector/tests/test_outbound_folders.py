"""Messages out by SFTP folder, against a real OpenSSH server."""

import os
from contextlib import suppress
from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time
from odoo import fields
from odoo.exceptions import ValidationError
from odoo.tests import BaseCase, tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError

from .. import codecs, file_names, sftp
from .test_sftp_folders import FolderCase
from .x12_samples import build_214, interchange

STATUS = ("AF", "2026-11-02", "0930", "CS")


class TestFileNames(BaseCase):
    def test_names(self):
        values = {"type": "tender.sent", "number": "SHP/1", "id": "ab", "control": "", "ext": "edi"}
        self.assertEqual(file_names.name("{type}_{number}.{id}.{ext}", **values),
                         "tender.sent_SHP-1.ab.edi")  # fmt: skip
        self.assertEqual(file_names.name("204_{control}.{ext}", **values), "204_ab.edi")
        values["number"] = "../../x" * 40
        long = file_names.name("{number}{id}.{ext}", **values)
        self.assertTrue(sftp.is_plain(long))
        self.assertLess(len(long), 130)
        self.assertTrue(long.endswith("-ab.edi"))
        self.assertFalse(file_names.name(".{id}", **values).startswith("."))

    def test_templates(self):
        for template in ("{type}.edi", "a/{id}", "{id", "{what}_{id}", "{id!r}", "{id:>9}", ""):
            with self.assertRaises(file_names.TemplateError, msg=template):
                file_names.check(template)
        file_names.check("{control}.edi")


class OutboundFolderCase(FolderCase):
    def setUp(self):
        super().setUp()
        self.out = self.folder(direction="out", directory="to_them")
        (self.server.files / "to_them").mkdir()
        self.server._own_everything()
        self.endpoint.write(
            {
                "delivery_way": "folder",
                "edi_sender": "OURSIDE",
                "edi_receiver": "ABCD",
                "subscription_ids": [(0, 0, {"pattern": "shipment.released"})],
                "form_ids": [
                    (0, 0, {"pattern": "shipment.released", "mapping_id": self.mapping().id})
                ],
            }
        )

    def mapping(self, code="x12_204_out"):
        return self.env["freight.mapping"].search([("code", "=", code)])

    def released(self):
        """Release a shipment and return its message."""
        shipment = self.make_shipment()
        return self.env["freight.message.out"].search(
            [("endpoint_id", "=", self.endpoint.id), ("shipment_id", "=", shipment.id)]
        )

    def names(self):
        return self.server.names("to_them")

    def body(self, name):
        return (self.server.files / "to_them" / name).read_bytes()

    def later(self, **delay):
        """Let time pass, and the outbox be worked off."""
        with freeze_time(fields.Datetime.now() + timedelta(**(delay or {"hours": 1}))):
            self.drain("outbox")


@tagged("post_install", "-at_install")
class TestOutboundFolders(OutboundFolderCase):
    def test_a_message_becomes_a_file(self):
        message = self.released()
        self.drain("outbox")
        self.assertEqual(message.state, "delivered", message.error)
        name = f"shipment.released_{message.shipment_id.name.replace('/', '-')}_{message.uuid}.edi"
        self.assertEqual(self.names(), [name])
        [decoded] = codecs.get("x12").decode(self.body(name))
        self.assertEqual(decoded.tree["B2"][0]["B204"], message.shipment_id.name)
        self.assertIn(name, message.attempt_ids.answer)
        self.assertTrue(self.out.last_success)

    def test_the_number_as_its_name(self):
        self.out.file_name = "204_{control}.{ext}"
        self.released()
        self.released()
        self.drain("outbox")
        self.assertEqual(self.names(), ["204_1.edi", "204_2.edi"])

    def test_a_worker_that_dies_after_the_file_writes_the_same_file_again(self):
        message = self.released()
        with (
            suppress(SystemExit),
            patch.object(type(message), "_record_attempts", side_effect=SystemExit),
        ):
            self.drain("outbox")
        self.env.invalidate_all()
        [name] = self.names()
        body = self.body(name)
        self.assertTrue(message.claim_token)
        with freeze_time(fields.Datetime.now() + timedelta(hours=1)):
            self.assertEqual(self.env["freight.message.out"]._queue_rescue(), 1)
        self.env.invalidate_all()
        self.assertEqual((self.names(), self.body(name)), ([name], body))
        self.assertEqual((message.state, message.control), ("delivered", "1"))

    def test_half_a_file_is_never_seen(self):
        message = self.released()
        real = sftp.Session._check_time
        seen = []

        def cut(session):
            real(session)
            seen.append(self.names())
            self.server.kill_sessions()

        with patch.object(sftp.Session, "_check_time", cut):
            self.drain("outbox")
        self.assertEqual(message.state, "retry")
        self.assertFalse([name for name in self.names() if not name.startswith(".")])
        self.later()
        self.assertEqual(message.state, "delivered")
        [name] = self.names()
        self.assertEqual(self.body(name), message._body())

    def test_several_go_over_one_connection_and_one_that_fails_fails_alone(self):
        messages = self.released() | self.released() | self.released()
        bad = self.server.files / "to_them" / "204_2.edi"
        self.out.file_name = "204_{control}.{ext}"
        bad.mkdir()
        self.server._own_everything()
        with patch.object(sftp, "session", side_effect=sftp.session) as session:
            self.drain("outbox")
        self.assertEqual(session.call_count, 1)
        self.assertEqual(messages.sorted("id").mapped("state"), ["delivered", "retry", "delivered"])
        self.assertEqual(self.names()[-2:], ["204_1.edi", "204_3.edi"])
        bad.rmdir()
        self.later()
        self.assertEqual(set(messages.mapped("state")), {"delivered"})

    def test_no_right_to_write(self):
        place = self.server.files / "to_them"
        os.chmod(place, 0o555)
        self.addCleanup(os.chmod, place, 0o755)
        message = self.released()
        self.drain("outbox")
        self.assertEqual((message.state, self.out.state), ("retry", "running"))
        self.assertIn("forbids it", message.error)
        self.assertIn("forbids it", self.out.last_error)
        os.chmod(place, 0o755)
        self.later()
        self.assertEqual((message.state, self.out.last_error), ("delivered", False))

    def test_no_such_directory(self):
        self.out.directory = "elsewhere"
        message = self.released()
        self.drain("outbox")
        self.assertEqual(message.state, "retry")
        self.assertIn("is not there", message.error)

    def test_another_key_stops_all_of_it_until_a_person_confirms(self):
        self.server.stop()
        self.server.start(host_key="other")
        message = self.released()
        self.drain("outbox")
        self.assertEqual((message.state, message.attempts), ("retry", 1))
        self.assertEqual((self.out.state, self.names()), ("stopped", []))
        case = self.env["freight.exception"].search([("code", "=", "way_in")])
        self.assertIn("shows another key", case.description)
        for _hour in range(3):
            self.later(hours=5)
        self.assertEqual(message.attempts, 1, "a stopped folder uses up no attempt")
        self.out.host_key = self.server.fingerprint("other")
        self.out.action_run_now()
        self.env["freight.breaker"].sudo()._reset(self.endpoint.id)
        self.later()
        self.assertEqual((message.state, len(self.names())), ("delivered", 1))
        self.assertEqual(case.state, "resolved")

    def test_a_wrong_login_stops_it_too(self):
        self.endpoint.credential_ids.filtered(lambda one: one.use == "sftp_key").unlink()
        self.released()
        self.drain("outbox")
        self.assertEqual(self.out.state, "stopped")

    def test_without_a_folder_nothing_goes_and_the_light_is_red(self):
        self.out.active = False
        message = self.released()
        self.drain("outbox")
        self.assertEqual((message.state, message.attempts), ("queued", 0))
        self.env.invalidate_all()
        self.assertEqual(self.endpoint.health, "red")

    def test_a_folder_out_is_not_walked(self):
        self.server.put("theirs", b"x", folder="to_them")
        self.drain("folders")
        self.assertFalse(self.out.last_run)
        self.assertEqual(self.names(), ["theirs"])

    def test_one_folder_out_and_no_circle(self):
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            self.folder(direction="out", directory="third")
        with self.assertRaises(ValidationError):
            self.folder(directory="to_them/")
        with self.assertRaises(ValidationError):
            self.out.file_name = "{type}.edi"

    def test_an_acknowledgement_goes_by_folder(self):
        shipment = self.make_shipment()
        self.drain("outbox")
        before = set(self.names())
        body = build_214(shipment=shipment.name, statuses=[STATUS], control=77)
        self.post(self.endpoint, body)
        self.drain()
        self.drain("outbox")
        [name] = set(self.names()) - before
        [answer] = codecs.get("x12").decode(self.body(name))
        self.assertEqual((answer.kind, answer.tree["AK1"][0]["AK102"]), ("997", "77"))


@tagged("post_install", "-at_install")
class TestAcknowledged(OutboundFolderCase):
    def acknowledge(self, message, code="A", group=None, control=501):
        """Let the partner say ``code`` of what it got."""
        group = message.group_control if group is None else group
        body = interchange(
            ("997", [f"AK1*SM*{group}", "AK2*204*0001", f"AK5*{code}*5", f"AK9*{code}*1*1*1"]),
            control=control,
        )
        self.post(self.endpoint, body)
        self.drain()

    def setUp(self):
        super().setUp()
        self.message = self.released()
        self.drain("outbox")

    def cases(self, code):
        return self.env["freight.exception"].search([("code", "=", code), ("state", "=", "open")])

    def test_accepted(self):
        self.assertEqual(self.message.acknowledged, "awaited")
        self.acknowledge(self.message)
        self.assertEqual(self.message.acknowledged, "accepted")
        self.assertFalse(self.cases("edi_rejected"))

    def test_rejected_opens_a_case_and_a_later_yes_closes_it(self):
        self.acknowledge(self.message, "R")
        self.assertEqual(self.message.acknowledged, "rejected")
        self.assertIn("5", self.message.acknowledgement)
        case = self.cases("edi_rejected")
        self.assertIn(self.message.subject, case.description)
        self.acknowledge(self.message, "A", control=502)
        self.assertEqual((self.message.acknowledged, case.state), ("accepted", "resolved"))

    def test_of_a_number_that_we_never_sent(self):
        self.acknowledge(self.message, "R", group=4711)
        self.assertEqual(self.message.acknowledged, "awaited")
        self.assertTrue(self.cases("edi_rejected"))

    def test_overdue(self):
        watch = self.env["freight.message.out"]._watch_acknowledgements
        watch()
        self.assertFalse(self.cases("ack_overdue"))
        with freeze_time(fields.Datetime.now() + timedelta(hours=25)):
            watch()
            self.assertIn("1 EDI messages", self.cases("ack_overdue").description)
            self.acknowledge(self.message)
            watch()
            self.assertFalse(self.cases("ack_overdue"))

    def test_who_sends_none_owes_none(self):
        self.endpoint.ack_hours = 0
        with freeze_time(fields.Datetime.now() + timedelta(hours=100)):
            self.env["freight.message.out"]._watch_acknowledgements()
        self.assertFalse(self.cases("ack_overdue"))
