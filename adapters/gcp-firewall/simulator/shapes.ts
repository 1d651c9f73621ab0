import { Shapes } from '../../../kit/simulator/shapes.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import { invalid } from './refusals.ts';

/*
 * What may be sent, from the documents of google-api-python-client 2.202.0 (Apache-2.0: compute v1, networksecurity v1), one shape a line.
 * `shapes.test.ts` compares it with them. Their limits stand in prose and are counted here.
 */

export const gcpShapes = String.raw`
AddAddressGroupItemsRequest {items!:Items requestId:string}
AddressGroup {capacity:Capacity createTime:string description:string items:Items labels:Labels name:string purpose:Purposes selfLink:string type:AddressGroupType updateTime:string}
AddressGroupType TYPE_UNSPECIFIED|IPV4|IPV6
Any string
Associations [FirewallPolicyAssociation]
Capacity integer 1..1000
Context INTERNET|INTRA_VPC|NON_INTERNET|UNSPECIFIED|VPC_NETWORKS
Direction EGRESS|INGRESS
FirewallPolicy {associations:Associations creationTimestamp:string description:string displayName:string fingerprint:string id:string kind:string name:string packetMirroringRules:Rules parent:string policySource:PolicySource policyType:PolicyType region:string ruleTupleCount:Number rules:Rules selfLink:string selfLinkWithId:string shortName:string}
FirewallPolicyAssociation {attachmentTarget:string displayName:string firewallPolicyId:string name:string priority:Number shortName:string}
FirewallPolicyRule {action!:Action description:string direction!:Direction disabled:boolean enableLogging:boolean kind:string match!:FirewallPolicyRuleMatcher priority:Priority ruleName:string ruleTupleCount:Number securityProfileGroup:string targetForwardingRules:Strings targetResources:Strings targetSecureTags:SecureTags targetServiceAccounts:Strings targetType:TargetType tlsInspect:boolean}
FirewallPolicyRuleMatcher {destAddressGroups:TenStrings destFqdns:Names destIpRanges:Ranges destNetworkContext:Context destNetworkType:Context destRegionCodes:Ranges destThreatIntelligences:Strings layer4Configs!:Layer4Configs srcAddressGroups:TenStrings srcFqdns:Names srcIpRanges:Ranges srcNetworkContext:Context srcNetworkType:Context srcNetworks:Strings srcRegionCodes:Ranges srcSecureTags:SecureTags srcThreatIntelligences:Strings}
FirewallPolicyRuleMatcherLayer4Config {ipProtocol!:string ports:Ports}
FirewallPolicyRuleSecureTag {name:TagName state:TagState}
Action allow|deny|goto_next|apply_security_profile_group
Items [string] 0..1000
Labels <string string>
Layer4Configs [FirewallPolicyRuleMatcherLayer4Config] 1..
Names [Name] 0..100
Name string 1..253 ^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)+$
Number integer
PolicySource SYSTEM|USER_DEFINED
PolicyType RDMA_ROCE_POLICY|ULL_POLICY|VPC_POLICY
Ports [Port]
Port string 1..11 ^\d+(-\d+)?$
Priority integer 0..2147483647
Purpose PURPOSE_UNSPECIFIED|DEFAULT|CLOUD_ARMOR
Purposes [Purpose]
Ranges [string] 0..5000
RemoveAddressGroupItemsRequest {items!:Items requestId:string}
Rules [FirewallPolicyRule]
SecureTags [FirewallPolicyRuleSecureTag] 0..256
Strings [string]
TagName string 1..64 ^tagValues/[0-9]+$
TagState EFFECTIVE|INEFFECTIVE
TargetType INSTANCES|INTERNAL_MANAGED_LB
TenStrings [string] 0..10
boolean boolean
string string
`;

const shapes = new Shapes(gcpShapes, { asText: false });

/** @throws Refusal for what the document does not know */
export function expectShape(name: string, value: JsonObject): void {
  const fault = shapes.check(name, value);
  if (fault === undefined) return;
  throw invalid(
    fault.kind === 'unknown'
      ? `Invalid JSON payload received. Unknown name "${fault.path}": Cannot find field.`
      : `Invalid value for field 'resource.${fault.path}': '${fault.value}'.`,
  );
}
