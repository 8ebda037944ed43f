from odoo import _, api, fields, models

from .. import db, tendering

KINDS = [
    ("accept", "Accepts"),
    ("conditional", "Accepts on conditions"),
    ("counter", "Asks for more"),
    ("decline", "Declines"),
]


class FreightTenderAnswer(models.Model):
    """What a carrier said to a tender, as it said it, and what came of that."""

    _name = "freight.tender.answer"
    _description = "Answer to a Tender"
    _inherit = "freight.guarded"
    _order = "id desc"
    _rec_name = "kind"

    tender_id = fields.Many2one(
        "freight.tender", required=True, ondelete="restrict", index=True, readonly=True
    )
    shipment_id = fields.Many2one(
        "freight.shipment", required=True, ondelete="restrict", index=True, readonly=True
    )
    company_id = fields.Many2one("res.company", required=True, ondelete="restrict", readonly=True)
    event_id = fields.Many2one("freight.event", required=True, ondelete="restrict", readonly=True)
    kind = fields.Selection(KINDS, required=True, readonly=True)
    received = fields.Datetime(required=True, readonly=True)
    charges = fields.Json(readonly=True)
    remarks = fields.Text(readonly=True)
    reason_id = fields.Many2one("freight.exception.reason", readonly=True, ondelete="restrict")
    verdict = fields.Selection(
        [("counted", "Counted"), ("repeated", "Said before"), ("late", "Too late")],
        readonly=True,
    )

    _sql_constraints = [("event_unique", "unique(event_id)", "One answer for each event.")]

    @api.model
    def _guarded(self):
        return super()._guarded() | {
            name for name, field in self._fields.items() if field.store and not field.automatic
        }

    def _is_late_acceptance(self):
        return self.verdict == "late" and self.kind != "decline"

    @api.model
    def _judge(self, shipments):
        """Let the answers of ``shipments`` that nobody looked at yet act on their tenders.

        The caller holds the shipments' locks and folds them afterwards.
        """
        fresh = self.search(
            [("shipment_id", "in", shipments.ids), ("verdict", "=", False)], order="id"
        )
        # One answer of each tender at a time, in the order they came.
        while fresh:
            first = self.browse(
                {answer.tender_id.id: answer.id for answer in reversed(fresh)}.values()
            )
            first._act()
            fresh -= first

    def _act(self):
        counted, late = self.browse(), self.browse()
        states, verdicts = {}, {}
        for answer in self:
            state, verdict = tendering.answered(answer.tender_id.state, answer.kind)
            taken = state == "accepted" and answer._is_taken()
            if verdict == "counted" and taken:
                verdict = "late"
            verdicts[answer.id] = (verdict,)
            if verdict == "counted":
                counted |= answer
                states[answer.tender_id.id] = answer._state_values(state)
            elif verdict == "late":
                late |= answer
        db.update_rows(self, ["verdict"], verdicts)
        counted.tender_id._set(states)
        counted._follow_up()
        late._report_late()

    def _is_taken(self):
        """Return whether another tender of the shipment stands accepted."""
        others = self.tender_id.shipment_id.tender_ids - self.tender_id
        return "accepted" in others.mapped("state")

    def _state_values(self, state):
        tender = self.tender_id
        took = (self.received - tender.sent).total_seconds() / 3600
        return {
            "state": state,
            "answered": self.received,
            "hours_to_answer": max(took, 0),
            "reason_id": self.reason_id.id or None,
            "answer_remarks": self.remarks or None,
            "countered_charges": (state == "countered" and self.charges) or None,
            "agreed_charges": self._agreed(state) or None,
        }

    def _agreed(self, state):
        """Return the charges agreed on: those an acceptance names, else those that stood before."""
        tender = self.tender_id
        if state != "accepted":
            return tender.agreed_charges
        return self.charges or tender.agreed_charges or tender.offered_charges

    def _follow_up(self):
        """Record what was decided, ask the next one, and call a person where one must decide."""
        tenders = self.tender_id
        by_state = tenders._by_state()
        by_state["accepted"]._record_decisions(
            "tender_accepted",
            charges={one.id: one.agreed_charges for one in by_state["accepted"]},
        )
        by_state["declined"]._record_decisions("tender_declined")
        tenders._advance(by_state["declined"].shipment_id)
        open_to_decide = by_state["conditional"] | by_state["countered"]
        self.env["freight.exception"]._raise_cases(
            [
                {
                    "code": "tender",
                    "key": f"decide:{tender.id}",
                    "description": _(
                        "%(carrier)s answers tender %(number)s with conditions or another price:"
                        " %(said)s. Confirm or refuse it on the shipment, page Tenders.",
                        carrier=tender.carrier_id.name,
                        number=tender.number,
                        said=tender.countered_text or tender.answer_remarks or "-",
                    ),
                    "shipment": tender.shipment_id,
                }
                for tender in open_to_decide
            ]
        )

    def _report_late(self):
        self.env["freight.exception"]._raise_cases(
            [
                {
                    "code": "tender",
                    "key": f"late:{answer.tender_id.id}",
                    "description": _(
                        "%(carrier)s answered tender %(number)s when it was no longer open."
                        " Nothing was booked. Honour it on the shipment, page Tenders, or tell"
                        " the carrier.",
                        carrier=answer.tender_id.carrier_id.name,
                        number=answer.tender_id.number,
                    ),
                    "shipment": answer.shipment_id,
                }
                for answer in self
            ]
        )
