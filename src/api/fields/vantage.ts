import { z } from 'zod';
import { networks } from './destination.ts';
import { shortNameSchema } from './formats.ts';
import { ruled, someOf, without, type Rule } from './rule.ts';
import { everyWord, labelSelector, plainSelector } from './selector.ts';

const poolSchema = ruled(
  z.strictObject({
    namespaceSelector: plainSelector().optional().describe('Pods in namespaces with these labels.'),
    allNamespaces: everyWord('True: pods in every namespace. Instead of `namespaceSelector`.'),
    podSelector: plainSelector().optional().describe('Pods with these labels.'),
    allPods: everyWord('True: every pod of these namespaces. Instead of `podSelector`.'),
    networks: networks(16).describe('The addresses under which they leave.'),
  }),
  someOf(['namespaceSelector', 'allNamespaces'], {
    code: 'no-namespaces',
    message: 'say which namespaces: namespaceSelector, or allNamespaces: true for every one',
  }),
  someOf(['podSelector', 'allPods'], {
    code: 'no-subject',
    message: 'say which pods: podSelector, or allPods: true for all of the namespaces',
  }),
  without('allNamespaces', ['namespaceSelector'], {
    code: 'two-namespace-forms',
    message: 'allNamespaces: true stands for namespaceSelector: keep one of them',
  }),
  without('allPods', ['podSelector'], {
    code: 'two-pod-forms',
    message: 'allPods: true stands for podSelector: keep one of them',
  }),
);

/** What a point sees as the source. */
export const vantageSchema = ruled(
  z.strictObject({
    type: z
      .enum(['Pod', 'Node', 'EgressGateway', 'EgressIP', 'Static', 'Identity', 'Labels'])
      .describe(
        'What the point sees as the source: the address of the pod itself, of its node (SNAT), of an egress gateway, the addresses that an object or a gateway of the network plugin or a pool gives it (EgressIP), a fixed set; or who the pod is: its identity, namespace and ServiceAccount, as a mesh does, or its labels, as the cluster network does.',
      ),
    networks: networks(256)
      .optional()
      .describe('With Static, and only there: the addresses behind which all covered pods appear.'),
    gateway: z
      .strictObject({
        namespace: shortNameSchema.describe('Namespace of the gateway.'),
        podSelector: labelSelector('the labels that only its pods have').describe('Its pods, by label.'),
        addresses: z
          .enum(['Pod', 'Node'])
          .optional()
          .describe(
            'Whose addresses it leaves with: those of its pods, unless given, or of the nodes that they run on (SNAT), which whoever else runs there has, too. For fixed egress addresses use type Static.',
          ),
      })
      .optional()
      .describe('With EgressGateway, and only there: the pods of the gateway.'),
    network: z
      .strictObject({
        name: z
          .string()
          .min(1)
          .max(317)
          .regex(/^[a-z0-9]([a-z0-9./-]*[a-z0-9])?$/)
          .describe(
            'As the annotation calls it: namespace and name of the NetworkAttachmentDefinition, such as telco/sriov-a.',
          ),
        ranges: networks(64).describe(
          'Where the addresses of the network lie. Others are not believed: whoever may change a pod can write its annotation.',
        ),
      })
      .optional()
      .describe(
        'With Pod, and only there: not the addresses of the pod network count (status.podIPs), but those that the pod has on this network beside it, as Multus and its like write them into the annotation k8s.v1.cni.cncf.io/network-status. A pod that is not on it has no address here; what several pods claim none of them has.',
      ),
    pools: z
      .array(poolSchema)
      .min(1)
      .max(64)
      .optional()
      .describe(
        'With EgressIP, and only there: pods that leave under fixed addresses by no object of the cluster, such as the pool of a namespace at a NAT, or the address of a NAT gateway in a cloud. Beside what EgressIP (OVN), CiliumEgressGatewayPolicy, Egress (Antrea) and egress gateways of Calico say.',
      ),
  }),
  ...onlyWith('Static', 'networks', {
    required: {
      code: 'networks-required',
      message: 'with type Static, say behind which networks the covered pods appear',
    },
    forbidden: {
      code: 'networks-forbidden',
      message: 'only type Static has networks: the other types follow pods, nodes or the gateway by themselves',
    },
  }),
  {
    code: 'network-forbidden',
    cel: "self.type == 'Pod' || !has(self.network)",
    holds: ({ type, network }) => type === 'Pod' || network === undefined,
    message: 'only type Pod has a network: leave it out, or change the type',
    field: 'network',
    reason: 'FieldValueForbidden',
  },
  {
    code: 'pools-forbidden',
    cel: "self.type == 'EgressIP' || !has(self.pools)",
    holds: ({ type, pools }) => type === 'EgressIP' || pools === undefined,
    message: 'only type EgressIP has pools: leave them out, or change the type',
    field: 'pools',
    reason: 'FieldValueForbidden',
  },
  ...onlyWith('EgressGateway', 'gateway', {
    required: {
      code: 'gateway-required',
      message: 'with type EgressGateway, say which pods the gateway is: namespace and podSelector',
    },
    forbidden: {
      code: 'gateway-forbidden',
      message: 'only type EgressGateway has a gateway: leave it out, or change the type',
    },
  }),
);

type Vantage = { readonly type: string } & Readonly<Partial<Record<'networks' | 'gateway', unknown>>>;
type Words = Readonly<Record<'code' | 'message', string>>;

/** The field is there with this type of vantage, and with no other. */
function onlyWith(
  type: string,
  field: 'networks' | 'gateway',
  { required, forbidden }: Readonly<Record<'required' | 'forbidden', Words>>,
): readonly Rule<Vantage>[] {
  return [
    {
      ...required,
      cel: `self.type != '${type}' || has(self.${field})`,
      holds: (vantage) => vantage.type !== type || vantage[field] !== undefined,
      field,
      reason: 'FieldValueRequired',
    },
    {
      ...forbidden,
      cel: `self.type == '${type}' || !has(self.${field})`,
      holds: (vantage) => vantage.type === type || vantage[field] === undefined,
      field,
      reason: 'FieldValueForbidden',
    },
  ];
}
