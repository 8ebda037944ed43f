"""What the API offers, as data: the gate checks by it, and the OpenAPI document is made of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

JSON = "application/json"
PROBLEM = "application/problem+json"
FORM = "application/x-www-form-urlencoded"
CLOUDEVENT = "application/cloudevents+json"
CLOUDEVENTS = "application/cloudevents-batch+json"

#: Who may call: the bearer of a token, a client with its secret, everybody.
BEARER, CLIENT, PUBLIC = "bearer", "client", "public"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a request. ``schema`` is a JSON Schema of a text or an integer.

    :ivar place: ``query``, ``path`` or ``header``
    """

    name: str
    schema: Mapping
    description: str
    place: str = "query"
    required: bool = False


@dataclass(frozen=True, slots=True)
class OneOrMany:
    """A body that is a document, or an array of them: the schemas of both."""

    one: Mapping
    many: Mapping

    def of(self, value):
        """Return the schema by which ``value`` is checked, so that what is wrong can be said."""
        return self.many if isinstance(value, list) else self.one


@dataclass(frozen=True, slots=True)
class Body:
    """The body of a request.

    :ivar schemas: JSON Schema or :class:`OneOrMany` by media type; None for bytes without one
    :ivar limit: bytes it may have, None for what the gate takes of JSON
    """

    schemas: Mapping
    example: object = None
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer: ``schema`` names a component, None for an answer without a body."""

    description: str
    schema: str | None = None
    media: tuple = (JSON,)
    headers: tuple = ()


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path.

    :ivar path: below ``/freight/v1``, with ``{parameters}``
    :ivar model: the model that answers, by its method ``handler``, which takes a :class:`Call` and
        returns a :class:`Reply`; None for what a controller answers by itself
    :ivar answers: :class:`Answer` by status, without the refusals that follow from the rest
    :ivar keeps_refused: whether a body that is refused after authentication is kept as evidence
    """

    id: str
    method: str
    path: str
    summary: str
    tag: str
    answers: Mapping
    scope: str | None = None
    access: str = BEARER
    model: str | None = None
    handler: str | None = None
    description: str = ""
    parameters: tuple = ()
    body: Body | None = None
    keeps_refused: bool = False

    def named(self, place):
        """Return {name: :class:`Parameter`} of those at ``place``."""
        return {one.name: one for one in self.parameters if one.place == place}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, as a token proves it. All ids are of records; ``quota`` is a limiting.Quota."""

    token_id: int
    client_id: int
    endpoint_id: int
    company_id: int
    system_id: int
    scopes: frozenset
    quota: object


@dataclass(frozen=True, slots=True)
class Call:
    """A request that passed the gate.

    :ivar query: values by name, as the parameters' schemas say; absent ones are missing
    :ivar document: the JSON of the body, checked; None where there is none
    """

    operation: Operation
    caller: Caller | None
    trace_id: str
    path: Mapping = field(default_factory=dict)
    query: Mapping = field(default_factory=dict)
    headers: Mapping = field(default_factory=dict)
    media_type: str = ""
    body: bytes = b""
    document: object = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What a handler answers. ``body`` is a JSON value or, with ``media_type``, bytes.

    :ivar revalidate: whether the caller may ask whether it changed (``ETag``)
    """

    status: int
    body: object = None
    headers: Mapping = field(default_factory=dict)
    media_type: str = JSON
    revalidate: bool = False
