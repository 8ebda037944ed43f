from datetime import datetime

import pytz
from odoo import _, api, models

from ..documents import APPLIED, DUPLICATE, REFUSED, Outcome
from ..lifecycle import RANK
from ..references import resolve
from ..units import kilograms

PARTY_FIELDS = {"shipper": "shipper_id", "consignee": "consignee_id", "bill_to": "bill_to_id"}


class FreightShipment(models.Model):
    _inherit = "freight.shipment"

    @api.model
    def _apply_freight_documents(self, documents):
        """Create, change or cancel shipments that a system which plans freight tells us of."""
        return [self._take_in(document) for document in documents]

    @api.model
    def _take_in(self, document):
        if document.system.kind not in ("tms", "carrier"):
            return Outcome(
                REFUSED,
                _("%s does not plan freight: it may not send shipments.", document.system.name),
            )
        shipment = self._known_as(document)
        purpose = document.data["purpose"]
        if purpose == "original":
            if shipment:
                return Outcome(DUPLICATE, shipment_id=shipment.id)
            shipment = self.create(self._intake_values(document))
            return Outcome(APPLIED, shipment_id=shipment.id)
        if not shipment:
            return Outcome(REFUSED, _("There is no shipment that this message changes."))
        if RANK[shipment.transport_state] >= RANK["dispatched"]:
            return Outcome(
                REFUSED, _("%s is under way already.", shipment.name), shipment_id=shipment.id
            )
        if purpose == "cancellation":
            shipment._record_own("cancelled")
        else:
            shipment._replace_route(document)
        return Outcome(APPLIED, shipment_id=shipment.id)

    @api.model
    def _known_as(self, document):
        """Return the shipment that all references of ``document`` agree on, or none."""
        wanted = {
            (reference["type"], reference["value"], document.company.id)
            for reference in document.data["references"]
        }
        candidates = self.env["freight.reference"]._candidates(wanted)
        found, _several = resolve(candidates.values())
        shipment = self.browse(found)
        return shipment if shipment and document.system._may_act_on(shipment) else self.browse()

    @api.model
    def _intake_values(self, document):
        data = document.data
        carriers = self.env["res.partner"]._freight_carriers_by_scac({data.get("scac")} - {None})
        values = {
            "company_id": document.company.id,
            "trace_id": document.trace_id,
            "tms_id": document.system.id if document.system.kind == "tms" else False,
            "carrier_id": carriers.get(data.get("scac"), document.system.partner_id).id,
            "freight_terms": data.get("terms") or "PP",
            "stop_ids": [(0, 0, self._stop_values(stop)) for stop in data["stops"]],
            "line_ids": [(0, 0, self._line_values(line)) for line in data["lines"]],
            "reference_ids": [
                (0, 0, {"type": one["type"], "value": one["value"]}) for one in data["references"]
            ],
        }
        if data.get("mode"):
            values["mode"] = data["mode"]
        for party in data["parties"]:
            if party["role"] in PARTY_FIELDS:
                partner = self._party(party)
                values[PARTY_FIELDS[party["role"]]] = partner.id
        return values

    def _replace_route(self, document):
        """Put new stops and goods in the place of the old ones; no event refers to them yet."""
        self.ensure_one()
        self.line_ids.unlink()
        self.stop_ids.unlink()
        data = document.data
        self.write(
            {
                "stop_ids": [(0, 0, self._stop_values(stop)) for stop in data["stops"]],
                "line_ids": [(0, 0, self._line_values(line)) for line in data["lines"]],
            }
        )

    @api.model
    def _party(self, party):
        """Return the one partner of that name and ZIP; an unknown party is left to a person."""
        partners = self.env["res.partner"].search(
            [("name", "=ilike", party["name"]), ("zip", "=", party.get("zip") or False)], limit=2
        )
        return partners if len(partners) == 1 else partners.browse()

    @api.model
    def _stop_values(self, stop):
        place, planned = stop.get("place") or {}, stop.get("planned") or {}
        country = self.env["res.country"].search([("code", "=", place.get("country"))], limit=1)
        return {
            "sequence": stop["sequence"],
            "role": stop["role"],
            "name": place.get("name"),
            "city": place.get("city"),
            "state_code": place.get("state"),
            "zip": place.get("zip"),
            "locode": place.get("locode"),
            "country_id": country.id,
            "window_start": _naive_utc(planned.get("from")),
            "window_end": _naive_utc(planned.get("to")),
        }

    @api.model
    def _line_values(self, line):
        hazmat = line.get("hazmat") or {}
        return {
            "name": line["description"],
            "quantity": float(line.get("quantity") or 1),
            "weight": kilograms(line.get("weight") or 0, line.get("weight_unit")),
            "hazmat": bool(hazmat),
            "un_number": hazmat.get("un_number"),
        }


def _naive_utc(text):
    """Return an ISO 8601 ``text`` as naive UTC, False for none; without an offset it is UTC."""
    if not text:
        return False
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    if moment.tzinfo:
        moment = moment.astimezone(pytz.utc).replace(tzinfo=None)
    return moment
