/*
 * What requests may hold, from the service models of botocore 1.44.8 (Apache-2.0), one shape a line: what the operations here take,
 * and nothing of Next Generation policies. `shapes.test.ts` compares it with the models and says what to write where they differ.
 */

export const networkFirewallShapes = String.raw`
ActionDefinition {PublishMetricAction}
ActionName string 1..128 ^[a-zA-Z0-9]+$
Address {AddressDefinition!}
AddressDefinition string 1..255 ^([a-fA-F\d:\.]+($|/\d{1,3}))$
Addresses [Address]
Age integer
AvailabilityZone string
AvailabilityZoneId string
Boolean boolean
CollectionMember_String string
ContainerAttribute {Key!:ContainerAttributeKey Value!:ContainerAttributeValue}
ContainerAttributeKey string 1..256 \S+
ContainerAttributeValue string 1..256 \S+
ContainerAttributes [ContainerAttribute]
ContainerMonitoringConfiguration {ClusterArn!:ResourceArn AttributeFilters:ContainerAttributes}
ContainerMonitoringConfigurations [ContainerMonitoringConfiguration]
ContainerMonitoringType ECS|EKS
ContextDefinition string 1..64
ContextDefinitionList [ContextDefinition] 1..1000
ContextSet {Definition!:ContextDefinitionList}
ContextSets <RuleVariableName ContextSet> 0..100
CreateContainerAssociationRequest {ContainerAssociationName!:ResourceName Description Type!:ContainerMonitoringType ContainerMonitoringConfigurations! Tags:TagList}
CreateRuleGroupRequest {RuleGroupName!:ResourceName RuleGroup FirewallRuleGroup IpsRuleGroup Rules:RulesString Type!:RuleGroupType Description Capacity!:RuleCapacity Tags:TagList DryRun:Boolean EncryptionConfiguration SourceMetadata AnalyzeRuleGroup:Boolean SummaryConfiguration}
CustomAction {ActionName! ActionDefinition!}
CustomActions [CustomAction]
DNSExpiryExceptionPolicy REJECT|DROP|CONTINUE
DNSFirewallRuleGroupId string 1..256 ^rslvr-frg-[0-9a-f]+$
DeepThreatInspection boolean
DeleteContainerAssociationRequest {ContainerAssociationName:ResourceName ContainerAssociationArn:ResourceArn}
DeleteRuleGroupRequest {RuleGroupName:ResourceName RuleGroupArn:ResourceArn Type:RuleGroupType}
DescribeContainerAssociationRequest {ContainerAssociationName:ResourceName ContainerAssociationArn:ResourceArn}
DescribeFirewallPolicyRequest {FirewallPolicyName:ResourceName FirewallPolicyArn:ResourceArn}
DescribeFirewallRequest {FirewallName:ResourceName FirewallArn:ResourceArn FirewallType}
DescribeFlowOperationRequest {FirewallArn!:ResourceArn AvailabilityZone AvailabilityZoneId VpcEndpointAssociationArn:ResourceArn VpcEndpointId FlowOperationId!}
DescribeRuleGroupMetadataRequest {RuleGroupName:ResourceName RuleGroupArn:ResourceArn Type:RuleGroupType}
DescribeRuleGroupRequest {RuleGroupName:ResourceName RuleGroupArn:ResourceArn Type:RuleGroupType AnalyzeRuleGroup:Boolean RuleOutputFormat}
Description string ..512 ^.*$
Destination string 1..1024 ^.*$
Dimension {Value!:DimensionValue}
DimensionValue string 1..128 ^[a-zA-Z0-9-_ ]+$
Dimensions [Dimension] 1..1
EnableTLSSessionHolding boolean
EncryptionConfiguration {KeyId Type!:EncryptionType}
EncryptionType CUSTOMER_KMS|AWS_OWNED_KMS_KEY
FirewallPolicy {StatelessRuleGroupReferences StatelessDefaultActions!:StatelessActions StatelessFragmentDefaultActions!:StatelessActions StatelessCustomActions:CustomActions StatefulRuleGroupReferences StatefulDefaultActions:StatefulActions StatefulEngineOptions TLSInspectionConfigurationArn:ResourceArn PolicyVariables EnableTLSSessionHolding Route53ResolvedIPValidation}
FirewallType FIREWALL|IGW_FIREWALL
Flags [TCPFlag]
FlowFilter {SourceAddress:Address DestinationAddress:Address SourcePort:Port DestinationPort:Port Protocols:ProtocolStrings}
FlowFilters [FlowFilter]
FlowOperationId string 36..36 ^([0-9a-f]{8})-([0-9a-f]{4}-){3}([0-9a-f]{12})$
FlowTimeouts {TcpIdleTimeoutSeconds:TcpIdleTimeoutRangeBound}
GeneratedRulesType ALLOWLIST|DENYLIST|REJECTLIST|ALERTLIST
Header {Protocol!:StatefulRuleProtocol Source! SourcePort!:Port Direction!:StatefulRuleDirection Destination! DestinationPort!:Port}
IPSet {Definition!:VariableDefinitionList}
IPSetReference {ReferenceArn:ResourceArn}
IPSetReferenceMap <IPSetReferenceName IPSetReference>
IPSetReferenceName string 1..32 ^[A-Za-z][A-Za-z0-9_]*$
IPSets <RuleVariableName IPSet>
KeyId string 1..2048 .*\S.*
Keyword string 1..128 .*
ListContainerAssociationsRequest {MaxResults:PaginationMaxResults NextToken:PaginationToken}
ListRuleGroupsRequest {NextToken:PaginationToken MaxResults:PaginationMaxResults Scope:ResourceManagedStatus ManagedType:ResourceManagedType SubscriptionStatus Type:RuleGroupType}
ListVpcEndpointAssociationsRequest {NextToken:PaginationToken MaxResults:PaginationMaxResults FirewallArn:ResourceArn}
MatchAttributes {Sources:Addresses Destinations:Addresses SourcePorts:PortRanges DestinationPorts:PortRanges Protocols:ProtocolNumbers TCPFlags}
OverrideAction DROP_TO_ALERT|
PaginationMaxResults integer 1..100
PaginationToken string 1..4096 [0-9A-Za-z:\/+=]+$
PolicyVariables {RuleVariables:IPSets}
Port string 1..1024 ^.*$
PortRange {FromPort!:PortRangeBound ToPort!:PortRangeBound}
PortRangeBound integer 0..65535
PortRanges [PortRange]
PortSet {Definition:VariableDefinitionList}
PortSets <RuleVariableName PortSet>
Priority integer 1..65535
ProtocolNumber integer 0..255
ProtocolNumbers [ProtocolNumber]
ProtocolString string 1..12 ^.*$
ProtocolStrings [ProtocolString]
PublishMetricAction {Dimensions!}
ReferenceSets {IPSetReferences:IPSetReferenceMap}
ResourceArn string 1..256 ^arn:aws.*
ResourceManagedStatus MANAGED|ACCOUNT
ResourceManagedType AWS_MANAGED_THREAT_SIGNATURES|AWS_MANAGED_DOMAIN_LISTS|ACTIVE_THREAT_DEFENSE|PARTNER_MANAGED
ResourceName string 1..128 ^[a-zA-Z0-9-]+$
Route53ResolvedIPValidation {Action!:Route53ResolvedIPValidationAction DNSFirewallRuleGroupId! DNSExpiryExceptionPolicy! BypassDestinationValidationIPRanges:Route53ResolvedIPValidationAddresses SourceIPRanges:Route53ResolvedIPValidationAddresses}
Route53ResolvedIPValidationAction REJECT|DROP|ALERT
Route53ResolvedIPValidationAddresses [Address] 0..100
RuleCapacity integer
RuleDefinition {MatchAttributes! Actions!:StatelessActions}
RuleGroup {RuleVariables ReferenceSets RulesSource! StatefulRuleOptions}
RuleGroupType STATELESS|STATEFUL|STATEFUL_DOMAIN|FIREWALL|IPS
RuleOption {Keyword! Settings}
RuleOptions [RuleOption]
RuleOrder DEFAULT_ACTION_ORDER|STRICT_ORDER
RuleOutputFormat FIREWALL_RULES|RULES_STRING
RuleTargets [CollectionMember_String]
RuleVariableName string 1..32 ^[A-Za-z][A-Za-z0-9_]*$
RuleVariables {IPSets PortSets ContextSets}
RulesSource {RulesString RulesSourceList StatefulRules StatelessRulesAndCustomActions}
RulesSourceList {Targets!:RuleTargets TargetTypes! GeneratedRulesType!}
RulesString string 0..2000000
Setting string 1..8192 .*
Settings [Setting]
Source string 1..1024 ^.*$
SourceMetadata {SourceArn:ResourceArn SourceUpdateToken:UpdateToken}
StartFlowCaptureRequest {FirewallArn!:ResourceArn AvailabilityZone AvailabilityZoneId VpcEndpointAssociationArn:ResourceArn VpcEndpointId MinimumFlowAgeInSeconds:Age FlowFilters!}
StartFlowFlushRequest {FirewallArn!:ResourceArn AvailabilityZone AvailabilityZoneId VpcEndpointAssociationArn:ResourceArn VpcEndpointId MinimumFlowAgeInSeconds:Age FlowFilters!}
StatefulAction PASS|DROP|ALERT|REJECT
StatefulActions [CollectionMember_String]
StatefulEngineOptions {RuleOrder StreamExceptionPolicy FlowTimeouts}
StatefulRule {Action!:StatefulAction Header! RuleOptions!}
StatefulRuleDirection FORWARD|ANY
StatefulRuleGroupOverride {Action:OverrideAction}
StatefulRuleGroupReference {ResourceArn! Priority Override:StatefulRuleGroupOverride DeepThreatInspection}
StatefulRuleGroupReferences [StatefulRuleGroupReference]
StatefulRuleOptions {RuleOrder}
StatefulRuleProtocol IP|TCP|UDP|ICMP|HTTP|FTP|TLS|SMB|DNS|DCERPC|SSH|SMTP|IMAP|MSN|KRB5|IKEV2|TFTP|NTP|DHCP|HTTP2|QUIC
StatefulRules [StatefulRule]
StatelessActions [CollectionMember_String]
StatelessRule {RuleDefinition! Priority!}
StatelessRuleGroupReference {ResourceArn! Priority!}
StatelessRuleGroupReferences [StatelessRuleGroupReference]
StatelessRules [StatelessRule]
StatelessRulesAndCustomActions {StatelessRules! CustomActions}
StreamExceptionPolicy DROP|CONTINUE|REJECT
SubscriptionStatus NOT_SUBSCRIBED|SUBSCRIBED
SummaryConfiguration {RuleOptions:SummaryRuleOptions}
SummaryRuleOption SID|MSG|METADATA
SummaryRuleOptions [SummaryRuleOption]
TCPFlag FIN|SYN|RST|PSH|ACK|URG|ECE|CWR
TCPFlagField {Flags! Masks:Flags}
TCPFlags [TCPFlagField]
Tag {Key!:TagKey Value!:TagValue}
TagKey string 1..128 ^.*$
TagList [Tag] 1..200
TagValue string 0..256 ^.*$
TargetType TLS_SNI|HTTP_HOST|AWS_ROUTE_53_RESOLVED_DOMAIN
TargetTypes [TargetType]
TcpIdleTimeoutRangeBound integer
UpdateContainerAssociationRequest {ContainerAssociationName:ResourceName ContainerAssociationArn:ResourceArn Description Type!:ContainerMonitoringType ContainerMonitoringConfigurations! Tags:TagList UpdateToken!}
UpdateFirewallPolicyRequest {UpdateToken! FirewallPolicyArn:ResourceArn FirewallPolicyName:ResourceName FirewallPolicy! Description DryRun:Boolean EncryptionConfiguration}
UpdateRuleGroupRequest {UpdateToken! RuleGroupArn:ResourceArn RuleGroupName:ResourceName RuleGroup FirewallRuleGroup IpsRuleGroup Rules:RulesString Type:RuleGroupType Description DryRun:Boolean EncryptionConfiguration SourceMetadata AnalyzeRuleGroup:Boolean SummaryConfiguration}
UpdateToken string 1..1024 ^([0-9a-f]{8})-([0-9a-f]{4}-){3}([0-9a-f]{12})$
VariableDefinition string 1.. ^.*$
VariableDefinitionList [VariableDefinition]
VpcEndpointId string 5..256 ^vpce-[a-zA-Z0-9]*$
`;

