"""A whole life cycle as fortigate-api drives a device. Usage: HOST PORT TOKEN"""

import sys

from fortigate_api import FortiGateAPI

host, port, token = sys.argv[1], int(sys.argv[2]), sys.argv[3]
api = FortiGateAPI(host=host, port=port, token=token, verify=False, timeout=30)
address, policy = api.cmdb.firewall.address, api.cmdb.firewall.policy

print(address.create({"name": "pod", "type": "ipmask", "subnet": "10.0.0.1 255.255.255.255"}).status_code)
print([row["subnet"] for row in address.get(name="pod")])
print(address.update({"name": "pod", "comment": "changed"}).status_code)
print([row["name"] for row in address.get(filter="name==pod")])
print(address.is_exist("pod"), address.is_exist("nobody"))
group = api.cmdb.firewall.addrgrp
print(group.create({"name": "pods", "member": [{"name": "pod"}]}).status_code)
rule = {
    "name": "out",
    "status": "enable",
    "action": "accept",
    "srcintf": [{"name": "any"}],
    "dstintf": [{"name": "any"}],
    "srcaddr": [{"name": "pods"}],
    "dstaddr": [{"name": "all"}],
    "service": [{"name": "HTTPS"}],
    "schedule": "always",
}
print(policy.create(rule).status_code)
row = policy.get(filter="name==out")[0]
print(policy.create({**rule, "name": "second"}).status_code)
second = policy.get(filter="name==second")[0]
print(policy.move(policyid=second["policyid"], position="before", neighbor=row["policyid"]).status_code)
print([one["name"] for one in policy.get()])
print(address.delete("pod").status_code)
for one in policy.get():
    print(policy.delete(one["policyid"]).status_code)
print(group.delete("pods").status_code, address.delete("pod").status_code)
api.logout()
