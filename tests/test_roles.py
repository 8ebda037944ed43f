"""Every role against every model and every method that RPC reaches."""

import inspect
import os
from pathlib import Path
from unittest.mock import patch

from any_record import RowMaker
from odoo.exceptions import AccessError
from odoo.tests import TransactionCase, new_test_user, tagged
from psycopg2.errors import ReadOnlySqlTransaction
from role_matrix import MAY, OPENS, OUTSIDE, ROLES, document, stored_models, surface

PAGE = Path(__file__).parent.parent / "docs" / "roles.rst"


class RoleCase(TransactionCase):
    """A user for each role, and a row for each model."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.registry.enter_test_mode(cls.cr)
        cls.addClassCleanup(cls.registry.leave_test_mode)
        cls.users = {}
        for role, (_title, group) in ROLES.items():
            groups = group if role in OUTSIDE else f"base.group_user,{group}"
            cls.users[role] = new_test_user(cls.env, f"role_{role}", groups=groups)

    def setUp(self):
        super().setUp()
        self.rows = RowMaker(self.env)


@tagged("post_install", "-at_install")
class TestPage(RoleCase):
    def test_the_page_says_what_is_the_case(self):
        page = document(self.env, self.users)
        if os.environ.get("FREIGHT_WRITE_ROLES"):
            PAGE.write_text(page)
        self.assertEqual(PAGE.read_text(), page, "run make roles, and read what changed")

    def test_every_model_has_somebody_or_nobody_on_purpose(self):
        without_rights = {
            name
            for name in stored_models(self.env)
            if not self.env["ir.model.access"].search([("model_id.model", "=", name)], limit=1)
        }
        self.assertFalse(without_rights)

    def test_the_auditor_changes_nothing_that_lasts(self):
        for name in stored_models(self.env):
            model = self.env[name].with_user(self.users["auditor"])
            if not model._transient:
                for operation in ("create", "write", "unlink"):
                    may = model.check_access_rights(operation, raise_exception=False)
                    self.assertFalse(may, f"{operation} {name}")

    def test_who_is_not_of_freight_reads_nothing(self):
        for name in stored_models(self.env):
            for role in ("employee", *OUTSIDE):
                model = self.env[name].with_user(self.users[role])
                self.assertFalse(model.check_access_rights("read", raise_exception=False), name)


@tagged("post_install", "-at_install")
class TestMethods(RoleCase):
    def setUp(self):
        super().setUp()
        # A role that may have a partner asked is no reason to look for that partner.
        nowhere = patch("socket.getaddrinfo", side_effect=OSError("no partner in this test"))
        nowhere.start()
        self.addCleanup(nowhere.stop)

    def call(self, name, method, role, read_only=False):
        """Call the method as a person of this role would; return the error, None for none."""
        user = self.users[role]
        records = self.env[name].with_user(user)
        if not records._abstract:
            records = self.rows.record(name).with_user(user)
        arguments = self.arguments(records, method)
        self.rows.give_dialogs_to(user)
        savepoint = self.env.cr.savepoint()
        try:
            if read_only:
                self.env.cr.execute("SET LOCAL transaction_read_only = on")
            getattr(records, method)(*arguments)
            if not read_only:
                self.env.flush_all()
        except Exception as error:  # noqa: BLE001 - which one is what the tests ask
            return error
        finally:
            self.env.cr.clear()
            self.env.cr.precommit.clear()
            self.env.cr.postcommit.clear()
            savepoint.close(rollback=True)
            self.env.invalidate_all(flush=False)
        return None

    def arguments(self, records, method):
        """Return what the method must be given: a record's id where a model is named so."""
        needed = [
            parameter.name
            for parameter in inspect.signature(getattr(records, method)).parameters.values()
            if parameter.default is parameter.empty
        ]
        given = {"version_id": self.rows.record("freight.mapping.version").id, "text": "{}"}
        return [given[name] for name in needed]

    def test_every_method_stands_in_the_table(self):
        decided = {name: set(methods) for name, methods in MAY.items()}
        self.assertEqual(surface(self.env), decided)

    def test_who_may_not_is_refused(self):
        let_in = [
            f"{name}.{method} as {role}: {error!r}"
            for name, method, may in self.decisions()
            for role in ROLES
            if role not in may
            and not isinstance(error := self.call(name, method, role), AccessError)
        ]
        self.assertFalse(let_in, "\n".join(let_in))

    def test_who_may_is_let_in(self):
        refused = [
            f"{name}.{method} as {role}: {error!r}"
            for name, method, may in self.decisions()
            for role in may
            if isinstance(error := self.call(name, method, role), AccessError)
        ]
        self.assertFalse(refused, "\n".join(refused))

    def test_what_opens_a_screen_writes_nothing(self):
        writing = [
            f"{name}.{method} as {role}: {error!r}"
            for name, methods in MAY.items()
            for method, may in methods.items()
            if may == OPENS
            for role in ROLES
            if isinstance(error := self.call(name, method, role, True), ReadOnlySqlTransaction)
        ]
        self.assertFalse(writing, "\n".join(writing))

    def decisions(self):
        """Yield model, method and the roles that may, for all that does more than open a screen."""
        for name, methods in MAY.items():
            for method, may in methods.items():
                if may != OPENS:
                    yield name, method, may
