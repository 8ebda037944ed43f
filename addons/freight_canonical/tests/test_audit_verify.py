"""The sealer, the verifier and checkpoints, against a person with SQL and triggers switched off."""

import base64
import json
import tempfile
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import config, mute_logger

from .test_audit_log import AuditCase

NEW = "b1:" + base64.b64encode(b"n" * 32).decode()
KEYS = "freight_audit_keys"


class SealedCase(AuditCase):
    """Ten sealed entries of one chain."""

    def setUp(self):
        super().setUp()
        self.teams = self.env["freight.team"].create([{"name": f"Desk {n}"} for n in range(10)])
        self.seal()
        self.rows = self.entries("freight.team")

    @contextmanager
    def tampering(self):
        """Let SQL do what triggers and keys between tables forbid."""
        self.env.flush_all()
        self.cr.execute("SET LOCAL session_replication_role = replica")
        yield
        self.cr.execute("SET LOCAL session_replication_role = origin")
        self.env.invalidate_all()

    def tamper(self, statement, *values):
        with self.tampering():
            self.cr.execute(statement, values)

    def verify(self, checkpoint=None):
        return self.env["freight.audit.verification"]._verify(checkpoint)

    def assertNamed(self, *words):
        found = self.verify()
        self.assertEqual(found.outcome, "broken", found.findings)
        for word in words:
            self.assertIn(str(word), found.findings)
        return found

    @contextmanager
    def keys(self, text):
        kept = config.get(KEYS)
        config[KEYS] = text
        try:
            yield kept
        finally:
            config[KEYS] = kept


