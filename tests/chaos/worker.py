"""A worker as `probewatch run` has it, but mortal: see `crashes`."""

import asyncio
import logging
import os
import sys
from pathlib import Path

from streams.engine.process import serve
from streams.settings import load
from tests.chaos.crashes import ORDERS_VARIABLE, Orders, install


def main(config: Path, address: Path) -> None:
    """Work until told to stop, or to die.

    Args:
        config: the settings.
        address: a file for where health can be asked for.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    install(Orders(Path(os.environ[ORDERS_VARIABLE])))

    def tell(where: str) -> None:
        written = address.with_suffix(".new")
        written.write_text(where)
        written.rename(address)

    asyncio.run(serve(load(config), os.environ, on_start=tell))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
