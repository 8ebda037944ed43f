import pytest

from scripts.devkit import sshd
from scripts.devkit.problem import Problem


def test_what_is_there_is_used(monkeypatch):
    monkeypatch.setattr(sshd, "find", lambda: "/usr/sbin/sshd")
    monkeypatch.setattr(sshd, "run_logged", lambda *_arguments, **_options: pytest.fail("ran"))
    sshd.ensure()


@pytest.mark.parametrize("user, systemd", [(1000, False), (0, True)])
def test_what_is_missing_is_said_in_one_sentence(monkeypatch, tmp_path, user, systemd):
    monkeypatch.setattr(sshd, "find", lambda: None)
    monkeypatch.setattr(sshd.os, "geteuid", lambda: user)
    monkeypatch.setattr(sshd, "SYSTEMD", tmp_path if systemd else tmp_path / "none")
    with pytest.raises(Problem, match="need OpenSSH's server: install it"):
        sshd.ensure()


def test_root_in_a_container_gets_it_installed(monkeypatch, tmp_path):
    ran = []
    monkeypatch.setattr(sshd, "find", lambda: None)
    monkeypatch.setattr(sshd.os, "geteuid", lambda: 0)
    monkeypatch.setattr(sshd.shutil, "which", lambda *_arguments, **_options: "/usr/bin/apt-get")
    monkeypatch.setattr(sshd, "SYSTEMD", tmp_path / "none")
    monkeypatch.setattr(sshd, "run_logged", lambda command, *_rest, **_options: ran.append(command))
    sshd.ensure()
    assert ran[-1][-1] == "openssh-server"
