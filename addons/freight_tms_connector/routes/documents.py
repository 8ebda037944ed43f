"""Documents: uploaded, read, downloaded."""

from ..api_operation import Answer, Body, Operation, Parameter
from .common import ID, TEXT, UNKNOWN, answers

DOCUMENT_LIMIT = 10 * 1024 * 1024
IMAGES = ("application/pdf", "image/png", "image/jpeg", "image/tiff")

_DOCUMENT_ID = Parameter("id", ID, "As the upload's answer says.", place="path", required=True)

DOCUMENTS = (
    Operation(
        id="sendDocument",
        method="POST",
        path="/documents",
        summary="Upload a proof of delivery, a bill of lading, an invoice image",
        description="The body is the file itself: what is hashed is what you sent. Sent again for"
        " the same shipment it is a repeat. A file whose shipment is not known yet is kept, and"
        " joins it once the reference is known.",
        tag="Documents",
        scope="documents:write",
        model="freight.api.document",
        handler="_api_upload",
        parameters=(
            Parameter(
                "type",
                {"$ref": "#/definitions/DocumentType"},
                "What it is.",
                required=True,
            ),
            Parameter("reference", TEXT, "A number of the shipment.", required=True),
            Parameter(
                "reference_type",
                {"$ref": "#/definitions/ReferenceType"},
                "What kind of number that is. Without it any may match.",
            ),
        ),
        body=Body(dict.fromkeys(IMAGES), limit=DOCUMENT_LIMIT),
        answers=answers(
            s201=Answer("Kept.", "DocumentView", headers=("Location",)),
            s200=Answer("A repeat: it is here already.", "DocumentView", headers=("Location",)),
        ),
    ),
    Operation(
        id="readDocument",
        method="GET",
        path="/documents/{id}",
        summary="Read what is known of a document",
        tag="Documents",
        scope="documents:read",
        model="freight.api.document",
        handler="_api_read",
        parameters=(_DOCUMENT_ID,),
        answers=answers(s200=Answer("The document.", "DocumentView"), s404=UNKNOWN),
    ),
    Operation(
        id="downloadDocument",
        method="GET",
        path="/documents/{id}/content",
        summary="Download a document",
        tag="Documents",
        scope="documents:read",
        model="freight.api.document",
        handler="_api_download",
        parameters=(_DOCUMENT_ID,),
        answers=answers(s200=Answer("The file, as an attachment.", media=IMAGES), s404=UNKNOWN),
    ),
)
