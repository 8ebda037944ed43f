"""SFTP folders that we put files into: one for an endpoint, whose messages then go that way."""

from datetime import timedelta

from odoo import _, api, fields, models
from odoo.exceptions import ValidationError

from .. import file_names
from .freight_way import Run

#: How often it is noted that all goes well: lanes deliver at once, and the row is one.
CALM = timedelta(minutes=1)


class FreightFolder(models.Model):
    _inherit = "freight.folder"

    direction = fields.Selection(
        [("in", "We fetch files"), ("out", "We put files")], required=True, default="in"
    )
    file_name = fields.Char(
        string="Names of files",
        default="{type}_{number}_{id}.{ext}",
        help="{type} of event, {number} of the shipment, {id} of the message, {control} number of"
        " the interchange, {date} and {time} (UTC) it was written, {ext}. The same message always"
        " has the same name.",
    )

    _sql_constraints = [
        (
            "one_out",
            "EXCLUDE USING btree (endpoint_id WITH =) WHERE (direction = 'out' AND active)",
            "This endpoint has a folder for what we send already: archive it first.",
        ),
    ]

    @api.constrains("direction", "file_name")
    def _check_file_name(self):
        for folder in self.filtered(lambda one: one.direction == "out"):
            try:
                file_names.check(folder.file_name or "")
            except file_names.TemplateError as error:
                raise ValidationError(
                    _("%(folder)s: names of files: %(error)s.", folder=folder.name, error=error)
                ) from error

    @api.constrains("direction", "host", "port", "directory", "endpoint_id", "active")
    def _check_no_circle(self):
        """Refuse to fetch again from where we put files."""
        for endpoint in self.endpoint_id:
            places = [
                (folder.direction, folder.host, folder.port, (folder.directory or ".").strip("/"))
                for folder in endpoint.folder_ids
            ]
            mine = {place[1:] for place in places if place[0] == "in"}
            if mine & {place[1:] for place in places if place[0] == "out"}:
                raise ValidationError(
                    _(
                        "%s: files are fetched from the folder that we put files into: name"
                        " another directory.",
                        endpoint.name,
                    )
                )

    @api.model
    def _queue_claimable(self):
        """Only what we fetch from is walked; what we put files into waits for the outbox."""
        return f"{super()._queue_claimable()} AND q.direction = 'in'"

    def action_run_now(self):
        """Start again; what waits in the outbox for a folder goes at once."""
        result = super().action_run_now()
        if self.filtered(lambda folder: folder.direction == "out"):
            self.env["freight.queue.lane"].sudo()._wake_after_commit("outbox")
        return result

    def _note_deliveries(self, errors, stops):
        """Note how the last files fared; stop where only a person can help.

        :param errors: sentences, empty where all went well
        """
        self.ensure_one()
        now = fields.Datetime.now()
        if errors:
            self.write(
                {
                    "last_run": now,
                    "last_error": "\n".join(dict.fromkeys(errors)),
                    "state": "stopped" if stops else self.state,
                    "attempts": self.attempts + 1,
                }
            )
            self._report(Run(error=self.last_error, stops=stops))
        elif self.last_error or not self.last_success or now - self.last_success > CALM:
            self.write({"last_run": now, "last_success": now, "last_error": False, "attempts": 0})
            self._report(Run())


class FreightEndpoint(models.Model):
    _inherit = "freight.endpoint"

    delivery_way = fields.Selection(
        selection_add=[("folder", "We put it into their SFTP folder")],
        ondelete={"folder": "set default"},
    )

    def _folder_out(self):
        """Return the folder that messages of this endpoint are put into, empty for none."""
        self.ensure_one()
        return self.sudo().folder_ids.filtered(lambda one: one.direction == "out" and one.active)[
            :1
        ]

    @api.model
    def _sending_sql(self):
        """Leave out whose folder is stopped or missing: what is for them waits for a person."""
        return f"""
            {super()._sending_sql()}
            AND (e.delivery_way <> 'folder' OR EXISTS (
                SELECT 1 FROM freight_folder f
                 WHERE f.endpoint_id = e.id AND f.direction = 'out' AND f.active
                   AND f.state = 'running'))
        """

    def _findings_of_delivery(self):
        yield from super()._findings_of_delivery()
        if self.delivery_way == "folder" and not self._folder_out():
            yield (
                "red",
                _("It has no SFTP folder to put files into: add one under Ways in and out."),
            )