/** Of CloudWatch Logs, from its API reference. */
export const logsShapes = String.raw`
GetQueryResultsRequest {queryId!:QueryId}
LogGroupName string 1..512 [\.\-_/#A-Za-z0-9]+
QueryId string 0..256
QueryLimit integer 1..10000
QueryString string 0..10000
StartQueryRequest {logGroupName:LogGroupName startTime!:Timestamp endTime!:Timestamp queryString!:QueryString limit:QueryLimit}
Timestamp integer 0..
`;

/** Members as they are called on the wire. */
export const ec2Shapes = String.raw`
AddPrefixListEntries [AddPrefixListEntry] 0..100
AddPrefixListEntry {Cidr!:String Description:String}
Boolean boolean
BoxedBoolean boolean
CreateManagedPrefixListRequest {DryRun:Boolean PrefixListName!:String Entry:AddPrefixListEntries MaxEntries!:Integer TagSpecification:TagSpecificationList AddressFamily!:String ClientToken:String}
DeleteManagedPrefixListRequest {DryRun:Boolean PrefixListId!:PrefixListResourceId}
DescribeManagedPrefixListsRequest {DryRun:Boolean Filter:FilterList MaxResults:PrefixListMaxResults NextToken PrefixListId:ValueStringList}
Filter {Name:String Value:ValueStringList}
FilterList [Filter]
GetManagedPrefixListEntriesRequest {DryRun:Boolean PrefixListId!:PrefixListResourceId TargetVersion:Long MaxResults:PrefixListMaxResults NextToken}
Integer integer
Long long
ModifyManagedPrefixListRequest {DryRun:Boolean PrefixListId!:PrefixListResourceId CurrentVersion:Long PrefixListName:String AddEntry:AddPrefixListEntries RemoveEntry:RemovePrefixListEntries MaxEntries:Integer IpamPrefixListResolverSyncEnabled:BoxedBoolean}
NextToken string
PrefixListMaxResults integer 1..100
PrefixListResourceId string
RemovePrefixListEntries [RemovePrefixListEntry] 0..100
RemovePrefixListEntry {Cidr!:String}
ResourceType prefix-list|
String string
Tag {Key:String Value:String}
TagList [Tag]
TagSpecification {ResourceType Tag:TagList}
TagSpecificationList [TagSpecification]
ValueStringList [String]
`;

/** Members that are known and not simulated. */
export const unsimulated: ReadonlySet<string> = new Set(['FirewallRuleGroup', 'IpsRuleGroup']);
