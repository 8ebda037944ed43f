"""Forwarding: what one partner sent goes on to another, once, and never round in a circle."""

from datetime import timedelta

from odoo import _, api, fields, models
from odoo.addons.freight_canonical import db
from odoo.exceptions import ValidationError

from ..expressions import ExpressionError

#: Times that one fact may be forwarded, as from a marketplace to a carrier to its subcontractor.
MOST_HOPS = 3
#: For how long the same bytes are taken for the same fact.
MEMORY = timedelta(days=1)


class FreightRoutingRule(models.Model):
    _inherit = "freight.routing.rule"

    forward_endpoint_id = fields.Many2one(
        "freight.endpoint",
        string="Forward to",
        ondelete="restrict",
        help="Such messages go on to this endpoint, once. Never to the system they come from.",
    )
    forward_as = fields.Selection(
        [("raw", "As it came"), ("documents", "What it says, in their form")],
        string="Forwarded",
        default="raw",
        required=True,
        help="As it came: the very bytes. What it says: each document, by the endpoint's forms for"
        " forwarded.event, forwarded.shipment and forwarded.invoice.",
    )

    def _goes_to(self):
        return super()._goes_to() or self.forward_endpoint_id

    @api.constrains("action", "mapping_id", "company_id", "reason", "forward_endpoint_id")
    def _check_effect(self):
        return super()._check_effect()

    @api.constrains("forward_endpoint_id", "forward_as", "action", "endpoint_id", "company_id")
    def _check_forward(self):
        for rule in self.filtered("forward_endpoint_id"):
            target = rule.forward_endpoint_id
            if target.system_id == rule.endpoint_id.system_id:
                raise ValidationError(
                    _(
                        "%s is where these messages come from: forward them to another system.",
                        target.system_id.name,
                    )
                )
            if target.company_id != (rule.company_id or rule.endpoint_id.company_id):
                raise ValidationError(
                    _(
                        "%(endpoint)s belongs to %(company)s, and these messages do not.",
                        endpoint=target.name,
                        company=target.company_id.sudo().name,
                    )
                )
            if rule.action == "ignore" and rule.forward_as == "documents":
                raise ValidationError(
                    _("What is ignored is not read, and can be forwarded only as it came.")
                )


class FreightTranslation(models.AbstractModel):
    _inherit = "freight.translation"

    @api.model
    def _translate_item(self, translated, item, lookups):
        """Note what of it a rule forwards."""
        start = translated.next_position
        result = super()._translate_item(translated, item, lookups)
        rule = self._forwarding_rule(translated.message.endpoint_id, item)
        if rule and rule.forward_as == "raw":
            translated.forwards[None] = rule
        elif rule:
            places = range(start, translated.next_position)
            translated.forwards |= {one: rule for one in places if one in translated.documents}
        return result

    @api.model
    def _forwarding_rule(self, endpoint, item):
        """Return the rule that forwards ``item``, or None; one that cannot be applied does not."""
        if item.error or not endpoint.routing_rule_ids.forward_endpoint_id:
            return None
        try:
            rule = self._rule_for(endpoint, item)
        except ExpressionError:  # the message was refused for it, and a person mends the rule
            return None
        return rule if rule and rule.forward_endpoint_id else None


