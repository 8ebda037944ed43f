"""Pings of a talkative source: dropped or thinned out before they reach the ledger."""

from datetime import timedelta

from odoo import api, models

from ..documents import FILTERED, Outcome
from ..lifecycle import PINGS, RANK


class FreightEvent(models.Model):
    _inherit = "freight.event"

    @api.model
    def _filter_pings(self, documents, rows, outcomes):
        """Take pings that their source's filter drops out of ``rows``, and count them.

        A ping that may be the first movement after dispatch always passes: until a shipment is in
        transit nothing is filtered, since the dispatch may yet be reported.

        :param documents: documents by position, :param rows: their ledger rows by position
        :param outcomes: filled for what is dropped
        """
        pings = {
            position: row
            for position, row in rows.items()
            if row["type_code"] in PINGS
            and documents[position].system.ping_filter != "keep"
            and self._is_moving(row["shipment_id"])
        }
        if not pings:
            return
        kept = self._newest_pings({row["shipment_id"] for row in pings.values()})
        dropped = []
        # The newest of a batch stays: it stands for those of its interval that came with it.
        for position, row in sorted(
            pings.items(), key=lambda entry: entry[1]["occurred"], reverse=True
        ):
            if self._is_redundant(documents[position].system, row, kept):
                outcomes[position] = Outcome(FILTERED, shipment_id=row["shipment_id"])
                dropped.append(rows.pop(position))
            else:
                kept.setdefault((row["source_id"], row["shipment_id"]), []).append(row["occurred"])
        self.env["freight.ping.tally"]._count_filtered(dropped)

    @api.model
    def _is_moving(self, shipment_id):
        state = self.env["freight.shipment"].browse(shipment_id).transport_state
        return RANK[state] >= RANK["in_transit"]

    @api.model
    def _is_redundant(self, system, row, kept):
        if system.ping_filter == "drop":
            return True
        interval = timedelta(minutes=system.ping_interval)
        known = kept.get((row["source_id"], row["shipment_id"]), ())
        return any(abs(row["occurred"] - moment) < interval for moment in known)

    @api.model
    def _newest_pings(self, shipment_ids):
        """Return {(source, shipment): [time of its newest ping in the ledger]}."""
        self.env.cr.execute(
            """
            SELECT source_id, shipment_id, max(occurred) FROM freight_event
             WHERE shipment_id IN %s AND type_code IN %s GROUP BY source_id, shipment_id
            """,
            [tuple(shipment_ids), tuple(PINGS)],
        )
        return {(source, shipment): [last] for source, shipment, last in self.env.cr.fetchall()}
