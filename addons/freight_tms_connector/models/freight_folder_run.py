"""A run of a folder: look, download, admit, and only then move away."""

import time
from collections import namedtuple

from odoo import _, api, models

from .. import pickup, sftp
from ..outgoing import OutgoingError
from ..vault import VaultError
from .freight_admission import message_key
from .freight_way import LIMITS, arrival

#: Seconds that must be left to begin with another file.
RESERVE = 20

Plan = namedtuple(
    "Plan", "sender login policy directory rule done_folder refused_folder max_bytes max_files"
)


class FreightFolder(models.Model):
    _inherit = "freight.folder"

    def _plan(self):
        self.ensure_one()
        return Plan(
            sender=self._sender(),
            login=self._login(),
            policy=self.endpoint_id._outgoing_policy(),
            directory=self.directory or ".",
            rule=pickup.Rule(
                pattern=self.pattern,
                whole=self.whole,
                min_age=self.min_age,
                seen=self.seen or {},
            ),
            done_folder=self.done_folder if self.after == "move" else None,
            refused_folder=self.refused_folder,
            max_bytes=self.max_bytes,
            max_files=self.max_files,
        )

    @api.model
    def _walk(self, plan, run, token, ids):
        try:
            with sftp.session(plan.login, plan.policy, LIMITS) as session:
                self._look(session, plan, run, token, ids)
        except sftp.SftpError as error:
            run.error, run.stops = str(error), error.stops
        except (OutgoingError, VaultError) as error:
            run.error = str(error)

    @api.model
    def _look(self, session, plan, run, token, ids):
        """Take the files that are whole, the oldest first, while time and number allow."""
        files, seen = pickup.due(session.files(plan.directory), plan.rule, time.time())
        if not self._queue_transact(token, ids, lambda held: held._remember(seen)):
            return  # another worker has it: our lease ran out
        for number, entry in enumerate(files):
            if number >= plan.max_files or session.seconds_left < RESERVE:
                run.more = True
                return
            self._take(session, plan, entry, run)

    def _remember(self, seen):
        """Note what lies there, for the next look to compare with."""
        self.seen = seen
        return True

    @api.model
    def _take(self, session, plan, entry, run):
        """Take one file in. What is wrong with it keeps no other file from being taken.

        :raise FileTrouble: taken in, but it cannot be moved away, as none could
        """
        try:
            download = session.download(plan.directory, entry, plan.max_bytes)
        except (sftp.FileGone, sftp.FileChanged):
            return  # somebody else took it, or still writes it: the next look sees
        except sftp.FileTooLarge as error:
            self._refuse(session, plan, entry, run, str(error))
            return
        except sftp.FileTrouble as error:
            run.troubles.append(str(error))
            return
        if not download.body:
            problem = _("%s is empty.", sftp.printable(entry.name))
            self._refuse(session, plan, entry, run, problem)
            return
        run.count(self.env["freight.admission"]._admit([_file_arrival(plan, entry, download)]))
        self._clear_away(session, plan, entry, download.digest)

    @api.model
    def _clear_away(self, session, plan, entry, digest):
        """Move or delete what stands in the inbox, and its .done marker after it."""
        for name in (entry.name, *self._markers(plan, entry)):
            try:
                if plan.done_folder:
                    session.move(plan.directory, name, plan.done_folder, digest)
                else:
                    session.remove(plan.directory, name)
            except sftp.FileGone:
                continue  # the sender took it away in between: it is out of the way

    @api.model
    def _markers(self, plan, entry):
        return [entry.name + pickup.DONE] if plan.rule.whole == "done" else []

    @api.model
    def _refuse(self, session, plan, entry, run, problem):
        run.troubles.append(
            _("%(problem)s It lies in %(folder)s now.", problem=problem, folder=plan.refused_folder)
        )
        stamp = f"{entry.written:x}-{entry.size:x}"
        for name in (entry.name, *self._markers(plan, entry)):
            session.move(plan.directory, name, plan.refused_folder, stamp)


def _file_arrival(plan, entry, download):
    """Return the arrival of a file.

    Its identity is name and content: the same name with other content is the next message, as for
    a file that is written anew every day; the same content under the same name came before.
    """
    name = sftp.printable(entry.name)
    key = message_key(download.body, f"file:{download.digest}:{name}")
    return arrival(plan.sender, download.body, "file", name, key)
