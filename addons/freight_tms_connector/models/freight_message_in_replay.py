"""Dead letters and others, worked off again or given up, one by one or by the hundred thousand."""

from odoo import _, api, fields, models
from odoo.addons.freight_canonical import db
from odoo.exceptions import UserError

from .freight_message_document import SETTLED

#: Messages that one statement replays or dismisses.
BATCH = 5000

#: States that a filter replays: what waits already needs no replay, what was refused at the door
#: is evidence, and what a person dismissed stays so until somebody picks it by hand.
REPLAYED = ("quarantined", "dead", "retry", "ignored", "applied")

#: States in which a message is given up.
DISMISSED = ("dead", "quarantined")


class FreightMessageIn(models.Model):
    _inherit = "freight.message.in"
    _given_up = DISMISSED

    # Replaying -----------------------------------------------------------------------------------

    def action_replay(self, reason=None):
        """Work these messages off again; what they did already is not done twice.

        Within the current transaction: for what a person picked.

        :raise AccessError: for who may not write messages
        :raise UserError: for a message that was refused at the door, or that a copy replaced
        """
        messages = self._for_action()
        messages._check_replayable()
        messages.flush_recordset()
        replay = self.env["freight.message.replay"]._note(
            self.env.user, messages.company_id, reason
        )
        states = [*REPLAYED, "received", "dismissed"]
        replay.message_count = len(messages._replay_rows(self.env.cr, replay.id, states))
        self.env.invalidate_all()
        self.env["freight.queue.lane"]._wake_after_commit(self._queue_lane)
        messages._close_settled_cases(messages.endpoint_id)

    def _check_replayable(self):
        if any(message.state == "refused" for message in self):
            raise UserError(_("What was refused at the door is evidence and cannot be replayed."))
        replaced = self.filtered("correction_ids")
        if replaced:
            raise UserError(
                _(
                    "%s was replaced by a corrected copy: replay that one instead.",
                    replaced[0].display_name,
                )
            )

    def _replay_in_batches(self, reason, chosen):
        """Work these messages off again, batch by batch, each committed when it stands.

        What changed its state meanwhile, and what a corrected copy replaced, is left out.

        :param chosen: the filter in words
        :return: how many messages wait for the lanes now
        """
        messages = self._for_action()
        with db.transaction(self.pool) as env:
            user, companies = env.user.browse(self.env.uid), env["res.company"]
            companies = companies.browse(self.env.companies.ids)
            replay_id = env["freight.message.replay"]._note(user, companies, reason, chosen).id
        concerned = []
        for batch in messages._batches():
            with db.read_committed(self.pool) as cr:
                concerned += batch._replay_rows(cr, replay_id, [*REPLAYED])
        with db.transaction(self.pool) as env:
            env["freight.message.replay"].browse(replay_id).message_count = len(concerned)
            endpoints = env["freight.endpoint"].browse(set(concerned))
            env[self._name]._close_settled_cases(endpoints)
        self.env["freight.queue.lane"]._wake(self._queue_lane)
        self.env.invalidate_all()
        return len(concerned)

    def _batches(self):
        ids = self.sorted("id").ids
        return [self.browse(ids[start : start + BATCH]) for start in range(0, len(ids), BATCH)]

    def _replay_rows(self, cr, replay_id, states):
        """Put those of these messages that are in ``states`` back, by one statement.

        Documents that an earlier attempt did not settle may be read differently now: their rows
        go.

        :return: the id of the endpoint of each
        """
        cr.execute(
            """
            WITH chosen AS MATERIALIZED (
                SELECT id FROM freight_message_in m
                 WHERE id = ANY(%(ids)s) AND state = ANY(%(states)s)
                   AND erasure_id IS NULL
                   AND NOT EXISTS (SELECT FROM freight_message_in copy
                                    WHERE copy.corrected_from_id = m.id)
                 ORDER BY id FOR NO KEY UPDATE),
            noted AS (
                INSERT INTO freight_message_replay_message (replay_id, message_id)
                SELECT %(replay)s, id FROM chosen),
            forgotten AS (
                DELETE FROM freight_message_document document USING chosen
                 WHERE document.message_id = chosen.id AND document.status NOT IN %(settled)s)
            UPDATE freight_message_in message
               SET state = 'received', replayed = true, attempts = 0, losses = 0, error = NULL,
                   next_attempt = NULL, claim_token = NULL, lease_until = NULL,
                   dismissed = NULL, dismissed_by_id = NULL,
                   write_uid = %(user)s, write_date = %(now)s
              FROM chosen WHERE message.id = chosen.id
            RETURNING message.endpoint_id
            """,
            {
                "ids": self.ids,
                "states": states,
                "replay": replay_id,
                "settled": SETTLED,
                "user": self.env.uid,
                "now": fields.Datetime.now(),
            },
        )
        return [row[0] for row in cr.fetchall()]

    # Dismissing ----------------------------------------------------------------------------------

    def action_dismiss(self):
        """Give dead letters up; a resolution says why.

        :raise AccessError: for who may not write messages
        :raise UserError: for a message that is no dead letter, or that says no reason
        """
        messages = self._for_action()
        for message in messages:
            if message.state not in DISMISSED:
                raise UserError(_("Only dead letters and quarantined messages are dismissed."))
            if not (message.resolution or "").strip():
                raise UserError(_("Say why before you dismiss a message."))
        messages.write(self._dismissal())
        messages._close_settled_cases(messages.endpoint_id)

    @api.model
    def _dismissal(self):
        return {
            "state": "dismissed",
            "dismissed": fields.Datetime.now(),
            "dismissed_by_id": self.env.uid,
            "next_attempt": False,
        }

    def _dismiss_in_batches(self, reason):
        """Give those of these messages up that are dead or quarantined, for one ``reason``.

        :return: how many were given up
        """
        messages = self._for_action()
        concerned = []
        for batch in messages._batches():
            with db.read_committed(self.pool) as cr:
                cr.execute(
                    """
                    UPDATE freight_message_in
                       SET state = 'dismissed', resolution = %(reason)s, next_attempt = NULL,
                           dismissed = %(now)s, dismissed_by_id = %(user)s,
                           write_date = %(now)s, write_uid = %(user)s
                     WHERE id IN (SELECT id FROM freight_message_in WHERE id = ANY(%(ids)s)
                                     AND state = ANY(%(states)s) ORDER BY id FOR NO KEY UPDATE)
                       AND state = ANY(%(states)s)
                    RETURNING endpoint_id
                    """,
                    {
                        "reason": reason,
                        "now": fields.Datetime.now(),
                        "user": self.env.uid,
                        "ids": batch.ids,
                        "states": list(DISMISSED),
                    },
                )
                concerned += [row[0] for row in cr.fetchall()]
        with db.transaction(self.pool) as env:
            endpoints = env["freight.endpoint"].browse(set(concerned))
            env[self._name]._close_settled_cases(endpoints)
        self.env.invalidate_all()
        return len(concerned)

    # Asking --------------------------------------------------------------------------------------

    def action_ask_replay(self):
        """Ask why these messages are worked off again."""
        return self._ask("freight.message.rerun", _("Replay"))

    def action_ask_dismiss(self):
        """Ask why these messages are given up."""
        return self._ask("freight.message.dismiss", _("Dismiss"))

    def _ask(self, wizard, title):
        self._for_action()
        return {
            "type": "ir.actions.act_window",
            "name": title,
            "res_model": wizard,
            "view_mode": "form",
            "target": "new",
            "context": {"default_message_ids": self.ids, "default_picked": True},
        }
