"""Hypothesis profiles; `HYPOTHESIS_PROFILE=deep` looks longer, `CI` draws the same every time."""

import os

from hypothesis import HealthCheck, settings

# Neither a deadline nor a check of speed: a first call may compile a kernel.
settings.register_profile(
    "dev", deadline=None, derandomize=False, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("ci", settings.get_profile("dev"), derandomize=True, database=None)
settings.register_profile("deep", settings.get_profile("dev"), max_examples=5_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if "CI" in os.environ else "dev"))
