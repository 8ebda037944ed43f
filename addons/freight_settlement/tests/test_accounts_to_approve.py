"""Who says where money goes: the settlement manager, not who keeps master data."""

from odoo.exceptions import AccessError
from odoo.tests import TransactionCase, new_test_user, tagged


@tagged("post_install", "-at_install")
class TestAccountsToApprove(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.payee = cls.env["res.partner"].create({"name": "Payee", "freight_is_carrier": True})
        system = cls.env["freight.system"].create({"code": "t", "name": "T", "kind": "tms"})
        common = {"system_id": system.id, "company_id": cls.env.company.id, "number": "1"}
        cls.account = cls.env["freight.master.proposal"].create(
            {**common, "kind": "bank", "acc_number": "99-1", "partner_id": cls.payee.id}
        )
        cls.party = cls.env["freight.master.proposal"].create(
            {**common, "kind": "party", "said": {"name": ["X", [0, "", ""]]}}
        )
        cls.settler = new_test_user(
            cls.env, "settler", groups="freight_settlement.group_settlement_manager"
        )
        cls.keeper = new_test_user(
            cls.env, "keeper", groups="freight_canonical.group_freight_manager"
        )

    def test_each_decides_what_is_theirs(self):
        with self.assertRaises(AccessError):
            self.account.with_user(self.keeper).action_approve()
        with self.assertRaises(AccessError):
            self.party.with_user(self.settler).action_create()
        self.account.with_user(self.settler).action_approve()
        self.assertEqual(self.payee.bank_ids.acc_number, "99-1")
        self.assertFalse(self.payee.bank_ids.allow_out_payment)
