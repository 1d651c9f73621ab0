"""A whole life cycle as bigrest drives a device. Usage: HOST PORT USER PASSWORD"""

import sys

from bigrest.bigip import BIGIP

host, port, user, password = sys.argv[1:5]
device = BIGIP(f"{host}:{port}", user, password, request_token=True, session_verify=False)
lists = "/mgmt/tm/security/firewall/address-list"
print(device.create("/mgmt/tm/auth/partition", {"name": "apps"}).properties["name"])
made = device.create(lists, {"name": "pods", "partition": "apps", "addresses": [{"name": "10.0.0.1"}]})
print(made.properties["fullPath"], device.exist(f"{lists}/~apps~pods"), device.exist(f"{lists}/~apps~nobody"))
made.properties["description"] = "changed"
print(device.save(made).properties["description"])
print(device.modify(f"{lists}/~apps~pods", {"addresses": [{"name": "10.0.0.2"}]}).properties["addresses"])
print([one.properties["name"] for one in device.load(lists)])
with device:
    device.create(lists, {"name": "more", "partition": "apps", "addresses": [{"name": "10.0.0.3"}]})
print(device.exist(f"{lists}/~apps~more"))
for name in ("more", "pods"):
    device.delete(f"{lists}/~apps~{name}")
device.delete("/mgmt/tm/auth/partition/apps")
print(device.exist(f"{lists}/~apps~pods"))
