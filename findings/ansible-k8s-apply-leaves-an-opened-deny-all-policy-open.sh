#!/usr/bin/env bash
# kubernetes.core 6.2.0 (ansible 12.3.0): k8s with `apply: true` does not close a deny-all NetworkPolicy that somebody has opened.
#
# Expected: `apply: true` does what kubectl apply does, whose annotation of the last apply it shares. Where the manifest says
#           `egress: []` and somebody has made that `egress: [{}]`, which permits everything, kubectl 1.37.2 puts the empty list back.
# Seen:     the module leaves an empty list out of the patch that it computes. It says `ok`, and the namespace stays open, run after
#           run. A list with one item is put back. So is a list that the manifest has emptied since the last apply, which is what one
#           would try. (All of it also seen against kube-apiserver 1.37.2.)
# So:       leave `apply` out, or add `server_side_apply`: both put the empty list back (the latter seen against kube-apiserver).
#
# Fails when the output is no longer what is described here. Needs python 3.11 or newer with venv.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
export HOME=$dir TMPDIR=$dir KUBECONFIG=/dev/null
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check ansible-core==2.19.4 kubernetes==37.0.1
env/bin/pip download --quiet --disable-pip-version-check --no-deps ansible==12.3.0
env/bin/python - <<'PY'
import glob, zipfile

with zipfile.ZipFile(glob.glob("ansible-*.whl")[0]) as package:
    package.extractall("collections", [name for name in package.namelist() if "ansible_collections/kubernetes/core/" in name])
PY

cat >server.py <<'PY'
import json
from http.server import BaseHTTPRequestHandler, HTTPServer

# As much of an API server as the module asks for. Like that, it takes JSON merge patches, and keeps no empty lists.
POLICY = "/apis/networking.k8s.io/v1/namespaces/shop/networkpolicies"
VERBS = ["create", "get", "list", "patch"]
RESOURCE = {"name": "networkpolicies", "singularName": "networkpolicy", "namespaced": True, "kind": "NetworkPolicy", "verbs": VERBS}
GROUP = {"groupVersion": "networking.k8s.io/v1", "version": "v1"}
FOUND = {
    "/version": {"major": "1", "minor": "37", "gitVersion": "v1.37.2"},
    "/api": {"kind": "APIVersions", "versions": ["v1"]},
    "/api/v1": {"kind": "APIResourceList", "groupVersion": "v1", "resources": []},
    "/apis": {"kind": "APIGroupList", "groups": [{"name": "networking.k8s.io", "versions": [GROUP], "preferredVersion": GROUP}]},
    "/apis/networking.k8s.io/v1": {"kind": "APIResourceList", "groupVersion": "networking.k8s.io/v1", "resources": [RESOURCE]},
}
stored = {}


def merge(value, patch):
    for name, change in patch.items():
        if change is None:
            value.pop(name, None)
        elif isinstance(change, dict):
            value[name] = merge(value.get(name, {}), change)
        else:
            value[name] = change
    return value


class Server(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def answer(self, body, status=200):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def do_GET(self):
        path = self.path.split("?")[0].rstrip("/")
        found = FOUND.get(path) or (path == POLICY + "/deny" and stored)
        self.answer(found or {"kind": "Status", "status": "Failure", "reason": "NotFound", "code": 404}, 200 if found else 404)

    def write(self):
        merge(stored, json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        if stored["spec"].get("egress") == []:
            del stored["spec"]["egress"]
        self.answer(stored)

    do_POST = do_PATCH = write


server = HTTPServer(("127.0.0.1", 0), Server)
with open("port", "w") as file:
    file.write(str(server.server_port))
server.serve_forever()
PY
env/bin/python server.py 2>server.log &
trap 'kill $! 2>/dev/null || true; rm -rf "$dir"' EXIT
until [ -s port ]; do sleep 0.1; done

export ANSIBLE_COLLECTIONS_PATH=$dir/collections ANSIBLE_LOCALHOST_WARNING=false ANSIBLE_NOCOLOR=1
url=http://127.0.0.1:$(cat port)
policy=$url/apis/networking.k8s.io/v1/namespaces/shop/networkpolicies/deny

# Runs the task with this list of rules, and tells what it says and what the policy then permits.
run() {
  cat >task.json <<JSON
{"host": "$url", "api_key": "none", $3 "definition": {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
"metadata": {"name": "deny", "namespace": "shop"}, "spec": {"podSelector": {}, "policyTypes": ["Egress"], "egress": $2}}}
JSON
  env/bin/ansible localhost -m kubernetes.core.k8s -a "$(cat task.json)" >run.log 2>&1 || { cat run.log server.log; exit 1; }
  echo "$1: $(grep -oE 'CHANGED|SUCCESS' run.log), egress $(egress)"
}
egress() {
  env/bin/python -c "
import json, urllib.request
print(json.dumps(json.load(urllib.request.urlopen('$policy'))['spec'].get('egress', [])))"
}
# As by kubectl edit.
open_by_hand() {
  env/bin/python -c "
import urllib.request
change = b'{\"spec\": {\"egress\": [{}]}}'
urllib.request.urlopen(urllib.request.Request('$policy', change, method='PATCH'))"
  echo "opened by hand: egress $(egress)"
}
{
  run 'apply of []' '[]' '"apply": true,'
  open_by_hand
  run 'apply of []' '[]' '"apply": true,'
  run 'without apply' '[]' ''
  run 'apply of one rule' '[{"ports": [{"port": 53}]}]' '"apply": true,'
  open_by_hand
  run 'apply of one rule' '[{"ports": [{"port": 53}]}]' '"apply": true,'
} | tee seen

cat >expected <<'TEXT'
apply of []: CHANGED, egress []
opened by hand: egress [{}]
apply of []: SUCCESS, egress [{}]
without apply: CHANGED, egress []
apply of one rule: CHANGED, egress [{"ports": [{"port": 53}]}]
opened by hand: egress [{}]
apply of one rule: CHANGED, egress [{"ports": [{"port": 53}]}]
TEXT
diff expected seen && echo "as described: kubernetes.core 6.2.0"
