import socket
from pathlib import Path

import pytest

from scripts.devkit import checkout, config, odoo_source, ports, tasks
from scripts.devkit.postgres import Server
from scripts.devkit.problem import Problem

PINS = """\
gevent==21.8.0 ; sys_platform != 'win32' and python_version == '3.10'  # (Jammy)
gevent==22.10.2; python_version > '3.10' and python_version < '3.12'
lxml==4.8.0 ; python_version <= '3.10'
psycopg2==2.9.5 ; python_version == '3.11'
python-ldap==3.4.4 ; python_version >= '3.12'
pytz
requests==2.25.1 ;  python_version < '3.11' # versions
requests==2.31.0 ; python_version >= '3.11'
"""


@pytest.fixture
def source(tmp_path):
    (tmp_path / "addons" / "account").mkdir(parents=True)
    (tmp_path / "addons" / "account" / "__manifest__.py").write_text("{}")
    (tmp_path / "odoo").mkdir()
    (tmp_path / "odoo" / "release.py").write_text("version_info = (17, 0, 0, FINAL, 0, '')\n")
    (tmp_path / "requirements.txt").write_text(PINS)
    return odoo_source.OdooSource(tmp_path)


@pytest.fixture
def run_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(checkout, "RUN", tmp_path)
    monkeypatch.setattr(config, "SERVER_CONF", tmp_path / "odoo.conf")
    monkeypatch.setattr(config, "TEST_CONF", tmp_path / "odoo.test.conf")
    return tmp_path


def test_requirements_are_those_with_wheels(source):
    assert source.requirements.splitlines() == [
        "gevent==22.10.2; python_version >= '3.10' and python_version < '3.12'",
        "psycopg2-binary==2.9.5 ; python_version < '3.12'",
        "pytz",
        "requests==2.31.0 ; python_version >= '3.10'",
    ]


def test_fingerprint_follows_manifests(source):
    before = source.fingerprint()
    (source.addons / "account" / "__manifest__.py").write_text("{'version': '1.3'}")
    assert source.fingerprint() != before


@pytest.mark.parametrize(
    ("release", "answer"),
    [
        ("version_info = (17, 0, 0, FINAL, 0, '')", True),
        ("version_info = (16, 0, 0, FINAL, 0, '')", False),
        ("version_info = (17, 2, 0, FINAL, 0, '')", False),
    ],
)
def test_only_17_0_is_odoo_17_0(source, release, answer):
    (source.root / "odoo" / "release.py").write_text(release)
    assert odoo_source.is_odoo_17(source.root) is answer


def test_odoo_src_that_is_none_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("ODOO_SRC", str(tmp_path))
    with pytest.raises(Problem, match="no Odoo 17.0 checkout"):
        odoo_source.find([])


def test_configuration_is_private_and_keeps_its_secrets(source, run_folder):
    server = Server("/tmp/socket", 5432, "odoo")
    config.write(source, server, ports.Ports(20000))
    first = config.SERVER_CONF.read_text()
    config.write(source, server, ports.Ports(20000))
    assert config.SERVER_CONF.read_text() == first
    assert "freight_vault_keys = k1:" in first
    assert config.SERVER_CONF.stat().st_mode & 0o777 == 0o600
    assert config.TEST_CONF.stat().st_mode & 0o777 == 0o600


def test_ports_are_kept_until_another_program_has_them(run_folder):
    first = ports.reserve()
    assert ports.reserve() == first
    with socket.socket() as other:
        other.bind(("127.0.0.1", first.simulator))
        other.listen()
        assert ports.reserve() != first


def test_a_failed_command_says_the_exception_and_the_log(monkeypatch, tmp_path):
    monkeypatch.setattr(tasks, "LOGS", tmp_path)
    command = [
        "python3",
        "-c",
        "import os; os.write(1, b'KeyError: 7\\nbye\\n'); raise SystemExit(3)",
    ]
    with pytest.raises(Problem) as caught:
        tasks.run_logged(command, "try", "it did not work")
    assert str(caught.value) == f"it did not work; read {Path(tmp_path, 'try.log')} (KeyError: 7)."
