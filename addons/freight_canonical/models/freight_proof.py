from collections import defaultdict

from odoo import api, fields, models

from .. import db


class FreightProof(models.Model):
    """A proof of delivery as an event brought it: who signed, and in what condition goods came.

    Personal data, and therefore beside the ledger: it can be erased without touching what
    happened. It counts as long as its event does.
    """

    _name = "freight.proof"
    _description = "Proof of Delivery"
    _order = "signed desc, id desc"
    _rec_name = "signer"
    _log_access = False

    event_id = fields.Many2one("freight.event", required=True, ondelete="restrict")
    shipment_id = fields.Many2one(
        "freight.shipment", required=True, ondelete="restrict", index=True
    )
    company_id = fields.Many2one("res.company", required=True, ondelete="restrict", index=True)
    signer = fields.Char(readonly=True)
    signed = fields.Datetime(required=True, readonly=True)
    condition = fields.Char(readonly=True)
    document_ids = fields.Many2many("ir.attachment", string="Documents", readonly=True)

    _sql_constraints = [("event_unique", "unique(event_id)", "One proof for each event.")]

    @api.model
    def _append(self, rows):
        """Add proofs: (event id, shipment id, company id, signer, signed, condition) rows."""
        if not rows:
            return
        columns = ("event_id", "shipment_id", "company_id", "signer", "signed", "condition")
        db.insert_rows(self.env.cr, self._table, columns, rows)
        self.invalidate_model()

    @api.model
    def _by_stop(self, states):
        """Return {stop id: the proof that holds there}: of those that count the latest signed.

        :param states: {shipment id: :class:`~..shipment_state.State`}
        """
        proofs = self.search([("shipment_id", "in", list(states))])
        proofs = proofs.sorted(lambda proof: (proof.signed, proof.event_id._identity()))
        holding = defaultdict(self.browse)
        for proof in proofs:
            counting = states[proof.shipment_id.id].counting
            stop = counting.get(proof.event_id._identity())
            if stop:
                holding[stop] = proof
        return holding
