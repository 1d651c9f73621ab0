#!/usr/bin/env bash
# pan-os-python 1.13.1: clear_registered_ip, given an empty list of addresses, takes the tags off every address on the firewall.
#
# Expected: `clear_registered_ip(ip=[])`, as when no pod has ended since the last run, clears no address. An empty list does nothing in
#           the methods beside it, `register` and `unregister`, and a list of unknown addresses does nothing in this one.
# Seen:     an empty list counts as an argument that was not given, and without arguments the method clears everything, which its
#           documentation says. It reads all tags from the firewall and unregisters them, those of other tools as well. All dynamic
#           address groups are empty then: what a rule permits by tag is cut off, and what a rule blocks by tag passes. An empty list
#           of `tags` has the same effect; get_registered_ip with an empty list answers with everything.
# So:       call it only when there is something to clear, or call `unregister` with both addresses and tags.
#
# Fails when the output is no longer what is described here. Needs python3 with venv.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check pan-os-python==1.13.1 pan-python==0.17.0

cat >finding.py <<'PY'
import xml.etree.ElementTree as ET

from panos.firewall import Firewall


class PanOs:
    """Stands in for the XML API of a firewall: it shows the tags of its addresses, and takes off what it is told to."""

    def __init__(self):
        self.tags = {"192.0.2.1": "app-a", "192.0.2.2": "app-b", "198.51.100.7": "quarantine"}

    def show(self, cmd, **_):
        asked = ET.fromstring(cmd).findtext(".//ip")
        entries = [
            f'<entry ip="{ip}"><tag><member>{tag}</member></tag></entry>'
            for ip, tag in self.tags.items()
            if asked in (None, ip)
        ]
        return ET.fromstring(f"<response><result>{''.join(entries)}</result></response>")

    def user_id(self, cmd, **_):
        for entry in ET.fromstring(cmd).findall(".//unregister/entry"):
            del self.tags[entry.get("ip")]


def run(what, task):
    device = PanOs()
    firewall = Firewall("firewall.example.com", api_key="none")
    firewall.retrieve_panos_version = lambda: (11, 1, 0)
    firewall.op = device.show
    firewall._xapi_private = device
    task(firewall.userid)
    left = ", ".join(f"{ip} {tag}" for ip, tag in device.tags.items())
    print(f"{what} {left or 'nothing is tagged'}")


run("clear_registered_ip(ip=['192.0.2.1']):    ", lambda userid: userid.clear_registered_ip(ip=["192.0.2.1"]))
run("clear_registered_ip(ip=['203.0.113.9']):  ", lambda userid: userid.clear_registered_ip(ip=["203.0.113.9"]))
run("unregister([], 'app-a'):                  ", lambda userid: userid.unregister([], "app-a"))
run("clear_registered_ip(ip=[]):               ", lambda userid: userid.clear_registered_ip(ip=[]))
run("clear_registered_ip(ip=[], tags='app-a'): ", lambda userid: userid.clear_registered_ip(ip=[], tags="app-a"))
run("clear_registered_ip(tags=[]):             ", lambda userid: userid.clear_registered_ip(tags=[]))
PY
env/bin/python finding.py 2>errors | tee seen || { cat errors; exit 1; }

cat >expected <<'TEXT'
clear_registered_ip(ip=['192.0.2.1']):     192.0.2.2 app-b, 198.51.100.7 quarantine
clear_registered_ip(ip=['203.0.113.9']):   192.0.2.1 app-a, 192.0.2.2 app-b, 198.51.100.7 quarantine
unregister([], 'app-a'):                   192.0.2.1 app-a, 192.0.2.2 app-b, 198.51.100.7 quarantine
clear_registered_ip(ip=[]):                nothing is tagged
clear_registered_ip(ip=[], tags='app-a'):  192.0.2.2 app-b, 198.51.100.7 quarantine
clear_registered_ip(tags=[]):              nothing is tagged
TEXT
diff expected seen && echo "as described: pan-os-python 1.13.1"
