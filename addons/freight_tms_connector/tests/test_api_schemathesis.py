"""The OpenAPI document held against a live server: nothing undocumented, no server error.

``schemathesis`` makes requests of the document, right ones and wrong ones, and checks each answer
by it: status, content type, schema, headers; that wrong requests are refused and right ones are
not. The examples are bounded and always the same.
"""

import json

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from odoo.tests import BaseCase, tagged

from .api_common import PDF, ApiFixtures
from .common import Fixtures
from .live_server import LiveDatabase, LiveServer

#: Requests for each operation, right ones and wrong ones alike.
EXAMPLES = 15

MOMENTS = st.datetimes(
    min_value=schemathesis.python and __import__("datetime").datetime(2000, 1, 1),
)


@tagged("post_install", "-at_install")
class TestDocument(ApiFixtures, Fixtures, BaseCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.database = LiveDatabase(cls.__name__.lower())
        cls.addClassCleanup(cls.database.drop)
        with cls.database.env() as cls.env:
            cls.make_fixtures()
            cls.shipment = cls.make_shipment()
            client = cls.make_client(cls.tms_endpoint)
            cls.token = cls.make_token(client)
        cls.server = LiveServer(cls.database)
        cls.addClassCleanup(cls.server.kill)
        cls.server.start()
        cls.url = f"http://127.0.0.1:{cls.server.port}/freight/v1"
