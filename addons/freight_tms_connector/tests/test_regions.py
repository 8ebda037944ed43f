"""Messages stay in the regions that their company names; what is outside is refused."""

import os
from unittest import mock

from odoo.exceptions import ValidationError
from odoo.tests import tagged

from ..models.freight_region import REGION_VARIABLE, RegionRefused
from .http_common import HookCase


@tagged("post_install", "-at_install")
class TestRegions(HookCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        regions = cls.env["freight.region"]
        cls.eu = regions.create({"code": "eu", "name": "European Union"})
        cls.us = regions.create({"code": "us", "name": "United States"})

    def here(self, code):
        return mock.patch.dict(os.environ, {REGION_VARIABLE: code})

    def stay(self, *regions):
        self.company.freight_region_ids = [(6, 0, [one.id for one in regions])]

    def event(self, number=1):
        return self.cloud_event(self.make_shipment(), "delivered", f"e-{number}")

    def test_without_a_rule_nothing_is_asked(self):
        self.assertEqual(self.knock(self.tms_endpoint, self.event()).status_code, 202)
        self.assertFalse(self.tms_endpoint._closed_because())

    def test_a_host_elsewhere_or_nowhere_takes_nothing_in(self):
        self.tms_endpoint.region_id = self.eu
        self.stay(self.eu)
        for code in ("us", ""):
            with self.here(code):
                self.tms_endpoint._forget()
                answer = self.knock(self.tms_endpoint, self.event())
                self.assertProblem(answer, 503, "not-ready")
        self.assertFalse(self.stored(self.tms_endpoint))
        with self.here("eu"):
            self.tms_endpoint._forget()
            self.assertEqual(self.knock(self.tms_endpoint, self.event()).status_code, 202)

    def test_an_endpoint_outside_is_refused_at_save_on_arrival_and_on_sending(self):
        self.tms_endpoint.region_id = self.us
        self.stay(self.eu)
        with self.here("eu"):
            self.tms_endpoint._forget()
            answer = self.knock(self.tms_endpoint, self.event())
            self.assertProblem(answer, 503, "not-ready")
            with self.assertRaises(RegionRefused):
                self.env["freight.admission"]._admit([mock.Mock(endpoint_id=self.tms_endpoint.id)])
        self.assertIn("United States", self.tms_endpoint._closed_because())
        self.assertEqual(self.tms_endpoint.health, "red")
        self.assertNotIn(self.tms_endpoint, self.reachable())
        for region in (self.us, self.eu.browse()):
            with self.assertRaises(ValidationError):
                self.carrier_endpoint.region_id = region
                self.carrier_endpoint.flush_recordset()
        self.tms_endpoint.region_id = self.eu
        self.assertIn(self.tms_endpoint, self.reachable())
        self.assertFalse(self.tms_endpoint._closed_because())

    def reachable(self):
        self.env.flush_all()
        endpoints = self.env["freight.endpoint"]
        self.env.cr.execute(f"SELECT id FROM freight_endpoint e WHERE {endpoints._reachable_sql()}")
        return endpoints.browse(row[0] for row in self.env.cr.fetchall())
