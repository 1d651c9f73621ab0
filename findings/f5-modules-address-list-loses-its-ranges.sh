#!/usr/bin/env bash
# f5networks.f5_modules 1.39.0 (ansible 12.3.0): when one address changes, bigip_firewall_address_list removes all ranges from the list.
#
# Expected: a task that names `addresses` and `address_ranges` leaves both on the BIG-IP, and says `ok` when it is run again.
# Seen:     to the BIG-IP both are one property, `addresses`, which a write replaces as a whole (iControl REST). The module compares the
#           two separately and sends only the one that differs: an additional address removes the ranges. The next run finds the ranges
#           missing and sends only them: now the addresses are gone, and so on. Each run says `changed` and shows no loss. In a rule that
#           denies, what was blocked passes until the next run. `ports` and `port_ranges` of bigip_firewall_port_list are written the same
#           way.
# So:       keep ranges and addresses in a list each, and put both into a third by `address_lists`, or write ranges as networks.
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

# As much of a BIG-IP as the module asks for: a PATCH replaces each property that it names, lists as a whole.
LIST = "/mgmt/tm/security/firewall/address-list/"
lists = {}


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
        elif path in lists:
            self.answer(lists[path])
        else:
            self.answer({"code": 404, "message": "not found"}, 404)

    def body(self):
        return json.loads(self.rfile.read(int(self.headers["Content-Length"])))

    def do_POST(self):
        body = self.body()
        if self.path == "/mgmt/shared/authn/login":
            return self.answer({"token": {"token": "TOKEN"}})
        lists[f"{LIST}~{body['partition']}~{body['name']}"] = body
        self.answer(body)

    def do_PATCH(self):
        lists[self.path].update(self.body())
        self.answer(lists[self.path])


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
"no_f5_teem": true}, "name": "blocked", "addresses": ["192.0.2.1"], "address_ranges": ["198.51.100.10-198.51.100.20"]}
JSON

# Runs the task, and tells what it says and what is then in the list.
run() {
  env/bin/ansible localhost -m f5networks.f5_modules.bigip_firewall_address_list -a "$(cat task.json)" >run.log 2>&1 ||
    { cat run.log; exit 1; }
  echo "$1: $(grep -oE 'CHANGED|SUCCESS' run.log)"
  env/bin/python - <<'PY'
import json, ssl, urllib.request

url = f"https://127.0.0.1:{open('port').read()}/mgmt/tm/security/firewall/address-list/~Common~blocked"
with urllib.request.urlopen(url, context=ssl._create_unverified_context()) as answer:
    print("  in the list:", *[entry["name"] for entry in json.load(answer)["addresses"]])
PY
}
{
  run 'made'
  sed -i 's/"192.0.2.1"/"192.0.2.1", "192.0.2.2"/' task.json
  run 'with one address more'
  run 'the same again'
  run 'and again'
} | tee seen

cat >expected <<'TEXT'
made: CHANGED
  in the list: 192.0.2.1 198.51.100.10-198.51.100.20
with one address more: CHANGED
  in the list: 192.0.2.1 192.0.2.2
the same again: CHANGED
  in the list: 198.51.100.10-198.51.100.20
and again: CHANGED
  in the list: 192.0.2.1 192.0.2.2
TEXT
diff expected seen && echo "as described: f5networks.f5_modules of ansible 12.3.0"
