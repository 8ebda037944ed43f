"""How a tender goes its way: sent, decided on, run out of time, withdrawn, and on to the next."""

import hashlib
import json
from collections import defaultdict
from datetime import datetime, timedelta
from functools import partial

from odoo import _, api, fields, models

from .. import tendering
from ..announcing import Announcement

#: Shipments that one run of the cron takes.
AT_ONCE = 200
#: What of a shipment the carrier agreed to carry. Who carries it, and for what, is not.
IMMATERIAL = ("carrier_scac", "charges", "references")


class FreightTender(models.Model):
    _inherit = "freight.tender"

    # Steps --------------------------------------------------------------------------------------

    def _send(self):
        """Offer these, waiting until now, to their carriers: one for each shipment."""
        now = fields.Datetime.now()
        self._set(
            {
                tender.id: {
                    "state": "sent",
                    "sent": now,
                    "respond_by": now + timedelta(hours=tender.hours),
                    "told_digest": tender._digest(),
                }
                for tender in self
            }
        )
        self._record_decisions("tender_sent")
        self._tell("tender.sent")

    def _advance(self, shipments, by_hand=False):
        """Send what is due next of ``shipments``; where nobody is left, call a person.

        :param by_hand: a person took the tender back, and knows that nobody is left
        """
        now = fields.Datetime.now()
        due, exhausted = self.browse(), []
        tenders = self.search([("shipment_id", "in", shipments.ids)])
        for shipment, of_shipment in tenders.grouped("shipment_id").items():
            states = [(one.position, one.state) for one in of_shipment]
            position = tendering.due_next(states)
            if position is not None:
                following = of_shipment.filtered(lambda one, at=position: one.position == at)
                if not following.not_before or following.not_before <= now:
                    due |= following
            elif not by_hand and tendering.is_exhausted(state for _position, state in states):
                exhausted.append(shipment)
        due._send()
        self._report_exhausted(exhausted)

    @api.model
    def _report_exhausted(self, shipments):
        self.env["freight.exception"]._raise_cases(
            [
                {
                    "code": "tender",
                    "key": f"exhausted:{shipment.id}",
                    "description": _(
                        "No carrier took %s: all that were asked declined or did not answer. "
                        "Tender it again to others, or record who takes it.",
                        shipment.name,
                    ),
                    "shipment": shipment,
                }
                for shipment in shipments
            ]
        )

    def _expire(self):
        """End these, whose time is up. Who had it before the change is told that it has not now.

        A carrier under way carries it whatever it says to the change: its booking stands.
        """
        under_way = self._carrying().filtered(
            lambda one: one.shipment_id.transport_state not in (*tendering.TENDERABLE, "accepted")
        )
        under_way._set({one.id: {"state": "accepted"} for one in under_way})
        ended = self - under_way
        changed = ended.filtered(lambda one: one.purpose == "change")
        changed._withdraw("expired", "unanswered")
        silent = ended - changed
        silent._set({tender.id: {"state": "expired"} for tender in silent})
        ended._record_decisions("tender_declined", "expired")

    def _carrying(self):
        """Return those of these whose carrier's acceptance is in force."""
        return self.filtered(
            lambda one: (
                one.carrier_id.commercial_partner_id
                == one.shipment_id.acceptance_id.carrier_id.commercial_partner_id
            )
        )

    def _conclude(self, why):
        """Withdraw these, which nobody needs any more; the carrier that has the load keeps it."""
        kept = self._carrying().filtered(lambda one: one.state in tendering.HELD)
        asked = kept.filtered(lambda one: one.state in tendering.OPEN)
        asked._set({one.id: {"state": "accepted"} for one in asked})
        (self - kept)._withdraw("superseded", why)

    def _withdraw(self, state="cancelled", why="withdrawn"):
        """Take these back. Who was asked or had accepted is told, and why."""
        held = self.filtered(lambda one: one.state in tendering.HELD)
        self._set(
            {
                one.id: {
                    "state": state,
                    "purpose": "cancel" if one in held else one.purpose,
                    "cancel_reason": why,
                    "version": one.version + (one in held),
                }
                for one in self
            }
        )
        held._tell("tender.cancelled")
        return held

    def _change(self):
        """Tell the carriers of these what changed, with a new deadline where they must answer."""
        now = fields.Datetime.now()
        values = {}
        for tender in self:
            asks = tender.state != "accepted" or tender.company_id.freight_tender_reanswer
            values[tender.id] = {
                "purpose": "change",
                "version": tender.version + 1,
                "state": "sent" if asks else "accepted",
                "respond_by": now + timedelta(hours=tender.hours),
                "told_digest": tender._digest(),
            }
        self._set(values)
        self._tell("tender.changed")

    # The clock ----------------------------------------------------------------------------------

    @api.model
    def _cron_tenders(self):
        """Let time run out for who did not answer, and send what waited for its hour."""
        shipments = self._claim_due()
        if not shipments:
            return
        now = fields.Datetime.now()
        overdue = self.search(
            [
                ("shipment_id", "in", shipments.ids),
                ("state", "=", "sent"),
                ("respond_by", "<=", now),
            ]
        )
        overdue._expire()
        self._advance(shipments)
        shipments._project()
        if len(shipments) == AT_ONCE:
            self.env.ref("freight_canonical.cron_tenders")._trigger()

    @api.model
    def _claim_due(self):
        """Lock and return the shipments that the clock has something to do for.

        Who answers at this moment holds the lock: its shipment is left to the next run. What was
        answered since this transaction began makes the lock fail, and the run starts over.
        """
        self.env.flush_all()
        self.env.cr.execute(
            """
            SELECT s.id FROM freight_shipment s
             WHERE s.id IN (
                    SELECT t.shipment_id FROM freight_tender t
                     WHERE t.state = 'sent' AND t.respond_by <= %(now)s
                    UNION ALL
                    SELECT t.shipment_id FROM freight_tender t
                     WHERE t.state = 'waiting' AND t.not_before <= %(now)s
                       AND NOT EXISTS (SELECT FROM freight_tender o
                                        WHERE o.shipment_id = t.shipment_id
                                          AND (o.state = ANY(%(held)s)
                                               OR o.state = 'waiting'
                                              AND o.position < t.position)))
             ORDER BY s.id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
            """,
            {"now": fields.Datetime.now(), "held": list(tendering.HELD), "limit": AT_ONCE},
        )
        return self.env["freight.shipment"].browse(row[0] for row in self.env.cr.fetchall())

    # What is written and told -------------------------------------------------------------------

    def _record_decisions(self, event_type, occasion="", charges=None):
        """Add what was decided to the ledger, in the order of decision whatever the clock says.

        :param charges: {tender id: charges agreed on} of acceptances
        """
        if not self:
            return
        events = self.env["freight.event"]
        newest = dict(
            events._read_group(
                [
                    ("shipment_id", "in", self.shipment_id.ids),
                    ("type_code", "in", ("tender_sent", "tender_accepted", "tender_declined")),
                ],
                ["shipment_id"],
                ["occurred:max"],
            )
        )
        now, tick = datetime.utcnow(), timedelta(milliseconds=1)
        system = self.env.ref("freight_canonical.system_odoo")
        rows = []
        for tender in self:
            shipment = tender.shipment_id
            last = newest.get(shipment)
            occurred = newest[shipment] = max(now, last + tick) if last else now
            agreed = (tender.carrier_id.freight_scac, (charges or {}).get(tender.id) or [])
            rows.append(
                {
                    "shipment_id": shipment.id,
                    "company_id": shipment.company_id.id,
                    "type_code": event_type,
                    "classifier": "actual",
                    "occurred": occurred,
                    "received": now,
                    "source_id": system.id,
                    "source_event_id": f"{event_type}:{tender.number}:{occurred.isoformat()}",
                    "raw_code": occasion or None,
                    "acceptance": agreed if event_type == "tender_accepted" else None,
                    "trace_id": shipment.trace_id,
                }
            )
        events._record(rows)

    def _tell(self, name):
        """Tell the carrier of each of these, once for each version."""
        self.env["freight.emitter"]._announce(
            [
                Announcement(
                    name=name,
                    subject=tender.number,
                    company=tender.company_id,
                    shipment=tender.shipment_id,
                    trace_id=tender.trace_id,
                    body=partial(type(tender)._body, tender),
                    identity=f"{name}:{tender.id}:{tender.version}",
                    recipient=tender.carrier_id,
                )
                for tender in self
            ]
        )

    def _digest(self):
        """Name what the carrier is asked to carry, from where to where and when."""
        self.ensure_one()
        body = self.shipment_id._release_body()["shipment"]
        material = {name: value for name, value in body.items() if name not in IMMATERIAL}
        return hashlib.sha256(json.dumps(material, sort_keys=True).encode()).hexdigest()

    def _by_state(self):
        """Return {state: tenders} of these."""
        found = defaultdict(self.browse)
        for tender in self:
            found[tender.state] |= tender
        return found
