"""What inbound messages leave for a person to map, and what becomes of it afterwards."""

from odoo import api, models

#: Lookup -> the codes that it goes by.
OF = {"place": "location"}

#: Messages that a code which is mapped by now may change.
RERUN = ("received", "applied", "ignored", "quarantined", "retry", "dead")


class FreightMessageIn(models.Model):
    _inherit = "freight.message.in"

    @api.model
    def _queue_step(self):
        """Work a batch off, and count the codes that nothing mapped in it."""
        done = super()._queue_step()
        self.env["freight.unmapped.sighting"]._count()
        return done

    def _apply(self, portion):
        """Apply what is new, read again what was applied before, keep the codes it waits for."""
        result = super()._apply(portion)
        self._reread([one for one in portion if one.message.replayed])
        self.env["freight.unmapped.sighting"]._insert(
            {
                (mapping, one.message.endpoint_id.system_id.id, OF.get(met.map_name, met.map_name),
                 met.code, one.message.id): (met.kind, met.target, met.meant)
                for one in portion
                for mapping, met in one.met
            }
        )  # fmt: skip
        return result

    @api.model
    def _reread(self, portion):
        """Read the events again that messages on replay brought before, as they say it today."""
        settled = {
            (one.message.id, position): one
            for one in portion
            for position, document in one.documents.items()
            if position not in one.outcomes and document.data["kind"] == "event"
        }
        places = self.env["freight.message.document"]._events_at(settled)
        outcomes = self.env["freight.event"]._reread(
            {
                event: settled[place].documents[place[1]]
                for place, event in places.items()
            }
        )  # fmt: skip
        for place, event in places.items():
            settled[place].outcomes[place[1]] = outcomes[event]

    def _run_again(self, reason):
        """Put these messages back into the queue, whatever became of them, by one statement."""
        if not self:
            return
        self.flush_model()
        replay = self.env["freight.message.replay"]._note(self.env.user, self.company_id, reason)
        replay.message_count = len(self._replay_rows(self.env.cr, replay.id, [*RERUN]))
        self.env.invalidate_all()
        self.env["freight.queue.lane"]._wake_after_commit(self._queue_lane)