class FreightMessageIn(models.Model):
    _inherit = "freight.message.in"

    def _apply(self, portion):
        """Apply, and forward what rules forward, in the same transaction."""
        result = super()._apply(portion)
        concerned = [translated for translated in portion if translated.forwards]
        if concerned:
            raw = {one.message.id for one in concerned if None in one.forwards}
            bodies = self.browse(raw)._bodies()
            self.env["freight.message.out"].sudo()._forward(
                [entry for one in concerned for entry in self._forwards_of(one, bodies)]
            )
        return result

    @api.model
    def _forwards_of(self, translated, bodies):
        """Yield entries of the outbox, see ``_enqueue``, for what is forwarded of a portion.

        :param bodies: {message id: body} of those that go on as they came
        """
        message = translated.message
        for position, rule in translated.forwards.items():
            if position is not None:
                said = self._forward_of_document(translated, position)
            elif message.id in bodies:
                said = self._forward_of_bytes(message, bodies[message.id])
            else:
                continue  # erased: there is nothing left to go on
            yield {
                **said,
                "endpoint": rule.forward_endpoint_id,
                "forwarded": message,
                "trace_id": message.trace_id,
            }

    @api.model
    def _forward_of_bytes(self, message, body):
        return {
            "event_type": "forwarded.message",
            "subject": message.origin or message.uuid,
            "shipment": self.env["freight.shipment"],
            "company": message.company_id,
            "identity": f"forward:{message.uuid}",
            "body": body,
            "media_type": message.media_type or "application/octet-stream",
        }

    @api.model
    def _forward_of_document(self, translated, position):
        document, message = translated.documents[position], translated.message
        outcome = translated.outcomes.get(position)
        shipment = self.env["freight.shipment"].browse(outcome and outcome.shipment_id)
        return {
            "event_type": f"forwarded.{document.data['kind']}",
            "subject": shipment.name or message.origin or message.uuid,
            "shipment": shipment,
            "company": document.company,
            "identity": f"forward:{message.uuid}:{position}",
            "data": {"document": document.data},
        }


class FreightMessageOut(models.Model):
    _inherit = "freight.message.out"

    forwarded_id = fields.Many2one(
        "freight.message.in",
        string="Forwarded from",
        readonly=True,
        ondelete="restrict",
        index="btree_not_null",
    )
    hops = fields.Integer(
        readonly=True, help="How often what it says was forwarded, this time included."
    )

    def init(self):
        """Make the index by which forwarded bytes are known again."""
        result = super().init()
        self.env.cr.execute(
            """
            CREATE INDEX IF NOT EXISTS freight_message_out_forwarded
                ON freight_message_out (digest) WHERE forwarded_id IS NOT NULL
            """
        )
        return result

    @api.model
    def _forward(self, entries):
        """Put what is forwarded into the outbox, each once, and nothing that goes in a circle.

        :param entries: as for ``_enqueue``, each with an ``identity`` and the ``forwarded`` message
        """
        told = self._told({entry["identity"] for entry in entries})
        new = [one for one in entries if (one["endpoint"].id, one["identity"]) not in told]
        new = [one for one in new if one["endpoint"].state != "retired"]
        if not new:
            return
        hops = self._hops({entry["forwarded"] for entry in new})
        self._report_circles(
            {one["forwarded"] for one in new if hops[one["forwarded"]] > MOST_HOPS}
        )
        going = [one for one in new if hops[one["forwarded"]] <= MOST_HOPS]
        if not going:
            return
        written = zip(self._enqueue(going), going, strict=True)
        sources = {message.id: entry["forwarded"] for message, entry in written}
        db.update_rows(
            self,
            ("forwarded_id", "hops"),
            {key: (source.id, hops[source]) for key, source in sources.items()},
        )

    @api.model
    def _hops(self, messages):
        """Return {message in: which time it would be that what it says is forwarded}.

        What was forwarded before is known by its trace, which partners hand on with what they
        send, or by its very bytes.
        """
        self.flush_model()
        self.env.cr.execute(
            """
            SELECT m.id, 1 + max(o.hops)
              FROM freight_message_in m
              JOIN freight_message_out o
                ON o.forwarded_id IS NOT NULL AND o.forwarded_id <> m.id
               AND (o.trace_id = m.trace_id OR o.digest = m.digest AND o.create_date > %s)
             WHERE m.id = ANY(%s)
             GROUP BY m.id
            """,
            [fields.Datetime.now() - MEMORY, [message.id for message in messages]],
        )
        found = dict(self.env.cr.fetchall())
        return {message: found.get(message.id, 1) for message in messages}

    @api.model
    def _report_circles(self, messages):
        self.env["freight.exception"]._raise_cases(
            [
                {
                    "code": "message_failed",
                    "key": f"circle:{message.endpoint_id.code}",
                    "description": _(
                        "What %(endpoint)s sent was forwarded %(times)s times already and comes"
                        " back again: it is not forwarded any more. Look at the routing rules of"
                        " the endpoints it passes.",
                        endpoint=message.endpoint_id.name,
                        times=MOST_HOPS,
                    ),
                    "company": message.company_id,
                    "values": message._case_values(),
                }
                for message in messages
            ]
        )
