"""Delivery into a partner's SFTP folder: a whole file under its name, or none."""

import time

from odoo import _, api, fields, models

from .. import file_names, sftp
from ..outgoing import AddressRefused, Limits, OutgoingError
from ..retry import Outcome

#: Of one connection, over which goes all that a lane took at once.
LIMITS = Limits(connect=5, total=60)
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
    def _deliver_all(self, parcels):
        """Put what is for one folder there over one connection, after all else went."""
        folders, others = {}, []
        for parcel in parcels:
            if parcel["way"] == "folder":
                folders.setdefault(parcel.get("folder_id"), []).append(parcel)
            else:
                others.append(parcel)
        yield from super()._deliver_all(others)
        for together in folders.values():
            for parcel, attempt in _put_all(together):
                yield {parcel["message_id"]: {**attempt, "parcel": parcel}}

    @api.model
    def _deliver(self, parcel):
        """Put a single file where the parcel says so."""
        if parcel["way"] != "folder":
            return super()._deliver(parcel)
        [(_parcel, attempt)] = _put_all([parcel])
        return attempt

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


def _put_all(parcels):
    """Put files into one folder; yield (parcel, attempt) of each. Nothing is raised for it.

    A file that lies there already under its name, as after a crash of ours, is written anew with
    the same bytes. Where the connection breaks, what is left fails with it.
    """
    left = [parcel for parcel in parcels if not parcel["problem"]]
    for parcel in parcels:
        if parcel["problem"]:
            yield parcel, _attempt(_Clock(), Outcome.DEAD, parcel["problem"])
    if not left:
        return
    clock = _Clock()
    try:
        with sftp.session(left[0]["login"], left[0]["policy"], LIMITS) as session:
            while left:
                clock = _Clock()
                attempt = _put(session, left[0], clock)
                yield left.pop(0), attempt
    except (sftp.SftpError, OutgoingError) as error:
        outcome = Outcome.DEAD if isinstance(error, AddressRefused) else Outcome.RETRY
        failed = _attempt(clock, outcome, str(error), getattr(error, "stops", False))
        yield from ((parcel, failed) for parcel in left)


def _put(session, parcel, clock):
    """Put one file; a broken connection is raised."""
    try:
        session.put(parcel["directory"], parcel["name"], parcel["body"])
    except sftp.FileTrouble as error:
        return _attempt(clock, Outcome.RETRY, str(error))
    return _attempt(clock, Outcome.DONE, _("%s lies in the folder.", parcel["name"]))


class _Clock:
    """When an attempt began."""

    def __init__(self):
        self.started = fields.Datetime.now()
        self._began = time.monotonic()

    def seconds(self):
        """Return how long it took so far."""
        return time.monotonic() - self._began


def _attempt(clock, outcome, said, stops=False):
    return {
        "outcome": outcome,
        "retry_after": None,
        "stops": stops,
        "log": {
            "started": clock.started,
            "duration": clock.seconds(),
            "status": 0,
            "outcome": outcome.value,
            "answer": said,
        },
    }
