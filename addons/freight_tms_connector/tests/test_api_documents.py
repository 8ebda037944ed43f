"""Files that partners upload: kept as they came, linked, downloaded as nothing but files."""

import hashlib
import io
from datetime import datetime

from freezegun import freeze_time
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from PIL import Image

from ..models.freight_api_document_calls import sniffed
from .api_common import PDF, ApiCase

PNG = b"\x89PNG\r\n\x1a\n" + b"damaged"


class DocumentCase(ApiCase):
    def setUp(self):
        super().setUp()
        self.shipment = self.make_shipment()

    def upload(self, body=PDF, media="application/pdf", kind="pod", **options):
        options.setdefault("reference", self.shipment.name)
        return self.call(
            "POST", "/documents", body, headers={"Content-Type": media}, type=kind, **options
        )

    def document(self, answer):
        return self.env["freight.api.document"].search([("uuid", "=", answer.json()["id"])])


@tagged("post_install", "-at_install")
class TestUpload(DocumentCase):
    def test_a_proof_of_delivery_is_kept_linked_and_read(self):
        answer = self.upload()
        self.assertEqual(answer.status_code, 201, answer.text)
        told = answer.json()
        self.assertEqual(told["sha256"], hashlib.sha256(PDF).hexdigest())
        self.assertEqual((told["status"], told["shipment"]), ("linked", self.shipment.name))
        path = answer.headers["Location"].removeprefix("/freight/v1")
        self.assertEqual(self.call("GET", path).json()["id"], told["id"])
        attachment = self.document(answer).attachment_id
        self.assertEqual(
            (attachment.res_model, attachment.res_id), ("freight.shipment", self.shipment.id)
        )
        listed = self.call("GET", f"/shipments/{self.shipment.name}/documents").json()["items"]
        self.assertEqual([one["id"] for one in listed], [told["id"]])

    def test_it_comes_back_as_a_file_and_as_nothing_else(self):
        told = self.upload().json()
        answer = self.call("GET", told["content_url"].removeprefix("/freight/v1"))
        self.assertEqual(answer.content, PDF)
        self.assertEqual(answer.headers["Content-Type"], "application/pdf")
        self.assertTrue(answer.headers["Content-Disposition"].startswith("attachment;"))
        self.assertEqual(answer.headers["X-Content-Type-Options"], "nosniff")
        self.assertIn("sandbox", answer.headers["Content-Security-Policy"])

    def test_a_file_is_believed_by_its_bytes(self):
        for body, media in (
            (b"<html>", "application/pdf"),
            (PDF, "image/png"),
            (b"", "application/pdf"),
            (b"%PDF", "application/pdf"),
        ):
            with self.subTest(media):
                self.assertProblem(self.upload(body, media), 422, "content-mismatch")
        for media in ("text/html", "image/svg+xml", "multipart/form-data"):
            self.assertProblem(self.upload(PDF, media), 415, "unsupported-media-type")
        self.assertEqual(sniffed(b"\xff\xd8\xff\xe0"), ("image/jpeg", "jpg"))
        self.assertEqual(sniffed(b"II*\x00"), ("image/tiff", "tif"))

    def test_an_image_is_kept_to_the_byte_even_if_large_or_damaged(self):
        """Odoo makes large images smaller, and stumbles over damaged ones."""
        large = io.BytesIO()
        Image.new("RGB", (2400, 10)).save(large, "PNG")
        for body in (large.getvalue(), PNG):
            told = self.upload(body, "image/png").json()
            answer = self.call("GET", told["content_url"].removeprefix("/freight/v1"))
            self.assertEqual(answer.content, body)

    def test_the_same_file_for_the_same_shipment_is_a_repeat(self):
        first, again = self.upload(), self.upload()
        self.assertEqual((first.status_code, again.status_code), (201, 200))
        self.assertEqual(again.json(), {**first.json(), "duplicate": True})
        self.assertEqual(self.upload(PDF + b" ").status_code, 201)
        other = self.make_shipment()
        self.assertEqual(self.upload(reference=other.name).status_code, 201)

    def test_parameters(self):
        for wrong in ({"kind": "selfie"}, {"reference": ""}, {"reference_type": "odd"}):
            self.assertProblem(self.upload(**wrong), 400, "invalid-parameter")

    def test_a_kind_of_reference_narrows_what_is_meant(self):
        for kind in ("pro", "bol"):
            shipment = self.make_shipment()
            self.env["freight.reference"].create(
                {"shipment_id": shipment.id, "type": kind, "value": "77"}
            )
        self.assertEqual(self.upload(reference="77").json()["status"], "unmatched")
        told = self.upload(reference="77", reference_type="bol").json()
        self.assertEqual(told["shipment"], shipment.name)


