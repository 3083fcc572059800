"""Programs that nobody here wrote, to test against: from the PATH, or from Debian's packages."""

import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

CACHE: Final = Path(__file__).parents[1] / ".debian"


class Program(NamedTuple):
    """A program of a Debian package.

    Attributes:
        package: its package's name.
        path: where it lies in the package.
        names: under which it may be on the PATH.
    """

    package: str
    path: str
    names: tuple[str, ...]


PROMETHEUS: Final = Program("prometheus", "usr/bin/prometheus", ("prometheus",))
PROMTOOL: Final = Program("prometheus", "usr/bin/promtool", ("promtool",))
ALERTMANAGER: Final = Program(
    "prometheus-alertmanager",
    "usr/bin/prometheus-alertmanager",
    ("prometheus-alertmanager", "alertmanager"),
)


class MissingError(Exception):
    """The program is neither on the PATH nor to be had from Debian."""


def path_of(program: Program) -> Path:
    """Where the program is; its package is fetched and unpacked here if it is not installed.

    Nothing is installed on the machine, and no rights are needed.

    Raises:
        MissingError: it is neither on the PATH nor to be had.
    """
    for name in program.names:
        if found := shutil.which(name):
            return Path(found)
    unpacked = CACHE / program.package
    if not unpacked.is_dir():
        _unpack(program.package, unpacked)
    return unpacked / program.path


def _unpack(package: str, to: Path) -> None:
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        raise MissingError(f"{package}: not on the PATH, and there is no apt-get to fetch it with")
    CACHE.mkdir(exist_ok=True)
    with TemporaryDirectory(dir=CACHE) as directory:
        if _apt(directory, "download", package).returncode:
            # The machine's lists of packages may be old or empty; these are our own.
            own = [f"--option=Dir::State::lists={directory}", f"--option=Dir::Cache={directory}"]
            _apt(directory, *own, "update")
            fetched = _apt(directory, *own, "download", package)
            if fetched.returncode:
                raise MissingError(f"{package}: apt-get cannot fetch it: {fetched.stderr.strip()}")
        (archive,) = Path(directory).glob("*.deb")
        unpacked = Path(directory) / "unpacked"
        subprocess.run(["dpkg-deb", "--extract", str(archive), str(unpacked)], check=True)
        # Whole, or not at all: another run may want it at the same moment.
        if not to.is_dir():
            unpacked.rename(to)


def _apt(directory: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["apt-get", "--quiet", *arguments]
    return subprocess.run(command, cwd=directory, check=False, capture_output=True, text=True)
