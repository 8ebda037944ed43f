"""An upload whose messages are committed beside the person's own transaction."""

import base64

from odoo.tests import tagged

from .test_live import LiveCase
from .x12_samples import build_214


@tagged("post_install", "-at_install")
class TestUploadLive(LiveCase):
    """Transactions of their own, committed."""

    def take_in(self, *bodies):
        """Upload files as one request does, and return the action that follows."""
        with self.database.env() as env:
            upload = env["freight.upload"].create(
                {
                    "endpoint_id": self.carrier_endpoint.id,
                    "file_ids": [
                        (0, 0, {"name": f"{number}.edi", "data": base64.b64encode(body)})
                        for number, body in enumerate(bodies)
                    ],
                }
            )
            return upload.action_take_in()

    def test_what_was_taken_in_is_opened(self):
        one, two, three = (build_214(control=number) for number in range(1, 4))
        self.assertEqual(
            self.take_in(one)["res_id"], self.database.scalar("SELECT id FROM freight_message_in")
        )
        [(_field, _operator, ids)] = self.take_in(two, three)["domain"]
        self.assertEqual(
            [(key,) for key in ids],
            self.database.query("SELECT id FROM freight_message_in ORDER BY id OFFSET 1"),
        )
        again = self.take_in(one)
        self.assertEqual(again["tag"], "display_notification")
        self.assertTrue(again["params"]["next"]["res_id"])
