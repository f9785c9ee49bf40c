"""A PostgreSQL server of one test run, from apt's binaries, in a temporary folder, reached by a socket in it only."""
import os
import pathlib
import pwd
import shutil
import subprocess
import tempfile
import uuid


class PrivatePostgres:
    """Runs as user `postgres` when we are root, because the server refuses root."""

    def __init__(self):
        versions = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
        if not versions:
            raise FileNotFoundError("PostgreSQL is not installed: run script/bootstrap test")
        self._bin = versions[-1]
        self._folder = pathlib.Path(tempfile.mkdtemp(prefix="treadle-pg-"))
        self._user = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
        if self._user:
            os.chown(self._folder, self._user.pw_uid, self._user.pw_gid)
        self._run("initdb", "--pgdata", "data", "--username", "postgres", "--auth", "trust", "--encoding", "UTF8", "--no-sync")
        settings = f"-c listen_addresses='' -c unix_socket_directories='{self._folder}' -c fsync=off"
        self._run("pg_ctl", "--pgdata", "data", "--wait", "--log", "log", "--options", settings, "start")

    def _run(self, program, *arguments):
        identity = {"user": self._user.pw_uid, "group": self._user.pw_gid, "extra_groups": []} if self._user else {}
        subprocess.run([self._bin / program, *arguments], cwd=self._folder, check=True, timeout=60,
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, **identity)

    def new_database(self):
        """The URL of an empty database."""
        name = f"t{uuid.uuid4().hex}"
        self._run("createdb", "--host", str(self._folder), "--username", "postgres", name)
        return f"postgresql:///{name}?user=postgres&host={self._folder}"

    def stop(self):
        self._run("pg_ctl", "--pgdata", "data", "--mode", "immediate", "--wait", "stop")
        shutil.rmtree(self._folder, ignore_errors=True)
