"""Delivery into a partner's SFTP folder: a whole file under its name, or none."""

import time

from odoo import _, api, fields, models

from .. import file_names, sftp
from ..outgoing import AddressRefused, Limits, OutgoingError
from ..retry import Outcome

LIMITS = Limits(connect=5, total=20)
_SUFFIXES = {"x12": "edi", "edifact": "edi", "csv": "csv", "json": "json"}


class FreightMessageOut(models.Model):
    _inherit = "freight.message.out"

    def _parcel(self, body):
        """Add where the file goes, as whom, and its name."""
        parcel = super()._parcel(body)
        folder = self._folder()
        if folder:
            parcel |= {
                "folder_id": folder.id,
                "login": folder._login(),
                "directory": folder.directory or ".",
                "name": self._file_name(folder),
            }
        return parcel

    def _folder(self):
        """Return the folder that this message goes into, empty where it goes another way."""
        endpoint = self.endpoint_id
        by_folder = endpoint.delivery_way == "folder"
        return endpoint._folder_out() if by_folder else self.env["freight.folder"]

    def _file_name(self, folder):
        return file_names.name(
            folder.file_name,
            type=self.event_type,
            number=self.shipment_id.name or self.subject or "",
            id=self.uuid,
            control=self.control or "",
            date=f"{self.create_date:%Y%m%d}",
            time=f"{self.create_date:%H%M%S}",
            ext=_SUFFIXES.get(self._payload_codec(), "txt"),
        )

    def _obstacle(self, body):
        """A folder needs no address, and a confirmed key."""
        if self.endpoint_id.delivery_way != "folder":
            return super()._obstacle(body)
        if body is None:
            return _("Its content was erased: there is nothing left to send.")
        if self.endpoint_id.state == "retired":
            return _("The endpoint is retired: give the message up, or activate the endpoint.")
        if not self._folder():
            return _("The endpoint has no SFTP folder to put files into: add one to it.")
        return None

    def _proof(self, body):
        """The login proves us to their server: a file needs no signature."""
        return {} if self.endpoint_id.delivery_way == "folder" else super()._proof(body)

    @api.model
    def _deliver(self, parcel):
        """Put a file where the parcel says so."""
        return _put(parcel) if parcel["way"] == "folder" else super()._deliver(parcel)

    def _record_attempts(self, attempts):
        """Note on the folders, too, how it went."""
        result = super()._record_attempts(attempts)
        by_folder = {}
        for message in self:
            attempt = attempts[message.id]
            folder_id = attempt["parcel"].get("folder_id")
            if folder_id:
                by_folder.setdefault(folder_id, []).append(attempt)
        for folder_id, tried in by_folder.items():
            failed = [one for one in tried if one["outcome"] is not Outcome.DONE]
            self.env["freight.folder"].browse(folder_id)._note_deliveries(
                [one["log"]["answer"] for one in failed], any(one.get("stops") for one in failed)
            )
        return result


def _put(parcel):
    """Put a file and return what came of it; nothing is raised for what their server does.

    A file that lies there already under its name, as after a crash of ours, is written anew with
    the same bytes.
    """
    started, clock = fields.Datetime.now(), time.monotonic()
    outcome, stops, status = Outcome.RETRY, False, 0
    try:
        if parcel["problem"]:
            raise AddressRefused(parcel["problem"])
        with sftp.session(parcel["login"], parcel["policy"], LIMITS) as session:
            session.put(parcel["directory"], parcel["name"], parcel["body"])
        outcome, said = Outcome.DONE, _("%s lies in the folder.", parcel["name"])
    except AddressRefused as error:
        outcome, said = Outcome.DEAD, str(error)
    except sftp.SftpError as error:
        said, stops = str(error), error.stops
    except OutgoingError as error:
        said = str(error)
    return {
        "outcome": outcome,
        "retry_after": None,
        "stops": stops,
        "log": {
            "started": started,
            "duration": time.monotonic() - clock,
            "status": status,
            "outcome": outcome.value,
            "answer": said,
        },
    }
