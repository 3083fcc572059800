"""What the image does, rehearsed without an engine: the steps of the Dockerfile that can fail.

The program is built and installed, and compiled code is kept, by the commands of the Dockerfile;
then a worker is started by the image's own script where nothing can be written but one directory.
What it depends on is taken from here, which the same lock file has brought.
"""

import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

import orjson
import pytest

from streams.simulate import Recipe, build
from tests.deploy.test_compose import DOCKERFILE, ROOT, instructions
from tests.integration.service import Service, Worker, wait_for
from tests.kafka.cluster import KafkaCluster

RECIPE = Recipe(world="police", seed=2, actors=120, days=30)

READ_ONLY = """\
mount --options remount,bind,ro / &&
mount --types tmpfs none {tmp} &&
! touch {outside} 2>/dev/null &&
exec "$@"
"""
"""A file system as that of a container: only `tmp` can be written."""


class Image:
    """What the last stage of the Dockerfile has.

    Attributes:
        packages: the program, as installed.
        kernels: compiled code, as `/opt/kernels`.
        tmp: where `/tmp` would be.
    """

    def __init__(self, directory: Path) -> None:
        self.packages, self.kernels, self.tmp = (
            directory / name for name in ("packages", "kernels", "tmp")
        )
        self.tmp.mkdir()
        build_wheel = [sys.executable, "-m", "hatchling", "build", "--target", "wheel"]
        subprocess.run(
            [*build_wheel, "--directory", directory / "wheel"],
            cwd=ROOT,
            check=True,
            capture_output=True,
        )
        (wheel,) = (directory / "wheel").glob("*.whl")
        zipfile.ZipFile(wheel).extractall(self.packages)
        # Their copy for the image is found at the same time and place as when it was compiled.
        subprocess.run(
            [sys.executable, "-P", "-c", warming()], check=True, env=self.environ(self.kernels)
        )

    def environ(self, kernels: Path) -> Mapping[str, str]:
        """For a program of the image."""
        return {
            "PATH": f"{Path(sys.executable).parent}:/usr/sbin:/usr/bin:/sbin:/bin",
            "PYTHONPATH": str(self.packages),
            "PYTHONSAFEPATH": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            "NUMBA_CACHE_DIR": str(kernels),
            "TMPDIR": str(self.tmp),
        }

    def command(self, *arguments: str) -> list[str]:
        """What the entry point makes of these arguments, where nothing else can be written."""
        script = self.packages / "start.sh"
        text = (ROOT / "deploy/start.sh").read_text()
        script.write_text(text.replace("/opt/kernels", str(self.kernels)))
        alone = READ_ONLY.format(tmp=self.tmp, outside=self.packages / "written")
        unshare = ["unshare", "--map-root-user", "--mount", "sh", "-c", alone, "sh"]
        return [*unshare, "sh", str(script), *arguments]


def warming() -> str:
    """The program that the Dockerfile has compile everything."""
    (line,) = (line for line in instructions("RUN") if "NUMBA_CACHE_DIR" in line)
    (program,) = re.findall(r'-c +"(.+?)"', line)
    return str(program)


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    """Built once: to compile everything takes a minute."""
    return Image(tmp_path_factory.mktemp("image"))


def test_nothing_is_compiled_and_nothing_written(
    image: Image, kafka: KafkaCluster, tmp_path: Path
) -> None:
    """A worker judges a log with misuse in it, from what was compiled as the image was built."""
    service = Service(tmp_path, kafka.bootstrap)
    log = [orjson.dumps(each) for each in build(RECIPE).events()]
    command = image.command("probewatch", "run", "--config", str(service.file))
    # Numba says of every function whether it was loaded, or compiled and kept.
    environ = {**image.environ(image.tmp / "kernels"), "NUMBA_DEBUG_CACHE": "1"}
    with Worker(command, tmp_path, environ) as worker:
        wait_for(worker.ready, worker)
        service.send(log)
        wait_for(lambda: service.behind() == 0, worker)
        raised = len(service.alerts())
        assert worker.get("/readyz")[0] == 200
        assert worker.stop() == 0
        said = worker.log

    assert raised > 0
    assert said.count("[cache] data loaded from") > 20
    assert "[cache] data saved to" not in said
    assert "[cache] index saved to" not in said


def test_the_program_is_all_there(image: Image) -> None:
    """The one in the image, not the one of the checkout, which would have everything."""
    found = subprocess.run(
        [sys.executable, "-P", "-c", "import json, streams; print(json.dumps(streams.__file__))"],
        check=True,
        capture_output=True,
        text=True,
        env=image.environ(image.kernels),
    )

    assert Path(json.loads(found.stdout)).is_relative_to(image.packages)
    assert DOCKERFILE.read_text().count("COPY --from=build") == 2
