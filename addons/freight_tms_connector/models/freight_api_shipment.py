"""Shipments as partners read them: those of their own, in their company."""

from datetime import datetime
from urllib.parse import quote

from odoo import api, models
from odoo.addons.freight_canonical.documents import iso_utc
from odoo.addons.freight_canonical.references import normalise
from odoo.tools import SQL

from ..api_operation import Reply
from ..moments import parse
from .freight_api import Problem

#: Candidates that are named where a reference is ambiguous.
NAMED = 10
#: When a shipment was last written, or its ledger folded.
CHANGED = 'greatest("freight_shipment"."write_date", "freight_shipment"."projected")'


class FreightShipment(models.Model):
    _inherit = "freight.shipment"

    def init(self):
        """Make the indexes by which partners list their shipments."""
        self.env.cr.execute(
            """
            CREATE INDEX IF NOT EXISTS freight_shipment_tms_changed
                ON freight_shipment (tms_id, (greatest(write_date, projected)), id)
             WHERE tms_id IS NOT NULL;
            CREATE INDEX IF NOT EXISTS freight_shipment_company_changed
                ON freight_shipment (company_id, (greatest(write_date, projected)), id);
            CREATE INDEX IF NOT EXISTS freight_shipment_performing_carrier
                ON freight_shipment (performing_carrier_id)
             WHERE performing_carrier_id IS NOT NULL;
            CREATE INDEX IF NOT EXISTS freight_shipment_broker
                ON freight_shipment (broker_id) WHERE broker_id IS NOT NULL;
            CREATE INDEX IF NOT EXISTS freight_stop_onward_carrier
                ON freight_stop (onward_carrier_id) WHERE onward_carrier_id IS NOT NULL;
            """
        )
        return super().init()

    @api.model
    def _api_domain(self, caller):
        """Return the domain of what ``caller`` may see: of its company, and its system's own."""
        system = self.env["freight.system"].browse(caller.system_id)
        return [("company_id", "=", caller.company_id), *system._acts_on_domain()]

    # One ----------------------------------------------------------------------------------------

    @api.model
    def _api_find(self, call):
        """Return the shipment that the path names.

        :raise Problem: 404 for none, 409 where a reference means several
        """
        text, domain = call.path["reference"], self._api_domain(call.caller)
        found = self.search([*domain, ("name", "=", text)], limit=1)
        if not found and normalise(text):
            named = [("reference_ids.value_normalised", "=", normalise(text))]
            found = self.search([*domain, *named], limit=NAMED, order="id desc")
        if not found:
            raise Problem(404, "not-found", "No shipment of yours is known by this reference.")
        if len(found) > 1:
            raise Problem(
                409,
                "ambiguous-reference",
                "Several shipments of yours are known by this reference: ask by number.",
                candidates=[
                    {"number": shipment.name, "url": shipment._api_url()} for shipment in found
                ],
            )
        return found

    @api.model
    def _api_read(self, call):
        return Reply(200, self._api_find(call)._api_view(), revalidate=True)

    def _api_url(self):
        return f"/freight/v1/shipments/{quote(self.name)}"

    # Many ---------------------------------------------------------------------------------------

    @api.model
    def _api_list(self, call):
        """Return a page of shipments in the order of their last change."""
        position = self.env["freight.api"]._position(call)
        query = self._search(self._api_domain(call.caller) + self._api_filters(call))
        query.order = SQL(f"{CHANGED}, freight_shipment.id")
        query.limit = self.env["freight.api"]._limit_of(call) + 1
        if "updated_since" in call.query:
            query.add_where(f"{CHANGED} >= %s", [_naive(call.query["updated_since"])])
        if position:
            moment, key = position
            query.add_where(
                f"({CHANGED}, freight_shipment.id) > (%s, %s)",
                [datetime.fromisoformat(moment), key],
            )
        self.env.cr.execute(query.select("freight_shipment.id", CHANGED))
        return self.env["freight.api"]._page(
            call,
            self.env.cr.fetchall(),
            view=lambda rows: [
                shipment._api_view() for shipment in self.browse(key for key, _moment in rows)
            ],
            position_of=lambda row: [row[1].isoformat(), row[0]],
        )

    @api.model
    def _api_filters(self, call):
        wanted = call.query
        domain = [
            (field, "=", wanted[name])
            for name, field in (("state", "transport_state"), ("mode", "mode"))
            if name in wanted
        ]
        if "carrier" in wanted:
            carriers = self.env["res.partner"].with_context(active_test=False)
            ids = carriers.search([("freight_scac", "=", wanted["carrier"])]).ids
            domain.append(("carrier_id", "in", ids))
        if "reference" in wanted:
            number = normalise(wanted["reference"])
            domain.append(("reference_ids.value_normalised", "=", number))
        return domain

    # What is told -------------------------------------------------------------------------------

    def _api_view(self):
        """Return the shipment as its partner reads it: no prices, which belong to other routes."""
        self.ensure_one()
        changed = max(filter(None, (self.write_date, self.projected)))
        return {
            "number": self.name,
            "url": self._api_url(),
            "state": self.transport_state,
            "mode": self.mode,
            "freight_terms": self.freight_terms,
            "service": self.service or None,
            "carrier_scac": self.carrier_id.freight_scac or None,
            "weight_kg": decimal(self.weight),
            "volume_m3": decimal(self.volume),
            "pieces": decimal(self.pieces),
            "planned_pickup": iso_utc(self.planned_pickup),
            "planned_delivery": iso_utc(self.planned_delivery),
            "estimated_delivery": iso_utc(self.estimated_delivery),
            "actual_pickup": iso_utc(self.actual_pickup),
            "actual_delivery": iso_utc(self.actual_delivery),
            "last_place": self.last_place or None,
            "references": [
                {"type": reference.type, "value": reference.value}
                for reference in self.reference_ids
            ],
            "stops": [stop._api_view() for stop in self.stop_ids.sorted("sequence")],
            "lines": [
                {
                    "description": line.name,
                    "quantity": decimal(line.quantity),
                    "unit": line.uom_id.name or None,
                    "weight_kg": decimal(line.weight),
                    "hazmat": line.un_number or line.hazmat,
                }
                for line in self.line_ids
            ],
            "trace_id": self.trace_id,
            "created_at": iso_utc(self.create_date),
            "updated_at": iso_utc(changed),
        }

    # Trace --------------------------------------------------------------------------------------

    @api.model
    def _api_trace(self, call):
        """Return what the caller's messages caused on a shipment, in the order of time."""
        shipment = self._api_find(call)
        nodes = sorted(
            shipment._api_trace_nodes(call.caller),
            key=lambda node: (node["time"] or "", node["id"]),
        )
        return Reply(200, {"number": shipment.name, "trace_id": shipment.trace_id, "nodes": nodes})

    def _api_trace_nodes(self, caller):
        """Return the nodes that ``caller`` may see, in any order. Each addon adds its own."""
        self.ensure_one()
        events = self.env["freight.event"].search(
            [("shipment_id", "=", self.id), *self.env["freight.event"]._api_domain(caller)]
        )
        messages = self.env["freight.message.in"].search(
            [
                ("document_ids.shipment_id", "=", self.id),
                ("endpoint_id", "=", caller.endpoint_id),
            ]
        )
        known = set(messages.ids)
        return [message._api_trace_node() for message in messages] + [
            event._api_trace_node(known) for event in events
        ]


def decimal(number):
    """Return a float as decimal text without needless zeros.

    >>> decimal(1000000.0), decimal(0.5)
    ('1000000', '0.5')
    """
    return f"{number:.6f}".rstrip("0").rstrip(".")


def _naive(text):
    """Return an ISO 8601 moment in UTC as the naive datetime that the database holds."""
    return parse(text).replace(tzinfo=None)
