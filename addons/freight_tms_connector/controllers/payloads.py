from odoo import http
from odoo.http import content_disposition, request

MODELS = {"in": "freight.message.in", "out": "freight.message.out"}
SUFFIXES = {
    "x12": "x12.txt",
    "edifact": "edi.txt",
    "json": "json",
    "canonical": "json",
    "csv": "csv",
}


class FreightPayloads(http.Controller):
    @http.route(
        "/freight/messages/<string:direction>/<int:message_id>/payload",
        type="http",
        auth="user",
        methods=["GET"],
    )
    def payload(self, direction, message_id):
        """Send the body of a message as a file, in a type that no browser shows or runs.

        The model refuses whoever may not read payloads. Of erased content it says when it went.
        """
        if direction not in MODELS:
            raise request.not_found()
        message = request.env[MODELS[direction]].browse(message_id).exists()
        body = message._read_payload_as_person().get(message.id) if message else None
        if body is None:
            if message and message.erased_text:
                return request.make_response(
                    message.erased_text, [("Content-Type", "text/plain; charset=utf-8")], status=410
                )
            raise request.not_found()
        name = f"{message.uuid}.{SUFFIXES.get(message._payload_codec(), 'bin')}"
        return request.make_response(
            body,
            [
                ("Content-Type", "application/octet-stream"),
                ("Content-Disposition", content_disposition(name)),
                ("X-Content-Type-Options", "nosniff"),
                ("Content-Security-Policy", "default-src 'none'; sandbox"),
                ("Cache-Control", "no-store"),
            ],
        )
