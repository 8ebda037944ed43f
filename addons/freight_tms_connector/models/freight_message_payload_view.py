"""What the payload view shows: segments with names, a tree, a table, or the text as it came."""

import csv

from odoo import _, models

from .. import codecs, readable
from ..codecs.outline import outline


class FreightMessage(models.AbstractModel):
    _inherit = "freight.message"

    def get_payload(self):
        """Return what the payload view shows of this message, never more than a screen bears.

        :return: ``{"erased": True}``, or a dict with ``codec``, ``size``, ``text`` (the beginning,
            as it came), ``cut`` (whether there is more of it), ``partial`` (whether the body is
            too large to be read to its end) and one of ``segments``, ``tree`` and ``table`` where
            it can be read as that; ``remark`` says why not
        :raise AccessError: for who may not read payloads
        """
        self.ensure_one()
        body = self._read_payload_as_person().get(self.id)
        if body is None:
            return {"erased": True}
        codec = self._payload_codec()
        encoding = self._payload_encoding(codec) or readable.encoding_of(body)
        text = body[: readable.MOST_TEXT].decode(encoding, "replace")
        return {
            "erased": False,
            "codec": codec,
            "size": len(body),
            "text": text,
            "cut": len(body) > readable.MOST_TEXT,
            "partial": len(body) > readable.MOST_READ,
            "download": f"/freight/messages/{self._payload_direction()}/{self.id}/payload",
            **self._structure(codec, body[: readable.MOST_READ + 1], encoding),
        }

    def _payload_codec(self):
        """Return the codec that reads the body, by its media type where nothing else tells."""
        self.ensure_one()
        media = self.media_type or ""
        if "edifact" in media:
            return "edifact"
        return next((name for name in ("x12", "csv") if name in media), "json")

    def _payload_encoding(self, codec):
        return self.endpoint_id.encoding if codec != "json" else "utf-8"

    def _structure(self, codec, body, encoding):
        """Return the ``segments``, ``tree`` or ``table`` of ``body``, or a ``remark``."""
        try:
            if codec in ("x12", "edifact"):
                options = self.endpoint_id._codec_options().get(codec, {})
                return {"segments": outline(codec, body, limit=readable.MOST_LINES, **options)}
            if codec == "json":
                return {"tree": readable.json_tree(body.decode(encoding))}
            text = body.decode(encoding, "replace")
            return {"table": readable.table(text, *self._csv_dialect())}
        except (codecs.CodecError, ValueError, csv.Error) as error:
            return {"remark": _("It cannot be shown in parts (%s); here is how it came.", error)}

    def _csv_dialect(self):
        """Return (delimiter, quote) of the endpoint's files; no delimiter: told by the header."""
        return self.endpoint_id.csv_delimiter or None, self.endpoint_id.csv_quote or '"'


class FreightMessageIn(models.Model):
    _inherit = "freight.message.in"

    def _payload_codec(self):
        return self.codec or super()._payload_codec()
