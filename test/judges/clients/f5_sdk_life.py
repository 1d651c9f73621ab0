"""A whole life cycle as f5-sdk drives a device. Usage: HOST PORT USER PASSWORD"""

import sys

from f5.bigip import ManagementRoot

host, port, user, password = sys.argv[1:5]
root = ManagementRoot(host, user, password, port=int(port), token=True)
firewall = root.tm.security.firewall
root.tm.auth.partitions.partition.create(name="apps")
made = firewall.address_lists.address_list.create(name="pods", partition="apps", addresses=[{"name": "10.0.0.1"}])
print(made.fullPath, firewall.address_lists.address_list.exists(name="pods", partition="apps"))
made.modify(addresses=[{"name": "10.0.0.2"}])
print([one["name"] for one in made.addresses])
rules = firewall.policy_s.policy.create(name="egress", partition="apps")
rule = rules.rules_s.rule.create(name="out", action="accept", **{"place-after": "last"})
print(rule.action, [one.name for one in rules.rules_s.get_collection()])
rule.modify(action="drop")
print(rule.action)
rule.delete()
rules.delete()
made.delete()
print([one.name for one in firewall.address_lists.get_collection()])
root.tm.auth.partitions.partition.load(name="apps").delete()
