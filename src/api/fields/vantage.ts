import { z } from 'zod';
import { networks } from './destination.ts';
import { shortNameSchema } from './formats.ts';
import { onlyWhere, ruled, someOf, without } from './rule.ts';
import { allFlag, labelSelector, plainSelector } from './selector.ts';

const poolSchema = ruled(
  z.strictObject({
    namespaceSelector: plainSelector().optional().describe('Selects the pods of namespaces with these labels.'),
    allNamespaces: allFlag('`true` selects the pods of every namespace. Use it instead of `namespaceSelector`.'),
    podSelector: plainSelector().optional().describe('Selects pods with these labels.'),
    allPods: allFlag('`true` selects every pod of these namespaces. Use it instead of `podSelector`.'),
    networks: networks(16).describe('Source addresses of these pods when they leave the cluster.'),
  }),
  someOf(['namespaceSelector', 'allNamespaces'], {
    code: 'no-namespaces',
    message: 'select namespaces: set namespaceSelector, or set allNamespaces: true for every namespace',
  }),
  someOf(['podSelector', 'allPods'], {
    code: 'no-subject',
    message: 'select pods: set podSelector, or set allPods: true for every pod of the namespaces',
  }),
  without('allNamespaces', ['namespaceSelector'], {
    code: 'two-namespace-forms',
    message: 'allNamespaces: true replaces namespaceSelector: keep only one of them',
  }),
  without('allPods', ['podSelector'], {
    code: 'two-pod-forms',
    message: 'allPods: true replaces podSelector: keep only one of them',
  }),
);

/** What a point sees as the source. */
export const vantageSchema = ruled(
  z.strictObject({
    type: z
      .enum(['Pod', 'Node', 'EgressGateway', 'EgressIP', 'Static', 'Identity', 'Labels'])
      .describe(
        'What the point sees as the source of a flow. Pod: the address of the pod. Node: the address of its node (SNAT). EgressGateway: the address of an egress gateway. EgressIP: an address that the network plugin or a pool assigns to the pod. Static: a fixed set of addresses. Identity: namespace and ServiceAccount, as in a mesh. Labels: the labels of the pod, as in the cluster network.',
      ),
    networks: networks(256)
      .optional()
      .describe('Source addresses of all covered pods. Required with Static, forbidden otherwise.'),
    gateway: z
      .strictObject({
        namespace: shortNameSchema.describe('Namespace of the gateway.'),
        podSelector: labelSelector('the labels that only its pods have').describe(
          'Selects the pods of the gateway by label.',
        ),
        addresses: z
          .enum(['Pod', 'Node'])
          .optional()
          .describe(
            'Source addresses of the traffic from the gateway. Pod, the default: the addresses of its pods. Node: the addresses of the nodes that they run on (SNAT), which other pods on these nodes share. For fixed egress addresses use type Static.',
          ),
      })
      .optional()
      .describe('Pods of the egress gateway. Required with EgressGateway, forbidden otherwise.'),
    network: z
      .strictObject({
        name: z
          .string()
          .min(1)
          .max(317)
          .regex(/^[a-z0-9]([a-z0-9./-]*[a-z0-9])?$/)
          .describe(
            'Name of the network in the annotation: namespace and name of the NetworkAttachmentDefinition, such as telco/sriov-a.',
          ),
        ranges: networks(64).describe(
          'Address ranges of the network. Postern ignores addresses outside of them, because any user who can change a pod can write its annotation.',
        ),
      })
      .optional()
      .describe(
        'Secondary network whose addresses are used instead of those of the pod network (status.podIPs). Multus and similar plugins write them into the annotation k8s.v1.cni.cncf.io/network-status. A pod without this network has no address at the point. An address that several pods claim is used for none of them. Only with Pod.',
      ),
    pools: z
      .array(poolSchema)
      .min(1)
      .max(64)
      .optional()
      .describe(
        'Fixed egress addresses that no object of the cluster describes, such as the NAT pool of a namespace or the address of a NAT gateway of a cloud. They add to the addresses from EgressIP (OVN), CiliumEgressGatewayPolicy, Egress (Antrea) and the egress gateways of Calico. Only with EgressIP.',
      ),
  }),
  ...onlyWhere(
    ['networks', 'type', 'Static'],
    {
      code: 'networks-required',
      message: 'with type Static, set the source addresses of the covered pods',
    },
    {
      code: 'networks-forbidden',
      message:
        'only type Static has networks, because Postern finds the addresses for the other types itself: remove networks, or change the type',
    },
  ),
  {
    code: 'network-forbidden',
    cel: "self.type == 'Pod' || !has(self.network)",
    holds: ({ type, network }) => type === 'Pod' || network === undefined,
    message: 'only type Pod has a network: remove it, or change the type',
    field: 'network',
    reason: 'FieldValueForbidden',
  },
  {
    code: 'pools-forbidden',
    cel: "self.type == 'EgressIP' || !has(self.pools)",
    holds: ({ type, pools }) => type === 'EgressIP' || pools === undefined,
    message: 'only type EgressIP has pools: remove them, or change the type',
    field: 'pools',
    reason: 'FieldValueForbidden',
  },
  ...onlyWhere(
    ['gateway', 'type', 'EgressGateway'],
    {
      code: 'gateway-required',
      message: 'with type EgressGateway, select the pods of the gateway by namespace and podSelector',
    },
    {
      code: 'gateway-forbidden',
      message: 'only type EgressGateway has a gateway: remove it, or change the type',
    },
  ),
);
