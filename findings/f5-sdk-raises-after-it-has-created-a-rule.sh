#!/usr/bin/env bash
# f5-sdk 3.0.21: creating a rule in an AFM rule list raises KindTypeMismatch after the BIG-IP has created the rule.
#
# Expected: `rule_list.rules_s.rule.create(...)` returns the rule, as it does below a policy.
# Seen:     the library expects the kind of a policy's rules (`tm:security:firewall:policy:rules:rulesstate`) of every rule. The BIG-IP
#           answers with the kind of a rule list's (`tm:security:firewall:rule-list:rules:rulesstate`; iControl REST reference,
#           security/firewall/rule-list/rules). The error is raised when the request has been carried out.
# So:       whoever takes the error for a failure leaves an active rule behind. Look for the rule, or use plain requests for rule lists.
#
# Fails when the output is no longer what is described here. Needs python3 with venv, and openssl.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check f5-sdk==3.0.21 setuptools==75.8.0
openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=bigip -keyout key.pem -out cert.pem 2>/dev/null

cat >finding.py <<'PY'
import json, ssl, threading, warnings
from http.server import BaseHTTPRequestHandler, HTTPServer

warnings.filterwarnings("ignore")
from f5.bigip import ManagementRoot

# As much of a BIG-IP as is asked for here: the answers have the kinds of the iControl REST reference.
LIST = "/mgmt/tm/security/firewall/rule-list/~Common~apps"
kinds = {LIST: "rule-list:rule-list", LIST + "/rules": "rule-list:rules:rules"}
rules = []


class BigIp(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def answer(self, body):
        text = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def do_GET(self):
        path = self.path.split("?")[0].rstrip("/")
        link = f"https://localhost{path}?ver=17.1.1"
        if path == LIST:
            below = {"rulesReference": {"link": f"https://localhost{LIST}/rules?ver=17.1.1", "isSubcollection": True}}
            kind = "tm:security:firewall:rule-list:rule-liststate"
            self.answer({"kind": kind, "name": "apps", "partition": "Common", "selfLink": link, **below})
        else:
            self.answer({"kind": "tm:sys:syscollectionstate", "selfLink": link, "items": []})

    def do_POST(self):
        rule = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        rules.append(rule["name"])
        link = f"https://localhost{LIST}/rules/{rule['name']}?ver=17.1.1"
        self.answer({"kind": "tm:security:firewall:rule-list:rules:rulesstate", "selfLink": link, **rule})


server = HTTPServer(("127.0.0.1", 0), BigIp)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("cert.pem", "key.pem")
server.socket = context.wrap_socket(server.socket, server_side=True)
threading.Thread(target=server.serve_forever, daemon=True).start()

root = ManagementRoot("127.0.0.1", "user", "password", port=server.server_port)
rule_list = root.tm.security.firewall.rule_lists.rule_list.load(name="apps", partition="Common")
try:
    rule_list.rules_s.rule.create(name="out", action="accept", **{"place-after": "last"})
    print("returned")
except Exception as error:
    print(type(error).__name__)
print("rules on the device:", rules)
PY
env/bin/python finding.py 2>errors | tee seen || { cat errors; exit 1; }

cat >expected <<'TEXT'
KindTypeMismatch
rules on the device: ['out']
TEXT
diff expected seen && echo "as described: f5-sdk 3.0.21"
