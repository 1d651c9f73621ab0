"""A whole life cycle as pan-os-python drives a firewall. Usage: HOST PORT USERNAME PASSWORD"""

import sys

from panos.errors import PanDeviceError
from panos.firewall import Firewall
from panos.objects import AddressGroup, AddressObject, ServiceObject
from panos.policies import Rulebase, SecurityRule

host, port, username, password = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
# The key comes from type=keygen.
firewall = Firewall(host, username, password, port=port)
info = firewall.refresh_system_info()
print(info.version, info.platform, firewall.multi_vsys, firewall.show_highavailability_state()[0])

pod = firewall.add(AddressObject("pod", "10.0.0.1", description="a <pod> & 'more'"))
everywhere = firewall.add(AddressObject("everywhere", "0.0.0.0/0"))
pod.create()
everywhere.apply()
print(sorted((one.name, one.value) for one in AddressObject.refreshall(firewall, add=False)))
group = firewall.add(AddressGroup("pods", dynamic_value="'pods'"))
group.create()
group.refresh()
print(group.dynamic_value)
service = firewall.add(ServiceObject("web", "tcp", destination_port="443,8443-8450"))
service.create()

rulebase = firewall.add(Rulebase())
common = dict(fromzone=["any"], tozone=["any"], service=["web"], action="allow")
first = rulebase.add(SecurityRule("first", source=["pods"], destination=["everywhere"], **common))
second = rulebase.add(SecurityRule("second", source=["pod"], destination=["any"], **common))
first.create()
second.create()
print([one.name for one in SecurityRule.refreshall(rulebase, add=False)])
second.move("top")
print([one.name for one in SecurityRule.refreshall(rulebase, add=False)])

done = firewall.commit(sync=True, admins=[username])
print(done["success"], done["result"])
print(rulebase.opstate.hit_count.refresh("security", ["first"])["first"].hit_count)

firewall.userid.register(["10.0.0.1", "10.0.0.2"], "pods")
print(dict(sorted(firewall.userid.get_registered_ip().items())))
firewall.userid.audit_registered_ip({"10.0.0.2": ["pods"], "10.0.0.3": ["pods"]})
print(dict(sorted(firewall.userid.get_registered_ip().items())))
many = ["10.1.%d.%d" % (at >> 8, at & 255) for at in range(1200)]
firewall.userid.register(many, "many")
print(len(firewall.userid.get_registered_ip(tags="many")), "addresses")
firewall.userid.clear_registered_ip()

try:
    pod.delete()
except PanDeviceError as error:
    firewall.add(pod)
    print("PanObjectError or refused:", str(error).splitlines()[0])
for one in (first, second, group, service, pod, everywhere):
    one.delete()
print(AddressObject.refreshall(firewall, add=False) or None)
done = firewall.commit(sync=True, admins=[username])
print(done["success"], done["result"])
