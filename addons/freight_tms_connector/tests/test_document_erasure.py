"""Files of received documents: erased when due, never while they wait or are held."""

from odoo.exceptions import UserError
from odoo.tests import tagged

from .api_common import PDF
from .test_api_documents import DocumentCase
from .test_retention import RetentionCase


@tagged("post_install", "-at_install")
class TestDocumentErasure(RetentionCase, DocumentCase):
    def old(self, days=500, **options):
        answer = self.upload(PDF + str(days).encode() + str(options).encode(), **options)
        document = self.document(answer)
        self.env.cr.execute(
            "UPDATE freight_api_document SET received = received - %s * interval '1 day'"
            " WHERE id = %s", [days, document.id],
        )  # fmt: skip
        self.env.invalidate_all()
        return document

    def test_a_file_that_is_due_goes_and_its_record_stays(self):
        self.policy("financial", 365)
        due, young = self.old(), self.old(300)
        waiting, other = self.old(reference="NOBODY"), self.old(kind="other")
        file, path = due.attachment_id, f"/documents/{due.uuid}"
        preview = self.env["freight.retention.preview"].with_user(self.manager)
        lines = preview.browse(preview.action_open()["res_id"]).line_ids
        self.assertEqual(lines.filtered(lambda line: line.direction == "document").count, 1)
        self.run_job()
        self.assertFalse(file.exists())
        self.assertTrue(due.digest and due.size)
        for document in (young, waiting, other):
            self.assertTrue(document.attachment_id)
        self.assertEqual(due.erasure_id.document_count, 1)
        with self.assertRaisesRegex(UserError, "retention class Financial"):
            due.with_user(self.manager).action_download()
        self.assertEqual(self.call("GET", path).json()["sha256"], due.digest)
        self.assertProblem(self.call("GET", f"{path}/content"), 410, "erased")
        self.policy("operational", 1)
        self.run_job()
        self.assertFalse(other.attachment_id)

    def test_a_held_file_stays(self):
        self.policy("financial", 365)
        due = self.old()
        self.env["freight.legal.hold"].create(
            {"name": "Claim", "reason": "x", "shipment_ids": [(6, 0, self.shipment.ids)]}
        )
        self.run_job()
        self.assertTrue(due.attachment_id)