@tagged("post_install", "-at_install")
class TestVerifier(SealedCase):
    def test_an_untouched_log_is_whole(self):
        found = self.verify()
        self.assertEqual((found.outcome, found.findings, found.waiting_count), ("whole", False, 0))
        self.assertGreaterEqual(found.link_count, 10)

    def test_a_changed_row(self):
        victim = self.rows[4]
        self.tamper(
            "UPDATE freight_audit_entry SET actor = 'somebody else' WHERE id = %s", victim.id
        )
        self.assertNamed(f"entry {victim.id} or its link {victim.number} was changed")

    def test_a_deleted_row(self):
        victim = self.rows[4]
        number = victim.number
        self.tamper("DELETE FROM freight_audit_entry WHERE id = %s", victim.id)
        self.assertNamed(f"entry {victim.id} of link {number} was deleted")

    def test_a_deleted_row_with_its_link(self):
        victim = self.rows[4]
        number = victim.number
        with self.tampering():
            self.cr.execute("DELETE FROM freight_audit_link WHERE entry_id = %s", [victim.id])
            self.cr.execute("DELETE FROM freight_audit_entry WHERE id = %s", [victim.id])
        self.assertNamed(f"link {number} was removed")

    def test_a_row_put_in(self):
        self.cr.execute(
            """
            INSERT INTO freight_audit_entry (stream, moment, actor_uid, actor, role, action, model)
            SELECT stream, moment, actor_uid, 'forger', role, action, model
              FROM freight_audit_entry WHERE id = %s RETURNING id
            """,
            [self.rows[4].id],
        )
        (forged,) = self.cr.fetchone()
        self.assertNamed(f"Entry {forged} was put into the log past the suite")

    def test_a_row_put_in_with_a_link(self):
        head = self.rows[-1].link_ids
        self.cr.execute(
            """
            WITH forged AS (
                INSERT INTO freight_audit_entry
                       (stream, moment, actor_uid, actor, role, action, model)
                SELECT stream, moment, actor_uid, 'forger', role, action, model
                  FROM freight_audit_entry WHERE id = %s RETURNING id)
            INSERT INTO freight_audit_link
                   (entry_id, chain, number, layout, previous, digest, key, sealed)
            SELECT id, %s, %s, 1, %s, %s, %s, now() FROM forged RETURNING entry_id
            """,
            [self.rows[4].id, head.chain, head.number + 1, head.digest, "0" * 64, head.key],
        )
        (forged,) = self.cr.fetchone()
        self.assertNamed(f"entry {forged} or its link {head.number + 1} was changed")

    def test_two_rows_that_change_places(self):
        first, second = self.rows[3].link_ids, self.rows[4].link_ids
        places = [(first.id, 0), (second.id, first.entry_id.id), (first.id, second.entry_id.id)]
        with self.tampering():
            for link, entry in places:
                self.cr.execute(
                    "UPDATE freight_audit_link SET entry_id = %s WHERE id = %s", [entry, link]
                )
        self.assertNamed(f"its link {first.number} was changed")

    def test_a_link_moved_to_another_place(self):
        link = self.rows[-1].link_ids
        self.tamper("UPDATE freight_audit_link SET previous = %s WHERE id = %s", "f" * 64, link.id)
        self.assertNamed(f"link {link.number} (entry {link.entry_id.id}) does not follow")

    def test_a_tail_that_was_cut_off(self):
        checkpoint = self.env["freight.audit.checkpoint"]._take()
        body = self.env["freight.audit.checkpoint"]._read_file(checkpoint._file_bytes())
        self.assertEqual(self.verify(body).outcome, "whole")
        victims = self.rows[6:]
        number = victims[0].number
        with self.tampering():
            self.cr.execute(
                "DELETE FROM freight_audit_link WHERE entry_id IN %s", [tuple(victims.ids)]
            )
            self.cr.execute("DELETE FROM freight_audit_entry WHERE id IN %s", [tuple(victims.ids)])
        self.assertNamed(f"was cut off: link {number}")
        self.tamper("DELETE FROM freight_audit_checkpoint")
        self.assertEqual(self.verify().outcome, "whole")
        told = self.verify(body)
        self.assertEqual(told.outcome, "broken")
        self.assertIn(f"was cut off: link {number}", told.findings)

    def test_everything_truncated(self):
        self.env["freight.audit.checkpoint"]._take()
        self.tamper("DELETE FROM freight_audit_link")
        self.tamper("DELETE FROM freight_audit_entry")
        self.assertNamed("was cut off: link 1")

    def test_a_forged_checkpoint(self):
        checkpoint = self.env["freight.audit.checkpoint"]._take()
        self.tamper("UPDATE freight_audit_checkpoint SET body = replace(body, '1', '2')")
        self.assertNamed(f"Checkpoint {checkpoint.number} was changed")

    def test_what_is_broken_is_a_case_and_is_counted_once(self):
        self.tamper("UPDATE freight_audit_entry SET why = 'x' WHERE id = %s", self.rows[4].id)
        self.verify()
        self.verify()
        case = self.env["freight.exception"].search([("code", "=", "audit_broken")])
        self.assertEqual((len(case), case.occurrences, case.state), (1, 2, "open"))
        self.assertIn(str(self.rows[4].id), case.description)

    def test_a_walk_holds_pages_and_not_the_log(self):
        verifier = "odoo.addons.freight_canonical.models.freight_audit_verification.PAGE"
        with patch(verifier, 3):
            self.assertEqual(self.verify().outcome, "whole")
            self.tamper("UPDATE freight_audit_entry SET why = 'x' WHERE id = %s", self.rows[7].id)
            self.assertNamed(f"entry {self.rows[7].id} ")


