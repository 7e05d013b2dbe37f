#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The schema in config/ is what the program prints; the example documents fit it, and bad ones do not.
set -euo pipefail
cd "$(dirname "$0")/../.."
/usr/bin/python3 -c 'import jsonschema' 2>/dev/null || { echo "python3-jsonschema is missing"; exit 77; }
build/pe/waypointd --schema | diff - config/document.schema.json ||
	{ echo "config/document.schema.json is old; run: build/pe/waypointd --schema > config/document.schema.json"; exit 1; }
/usr/bin/python3 - <<-'END'
	import copy, glob, json
	import jsonschema
	schema = json.load(open("config/document.schema.json"))
	check = jsonschema.Draft202012Validator(schema)
	good = [json.load(open(name)) for name in glob.glob("config/demo/*.json")]
	assert good, "no example documents"
	for document in good:
	    check.validate(document)
	def bad(change):
	    document = copy.deepcopy(good[0])
	    change(document)
	    assert list(check.iter_errors(document)), "a bad document fits the schema"
	bad(lambda d: d.pop("version"))
	bad(lambda d: d.update(prots=[]))
	bad(lambda d: d["paths"][0].update(spi=0))
	bad(lambda d: d["paths"][0].update(inside="left"))
	bad(lambda d: d["ports"][0].update(queues="1"))
	bad(lambda d: d["instances"].append({"name": "f", "service": "firewall", "config": {"default": "maybe"}}))
	print(f"{len(good)} documents fit, 6 bad ones do not")
END
