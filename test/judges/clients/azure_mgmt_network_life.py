"""Azure's own client drives a firewall policy through a life, against the endpoint and the authority that are given."""

import os
import sys
import time

from azure.core.credentials import AccessToken
from azure.core.exceptions import HttpResponseError
from azure.mgmt.network import NetworkManagementClient
from azure.mgmt.network import models as m

host, port, token, subscription, group, policy, firewall = sys.argv[1:]
base = f'https://{host}:{port}'


class Given:
    def get_token(self, *scopes, **_):
        return AccessToken(token, int(time.time()) + 3600)


client = NetworkManagementClient(
    Given(),
    subscription,
    base_url=base,
    credential_scopes=[f'{base}/.default'],
    connection_verify=os.environ['REQUESTS_CA_BUNDLE'],
    polling_interval=1,
)
groups = client.ip_groups
rules = client.firewall_policy_rule_collection_groups


def refused(work):
    try:
        work()
    except HttpResponseError as error:
        return error.status_code, error.error.code if error.error else None
    return 'taken'


def ip_group(*addresses):
    return m.IpGroup(location='westeurope', tags={'team': 'a & b'}, properties=m.IpGroupPropertiesFormat(ip_addresses=list(addresses)))


def collection_group(group_id, destination='203.0.113.0/24', name='*.example.com'):
    network = m.NetworkRule(
        name='net', description='one', source_ip_groups=[group_id], ip_protocols=['TCP'], destination_addresses=[destination], destination_ports=['443', '5432-5440']
    )
    application = m.ApplicationRule(
        name='app',
        source_ip_groups=[group_id],
        target_fqdns=[name],
        protocols=[m.FirewallPolicyRuleApplicationProtocol(protocol_type='Https', port=443)],
    )
    collections = [
        m.FirewallPolicyFilterRuleCollection(name=f'c{at}', priority=100 + at, action=m.FirewallPolicyFilterRuleCollectionAction(type=action), rules=[rule])
        for at, (action, rule) in enumerate([('Deny', network), ('Allow', application)])
    ]
    return m.FirewallPolicyRuleCollectionGroup(properties=m.FirewallPolicyRuleCollectionGroupProperties(priority=500, rule_collections=collections))


made = groups.begin_create_or_update(group, 'pods', ip_group('10.0.0.1', '10.1.0.0/16')).result()
print('an IP group', made.properties.provisioning_state, made.properties.ip_addresses, made.tags)
print('IPv6', *refused(lambda: groups.begin_create_or_update(group, 'six', ip_group('2001:db8::1'))))
print('tags', groups.update_groups(group, 'pods', {'tags': {'team': 'b'}}).tags)
written = rules.begin_create_or_update(group, policy, 'pods', collection_group(made.id)).result()
print('rules', written.properties.provisioning_state, [type(c.rules[0]).__name__ for c in written.properties.rule_collections])
print('a group that is not there', *refused(lambda: rules.begin_create_or_update(group, policy, 'pods', collection_group(made.id + 'x'))))
print('a wildcard among network rules', *refused(lambda: rules.begin_create_or_update(group, policy, 'pods', collection_group(made.id, destination='*.example.com'))))
seen = groups.get(group, 'pods')
print('who uses it', len(seen.properties.firewall_policies), len(seen.properties.firewalls))
print('delete it in use', *refused(lambda: groups.begin_delete(group, 'pods').result()))
first = groups.begin_create_or_update(group, 'pods', ip_group('10.0.0.2'))
print('meanwhile', client.firewall_policies.get(group, policy).properties.provisioning_state, *refused(lambda: rules.begin_create_or_update(group, policy, 'pods', collection_group(made.id))))
second = groups.begin_create_or_update(group, 'pods', ip_group('10.0.0.3'))
print('two at once', refused(first.result), *refused(second.result))
print('the firewall', client.azure_firewalls.get(group, firewall).properties.provisioning_state)
client.firewall_policies.begin_create_or_update(group, policy, client.firewall_policies.get(group, policy)).result()
print('put again', client.azure_firewalls.get(group, firewall).properties.provisioning_state)
kube = client.firewall_policy_kube_selector_groups
selector = m.FirewallPolicyKubeSelectorGroup(
    properties=m.FirewallPolicyKubeSelectorGroupProperties(pod_selector=m.KubeLabelSelector(match_labels={'app': 'a'}), namespace_selector=m.KubeLabelSelector())
)
print('a selector', kube.begin_create_or_update(group, policy, 'app-a', selector).result().properties.pod_selector.match_labels)
print('selectors', [one.name for one in kube.list(group, policy)])
kube.begin_delete(group, policy, 'app-a').result()
print('collection groups', [one.name for one in rules.list(group, policy)])
rules.begin_delete(group, policy, 'pods').result()
groups.begin_delete(group, 'pods').result()
print('left', [one.name for one in rules.list(group, policy)], [one.name for one in groups.list_by_resource_group(group)])
print('not there', *refused(lambda: groups.get(group, 'pods')))
