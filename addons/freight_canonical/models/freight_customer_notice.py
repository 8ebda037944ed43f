from collections import defaultdict

from odoo import _, api, fields, models

from ..evidence import standing

#: What customers hear of, by the event that says so; each has a mail template of its name.
MILESTONES = ("dispatched", "delayed", "delivered", "damaged")
#: Kinds of reference by which a customer follows the goods, and knows the order.
TRACKING = ("tracking", "pro", "container")
ORDER = ("po", "so")
#: States in which good news holds no more.
TAKEN_BACK = ("returned", "cancelled")


class FreightCustomerNotice(models.Model):
    """The proof that a customer was told of a milestone: one row, and so once.

    What is withdrawn before its mail left goes away again, so that the truth can be told later.
    """

    _name = "freight.customer.notice"
    _description = "Shipment Notice"
    _order = "id desc"
    _rec_name = "milestone"
    _check_company_auto = True

    shipment_id = fields.Many2one(
        "freight.shipment", required=True, readonly=True, ondelete="cascade", check_company=True
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, ondelete="restrict", index=True
    )
    milestone = fields.Selection(
        [
            ("dispatched", "Dispatched"),
            ("delayed", "Delayed"),
            ("delivered", "Delivered"),
            ("damaged", "Damaged"),
        ],
        required=True,
        readonly=True,
    )
    stop_id = fields.Many2one("freight.stop", readonly=True, ondelete="cascade")
    event_id = fields.Many2one("freight.event", readonly=True, required=True, ondelete="restrict")
    occurred = fields.Datetime(related="event_id.occurred")
    partner_id = fields.Many2one("res.partner", readonly=True, ondelete="set null")
    mail_id = fields.Many2one("mail.mail", readonly=True, ondelete="set null", copy=False)
    state = fields.Selection([("queued", "Queued"), ("sent", "Sent")], compute="_compute_state")
    place = fields.Char(compute="_compute_words")
    tz = fields.Char(compute="_compute_words")
    tracking = fields.Char(string="Tracking numbers", compute="_compute_words")
    order_reference = fields.Char(compute="_compute_words")

    def init(self):
        """Make the index that says once."""
        self.env.cr.execute(
            """
            CREATE UNIQUE INDEX IF NOT EXISTS freight_customer_notice_once
                ON freight_customer_notice (shipment_id, milestone, coalesce(stop_id, 0))
            """
        )

    @api.depends("mail_id.state")
    def _compute_state(self):
        """A mail that was sent is gone, or says so."""
        for notice in self:
            waits = notice.sudo().mail_id.state in ("outgoing", "exception")
            notice.state = "queued" if waits else "sent"

    @api.depends("stop_id", "event_id", "shipment_id.reference_ids")
    def _compute_words(self):
        for notice in self:
            stop = notice.stop_id or notice.event_id.stop_id
            references = notice.shipment_id.reference_ids
            notice.place = notice.event_id.city or stop.city or False
            notice.tz = stop.tz or notice.company_id._freight_tz()
            notice.tracking = _listed(references, TRACKING)
            notice.order_reference = _listed(references, ORDER)

    # The consumer of the event ledger -------------------------------------------------------------

    @api.model
    def _consume_customer_notices(self, events):
        """Tell customers what is news to them; take back what is still waiting and wrong."""
        ledgers = self.env["freight.event"]._ledgers(events.shipment_id.ids)
        counting = {shipment: standing(ledger) for shipment, ledger in ledgers.items()}
        self._withdraw(events.shipment_id, ledgers, counting)
        news = events.filtered(
            lambda event: (
                event.type_code in MILESTONES
                and event.classifier == "actual"
                and (event.source_id.id, event.source_event_id) in counting[event.shipment_id.id]
                and event.shipment_id.transport_state not in TAKEN_BACK
                and event.company_id._freight_tells(event.type_code, event.occurred)
            )
        )
        self._tell(news.sorted("id"))

    @api.model
    def _withdraw(self, shipments, ledgers, counting):
        """Drop notices still in the queue whose milestone nobody reports any more."""
        said = {
            shipment: {
                (event.type, event.stop)
                for event in ledgers[shipment]
                if event.identity in counting[shipment]
            }
            for shipment in shipments.ids
        }
        waiting = self.sudo().search(
            [
                ("shipment_id", "in", shipments.ids),
                ("mail_id.state", "in", ("outgoing", "exception")),
            ]
        )
        wrong = waiting.filtered(
            lambda one: (
                one.shipment_id.transport_state in TAKEN_BACK
                or (one.milestone, one.event_id.stop_id.id or None) not in said[one.shipment_id.id]
            )
        )
        wrong.mail_id.cancel()
        wrong.unlink()

    @api.model
    def _tell(self, events):
        """Queue a mail for each of ``events`` whose milestone the customer has not heard of."""
        told = self._told(events.shipment_id)
        values = []
        for event in events:
            partner = event.shipment_id._notice_partner()
            key = (event.type_code, self._stop_told_of(event).id)
            known = told[event.shipment_id.id]
            if not partner._wants_freight_notices() or _is_known(key, known):
                continue
            known.add(key)
            values.append(self._values(event, partner))
        self.sudo().create(values)._queue_mails()

    @api.model
    def _told(self, shipments):
        """Return {shipment id: {(milestone, stop id)}} of what customers were told."""
        told = defaultdict(set)
        for notice in self.sudo().search([("shipment_id", "in", shipments.ids)]):
            told[notice.shipment_id.id].add((notice.milestone, notice.stop_id.id))
        return told

    @api.model
    def _stop_told_of(self, event):
        """A delivery is news at each stop, all else of the shipment."""
        return event.stop_id if event.type_code == "delivered" else event.stop_id.browse()

    @api.model
    def _values(self, event, partner):
        return {
            "shipment_id": event.shipment_id.id,
            "company_id": event.company_id.id,
            "milestone": event.type_code,
            "stop_id": self._stop_told_of(event).id,
            "event_id": event.id,
            "partner_id": partner.id,
        }

    def _queue_mails(self):
        """Render the mails in the customers' languages; the mail queue sends them."""
        for milestone, notices in self.grouped("milestone").items():
            template = self.env.ref(f"freight_canonical.mail_template_notice_{milestone}")
            mails = template.sudo().send_mail_batch(
                notices.ids, email_layout_xmlid="mail.mail_notification_light"
            )
            for mail in mails:
                self.browse(mail.res_id).mail_id = mail

    def _compute_display_name(self):
        for notice in self:
            notice.display_name = _("Shipment %s", notice.shipment_id.name)


def _is_known(key, known):
    """Return whether a customer was told: a delivery of the whole is one of each stop."""
    milestone, stop = key
    if key in known or (milestone, False) in known:
        return True
    return not stop and any(one == milestone for one, _stop in known)


def _listed(references, kinds):
    return ", ".join(references.filtered(lambda one: one.type in kinds).mapped("value"))
