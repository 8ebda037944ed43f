"""Zones and the lanes of shipments: what people meet and what is stored."""

from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import NOON, CanonicalCase


class LaneCase(CanonicalCase):
    """Illinois and Texas are zones, whatever the demo data brought."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["freight.zone"].search([]).active = False
        cls.usa = cls.env.ref("base.us")
        cls.company.country_id = cls.usa
        cls.north = cls.make_zone("North", kind="zip_prefix", zip_from="606")
        cls.south = cls.make_zone("South", kind="zip_prefix", zip_from="752")

    @classmethod
    def make_zone(cls, name, company=None, **entry):
        return cls.env["freight.zone"].create(
            {
                "name": name,
                "company_id": company.id if company else False,
                "entry_ids": [(0, 0, {"country_id": cls.usa.id, **entry})] if entry else [],
            }
        )

    @classmethod
    def state(cls, code):
        return cls.env["res.country.state"].search(
            [("code", "=", code), ("country_id", "=", cls.usa.id)]
        )


@tagged("post_install", "-at_install")
class TestZoneRecords(LaneCase):
    def test_two_zones_of_equal_specificity_are_refused_by_name(self):
        with self.assertRaisesRegex(ValidationError, r"(?s)(?=.*North)(?=.*East)(?=.*606)"):
            self.make_zone("East", kind="zip_prefix", zip_from="606")
        self.make_zone("Inner", kind="zip_range", zip_from="60601", zip_to="60610")
        with self.assertRaisesRegex(ValidationError, r"(?s)(?=.*Inner)(?=.*East)"):
            self.make_zone("East", kind="zip_range", zip_from="60605", zip_to="60620")

    def test_an_archived_zone_is_in_nobodys_way_until_it_returns(self):
        self.north.active = False
        self.make_zone("Other North", kind="zip_prefix", zip_from="606")
        with self.assertRaisesRegex(ValidationError, "Other North"):
            self.north.active = True

    def test_companies_that_never_meet_may_cut_the_world_alike(self):
        sister = self.env["res.company"].create({"name": "Sister Company"})
        other = self.env["res.company"].create({"name": "Other Company"})
        branch = self.env["res.company"].create({"name": "Branch", "parent_id": sister.id})
        self.make_zone("Sister's", sister, kind="zip_prefix", zip_from="9")
        self.make_zone("Other's", other, kind="zip_prefix", zip_from="9")
        for owner in (None, branch):
            with self.subTest(owner), self.assertRaisesRegex(ValidationError, "Again"):
                self.make_zone("Again", owner, kind="zip_prefix", zip_from="9")

    def test_entries_that_say_too_little_or_nonsense(self):
        for entry in (
            {"kind": "country", "country_id": False},
            {"kind": "state"},
            {"kind": "zip_prefix"},
            {"kind": "zip_prefix", "zip_from": "606", "country_id": False},
            {"kind": "zip_range", "zip_from": "606"},
            {"kind": "zip_range", "zip_from": "606", "zip_to": "6070"},
            {"kind": "zip_range", "zip_from": "607", "zip_to": "606"},
            {"kind": "locode", "locode": "US1AB"},
            {"kind": "locode"},
        ):
            with self.subTest(entry), self.assertRaises(ValidationError):
                self.make_zone("Nowhere", **entry)

    def test_a_state_brings_its_country(self):
        zone = self.env["freight.zone"].create(
            {
                "name": "A state",
                "entry_ids": [(0, 0, {"kind": "state", "state_id": self.state("WI").id})],
            }
        )
        self.assertEqual(zone.entry_ids.country_id, self.usa)
        self.assertEqual(zone.covers, "Wisconsin")

    def test_try_it(self):
        lakes = self.make_zone("Lakes", kind="state", state_id=self.state("IL").id)
        manager = self.make_user("zone_manager", "manager")
        finder = Form(self.env["freight.zone.finder"].with_user(manager))
        finder.country_id = self.usa
        finder.zip = "60601-1234"
        self.assertEqual((finder.zone_id, finder.entry_id), (self.north, self.north.entry_ids))
        finder.zip = "61000"
        self.assertFalse(finder.zone_id)
        finder.state_id = self.state("IL")
        self.assertEqual(finder.zone_id, lakes)

    def test_dispatchers_read_zones_and_managers_change_them(self):
        for role in ("user", "dispatcher", "auditor"):
            mine = self.north.with_user(self.make_user(f"zone_{role}", role))
            self.assertEqual(mine.name, "North")
            with self.assertRaises(AccessError):
                mine.name = "South"
        self.north.with_user(self.make_user("zone_boss", "manager")).name = "Far North"

    @mute_logger("odoo.addons.base.models.ir_rule")
    def test_zones_and_lanes_of_another_company_are_out_of_sight(self):
        sister = self.env["res.company"].create({"name": "Sister Company"})
        theirs = self.make_zone("Theirs", sister, kind="zip_prefix", zip_from="9")
        lane = self.env["freight.lane"].create(
            {
                "origin_zone_id": theirs.id,
                "destination_zone_id": theirs.id,
                "company_id": sister.id,
            }
        )
        user = self.make_user("zone_stranger", "user")
        for records in (theirs, theirs.entry_ids, lane):
            with self.subTest(records._name), self.assertRaises(AccessError):
                records.with_user(user).read(["display_name"])
        self.assertTrue(self.north.with_user(user).read(["name"]))

    def test_what_one_company_knows_another_one_does_not_use(self):
        sister = self.env["res.company"].create({"name": "Sister", "country_id": self.usa.id})
        self.make_zone("Theirs", sister, kind="zip_prefix", zip_from="60601")
        ours, theirs = self.make_shipment(), self.make_shipment(company_id=sister.id)
        self.assertEqual(ours.origin_zone_id, self.north)
        self.assertEqual(theirs.origin_zone_id.name, "Theirs")


@tagged("post_install", "-at_install")
class TestLanes(LaneCase):
    def test_a_lane_is_made_when_two_zones_are_first_joined(self):
        one, two = self.make_shipment(), self.make_shipment(release=False)
        self.assertEqual(one.lane_id.name, "North → South")
        self.assertEqual(one.lane_id.company_id, self.company)
        self.assertFalse(one.lane_id.mode)
        self.assertEqual(one.lane_id, two.lane_id)
        self.assertEqual(one.stop_ids.lane_id, one.lane_id)

    def test_the_last_delivery_is_the_end(self):
        tulsa = self.make_zone("Tulsa", kind="zip_prefix", zip_from="74103")
        self.assertEqual(self.make_shipment(deliveries=2).destination_zone_id, tulsa)

    def test_no_zone_no_lane(self):
        self.south.active = False
        shipment = self.make_shipment()
        self.assertEqual((shipment.origin_zone_id, shipment.lane_id.id), (self.north, False))

    def test_an_address_of_the_location_counts_where_the_stop_has_none(self):
        dock = self.env["res.partner"].create(
            {"name": "Dock", "zip": "75201", "country_id": self.usa.id}
        )
        shipment = self.make_shipment(release=False)
        delivery = shipment.stop_ids[1]
        delivery.write({"zip": False, "partner_id": dock.id})
        self.assertEqual(shipment.destination_zone_id, self.south)
        delivery.zip = "60601"
        self.assertEqual(shipment.destination_zone_id, self.north)

    def test_a_change_of_zones_moves_no_shipment(self):
        shipment = self.make_shipment()
        lane = shipment.lane_id
        self.south.entry_ids.zip_from = "753"
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(shipment.lane_id, lane)
        self.assertFalse(self.make_shipment().lane_id, "a later one follows the zones of its day")

    def test_a_change_of_stops_counts_until_dispatch(self):
        shipment = self.make_shipment()
        delivery = shipment.stop_ids[1]
        delivery.zip = "60605"
        self.assertEqual(shipment.lane_id.name, "North → North")
        self.report(self.document(shipment, "dispatched"))
        delivery.zip = "75201"
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(shipment.lane_id.name, "North → North")
        self.assertEqual(shipment.copy().lane_id.name, "North → South", "a copy begins anew")

    def test_a_lane_of_the_mode_goes_before_that_of_all(self):
        both = {"origin_zone_id": self.north.id, "destination_zone_id": self.south.id}
        shared = self.env["freight.lane"].create(both)
        self.assertEqual(self.make_shipment().lane_id, shared)
        parcel = self.env["freight.lane"].create({**both, "mode": "parcel"})
        self.assertEqual(self.make_shipment(mode="parcel").lane_id, parcel)
        shipment = self.make_shipment(mode="ftl", release=False)
        self.assertEqual(shipment.lane_id, shared)
        shipment.mode = "parcel"
        self.assertEqual(shipment.lane_id, parcel)
        self.assertEqual(parcel.name, "North → South (Parcel)")

    def test_an_archived_lane_is_not_made_anew(self):
        lane = self.make_shipment().lane_id
        lane.active = False
        self.assertFalse(self.make_shipment().lane_id)
        self.assertEqual(
            self.env["freight.lane"].with_context(active_test=False).search_count(
                [("origin_zone_id", "=", self.north.id)]), 1)  # fmt: skip

    def test_one_lane_for_each_pair_mode_and_company(self):
        lane = self.make_shipment().lane_id
        with self.assertRaises(Exception) as caught, mute_logger("odoo.sql_db"):
            lane.copy()
        self.assertIn("freight_lane_unique", str(caught.exception))

    def test_filling_in_a_form_makes_no_lane(self):
        form = Form(self.env["freight.shipment"])
        for role, code in (("pickup", "60601"), ("delivery", "75201")):
            with form.stop_ids.new() as stop:
                stop.role = role
                stop.zip = code
        self.assertFalse(self.env["freight.lane"].search_count(
            [("origin_zone_id", "=", self.north.id)]))  # fmt: skip
        self.assertEqual(form.save().lane_id.name, "North → South")

    def test_a_manager_recomputes_lanes_of_what_is_not_closed(self):
        manager, dispatcher = (self.make_user(f"lane_{r}", r) for r in ("manager", "dispatcher"))
        self.south.active = False
        shipment = self.make_shipment()
        self.report(self.document(shipment, "dispatched"))
        self.south.active = True
        self.assertFalse(shipment.lane_id)
        with self.assertRaises(AccessError):
            shipment.with_user(dispatcher).action_recompute_lanes()
        shipment.with_user(manager).action_recompute_lanes()
        self.assertEqual(shipment.lane_id.name, "North → South")
        shipment.sudo().transport_state = "closed"
        with self.assertRaisesRegex(UserError, shipment.name):
            shipment.with_user(manager).action_recompute_lanes()

    def test_a_dispatcher_needs_no_right_to_lanes(self):
        dispatcher = self.make_user("lane_runner", "dispatcher")
        shipment = self.make_shipment(release=False)
        mine = shipment.with_user(dispatcher).copy({"origin": "S1"})
        mine.write({"mode": "ftl"})
        self.assertEqual(mine.lane_id.name, "North → South")

    def queries(self, shipments):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        shipments._find_lanes()
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def test_fifty_shipments_cost_the_queries_of_five(self):
        many = self.env["freight.shipment"].concat(
            *(self.make_shipment(release=False) for _number in range(50))
        )
        self.queries(many[:2])
        few = self.queries(many[:5])
        self.assertEqual(self.queries(many), few)

    # Figures ------------------------------------------------------------------------------------

    def delivered(self, minutes, days=1):
        """Return a shipment delivered ``days`` ago, ``minutes`` after the appointment."""
        due = fields.Datetime.now() - timedelta(days=days)
        shipment = self.make_shipment()
        shipment.stop_ids[1].window_end = due
        came = (due + timedelta(minutes=minutes)).isoformat()
        self.report(self.document(shipment, "delivered", occurred=f"{came}Z"))
        return shipment

    def test_figures_and_what_lies_behind_them(self):
        on_time = self.delivered(0) | self.delivered(-60) | self.delivered(-5)
        late = self.delivered(30)
        old = self.delivered(30, days=120)
        waiting = self.make_shipment(planned_delivery=fields.Datetime.now() + timedelta(days=9))
        overdue = self.make_shipment(planned_delivery=NOON - timedelta(days=900))
        self.report(self.document(overdue, "dispatched"))
        lane = waiting.lane_id
        self.assertEqual(lane.shipment_count, 7)
        self.assertEqual(lane.under_way_count, 1)
        self.assertEqual(lane.late_count, 1)
        self.assertEqual(lane.judged_count, 4)
        self.assertEqual(lane.on_time_share, 0.75)
        for action, expected in (
            (lane.action_open_shipments, on_time | late | old | waiting | overdue),
            (lane.action_open_under_way, overdue),
            (lane.action_open_late, overdue),
        ):
            found = self.env["freight.shipment"].search(action()["domain"])
            self.assertEqual(found.sorted("id"), expected.sorted("id"))
        stops = self.env["freight.stop"].search(lane.action_open_deliveries()["domain"])
        self.assertEqual(stops.shipment_id.sorted("id"), (on_time | late).sorted("id"))

    def test_figures_of_a_page_are_one_query(self):
        self.make_shipment()
        self.make_zone("Tulsa", kind="zip_prefix", zip_from="74103")
        self.make_shipment(deliveries=2)
        lanes = self.env["freight.lane"].search([("origin_zone_id", "=", self.north.id)])
        self.assertEqual(len(lanes), 2)
        self.env.flush_all()
        lanes.invalidate_recordset()
        with self.assertQueryCount(1):
            lanes.mapped("shipment_count")

    def test_figures_count_what_one_may_see(self):
        both = {"origin_zone_id": self.north.id, "destination_zone_id": self.south.id}
        lane = self.env["freight.lane"].create(both)
        sister = self.env["res.company"].create({"name": "Sister", "country_id": self.usa.id})
        self.make_shipment()
        self.make_shipment(company_id=sister.id)
        self.assertEqual(lane.sudo().with_context(allowed_company_ids=[]).shipment_count, 2)
        user = self.make_user("lane_reader", "user")
        self.assertEqual(lane.with_user(user).shipment_count, 1)
