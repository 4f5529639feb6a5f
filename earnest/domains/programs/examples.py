"""The programme of the examples: that of the demo."""

from __future__ import annotations

from pathlib import Path

DEMO_NAME = "Demo Rewards"
DEMO_YAML = (Path(__file__).parents[2] / "demo" / "demo-rewards.yaml").read_bytes()
