"""Data as 17.0.1.0.0 left it, made by SQL, carried over by the scripts of 17.0.1.1.0."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from odoo.tests import tagged

from .common import CanonicalCase

SCRIPTS = Path(__file__).parents[1] / "migrations" / "17.0.1.1.0"


def load(name):
    """Return a script as a module; its file name is none that ``import`` takes."""
    spec = spec_from_file_location(name.replace("-", "_"), SCRIPTS / f"{name}.py")
    script = module_from_spec(spec)
    spec.loader.exec_module(script)
    return script


@tagged("post_install", "-at_install")
class TestMigration(CanonicalCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.script = load("post-migration")

    def sql(self, query, *parameters):
        self.env.flush_all()
        self.cr.execute(query, parameters)
        self.env.invalidate_all()

    def fold_again(self, shipment):
        self.env.flush_all()
        self.script.fold_again(shipment)
        self.env.invalidate_all()

    # Cases ----------------------------------------------------------------------------------------

    def damaged_at_two_stops(self):
        """Return a shipment with one case for two damages, as it was before."""
        shipment = self.make_shipment(deliveries=2)
        self.report(
            *(self.document(shipment, "damaged", stop={"sequence": number}) for number in (2, 3))
        )
        first, second = shipment.exception_ids.sorted("id")
        self.sql("DELETE FROM freight_exception WHERE id = %s", second.id)
        self.sql(
            "UPDATE freight_exception SET dedup_key = %s, stop_id = NULL, cause = NULL,"
            " by_control = NULL, type_id = %s, occurrences = 2 WHERE id = %s",
            f"shipment:{shipment.id}",
            first.type_id.id,
            first.id,
        )
        return shipment, first

    def test_an_open_case_is_one_for_each_stop_and_no_other_opens(self):
        shipment, _case = self.damaged_at_two_stops()
        self.fold_again(shipment)
        cases = shipment.exception_ids
        self.assertEqual(cases.stop_id, shipment.stop_ids[1:])
        shipment._project()
        self.assertEqual(shipment.exception_ids, cases)

    def test_what_was_resolved_stays_resolved(self):
        shipment, case = self.damaged_at_two_stops()
        self.sql(
            "UPDATE freight_exception SET state = 'resolved', resolver_id = %s WHERE id = %s",
            self.env.uid,
            case.id,
        )
        self.script.say_who_resolved(self.env)
        self.fold_again(shipment)
        shipment._project()
        self.assertEqual(set(shipment.exception_ids.mapped("state")), {"resolved"})
        self.assertEqual(set(shipment.exception_ids.mapped("closed_by")), {"person"})

    def test_a_case_handed_over_closes_when_its_report_is_taken_back(self):
        shipment = self.make_shipment()
        self.report(self.document(shipment, "damaged", id="d1"))
        case = shipment.exception_ids
        self.sql(
            "UPDATE freight_exception SET dedup_key = %s, stop_id = NULL, cause = NULL,"
            " by_control = NULL WHERE id = %s",
            f"shipment:{shipment.id}",
            case.id,
        )
        self.fold_again(shipment)
        self.report(self.document(shipment, "retraction", 1, retracts="d1"))
        self.assertEqual(case.state, "resolved")

    def test_a_case_has_the_kind_of_its_code_and_a_clock_from_today(self):
        kind = self.env.ref("freight_canonical.exception_type_damage")
        case = self.env["freight.exception"]._raise_case(
            "damage", "k", "Damage", severity="critical"
        )
        self.sql("ALTER TABLE freight_exception ALTER type_id DROP NOT NULL")
        self.sql(
            "UPDATE freight_exception SET type_id = NULL, deadline = NULL, opened = '2025-01-01'"
            " WHERE id = %s",
            case.id,
        )
        self.script.give_cases_kinds(self.env)
        self.script.start_clocks(self.cr)
        self.env.invalidate_all()
        self.assertEqual(case.type_id, kind)
        self.assertEqual(case.deadline, kind._deadline("critical", case.clock_start))
        self.assertGreater(case.clock_start, case.opened)

    # Proofs and acceptances -----------------------------------------------------------------------

    def test_a_proof_stays_and_goes_with_its_delivery(self):
        shipment = self.make_shipment()
        proof = {"signer": "J. Miller", "condition": "good"}
        self.report(
            self.document(shipment, "arrived_delivery"),
            self.document(shipment, "delivered", id="dlv", proof=proof),
        )
        self.sql("DELETE FROM freight_proof WHERE shipment_id = %s", shipment.id)
        self.fold_again(shipment)
        stop = shipment.stop_ids[1]
        self.assertEqual((stop.pod_signer, stop.pod_condition), ("J. Miller", "good"))
        self.report(self.document(shipment, "retraction", 1, retracts="dlv"))
        self.assertFalse(stop.pod_signer)

    def test_an_acceptance_can_be_taken_back(self):
        shipment = self.make_shipment(carrier_id=self.carrier.id)
        charges = [{"code": "400", "amount": "124.00", "currency": self.company.currency_id.name}]
        accepted = self.document(
            shipment, "tender_accepted", id="t1", system=self.tms, carrier={"scac": "ABCD"},
            charges=charges)  # fmt: skip
        self.report(accepted)
        self.sql(
            "UPDATE freight_shipment SET acceptance_id = NULL, nominated_carrier_id = NULL"
            " WHERE id = %s",
            shipment.id,
        )
        self.sql("DELETE FROM freight_tender_acceptance WHERE shipment_id = %s", shipment.id)
        before = shipment.charge_ids
        self.fold_again(shipment)
        self.assertEqual(shipment.acceptance_id.scac, "ABCD")
        shipment._project()
        self.assertEqual(shipment.charge_ids, before)
        self.report(self.document(shipment, "retraction", 1, system=self.tms, retracts="t1"))
        self.assertFalse(shipment.charge_ids)
        self.assertEqual(shipment.carrier_id, self.carrier)

    def test_history_is_neither_charged_nor_controlled(self):
        shipment = self.make_shipment()
        self.report(
            self.document(shipment, "dispatched"),
            self.document(shipment, "cancelled", 1, system=self.tms),
        )
        self.sql("DELETE FROM freight_charge WHERE shipment_id = %s", shipment.id)
        self.sql("DELETE FROM freight_exception WHERE shipment_id = %s", shipment.id)
        self.fold_again(shipment)
        self.assertTrue(shipment.vehicle_not_used)
        self.assertFalse(shipment.charge_ids or shipment.exception_ids or shipment.control_due)

    def test_what_is_under_way_is_controlled_unless_nothing_was_heard_for_long(self):
        shipment = self.make_shipment()
        self.fold_again(shipment)
        self.assertTrue(shipment.control_due)
        self.sql("UPDATE freight_shipment SET control_due = NULL WHERE id = %s", shipment.id)
        self.addCleanup(setattr, self.script, "HISTORY", self.script.HISTORY)
        self.script.HISTORY = "-1 day"
        self.fold_again(shipment)
        self.assertFalse(shipment.control_due)

    # Goods, charges and code lists ----------------------------------------------------------------

    def test_goods_lines_are_numbered_and_authorisations_stamped(self):
        shipment = self.make_shipment()
        line = shipment.line_ids
        code = self.env.ref("freight_canonical.charge_code_400")
        charge = self.env["freight.charge"].create(
            {"shipment_id": shipment.id, "code_id": code.id, "amount": 4, "authorised": True}
        )
        self.sql("UPDATE freight_shipment_line SET number = NULL WHERE id = %s", line.id)
        self.sql(
            "UPDATE freight_charge SET authorised_at = NULL, authorised_by_id = NULL WHERE id = %s",
            charge.id,
        )
        self.script.number_lines(self.cr)
        self.script.stamp_authorisations(self.cr)
        self.env.invalidate_all()
        self.assertEqual(line.number, 1)
        self.assertEqual(charge.authorised_by_id, charge.write_uid)
        self.assertTrue(charge.authorised and charge.authorised_at)

    def test_rows_that_a_person_edited_are_kept(self):
        edited, other = (
            self.env.ref(f"freight_canonical.event_type_{code}") for code in ("loaded", "loading")
        )
        edited.with_user(self.env.ref("base.user_admin")).name = "Ours"
        keys = (edited.id, other.id)
        self.sql("UPDATE freight_event_type SET write_uid = 1 WHERE id = %s", other.id)
        self.sql(
            "UPDATE ir_model_data SET noupdate = false"
            " WHERE model = 'freight.event.type' AND res_id IN %s",
            keys,
        )
        load("pre-migration").keep_edited(self.cr, "freight.event.type")
        kept = self.env["ir.model.data"].search(
            [("model", "=", "freight.event.type"), ("res_id", "in", keys), ("noupdate", "=", True)]
        )
        self.assertEqual(kept.mapped("res_id"), [edited.id])

    def test_an_own_type_becomes_the_shipped_one(self):
        name = "event_type_closed"
        own = self.env.ref(f"freight_canonical.{name}")
        self.sql("DELETE FROM ir_model_data WHERE module = 'freight_canonical' AND name = %s", name)
        load("pre-migration").adopt_own_types(self.cr)
        self.env.registry.clear_cache()
        self.assertEqual(self.env.ref(f"freight_canonical.{name}"), own)
