#!/usr/bin/env bash
# azure.azcollection 3.12.0 (ansible 12.3.0): adding a tag by azure_rm_firewallpolicy removes base policy and intrusion detection.
#
# Expected: azure_rm_firewallpolicy leaves alone what a task does not name, as it does when it looks for differences: a task with the
#           name, the resource group and the present tags of a policy is `ok`.
# Seen:     as soon as one thing differs, the module builds a policy from the task alone and replaces the stored one with it. What a PUT
#           leaves out is reset (https://github.com/Azure/bicep-types-az/issues/2140 reports it for DNS). The base policy is gone, and
#           with it the rules inherited from a central team; so are the exempt addresses, the DNS settings and the intrusion detection.
#           The module has no option for the last two. `--check` shows the policy with all of it. The sibling azure_rm_azurefirewall is
#           being fixed (https://github.com/ansible-collections/azure/pull/2358).
# So:       change policies by a template or azure_rm_resource, with all their settings, and use this module for new ones only.
#
# Fails when the output is no longer what is described here. Needs python 3.11 or newer with venv.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check ansible-core==2.19.4 azure-mgmt-network==28.0.0
env/bin/pip download --quiet --disable-pip-version-check --no-deps ansible==12.3.0
env/bin/python - <<'PY'
import glob, zipfile

with zipfile.ZipFile(glob.glob("ansible-*.whl")[0]) as package:
    package.extractall(".", [name for name in package.namelist() if "/azure/azcollection/plugins/module" in name])
PY

cat >finding.py <<'PY'
from types import SimpleNamespace

from ansible_collections.azure.azcollection.plugins.modules.azure_rm_firewallpolicy import AzureRMFirewallPolicy
from azure.mgmt.network import models

ID = "/subscriptions/s/resourceGroups/edge/providers/Microsoft.Network/firewallPolicies/"
stored = models.FirewallPolicy(
    location="westeurope",
    tags={"team": "edge"},
    base_policy=models.SubResource(id=ID + "company"),
    threat_intel_mode="Alert",
    threat_intel_whitelist=models.FirewallPolicyThreatIntelWhitelist(ip_addresses=["192.0.2.1"], fqdns=[]),
    dns_settings=models.DnsSettings(servers=["10.0.0.4"], enable_proxy=True),
    intrusion_detection=models.FirewallPolicyIntrusionDetection(mode="Deny"),
)


def told(policy):
    properties = policy.serialize()["properties"]
    return ", ".join(sorted(name for name, value in properties.items() if value is not None))


class Policies:
    """Stands in for Azure: it has one policy, and remembers what it is sent."""

    sent = None

    def get(self, *_):
        return stored

    def begin_create_or_update(self, parameters, **_):
        self.sent = parameters
        return parameters


def run(tags):
    policies = Policies()

    # The module as it is, with nothing of Ansible's connection to Azure.
    class Module(AzureRMFirewallPolicy):
        network_client = SimpleNamespace(firewall_policies=policies)
        network_models = models

        def __init__(self):
            self.module = SimpleNamespace(params=params)
            self.module_arg_spec = {name: None for name in params if name not in ("tags", "append_tags")}
            self.results, self.check_mode = {}, False

        def get_resource_group(self, name):
            return SimpleNamespace(location="westeurope")

        def log(self, *_):
            pass

    # What Ansible makes of a task with a name, a group and tags.
    params = {"resource_group": "edge", "name": "web", "location": None, "base_policy": None, "threat_intel_mode": "alert"}
    params |= {"threat_intel_whitelist": None, "state": "present", "tags": tags, "append_tags": True}
    result = Module().exec_module(**params)
    print("  changed:", result["changed"])
    print("  sent:   ", told(policies.sent) if policies.sent else "nothing")


print("stored: ", told(stored))
print("tags that it has")
run({"team": "edge"})
print("one tag more")
run({"team": "edge", "cost": "42"})
PY
env/bin/python finding.py 2>errors | tee seen || { cat errors; exit 1; }

cat >expected <<'TEXT'
stored:  basePolicy, dnsSettings, intrusionDetection, threatIntelMode, threatIntelWhitelist
tags that it has
  changed: False
  sent:    nothing
one tag more
  changed: True
  sent:    threatIntelMode
TEXT
diff expected seen && echo "as described: azure.azcollection 3.12.0"
