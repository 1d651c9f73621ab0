#!/usr/bin/env bash
# f5networks.f5_modules 1.39.0 (ansible 12.3.0): bigip_firewall_rule opens a rule to all addresses when its protocol becomes ICMP.
#
# Expected: a task that names protocol, source and destination of a rule leaves all three on the BIG-IP, also when only the protocol
#           changes. A rule for 192.0.2.0/24 that is narrowed from any protocol to ICMP permits less than before.
# Seen:     with a protocol that becomes `icmp` or `icmpv6` the module sends an empty source and an empty destination: without the ports,
#           which ICMP does not have, and without addresses and lists, too. A rule without them is for all. The run says `changed`. Only
#           the next run finds the addresses missing and puts them back; who runs the task once keeps the open rule. The module's
#           documentation does not mention it.
# So:       delete the rule and create it with its new protocol, or run such a task until it says `ok`.
#
# Fails when the output is no longer what is described here. Needs python 3.11 or newer with venv, and openssl.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
export HOME=$dir
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check ansible-core==2.19.4
env/bin/pip download --quiet --disable-pip-version-check --no-deps ansible==12.3.0
openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=bigip -keyout key.pem -out cert.pem 2>/dev/null

# Of the hundred collections in the package, the one that is looked at, and what it needs.
env/bin/python - <<'PY'
import glob, zipfile

with zipfile.ZipFile(glob.glob("ansible-*.whl")[0]) as package:
    wanted = tuple(f"ansible_collections/{name}/" for name in ("f5networks/f5_modules", "ansible/netcommon", "ansible/utils"))
    package.extractall("collections", [name for name in package.namelist() if name.startswith(wanted)])
PY

cat >bigip.py <<'PY'
import json, ssl
from http.server import BaseHTTPRequestHandler, HTTPServer

# As much of a BIG-IP as the module asks for: a PATCH replaces each property that it names; what is empty is not shown.
RULES = "/mgmt/tm/security/firewall/policy/~Common~edge/rules"
rules = {}


def shown(value):
    if not isinstance(value, dict):
        return value
    return {name: shown(one) for name, one in value.items() if shown(one) not in ([], {}, None)}


class BigIp(BaseHTTPRequestHandler):
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
        path = self.path.rstrip("/")
        if path == "/mgmt/tm/sys":
            self.answer({"selfLink": "https://localhost/mgmt/tm/sys?ver=17.1.1"})
        elif path in rules:
            self.answer(shown(rules[path]))
        else:
            self.answer({"code": 404, "message": "not found"}, 404)

    def body(self):
        return json.loads(self.rfile.read(int(self.headers["Content-Length"])))

    def do_POST(self):
        body = self.body()
        if self.path == "/mgmt/shared/authn/login":
            return self.answer({"token": {"token": "TOKEN"}})
        rules[f"{RULES}/{body['name']}"] = body
        self.answer(shown(body))

    def do_PATCH(self):
        rule = rules[self.path]
        for name, value in self.body().items():
            rule[name] = rule.get(name, {}) | value if isinstance(value, dict) else value
        self.answer(shown(rule))


server = HTTPServer(("127.0.0.1", 0), BigIp)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("cert.pem", "key.pem")
server.socket = context.wrap_socket(server.socket, server_side=True)
with open("port", "w") as file:
    file.write(str(server.server_port))
server.serve_forever()
PY
env/bin/python bigip.py 2>bigip.log &
trap 'kill $! 2>/dev/null || true; rm -rf "$dir"' EXIT
until [ -s port ]; do sleep 0.1; done

export ANSIBLE_COLLECTIONS_PATH=$dir/collections ANSIBLE_LOCALHOST_WARNING=false ANSIBLE_NOCOLOR=1
cat >task.json <<JSON
{"provider": {"server": "127.0.0.1", "server_port": $(cat port), "user": "admin", "password": "password", "validate_certs": false,
"no_f5_teem": true}, "parent_policy": "edge", "name": "probes", "action": "accept", "protocol": "any",
"source": [{"address": "192.0.2.0/24"}], "destination": [{"address": "198.51.100.7"}]}
JSON

# Runs the task, and tells what it says and what is then in the rule.
run() {
  env/bin/ansible localhost -m f5networks.f5_modules.bigip_firewall_rule -a "$(cat task.json)" >run.log 2>&1 ||
    { cat run.log; exit 1; }
  echo "$1: $(grep -oE 'CHANGED|SUCCESS' run.log)"
  env/bin/python - <<'PY'
import json, ssl, urllib.request

url = f"https://127.0.0.1:{open('port').read()}/mgmt/tm/security/firewall/policy/~Common~edge/rules/probes"
with urllib.request.urlopen(url, context=ssl._create_unverified_context()) as answer:
    rule = json.load(answer)
ends = [", ".join(one["name"] for one in rule.get(end, {}).get("addresses", [])) or "any" for end in ("source", "destination")]
print("  the rule:", rule["action"], rule["ipProtocol"], "from", ends[0], "to", ends[1])
PY
}
{
  run 'made'
  run 'the same again'
  sed -i 's/"protocol": "any"/"protocol": "icmp"/' task.json
  run 'narrowed to icmp'
  run 'the same again'
} | tee seen

cat >expected <<'TEXT'
made: CHANGED
  the rule: accept any from 192.0.2.0/24 to 198.51.100.7
the same again: SUCCESS
  the rule: accept any from 192.0.2.0/24 to 198.51.100.7
narrowed to icmp: CHANGED
  the rule: accept icmp from any to any
the same again: CHANGED
  the rule: accept icmp from 192.0.2.0/24 to 198.51.100.7
TEXT
diff expected seen && echo "as described: f5networks.f5_modules of ansible 12.3.0"
