"""`probewatch evaluate budget`."""

import os
from contextlib import ExitStack
from pathlib import Path

import click
import msgspec
import orjson

from detectors.alerts import Alert
from detectors.errors import InputError
from detectors.verdicts import Verdict
from streams.decisions.exported import read_exported
from streams.inputs import names_of
from streams.options import IN_FILE, keep_apart, pseudonyms_option
from streams.outputs import NameMode, Outputs, Writers
from streams.progress import reading
from streams.settings import find, load
from streams.terminal import console

from .nested import config_option, json_option, verdict_files_option

EPILOG = """\b
Example:
  probewatch evaluate budget log.jsonl.gz --verdicts verdicts.jsonl
  probewatch evaluate budget log.jsonl.gz --tenant city-police --json budget.json
"""


@click.command(epilog=EPILOG, short_help="What was promised, held, and could not be judged.")
@click.argument("files", nargs=-1, required=True, type=IN_FILE, metavar="LOG...")
@verdict_files_option("Analysts' verdicts, heeded as in `replay`")
@click.option("--tenant", metavar="TENANT", help="Look at this one alone.")
@config_option()
@pseudonyms_option("How ids are written: as in the run that verdicts are about.")
@json_option("probewatch.budget.v1")
def budget(
    *,
    files: tuple[str, ...],
    verdict_files: tuple[Path, ...],
    tenant: str | None,
    config: Path | None,
    pseudonyms: NameMode,
    json_path: Path | None,
) -> None:
    """Judge a LOG, and say what the promise of few false alerts was held to, with 95 % confidence.

    By pattern and tenant: false alerts promised, actor-days judged, alerts raised, and the most
    per 10,000 actor-days that can be false, even if all are that no verdict calls true. And what
    cannot be judged yet of a tenant, why, and until when.
    """
    keep_apart([*files, *map(str, verdict_files)], [json_path])
    settings = load(find(config, os.environ))
    # Imported here so that --help and wrong usage do not wait for the compiled kernels.
    from detectors.standing import standings  # noqa: PLC0415
    from streams.evaluate.budget import report  # noqa: PLC0415
    from streams.evaluate.budget_table import print_budget  # noqa: PLC0415
    from streams.replay import Replay  # noqa: PLC0415

    alerts: list[Alert] = []
    verdicts: list[Verdict] = []
    with ExitStack() as stack:
        writers = Writers(Outputs(on_alert=alerts.append), stack)
        run = Replay(settings, names_of(settings, pseudonyms), writers)
        for path in verdict_files:
            exported = read_exported(path, settings)
            run.hear(exported)
            verdicts += exported.heard.verdicts
        with reading() as progress:
            run.read(files, progress)
    found = standings(run.pipeline, run.levels)
    chosen = [standing for standing in found if tenant in {None, standing.tenant}]
    if not chosen:
        what = "no event" if tenant is None else f"no event of tenant {tenant}"
        raise InputError(f"{', '.join(files)}: {what} that can be judged")
    result = report(alerts, verdicts, run.pipeline.detection, chosen)
    if json_path is not None:
        text = orjson.dumps(msgspec.to_builtins(result), option=orjson.OPT_INDENT_2)
        json_path.write_bytes(text)
    print_budget(result, console())
