"""A whole life cycle as fortilib drives a device. Usage: HOST PORT TOKEN"""

import sys

from fortilib.fortigateapi import FortigateFirewallApi

host, port, token = sys.argv[1:4]
api = FortigateFirewallApi(host, "root", access_token=token, port=int(port))
api.login()
api.create_firewall_address("pod", {"name": "pod", "subnet": "10.0.0.1 255.255.255.255"})
api.update_firewall_address("pod", {"name": "pod", "comment": "changed"})
print([row["comment"] for row in api.get_firewall_address() if row["name"] == "pod"])
api.create_firewall_address_group("pods", {"name": "pods", "member": [{"name": "pod"}]})
api.create_firewall_service("web", {"name": "web", "tcp-portrange": "8443"})
rule = {"srcaddr": [{"name": "pods"}], "dstaddr": [{"name": "all"}], "service": [{"name": "web"}], "schedule": "always"}
api.create_firewall_policy(
    7, {"policyid": 7, "name": "out", "srcintf": [{"name": "any"}], "dstintf": [{"name": "any"}], **rule}
)
print([row["name"] for row in api.get_firewall_policies()])
api.delete_firewall_policy(7)
api.delete_firewall_service("web")
api.delete_firewall_address_group("pods")
api.delete_firewall_address("pod")
print([row["name"] for row in api.get_firewall_policies()])
