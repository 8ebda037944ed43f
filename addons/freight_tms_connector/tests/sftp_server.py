"""A real OpenSSH server on 127.0.0.1 with keys, configuration and files of its own."""

import getpass
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import closing, suppress
from pathlib import Path

import psutil

#: Whom the server runs as where the tests are root, to whom no file is unreadable.
UNPRIVILEGED = "nobody"
PLACES = os.pathsep.join(["/usr/sbin", "/usr/local/sbin", "/usr/bin", "/opt/homebrew/sbin"])

CONFIG = """\
ListenAddress 127.0.0.1
Port {port}
HostKey {folder}/host_{host_key}
PidFile none
AuthorizedKeysFile {folder}/authorized_keys
StrictModes no
UsePAM yes
PermitRootLogin yes
PasswordAuthentication yes
KbdInteractiveAuthentication no
PubkeyAuthentication yes
AllowTcpForwarding no
MaxAuthTries 3
LoginGraceTime 20
Subsystem sftp internal-sftp
ForceCommand internal-sftp -d {folder}/files
"""


class SftpServer:
    """Serves the folder ``files`` to one user, who shows the key ``private_key``."""

    def __init__(self):
        self.sshd = shutil.which("sshd", path=PLACES) or shutil.which("sshd")
        if not self.sshd:
            raise AssertionError(
                "These tests need OpenSSH's server: install it (Debian: apt-get install"
                " openssh-server), as make test does where it may."
            )
        self.as_root = os.geteuid() == 0
        self.user = UNPRIVILEGED if self.as_root else getpass.getuser()
        self.folder = Path(tempfile.mkdtemp(prefix="freight_sshd_"))
        self.files = self.folder / "files"
        self.files.mkdir()
        for name in ("host_ed25519", "host_other", "user"):
            _generate(self.folder / name, "ed25519")
        _generate(self.folder / "host_rsa", "rsa")
        shutil.copy(self.folder / "user.pub", self.folder / "authorized_keys")
        self.private_key = (self.folder / "user").read_text()
        self.port = _free_port()
        self._process = None
        self._log = None

    def start(self, host_key="ed25519"):
        """Start the server and wait until it listens.

        :param host_key: which of its keys it shows: "ed25519", "rsa" or "other"
        """
        config = self.folder / "sshd_config"
        config.write_text(CONFIG.format(port=self.port, folder=self.folder, host_key=host_key))
        self._own_everything()
        self._log = open(self.folder / "log", "ab")
        self._process = subprocess.Popen(
            [self.sshd, "-D", "-e", "-f", str(config)],
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
            **({"user": self.user, "extra_groups": []} if self.as_root else {}),
        )
        deadline = time.monotonic() + 20
        while not self._listens():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"sshd did not start:\n{self.log()}")
            time.sleep(0.02)

    def stop(self):
        """Stop the server and whatever it started."""
        if self._process:
            self.kill_sessions()
            self._process.kill()
            self._process.wait()
            self._log.close()
            self._process = None

    def close(self):
        """Stop the server and delete its folder."""
        self.stop()
        shutil.rmtree(self.folder)

    def kill_sessions(self):
        """Kill the processes that serve connections, as a cut line would; return how many."""
        children = psutil.Process(self._process.pid).children(recursive=True)
        for child in children:
            with suppress(psutil.NoSuchProcess):
                child.kill()
        return len(children)

    def fingerprint(self, host_key="ed25519"):
        """Return what `ssh-keygen` says of one of the server's keys."""
        shown = subprocess.run(
            ["ssh-keygen", "-l", "-f", str(self.folder / f"host_{host_key}.pub")],
            check=True, capture_output=True, text=True,
        )  # fmt: skip
        return shown.stdout.split()[1]

    def log(self):
        """Return what the server wrote."""
        return (self.folder / "log").read_text(errors="replace")

    def put(self, name, body, folder="", age=3600):
        """Lay a file down that was written ``age`` seconds ago. Return its path."""
        place = self.files / folder
        place.mkdir(exist_ok=True)
        path = Path(os.fsdecode(os.path.join(os.fsencode(place), os.fsencode(name))))
        path.write_bytes(body)
        written = int(time.time()) - age
        os.utime(path, (written, written))
        self._own_everything()
        return path

    def names(self, folder=""):
        """Return the names of the files in a folder, sorted."""
        place = self.files / folder
        if not place.is_dir():
            return []
        return sorted(path.name for path in place.iterdir() if path.is_file())

    def _own_everything(self):
        if self.as_root:
            owner = pwd.getpwnam(self.user)
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
            for path in self.folder.rglob("*"):
                os.chown(path, owner.pw_uid, owner.pw_gid, follow_symlinks=False)

    def _listens(self):
        with closing(socket.socket()) as probe:
            probe.settimeout(1)
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


def _generate(path, kind):
    subprocess.run(
        ["ssh-keygen", "-q", "-t", kind, "-N", "", "-C", "", "-f", str(path)], check=True
    )


def _free_port():
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
