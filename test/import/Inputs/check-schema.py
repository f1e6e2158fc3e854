"""Validates all models of a folder against the schema there, and wrong specs."""

import json
import pathlib
import sys

import jsonschema


def load(path):
    return json.loads(path.read_text())


folder = pathlib.Path(sys.argv[1])
schema = load(folder / "alex-model.schema.json")
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)

for path in sorted(folder.glob("*.json")):
    if path.name != "alex-model.schema.json":
        print(f"{path.name}: {'ok' if validator.is_valid(load(path)) else 'wrong'}")


def with_layer(**layer):
    size = {"channels": 1, "height": 1, "width": 1}
    return {"name": "x", "input": size, "layers": [layer]}


wrong = {
    "unknown key": {**with_layer(name="a", op="relu"), "trainig": {}},
    "unknown key beside extends": {"extends": "y.json", "name": "x", "layers": []},
    "wrong type": with_layer(name="a", op="linear", units="two"),
    "setting of another op": with_layer(name="a", op="relu", units=2),
}
assert validator.is_valid(with_layer(name="a", op="linear", units=2))
for name, spec in wrong.items():
    print(f"{name}: {'taken' if validator.is_valid(spec) else 'refused'}")
