"""Messages whose content was erased say so, and are not worked off or sent again."""

from odoo import _, fields, models
from odoo.exceptions import UserError


class FreightMessage(models.AbstractModel):
    _inherit = "freight.message"

    erasure_id = fields.Many2one(
        "freight.retention.run",
        string="Erased by",
        readonly=True,
        ondelete="restrict",
        index="btree_not_null",
    )
    erased_text = fields.Char(string="Erased", compute="_compute_erased_text")

    def _compute_erased_text(self):
        for message in self:
            erasure = message.sudo().erasure_id
            message.erased_text = erasure._sentence() if erasure else False

    def get_payload(self):
        """Return what the payload view shows; of erased content when and why it went."""
        payload = super().get_payload()
        if payload["erased"] and self.erased_text:
            payload["reason"] = self.erased_text
        return payload

    def _check_not_erased(self):
        """Check that the content is still there to be worked with.

        :raise UserError: saying when and why it went
        """
        for message in self:
            if message.erasure_id:
                raise UserError(
                    _(
                        "%(message)s: %(erased)s Ask for it to be sent anew.",
                        message=message.display_name,
                        erased=message.erased_text,
                    )
                )

    def _restart(self, state):
        """Put messages back at the head of their queue, if there is content left.

        :raise UserError: for erased content
        """
        self._check_not_erased()
        return super()._restart(state)


class FreightMessageIn(models.Model):
    _inherit = "freight.message.in"

    def _check_replayable(self):
        self._check_not_erased()
        return super()._check_replayable()

    def _replay_rows(self, cr, replay_id, states):
        """Put messages back; what they are is told anew afterwards, and so is their class."""
        endpoints = super()._replay_rows(cr, replay_id, states)
        cr.execute(
            """
            UPDATE freight_message_payload SET retention_class_id = NULL
             WHERE direction = 'in' AND message_id = ANY(%s) AND retention_class_id IS NOT NULL
            """,
            [self.ids],
        )
        return endpoints
