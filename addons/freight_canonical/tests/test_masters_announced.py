"""Partners and charge codes that Odoo owns are announced at the end of the transaction."""

from unittest.mock import patch

from odoo.tests import tagged

from .test_masters import MasterCase


@tagged("post_install", "-at_install")
class TestMastersAnnounced(MasterCase):
    def setUp(self):
        super().setUp()
        self.told = []
        emitter = self.registry["freight.emitter"]
        listening = patch.object(
            emitter, "_announce", lambda _self, announced: self.told.extend(announced)
        )
        listening.start()
        self.addCleanup(listening.stop)
        self.commit()
        self.told.clear()

    def commit(self):
        """Do what a commit does first; return what is announced to our company by it."""
        self.env.cr.flush()
        told, self.told = [one for one in self.told if one.company == self.company], []
        self.identities = [one.identity for one in told]
        self.origins = {one.origin_id for one in told}
        return [(one.name, one.body()) for one in told]

    def test_once_for_a_transaction_with_the_whole_state(self):
        self.carrier.name = "One"
        self.carrier.city = "Dayton"
        ((name, body),) = self.commit()
        self.assertEqual(name, "party.changed")
        party = body["party"]
        self.assertEqual(
            (party["name"], party["address"]["city"], party["identifiers"]["scac"]),
            ("One", "Dayton", "ABCD"),
        )
        self.assertEqual(self.commit(), [])

    def test_a_state_that_comes_back_is_news_and_one_that_stays_is_none(self):
        before = self.carrier.name
        self.carrier.name = "Other"
        self.carrier.flush_recordset()
        self.carrier.name = before
        self.assertEqual(self.commit(), [])
        self.carrier.name = "Other"
        first = self.commit() and self.identities
        self.carrier.name = before
        self.assertEqual(len(self.commit()), 1)
        self.carrier.name = "Other"
        self.assertEqual(len(self.commit()), 1)
        self.assertNotEqual(self.identities, first)

    def test_created_archived_deleted(self):
        new = self.make_carrier("NEWC")
        self.assertEqual([name for name, _body in self.commit()], ["party.created"])
        new.active = False
        self.assertEqual([name for name, _body in self.commit()], ["party.archived"])
        new.active = True
        self.commit()
        new.unlink()
        ((name, body),) = self.commit()
        self.assertEqual((name, body["party"]["active"]), ("party.archived", False))

    def test_who_is_nothing_in_freight_is_not_told_of(self):
        self.env["res.partner"].create({"name": "A friend"})
        self.assertEqual(self.commit(), [])

    def test_what_another_owns_is_not_ours_to_tell(self):
        self.own("carrier")
        self.carrier.name = "Theirs"
        self.assertEqual(self.commit(), [])

    def test_never_back_to_who_said_so(self):
        self.own("carrier")
        self.matrix.create({"domain": "carrier", "kind": "odoo"})
        self.tell({"number": "C1", "name": "Told", "identifiers": {"scac": "ABCD"}})
        self.assertEqual(len(self.commit()), 1)
        self.assertEqual(self.origins, {self.tms.id})

    def test_charge_codes(self):
        code = self.env["freight.charge.code"].create({"code": "YRD", "name": "Yard"})
        ((name, body),) = self.commit()
        self.assertEqual((name, body["charge_code"]["code"]), ("charge_code.created", "YRD"))
        code.name = "Yard move"
        self.assertEqual([name for name, _body in self.commit()], ["charge_code.changed"])
