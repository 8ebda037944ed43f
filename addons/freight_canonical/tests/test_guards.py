"""What people get past neither by defaults, nor by moving records, nor by deleting around them."""

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import mute_logger

from .common import NOON, CanonicalCase


class TestGuards(CanonicalCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sister = cls.env["res.company"].create({"name": "Sister Company"})
        cls.dispatcher = cls.make_user("g_dispatcher", "dispatcher")
        cls.manager = cls.make_user("g_manager", "manager")
        cls.code = cls.env.ref("freight_canonical.charge_code_vor")
        cls.theirs = cls.make_shipment(release=False, company_id=cls.sister.id)
        cls.draft = cls.make_shipment(release=False).with_user(cls.dispatcher)

    def charge(self, context=None, **values):
        charges = self.env["freight.charge"].with_user(self.dispatcher)
        return charges.with_context(**context or {}).create(
            {"shipment_id": self.draft.id, "code_id": self.code.id, "amount": 5, **values}
        )

    def test_defaults_do_not_set_what_is_guarded(self):
        shipments = self.draft.browse().with_context(
            default_transport_state="delivered", default_trace_id="x", default_tms_id=self.tms.id
        )
        shipment = shipments.create({})
        self.assertEqual(shipment.transport_state, "draft")
        self.assertEqual(len(shipment.trace_id), 32)
        self.assertEqual(shipment.tms_id, self.tms)
        stops = self.draft.stop_ids.browse().with_context(default_arrival=NOON)
        self.assertFalse(stops.create({"shipment_id": self.draft.id, "role": "pickup"}).arrival)

    def test_defaults_do_not_authorise_in_the_name_of_another(self):
        charge = self.charge(
            {"default_authorised_at": NOON, "default_authorised_by_id": self.manager.id}
        )
        self.assertFalse(charge.authorised_at or charge.authorised_by_id or charge.authorised)

    def test_defaults_of_a_user_do_not_either(self):
        self.env["ir.default"].set(
            "freight.shipment", "transport_state", "delivered", user_id=self.dispatcher.id
        )
        self.assertEqual(self.draft.browse().create({}).transport_state, "draft")

    @mute_logger("odoo.addons.base.models.ir_rule")
    def test_nothing_is_moved_to_where_it_is_not_ones_own(self):
        for record in (self.charge(), self.draft.stop_ids[0], self.draft.reference_ids[0]):
            with self.subTest(record), self.assertRaises(AccessError), self.env.cr.savepoint():
                record.write({"shipment_id": self.theirs.id})
        with self.assertRaises(AccessError):
            self.draft.write({"company_id": self.sister.id})

    def test_a_shipment_with_events_stays_with_its_company(self):
        shipment = self.make_shipment()
        with self.assertRaisesRegex(ValidationError, "stays with its company"):
            shipment.company_id = self.sister
        self.draft.sudo().company_id = self.sister
        self.assertEqual(self.draft.sudo().stop_ids.company_id, self.sister)

    def test_partners_and_systems_of_another_company_are_refused(self):
        partner = self.env["res.partner"].create(
            {"name": "Private", "company_id": self.sister.id, "freight_is_carrier": True}
        )
        system = self.make_system("of_sister", "tms", company_id=self.sister.id)
        for name in ("carrier_id", "performing_carrier_id", "broker_id", "remit_to_id",
                     "shipper_id", "consignee_id", "bill_to_id"):  # fmt: skip
            with self.subTest(name), self.assertRaises(UserError):
                self.draft.sudo().write({name: partner.id})
        with self.assertRaises(UserError):
            self.draft.sudo().tms_id = system
        with self.assertRaises(UserError):
            self.draft.sudo().stop_ids[0].partner_id = partner
        with self.assertRaises(UserError):
            self.draft.sudo().line_ids.pickup_stop_id = self.theirs.stop_ids[0]

    def test_a_system_of_the_parent_company_serves_its_branches(self):
        branch = self.env["res.company"].create({"name": "Branch", "parent_id": self.sister.id})
        system = self.make_system("of_parent", "tms", company_id=self.sister.id)
        shipment = self.make_shipment(release=False, company_id=branch.id, tms_id=system.id)
        self.assertEqual(shipment.tms_id, system)

    def test_nobody_calls_a_charge_unused_to_change_what_was_authorised(self):
        charge = self.charge()
        charge.action_authorise()
        with self.assertRaises(AccessError):
            charge.vehicle_not_used = True
        with self.assertRaises(AccessError):
            self.charge(vehicle_not_used=True)

    def test_authorised_charges_are_not_deleted_along(self):
        stop = self.draft.stop_ids[1]
        charge = self.charge(stop_id=stop.id)
        charge.action_authorise()
        for record in (self.draft, stop):
            with self.subTest(record), self.assertRaisesRegex(UserError, "withdraw"):
                record.unlink()
        charge._withdraw("Never ordered.")
        stop.unlink()
        self.draft.unlink()
        self.assertFalse(charge.exists())

    def test_who_sees_a_charge_sees_its_evidence(self):
        files = self.env["ir.attachment"]
        mail = files.with_user(self.dispatcher).create(
            {"name": "order.eml", "raw": b"Yes.", "res_model": "freight.charge", "res_id": 0}
        )
        foreign = files.create({"name": "payroll", "raw": b"secret"})
        charge = self.charge(evidence_attachment_ids=[(6, 0, (mail | foreign).ids)])
        auditor = self.make_user("g_auditor", "auditor")
        self.env.invalidate_all()
        self.assertEqual(mail.with_user(auditor).raw, b"Yes.")
        self.assertEqual(mail.res_id, charge.id)
        self.assertFalse(foreign.res_id)

    def test_a_manager_decides_on_work_but_does_not_rewrite_it(self):
        self.make_consumer("guarded")
        shipment = self.make_shipment()
        work = self.env["freight.event.work"].search([("shipment_id", "=", shipment.id)])
        with self.assertRaises(AccessError):
            work.with_user(self.manager).write({"company_id": self.sister.id})
        work.with_user(self.manager).action_retry()

    def test_the_zone_finder_answers_for_ones_own_companies(self):
        country = self.env["res.country"].create({"name": "Nowhere", "code": "N9"})
        zone = self.env["freight.zone"].create(
            {"name": "Secret", "code": "SECRET", "company_id": self.sister.id}
        )
        self.env["freight.zone.entry"].create(
            {"zone_id": zone.id, "kind": "country", "country_id": country.id}
        )
        asked = {"company_id": self.sister.id, "country_id": country.id}
        finders = self.env["freight.zone.finder"]
        self.assertFalse(finders.with_user(self.manager).create(asked).zone_id)
        both = finders.with_context(allowed_company_ids=(self.company | self.sister).ids)
        self.assertEqual(both.create(asked).zone_id, zone)
