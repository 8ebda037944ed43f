from odoo import api, models

from ..api_tokens import read_bearer
from ..signing_profiles import ISSUED_TOKEN
from .freight_reception import Rejection

SCOPE = "events:write"


class FreightReception(models.AbstractModel):
    _inherit = "freight.reception"

    @api.model
    def _authenticate(self, request, door):
        """Let a source prove itself by a token of ours, where its profile says so.

        The token must be one of a client of that very source. There is no credential of its own.

        :raise Rejection: 401 with one generic text, whatever was wrong; 403 without the scope
        """
        if not door.profile or door.profile.algorithm != ISSUED_TOKEN:
            return super()._authenticate(request, door)
        token = read_bearer(request.headers.get("Authorization"))
        caller = token and self.env["freight.api.token"]._caller(token, request.address)
        if not caller or caller.endpoint_id != door.id:
            raise Rejection(
                401,
                "unauthenticated",
                "The request could not be authenticated.",
                reason=f"{request.source}: no live token of this source",
                headers={"WWW-Authenticate": 'Bearer realm="freight"'},
            )
        if SCOPE not in caller.scopes:
            raise Rejection(403, "insufficient-scope", f"The token lacks the scope {SCOPE}.")
        return None, None