@tagged("post_install", "-at_install")
class TestKeysOfTheLog(SealedCase):
    @mute_logger("odoo.addons.freight_canonical.models.freight_audit_sealer")
    def test_without_a_key_deeds_are_recorded_and_wait(self):
        with self.keys(""):
            self.teams[0].name = "Other"
            self.seal()
            entry = self.entries("freight.team")[-1]
            self.assertFalse(entry.sealed)
            found = self.verify()
            self.assertEqual((found.outcome, found.waiting_count), ("unproven", 1))
            self.assertIn("set freight_audit_keys", found.findings)
            self.env["freight.audit.sealer"]._cron_watch()
            self.env["freight.audit.sealer"]._cron_watch()
            case = self.env["freight.exception"].search([("code", "=", "audit_unsealed")])
            self.assertEqual((case.state, case.occurrences), ("open", 1))
            with self.assertRaises(UserError):
                self.env["freight.audit.checkpoint"]._take()
        self.seal()
        self.env["freight.audit.sealer"]._cron_watch()
        self.assertTrue(entry.sealed)
        self.assertEqual(case.state, "resolved")
        self.assertEqual(self.verify().outcome, "whole")

    def test_keys_rotate(self):
        with self.keys(None) as old:
            pass
        with self.keys(f"{NEW},{old}"):
            self.teams[0].name = "Other"
            self.seal()
            self.assertTrue(self.entries("freight.team")[-1].link_ids.key.startswith("b1."))
            self.assertEqual(self.verify().outcome, "whole")
        with self.keys(NEW):
            found = self.verify()
            self.assertEqual(found.outcome, "unproven")
            self.assertIn("'a1' is not configured any more", found.findings)
        with self.keys(f"{NEW},a1:{base64.b64encode(b'o' * 32).decode()}"):
            self.assertIn("Another audit key", self.verify().findings)
        self.assertFalse(self.env["freight.exception"].search([("code", "=", "audit_broken")]))

    def test_the_chain_of_another_database(self):
        self.env["ir.config_parameter"].set_param("freight.audit_log_id", "another")
        self.assertNamed("is not the beginning of this log")


@tagged("post_install", "-at_install")
class TestCheckpointFiles(SealedCase):
    def setUp(self):
        super().setUp()
        self.checkpoint = self.env["freight.audit.checkpoint"]._take()
        self.content = self.checkpoint._file_bytes()

    def check(self, content):
        wizard = self.env["freight.audit.check"].create({"file": base64.b64encode(content)})
        return self.env["freight.audit.verification"].browse(wizard.action_check()["res_id"])

    def test_a_file_is_downloaded_kept_and_checked(self):
        self.assertEqual(base64.b64decode(self.checkpoint.file), self.content)
        found = self.check(self.content)
        self.assertEqual((found.outcome, found.against),
                         ("whole", f"Checkpoint {self.checkpoint.number}"))  # fmt: skip

    def test_files_that_prove_nothing(self):
        tree = json.loads(self.content)
        moved = json.loads(self.content)
        moved["checkpoint"]["heads"][0]["number"] += 1
        foreign = {**tree, "checkpoint": {**tree["checkpoint"], "log": "another"}}
        for content, said in (
            (b" ", "no checkpoint"),
            (b"[]", "no checkpoint"),
            (b"\xff\x00", "no checkpoint"),
            (b'{"checkpoint": {"heads": 3}, "signature": 1}', "no checkpoint"),
            (json.dumps(moved).encode(), "changed after it was signed"),
            (json.dumps(foreign).encode(), "another database"),
        ):
            with self.subTest(content[:40]), self.assertRaisesRegex(UserError, said):
                self.check(content)
        with self.keys(NEW), self.assertRaisesRegex(UserError, "signed by a key"):
            self.check(self.content)

    def test_checkpoints_follow_each_other(self):
        second = self.env["freight.audit.checkpoint"]._take()
        self.assertEqual(second.number, self.checkpoint.number + 1)
        self.assertTrue(json.loads(second.body)["previous"])

    def test_the_daily_file(self):
        with tempfile.TemporaryDirectory() as folder:
            with patch.dict(config.options, {"freight_audit_checkpoint_dir": folder}):
                self.env["freight.audit.checkpoint"]._cron_take()
            (file,) = Path(folder).iterdir()
            self.assertEqual(self.check(file.read_bytes()).outcome, "whole")

    @mute_logger("odoo.addons.freight_canonical.models.freight_audit_checkpoint")
    def test_a_folder_that_is_gone_is_a_case(self):
        with patch.dict(config.options, {"freight_audit_checkpoint_dir": "/nowhere/at/all"}):
            self.env["freight.audit.checkpoint"]._cron_take()
        self.assertTrue(self.env["freight.exception"].search([("code", "=", "audit_unsealed")]))
