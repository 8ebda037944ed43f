from odoo import _, fields, models
from odoo.exceptions import UserError


class FreightMessageRerun(models.TransientModel):
    """Has messages worked off again: those picked, those of a filter, or a whole period."""

    _name = "freight.message.rerun"
    _description = "Replay Messages"
    _inherit = "freight.message.choice"

    period = fields.Boolean(help="All of an endpoint between two moments, whatever its state.")
    retry = fields.Boolean(string="Waiting for another attempt")
    ignored = fields.Boolean()
    applied = fields.Boolean()

    def _state_choices(self):
        return (*super()._state_choices(), "retry", "ignored", "applied")

    def _preview_fields(self):
        return (*super()._preview_fields(), "period")

    def _states(self):
        return list(self._state_choices()) if self.period else super()._states()

    def _domain(self):
        if self.period and not (self.endpoint_ids and self.received_from and self.received_to):
            return [("id", "=", 0)]
        return super()._domain()

    def action_replay(self):
        """Replay what is chosen. Picked messages are checked one by one, a filter leaves out.

        :raise AccessError: for who may not write messages
        :raise UserError: where nothing is chosen, or what was picked cannot be replayed
        """
        if self.period and not (self.endpoint_ids and self.received_from and self.received_to):
            raise UserError(_("Choose an endpoint and both moments of the period."))
        chosen = self._chosen()
        if self.picked:
            chosen.action_replay(self.reason)
            count = len(chosen)
        else:
            count = chosen._replay_in_batches(self.reason, self._in_words())
        return self._told(_("%s messages wait to be worked off again.", count))
