"""A whole life cycle as fortiosapi drives a device. Usage: HOST PORT TOKEN"""

import sys

from fortiosapi import FortiOSAPI

host, port, token = sys.argv[1:4]
api = FortiOSAPI()
api.tokenlogin(f"{host}:{port}", token, verify=False, vdom="root")


def told(answer):
    print(answer["http_status"], answer["status"], answer.get("error", ""))


told(api.set("firewall", "address", {"name": "pod", "subnet": "10.0.0.1/32"}, vdom="root"))
told(api.set("firewall", "address", {"name": "pod", "comment": "changed"}, vdom="root"))
print(api.get("firewall", "address", mkey="pod", vdom="root")["results"][0]["comment"])
told(api.post("firewall", "address", {"name": "pod", "subnet": "10.0.0.1/32"}, vdom="root"))
print(api.schema("firewall", "address", vdom="root")["mkey"])
print(api.get_mkeyname("firewall", "policy", vdom="root"))
print(api.get_version())
print(api.monitor("system", "status", vdom="root")["status"])
told(api.delete("firewall", "address", mkey="pod", vdom="root"))
told(api.delete("firewall", "address", mkey="pod", vdom="root"))
