"""The schemas of what this addon announces, beside those of the API."""

import json
from functools import lru_cache
from pathlib import Path

from odoo import api, models

_SCHEMAS = Path(__file__).parent.parent / "schemas" / "announcements.json"


class FreightApi(models.AbstractModel):
    _inherit = "freight.api"

    @api.model
    def _definitions(self):
        """Add the bodies of what is announced about money."""
        return super()._definitions() | _announcements()


@lru_cache
def _announcements():
    return json.loads(_SCHEMAS.read_text("utf-8"))
