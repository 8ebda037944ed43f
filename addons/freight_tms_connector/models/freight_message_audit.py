"""Who read what a message says, and who had it worked off, given up, mended or sent again."""

from odoo import models


class FreightMessage(models.AbstractModel):
    _inherit = "freight.message"

    def _read_payload_as_person(self):
        """Return the bodies, and record that they were read: one entry for what is read at once.

        The entry stands with the transaction of the read; where it cannot be written nothing is
        read.
        """
        bodies = super()._read_payload_as_person()
        read = self.filtered(lambda message: message.id in bodies)
        self.env["freight.audit"]._note_set("read_payload", read, stream="access")
        return bodies


class FreightMessageIn(models.Model):
    _inherit = "freight.message.in"

    def action_replay(self, reason=None):
        """Work these messages off again, and record who wanted it."""
        result = super().action_replay(reason)
        self.env["freight.audit"]._note_set("replay", self, why=reason)
        return result

    def _replay_in_batches(self, reason, chosen):
        count = super()._replay_in_batches(reason, chosen)
        self.env["freight.audit"]._note_set(
            "replay", self, why=reason, after={"chosen": chosen, "replayed": count}
        )
        return count

    def action_dismiss(self):
        """Give dead letters up, and record who did."""
        result = super().action_dismiss()
        for resolution, messages in self.grouped("resolution").items():
            self.env["freight.audit"]._note_set("dismiss", messages, why=resolution)
        return result

    def _dismiss_in_batches(self, reason):
        count = super()._dismiss_in_batches(reason)
        self.env["freight.audit"]._note_set("dismiss", self, why=reason, after={"dismissed": count})
        return count

    def _correct(self, text, reason):
        copy_id = super()._correct(text, reason)
        self.env["freight.audit"]._note("fix", self, why=reason, after={"copy": copy_id})
        return copy_id


class FreightMessageOut(models.Model):
    _inherit = "freight.message.out"

    def action_resend(self):
        """Send these messages again, and record who wanted it."""
        result = super().action_resend()
        self.env["freight.audit"]._note_set("resend", self)
        return result

    def action_cancel(self):
        """Give up on messages, and record who did."""
        result = super().action_cancel()
        self.env["freight.audit"]._note_set("cancel", self)
        return result
