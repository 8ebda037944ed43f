"""The page that walks from a message to a journal entry."""

from odoo import _, models


class FreightShipment(models.Model):
    _inherit = "freight.shipment"

    def action_open_trace(self):
        """Open the page that walks from message to journal entry."""
        self.ensure_one()
        return {
            "type": "ir.actions.client",
            "tag": "freight_trace",
            "name": _("Trace of %s", self.name),
            "params": {"shipment_id": self.id},
            "context": {"active_id": self.id},
        }

    def get_trace(self):
        """Return what the trace page shows: the shipment's name and its nodes in time order.

        :raise AccessError: for who may not read the shipment
        """
        self.ensure_one()
        self.check_access_rights("read")
        self.check_access_rule("read")
        nodes = sorted(self._trace_nodes(), key=lambda node: (node["time"] or "", node["res_id"]))
        return {"id": self.id, "name": self.name, "trace_id": self.trace_id, "nodes": nodes}

    def _trace_nodes(self):
        """Return the nodes of the trace, in any order. Each addon adds its own.

        A node is ``{stage, model, res_id, title, subtitle, time, amount, state, trace_id,
        parent}``; ``time`` is ISO 8601 UTC, ``parent`` is ``"model,id"`` or None.
        """
        self.ensure_one()
        events = self._trace_records("freight.event", [("shipment_id", "=", self.id)])
        return [event._trace_node() for event in events]

    def _trace_records(self, model, domain):
        """Return the records of a stage of the trace, none for who may not read that model."""
        records = self.env[model]
        if not records.check_access_rights("read", raise_exception=False):
            return records
        return records.search(domain)
