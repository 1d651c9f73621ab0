"""A whole life cycle as hfortix-fortios drives a device. Usage: HOST PORT TOKEN"""

import sys

from hfortix_fortios import FortiOS

host, port, token = sys.argv[1], int(sys.argv[2]), sys.argv[3]
api = FortiOS(host=host, port=port, token=token, verify=False, vdom="root").api
address, policy = api.cmdb.firewall.address, api.cmdb.firewall.policy


def status(answer):
    print(answer["status"] if isinstance(answer, dict) else answer.http_status)


status(address.post(name="pod", subnet="10.0.0.1 255.255.255.255"))
print(address.get(name="pod").subnet)
status(address.put(name="pod", comment="changed"))
status(api.monitor.system.status.get())
status(api.monitor.firewall.sessions.get(count=10, ip_version="ipboth"))
status(api.monitor.system.central_management.status.get(skip_detect=True))
status(
    policy.post(
        name="out",
        action="accept",
        srcintf=["any"],
        dstintf=["any"],
        srcaddr=["pod"],
        dstaddr=["all"],
        service=["HTTPS"],
        schedule="always",
    )
)
row = policy.get()[0]
status(policy.delete(policyid=row.policyid))
status(address.delete(name="pod"))
