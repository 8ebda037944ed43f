"""Shipments that a system which plans freight tells us of: load tenders and transport orders."""

from odoo import _, api, models
from odoo.fields import Command

from ..documents import APPLIED, DUPLICATE, REFUSED, UNMATCHED, Ambiguous, Outcome
from ..goods import read_distance
from ..identifiers import is_locode
from ..lifecycle import RANK
from ..references import SHIPPER_SIDE, SUPPORTING, Wanted, resolve
from ..time_zones import read_window

PARTY_FIELDS = {"shipper": "shipper_id", "consignee": "consignee_id", "bill_to": "bill_to_id"}


class FreightShipment(models.Model):
    _inherit = "freight.shipment"

    @api.model
    def _apply_freight_documents(self, documents):
        """Create, change or cancel shipments. See :mod:`..documents` for the protocol."""
        outcomes = [
            self.with_context(freight_origin_system_id=document.system.id)._take_in(document)
            for document in documents
        ]
        self.env["freight.exception"]._judge_ambiguities(
            [(document, document.data["references"]) for document in documents], outcomes
        )
        return outcomes

    @api.model
    def _take_in(self, document):
        if document.system.kind not in ("tms", "carrier"):
            return Outcome(
                REFUSED,
                _("%s does not plan freight: it may not send shipments.", document.system.name),
            )
        shipment, several = self._known_as(document)
        if several and not shipment:
            names = self.browse(several)._named_in(document.company)
            return Ambiguous(UNMATCHED, _("Its references may mean %s.", names))
        if document.data["purpose"] == "original":
            return self._take_in_original(document, shipment)
        return self._take_in_change(document, shipment)

    @api.model
    def _take_in_original(self, document, shipment):
        if shipment:
            return Outcome(DUPLICATE, shipment_id=shipment.id)
        shipment = self.create(self._intake_values(document))
        shipment._set_windows(document)
        shipment._report_unread(document)
        return Outcome(APPLIED, shipment_id=shipment.id)

    @api.model
    def _take_in_change(self, document, shipment):
        if not shipment:
            return Outcome(REFUSED, _("There is no shipment that this message changes."))
        refusal = None
        if not document.system._may_act_on(shipment):
            refusal = _("%s is not one of the sender's own.", shipment.name)
        elif RANK[shipment.transport_state] >= RANK["dispatched"]:
            refusal = _("%s is under way already.", shipment.name)
        if refusal:
            return Outcome(REFUSED, refusal, shipment_id=shipment.id)
        if document.data["purpose"] == "cancellation":
            return shipment._take_in_cancellation(document)
        return shipment._take_in_version(document)

    @api.model
    def _known_as(self, document):
        """Return the shipment that ``document`` means, and the candidates.

        What the shipper calls the load decides; a purchase order or a booking may well be shared
        by several loads, and counts only where no such number is given.
        """
        references = document.data["references"]
        own = [one for one in references if one["type"] in SHIPPER_SIDE]
        wanted = {
            Wanted(one["type"], one["value"], document.company.id)
            for one in own or references
            if one["type"] not in SUPPORTING
        }
        found, several = resolve(self.env["freight.reference"]._candidates(wanted).values())
        return self.browse(found), several

    @api.model
    def _intake_values(self, document):
        data, company = document.data, document.company
        carriers = self.env["res.partner"]._freight_carriers_by_scac(
            {data.get("scac")} - {None}, company
        )
        carrier = carriers.get((data.get("scac"), company.id), document.system.partner_id)
        values = {
            "company_id": company.id,
            "trace_id": document.trace_id,
            "creator_system_id": document.system.id,
            "tms_id": document.system.id if document.system.kind == "tms" else False,
            "carrier_id": carrier.id,
            "freight_terms": data.get("terms") or "PP",
            "stop_ids": [Command.create(self._stop_values(stop)) for stop in data["stops"]],
            "line_ids": self._line_commands(document),
            "reference_ids": [
                Command.create({"type": one["type"], "value": one["value"]})
                for one in data["references"]
            ],
            **read_distance(data)[0],
        }
        if data.get("mode"):
            values["mode"] = data["mode"]
        for party in data["parties"]:
            if party["role"] in PARTY_FIELDS:
                values[PARTY_FIELDS[party["role"]]] = self._party(party, company).id
        return values

    def _set_windows(self, document):
        """Set appointments and planned dates; a time without offset is local to its stop.

        A day without a time is the whole day there.
        """
        self.ensure_one()
        stops = {stop.sequence: stop for stop in self.stop_ids}
        for said in document.data["stops"]:
            stop, planned = stops[said["sequence"]], said.get("planned") or {}
            zone = stop.tz or self.company_id._freight_tz()
            start, end = read_window(planned.get("from"), planned.get("to"), zone)
            stop.write({"window_start": start, "window_end": end})
        self._plan_by_windows()

    def _plan_by_windows(self):
        """Plan pickup and delivery by the appointments of the first and the last stop."""
        self.ensure_one()
        ordered = self.stop_ids.sorted("sequence")
        first = ordered.filtered(lambda stop: stop.role == "pickup")[:1]
        last = ordered.filtered(lambda stop: stop.role == "delivery")[-1:]
        self.planned_pickup = first.window_start or first.window_end or self.planned_pickup
        self.planned_delivery = last.window_end or last.window_start or self.planned_delivery

    @api.model
    def _party(self, party, company):
        """Return the one partner of that name and ZIP; an unknown party is left to a person."""
        partners = self.env["res.partner"].search(
            [
                ("name", "=ilike", party["name"]),
                ("zip", "=", party.get("zip") or False),
                ("company_id", "in", (False, company.id)),
            ],
            limit=2,
        )
        return partners if len(partners) == 1 else partners.browse()

    @api.model
    def _stop_values(self, stop):
        place = stop.get("place") or {}
        country = self.env["res.country"]._freight_by_code(place.get("country"))
        return {
            "sequence": stop["sequence"],
            "role": stop["role"],
            "name": place.get("name"),
            "city": place.get("city"),
            "state_code": place.get("state"),
            "zip": place.get("zip"),
            "locode": place.get("locode") if is_locode(place.get("locode")) else None,
            "country_id": country.id,
        }
