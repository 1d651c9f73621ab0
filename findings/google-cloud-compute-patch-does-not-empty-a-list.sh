#!/usr/bin/env bash
# google-cloud-compute 1.57.0 (Python): a patch that sets a list of a firewall rule to empty leaves the list as it is, and succeeds.
#
# Expected: `patch_rule` with `dest_ip_ranges=[]` takes the ranges out of the rule, as `disabled=False` and `description=""` of the same
#           message take effect.
# Seen:     a scalar is sent once it is set, to whatever value. A list that is set to empty is left out of the body, and what is left out
#           of a patch stays (https://github.com/googleapis/google-cloud-go/issues/12891 reports it for Go, against the service). The
#           operation ends without an error. So ranges that were to be withdrawn, or replaced by an address group, stay permitted.
#           Google's older client, google-api-python-client 2.202.0, sends the empty list.
# So:       empty a list with the older client or a plain request, and read the rule back whatever the operation says.
#
# Fails when the output is no longer what is described here. Needs python3 with venv.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check google-cloud-compute==1.57.0 google-api-python-client==2.202.0

cat >finding.py <<'PY'
import json, threading, warnings
from http.server import BaseHTTPRequestHandler, HTTPServer

warnings.filterwarnings("ignore")
import httplib2
from google.auth.credentials import AnonymousCredentials
from google.cloud import compute_v1
from google.cloud.compute_v1.services.network_firewall_policies.transports import NetworkFirewallPoliciesRestTransport
from googleapiclient.discovery import build

# Stands in for the API: it remembers what it was sent, and says that all was done.
bodies = []


class Api(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_POST(self):
        bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        text = json.dumps({"kind": "compute#operation", "name": "operation-1", "status": "DONE", "progress": 100}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


server = HTTPServer(("127.0.0.1", 0), Api)
threading.Thread(target=server.serve_forever, daemon=True).start()
host = f"127.0.0.1:{server.server_port}"

# The rule permitted ranges; from now on it is to permit an address group instead.
group = "//networksecurity.googleapis.com/projects/edge/locations/global/addressGroups/partners"
transport = NetworkFirewallPoliciesRestTransport(host=host, credentials=AnonymousCredentials(), url_scheme="http")
operation = compute_v1.NetworkFirewallPoliciesClient(transport=transport).patch_rule(
    request=compute_v1.PatchRuleNetworkFirewallPolicyRequest(
        project="edge",
        firewall_policy="egress",
        priority=1000,
        firewall_policy_rule_resource=compute_v1.FirewallPolicyRule(
            description="",
            disabled=False,
            match=compute_v1.FirewallPolicyRuleMatcher(dest_address_groups=[group], dest_ip_ranges=[]),
        ),
    )
)
print("google-cloud-compute: done", operation.done())
print("  rule: ", sorted(bodies[-1]), " match:", sorted(bodies[-1]["match"]))

options = {"api_endpoint": f"http://{host}/compute/v1/"}
older = build("compute", "v1", http=httplib2.Http(), static_discovery=True, client_options=options)
match = {"destAddressGroups": [group], "destIpRanges": []}
body = {"description": "", "disabled": False, "match": match}
older.networkFirewallPolicies().patchRule(project="edge", firewallPolicy="egress", priority=1000, body=body).execute()
print("google-api-python-client:")
print("  rule: ", sorted(bodies[-1]), " match:", sorted(bodies[-1]["match"]))
PY
env/bin/python finding.py 2>errors | tee seen || { cat errors; exit 1; }

cat >expected <<'TEXT'
google-cloud-compute: done True
  rule:  ['description', 'disabled', 'match']  match: ['destAddressGroups']
google-api-python-client:
  rule:  ['description', 'disabled', 'match']  match: ['destAddressGroups', 'destIpRanges']
TEXT
diff expected seen && echo "as described: google-cloud-compute 1.57.0"
