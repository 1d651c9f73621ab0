"""Google's own client, with the documents that it brings, drives a firewall policy and address groups through a life."""

import json
import os
import sys
import time

import google_auth_httplib2
import httplib2
from google.oauth2 import service_account
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError

host, port, key_file, project, policy, network = sys.argv[1:]
base = f'https://{host}:{port}'
key = service_account.Credentials.from_service_account_info(json.loads(key_file), scopes=['https://www.googleapis.com/auth/cloud-platform'])
http = google_auth_httplib2.AuthorizedHttp(key, http=httplib2.Http(ca_certs=os.environ['REQUESTS_CA_BUNDLE']))
# The address of a service with its path, as the client wants it.
compute = build('compute', 'v1', http=http, static_discovery=True, client_options={'api_endpoint': f'{base}/compute/v1/'})
security = build('networksecurity', 'v1', http=http, static_discovery=True, client_options={'api_endpoint': base})
policies = compute.networkFirewallPolicies()
groups = security.projects().locations().addressGroups()
where = {'project': project, 'firewallPolicy': policy}
location = f'projects/{project}/locations/global'


def ended(operation):
    while operation['status'] != 'DONE':
        time.sleep(0.05)
        operation = compute.globalOperations().get(project=project, operation=operation['name']).execute()
    return [one['code'] for one in operation['error']['errors']] if 'error' in operation else 'done'


def grouped(operation):
    while not operation.get('done'):
        time.sleep(0.05)
        operation = security.projects().locations().operations().get(name=operation['name']).execute()
    return 'done'


def refused(request):
    try:
        request.execute()
    except HttpError as error:
        body = json.loads(error.content)['error']
        return error.status_code, body['errors'][0]['reason'] if 'errors' in body else body['status']
    return 'taken'


def rule(source='10.0.0.1/32', **match):
    match.setdefault('layer4Configs', [{'ipProtocol': 'tcp', 'ports': ['443', '8443-8450']}])
    return {'ruleName': 'pods', 'direction': 'EGRESS', 'action': 'allow', 'match': {'srcIpRanges': [source], **match}}


def read():
    return policies.get(**where).execute()


def priorities():
    return [one['priority'] for one in read()['rules'] if one['priority'] < 2000000000]


seen = read()
print('a policy', seen['kind'], len(seen['rules']), [one['attachmentTarget'].split('/')[-1] for one in seen['associations']])
group = {'type': 'IPV4', 'capacity': 3, 'items': ['203.0.113.0/24'], 'labels': {'team': 'a'}}
print('a group', grouped(groups.create(parent=location, addressGroupId='pods-to', body=group).execute()))
name = f'{location}/addressGroups/pods-to'
print('more of it', grouped(groups.addItems(addressGroup=name, body={'items': ['198.51.100.0/24', '192.0.2.0/24']}).execute()))
print('too much', *refused(groups.addItems(addressGroup=name, body={'items': ['10.0.0.0/8']})))
print('another capacity', *refused(groups.patch(name=name, updateMask='capacity', body={'capacity': 5})))
print('less of it', grouped(groups.removeItems(addressGroup=name, body={'items': ['192.0.2.0/24']}).execute()), groups.get(name=name).execute()['items'])

to_group = {'destAddressGroups': [name]}
print('a rule', ended(policies.addRule(**where, minPriority=10, maxPriority=20, body=rule(**to_group)).execute()), priorities())
print('the next', ended(policies.addRule(**where, minPriority=10, maxPriority=20, body=rule(destFqdns=['example.com'])).execute()), priorities())
print('a place that is taken', *refused(policies.addRule(**where, body={**rule(destFqdns=['example.com']), 'priority': 10})))
print('no place', *refused(policies.addRule(**where, body=rule(destFqdns=['example.com']))))
print('a rule that is not there', *refused(policies.getRule(**where, priority=12)))
print('a wildcard', *refused(policies.addRule(**where, minPriority=10, maxPriority=20, body=rule(destFqdns=['*.example.com']))))
print('two families', *refused(policies.addRule(**where, minPriority=10, maxPriority=20, body=rule(destIpRanges=['2001:db8::/32']))))
print('a group as a source', *refused(policies.addRule(**where, minPriority=10, maxPriority=20, body=rule(srcAddressGroups=[name]))))
print('no such group', *refused(policies.addRule(**where, minPriority=10, maxPriority=20, body=rule(destAddressGroups=[name + 'x']))))
print('delete it in use', *refused(groups.delete(name=name)))
print('who uses it', [one['rulePriority'] for one in groups.listReferences(addressGroup=name).execute()['addressGroupReferences']])

seen = read()
both = [one for one in seen['rules'] if one['priority'] != 11] + [{**rule(destIpRanges=['203.0.113.0/24']), 'action': 'deny', 'priority': 9}]
stale = seen['fingerprint']
running = policies.patch(**where, body={'fingerprint': stale, 'rules': both}).execute()
print('meanwhile', *refused(policies.removeRule(**where, priority=10)), len(read()['rules']))
print('all rules', ended(running), priorities())
print('an old fingerprint', *refused(policies.patch(**where, body={'fingerprint': stale, 'rules': both})))
print('without the default rules', *refused(policies.patch(**where, body={'fingerprint': read()['fingerprint'], 'rules': []})))
print('one rule', ended(policies.patchRule(**where, priority=9, body={'disabled': True}).execute()), policies.getRule(**where, priority=9).execute()['disabled'])
effective = compute.networks().getEffectiveFirewalls(project=project, network=network).execute()
print('in force', [(one['type'], len(one['rules'])) for one in effective['firewallPolicys']])
for priority in (9, 10):
    ended(policies.removeRule(**where, priority=priority).execute())
print('gone', grouped(groups.delete(name=name).execute()), priorities(), groups.list(parent=location).execute())
print('not there', *refused(groups.get(name=name)))
other = {'name': 'other', 'description': 'a policy of its own'}
print('another policy', ended(policies.insert(project=project, body=other).execute()), [one['name'] for one in policies.list(project=project).execute()['items']])
print('gone', ended(policies.delete(project=project, firewallPolicy='other').execute()))
print('in use', *refused(policies.delete(**where)))
