import { Refusal } from '../../../kit/simulator/refusal.ts';
import { Shapes } from '../../../kit/simulator/shapes.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';

/*
 * What may be put, from the models of azure-mgmt-network 33.1.0 (MIT), one shape a line. `shapes.test.ts` compares it with the
 * models. Ranges, patterns and what is required beyond them are from the documentation; the models have none.
 */

export const azureShapes = String.raw`
AnyList [Any]
ApplicationRule {name description ruleType!:string sourceAddresses:Strings destinationAddresses:Strings protocols:Protocols targetFqdns:Strings targetUrls:Strings fqdnTags:Strings sourceIpGroups:Strings sourceKubeSelectorGroups:Strings terminateTLS:boolean webCategories:Strings httpHeadersToInsert:AnyList}
FirewallPolicyFilterRuleCollection {ruleCollectionType!:string name priority:Priority action:FirewallPolicyFilterRuleCollectionAction rules:AnyList}
FirewallPolicyFilterRuleCollectionAction {type:FirewallPolicyFilterRuleCollectionActionType}
FirewallPolicyFilterRuleCollectionActionType Allow|Deny
FirewallPolicyKubeSelectorGroup {id:string name type:string etag:string properties:FirewallPolicyKubeSelectorGroupProperties}
FirewallPolicyKubeSelectorGroupProperties {podSelector:KubeLabelSelector namespaceSelector:KubeLabelSelector provisioningState}
FirewallPolicyRuleApplicationProtocol {protocolType:FirewallPolicyRuleApplicationProtocolType port:Port}
FirewallPolicyRuleApplicationProtocolType Http|Https
FirewallPolicyRuleCollectionGroup {id:string name type:string etag:string properties:FirewallPolicyRuleCollectionGroupProperties}
FirewallPolicyRuleCollectionGroupProperties {size:string priority:Priority ruleCollections:AnyList provisioningState}
FirewallPolicyRuleNetworkProtocol TCP|UDP|Any|ICMP
IpGroup {id:string name type:string location tags:Tags etag:string properties:IpGroupPropertiesFormat}
IpGroupPropertiesFormat {provisioningState ipAddresses:Addresses firewalls:AnyList firewallPolicies:AnyList}
Addresses [string] 0..5000
KubeLabelSelector {matchLabels:Labels matchExpressions:LabelSelectorExpressions}
LabelSelectorExpression {key:string operator:LabelSelectorOperator values:Strings}
LabelSelectorExpressions [LabelSelectorExpression]
LabelSelectorOperator In|NotIn|Exists|DoesNotExist
Labels <string string>
NetworkProtocols [FirewallPolicyRuleNetworkProtocol]
NetworkRule {name description ruleType!:string ipProtocols:NetworkProtocols sourceAddresses:Strings destinationAddresses:Strings destinationPorts:Strings sourceIpGroups:Strings destinationIpGroups:Strings destinationFqdns:Strings sourceKubeSelectorGroups:Strings sourceGeoLocations:Strings destinationGeoLocations:Strings}
Port integer 1..64000
Priority integer 100..65000
Protocols [FirewallPolicyRuleApplicationProtocol]
Strings [string]
Tags <TagName TagValue> 0..50
TagName string 1..512 ^[^<>%&\\?/]+$
TagValue string 0..256
boolean boolean
description string 0..1000
location string 1..64
name string 1..80 ^[a-zA-Z0-9]([a-zA-Z0-9_.-]*[a-zA-Z0-9_])?$
provisioningState Failed|Succeeded|Canceled|Creating|Updating|Deleting
string string
`;

const shapes = new Shapes(azureShapes, { asText: false, unsimulated: new Set(['Any']) });

/** @throws Refusal for what the model does not know */
export function expectShape(name: string, value: JsonObject): void {
  const fault = shapes.check(name, value);
  if (fault === undefined || fault.kind === 'unsimulated') return;
  const message =
    fault.kind === 'unknown'
      ? `Could not find member '${fault.path}' on object of type '${name}'.`
      : `Required or invalid value for '${fault.path}' of '${name}': '${fault.value}'.`;
  throw new Refusal(400, 'InvalidRequestFormat', message);
}
