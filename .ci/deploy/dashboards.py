"""Reads dashboards with Grafana's SDK and writes them again: what its model has no
field for would be lost on the way, and fails."""

import json
import sys

from grafana_foundation_sdk.cog import plugins
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard


def lost(path, before, after):
    """Yields the places whose value is not the same afterwards; null is none."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key, value in before.items():
            if key in after:
                yield from lost(f"{path}.{key}", value, after[key])
            elif value is not None:
                yield f"{path}.{key}"
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for i, (one, other) in enumerate(zip(before, after)):
            yield from lost(f"{path}[{i}]", one, other)
    elif before != after:
        yield path


plugins.register_default_plugins()
faults = 0
for name in sys.argv[1:]:
    with open(name, encoding="utf-8") as file:
        board = json.load(file)
    # A field that there is not, so that a model that takes anything is noticed.
    canary = json.loads(json.dumps(board))
    panel = next(p for p in canary["panels"] if p["type"] == "timeseries")
    panel["fieldConfig"]["defaults"]["custom"]["nonsense"] = panel["options"]["nonsense"] = panel["targets"][0]["nonsense"] = 1
    found = list(lost("", canary, json.loads(JSONEncoder().encode(Dashboard.from_json(canary)))))
    if len(found) != 3:
        print(f"{name}: of three fields that there are not, the model refuses {found}")
        faults += 1
    for place in lost("", board, json.loads(JSONEncoder().encode(Dashboard.from_json(board)))):
        print(f"{name}: Grafana knows no {place}")
        faults += 1
print(f"{len(sys.argv) - 1} dashboards read, {faults} faults")
sys.exit(faults > 0)
