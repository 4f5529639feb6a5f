"""`GET /metrics`, read as a Prometheus reads it."""

from __future__ import annotations

from collections.abc import Mapping

import httpx
from prometheus_client.parser import text_string_to_metric_families

Series = Mapping[tuple[str, frozenset[tuple[str, str]]], float]


class Scrape:
    """The values of one scrape."""

    def __init__(self, text: str) -> None:
        self.text = text
        families = list(text_string_to_metric_families(text))
        self.families = {family.name for family in families}
        self.values: Series = {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in families
            for sample in family.samples
        }

    def value(self, name: str, **labels: str) -> float:
        """The value of `earnest_<name>` with exactly these labels; 0 where nothing was counted yet."""
        return self.values.get((f"earnest_{name}", frozenset(labels.items())), 0.0)

    @property
    def labels(self) -> set[tuple[str, str]]:
        return {label for _, labels in self.values for label in labels}


def scrape(http: httpx.Client) -> Scrape:
    response = http.get("/metrics")
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].startswith("text/plain; version=0.0.4")
    return Scrape(response.text)
