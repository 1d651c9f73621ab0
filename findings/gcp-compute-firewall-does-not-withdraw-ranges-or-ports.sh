#!/usr/bin/env bash
# google.cloud 1.10.2 (ansible 12.3.0): gcp_compute_firewall does not see that a task permits less than the rule, and says `ok`.
#
# Expected: a task that lists one range or one port less takes it out of the firewall rule and says `changed`, as it does for one more.
# Seen:     the module asks only whether the rule has all that the task names. What the rule has beyond that is no difference to it: a
#           range or port that was taken out of the task, ports where the rule had none, so all, and target tags where it had none, so
#           every machine. Nothing is sent, the run is green, and what was to be withdrawn stays permitted. Where something else
#           changes too, the whole task is sent. A change that would have mended this was closed for age in 2021
#           (https://github.com/GoogleCloudPlatform/magic-modules/pull/4875).
# So:       change the description with each change (a revision will do), or use another tool; then read the rule back.
#
# Fails when the output is no longer what is described here. Needs python 3.11 or newer with venv.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check ansible-core==2.19.4
env/bin/pip download --quiet --disable-pip-version-check --no-deps ansible==12.3.0
env/bin/python - <<'PY'
import glob, zipfile

with zipfile.ZipFile(glob.glob("ansible-*.whl")[0]) as package:
    package.extractall(".", [name for name in package.namelist() if "/google/cloud/plugins/module" in name])
PY

cat >finding.py <<'PY'
import contextlib, io, json

from ansible.module_utils import basic
from ansible_collections.google.cloud.plugins.modules import gcp_compute_firewall as firewall

API = "https://www.googleapis.com/compute/v1/projects/edge/global/"
RANGES = ["192.0.2.0/24", "198.51.100.0/24"]


class Answer:
    status_code = 200

    def __init__(self, body):
        self.body = body

    def raise_for_status(self):
        pass

    def json(self):
        return self.body


class Google:
    """Stands in for the API: it has one rule, and a PATCH replaces each property that it names."""

    rule = {}

    def __init__(self, *_):
        pass

    def get(self, *_):
        return Answer(dict(self.rule))

    def patch(self, _, body):
        self.rule.update(body)
        link = API + "firewalls/egress"
        return Answer({"kind": "compute#operation", "name": "change", "status": "DONE", "targetLink": link})


firewall.GcpSession = Google


def run(what, **changes):
    """Runs the task with these changes against the rule, and tells what it says and what the rule then is."""
    Google.rule = {
        "kind": "compute#firewall",
        "name": "egress",
        "network": API + "networks/default",
        "direction": "EGRESS",
        "priority": 1000,
        "description": "partners",
        "destinationRanges": RANGES,
        "allowed": [{"IPProtocol": "tcp", "ports": ["443", "8443"]}, {"IPProtocol": "udp"}],
    }
    task = {
        "name": "egress",
        "project": "edge",
        "auth_kind": "application",
        "direction": "EGRESS",
        "description": "partners",
        "destination_ranges": RANGES,
        "allowed": [{"ip_protocol": "tcp", "ports": ["443", "8443"]}, {"ip_protocol": "udp"}],
    }
    basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": task | changes}).encode()
    basic._ANSIBLE_PROFILE = "legacy"
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.suppress(SystemExit):
        firewall.main()
    rule = Google.rule
    services = [f"{one['IPProtocol']} {','.join(one.get('ports', ['any']))}" for one in rule["allowed"]]
    print(f"{what}: {'changed' if json.loads(said.getvalue())['changed'] else 'ok'}")
    print(f"  {', '.join(rule['destinationRanges'])}: {', '.join(services)}; tags: {rule.get('targetTags', 'any')}")


tcp, udp = {"ip_protocol": "tcp", "ports": ["443"]}, {"ip_protocol": "udp"}
run("one range more", destination_ranges=[*RANGES, "203.0.113.0/24"])
run("one range less", destination_ranges=RANGES[:1])
run("one port less", allowed=[tcp, udp])
run("no udp", allowed=[{**tcp, "ports": ["443", "8443"]}])
run("udp 53 instead of all udp", allowed=[{**tcp, "ports": ["443", "8443"]}, {**udp, "ports": ["53"]}])
run("for tagged machines only", target_tags=["web"])
run("one range less, and a description", destination_ranges=RANGES[:1], description="partners, revision 2")
PY
env/bin/python finding.py 2>errors | tee seen || { cat errors; exit 1; }

cat >expected <<'TEXT'
one range more: changed
  192.0.2.0/24, 198.51.100.0/24, 203.0.113.0/24: tcp 443,8443, udp any; tags: any
one range less: ok
  192.0.2.0/24, 198.51.100.0/24: tcp 443,8443, udp any; tags: any
one port less: ok
  192.0.2.0/24, 198.51.100.0/24: tcp 443,8443, udp any; tags: any
no udp: ok
  192.0.2.0/24, 198.51.100.0/24: tcp 443,8443, udp any; tags: any
udp 53 instead of all udp: ok
  192.0.2.0/24, 198.51.100.0/24: tcp 443,8443, udp any; tags: any
for tagged machines only: ok
  192.0.2.0/24, 198.51.100.0/24: tcp 443,8443, udp any; tags: any
one range less, and a description: changed
  192.0.2.0/24: tcp 443,8443, udp any; tags: any
TEXT
diff expected seen && echo "as described: google.cloud 1.10.2"