@tagged("post_install", "-at_install")
class TestProofs(DocumentCase):
    """A proof that comes as a file is told to the ledger, once."""

    def proofs(self, shipment=None):
        self.env.invalidate_all()
        events = (shipment or self.shipment).event_ids
        return events.filtered(lambda event: event.type_code == "pod_received")

    def test_a_proof_is_an_event_with_its_paper(self):
        document = self.document(self.upload())
        event = self.proofs()
        self.assertEqual((len(event), event.source_id), (1, document.system_id))
        proof = self.env["freight.proof"].search([("event_id", "=", event.id)])
        self.assertEqual(proof.document_ids, document.attachment_id)
        self.upload()
        self.assertEqual(self.proofs(), event, "the same file proves it once")

    def test_other_papers_prove_nothing(self):
        self.upload(kind="bol")
        self.assertFalse(self.proofs())

    def test_a_proof_that_waited_is_told_when_it_is_linked(self):
        document = self.document(self.upload(reference="PRO-9"))
        self.assertFalse(self.proofs())
        self.env["freight.reference"].create(
            {"shipment_id": self.shipment.id, "type": "pro", "value": "PRO 9"}
        )
        self.env["freight.api.document"]._match_waiting()
        self.assertEqual(len(self.proofs()), 1)
        other = self.document(self.upload(PDF + b" ", reference="none"))
        other.shipment_id = self.make_shipment()
        self.assertEqual(len(self.proofs(other.shipment_id)), 1)
        self.assertEqual(document.status, "linked")

    def test_the_case_of_a_missing_proof_closes(self):
        self.env["freight.event"]._append(
            [
                {
                    "shipment_id": self.shipment.id,
                    "company_id": self.company.id,
                    "type_code": "delivered",
                    "classifier": "actual",
                    "occurred": datetime(2026, 11, 4, 12),
                    "received": datetime(2026, 11, 4, 12),
                    "source_id": self.tms.id,
                    "trace_id": "t",
                }
            ]
        )
        cases = self.env["freight.exception"]
        with freeze_time("2026-11-20"):
            self.shipment._project(by_clock=True)
        missing = cases.search(
            [("shipment_id", "=", self.shipment.id), ("code", "=", "missing_pod")]
        )
        self.assertEqual(missing.state, "open")
        self.upload()
        self.env.invalidate_all()
        self.assertEqual(missing.state, "resolved")


@tagged("post_install", "-at_install")
class TestWaiting(DocumentCase):
    def test_what_names_no_shipment_is_kept_and_joins_it_later(self):
        answer = self.upload(reference="PRO-9")
        self.assertEqual((answer.status_code, answer.json()["status"]), (201, "unmatched"))
        document = self.document(answer)
        self.assertEqual(document.attachment_id.res_model, "freight.api.document")
        self.env["freight.api.document"]._match_waiting()
        self.assertEqual(document.status, "unmatched")
        self.env["freight.reference"].create(
            {"shipment_id": self.shipment.id, "type": "pro", "value": "PRO 9"}
        )
        self.env["freight.api.document"]._match_waiting()
        self.assertEqual((document.status, document.shipment_id), ("linked", self.shipment))
        self.assertEqual(document.attachment_id.res_id, self.shipment.id)
        self.assertEqual(self.upload(reference="PRO-9").status_code, 200)

    def test_a_person_links_it_once_or_dismisses_it(self):
        dispatcher = new_test_user(
            self.env, "d", groups="freight_canonical.group_freight_dispatcher"
        )
        document = self.document(self.upload(reference="PRO-9")).with_user(dispatcher)
        document.shipment_id = self.shipment
        self.assertEqual(document.status, "linked")
        with self.assertRaises(UserError):
            document.shipment_id = False
        other = self.document(self.upload(PDF + b" ", reference="none")).with_user(dispatcher)
        other.action_dismiss()
        self.assertEqual(other.status, "dismissed")
        with self.assertRaises(UserError):
            document.action_dismiss()
        with self.assertRaises(UserError):
            other.sudo().unlink()

    def test_what_came_is_not_changed(self):
        document = self.document(self.upload())
        manager = new_test_user(
            self.env,
            "m",
            groups="freight_tms_connector.group_integration_manager,"
            "freight_canonical.group_freight_dispatcher,base.group_system",
        )
        for attempt in (
            lambda: document.with_user(manager).write({"digest": "x"}),
            lambda: document.with_user(manager).write({"system_id": self.carrier_system.id}),
            lambda: document.attachment_id.with_user(manager).write({"raw": b"other"}),
            lambda: document.attachment_id.with_user(manager).unlink(),
        ):
            with self.assertRaises(AccessError):
                attempt()
