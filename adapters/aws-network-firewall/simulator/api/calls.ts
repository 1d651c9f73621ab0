import { jsonAnswers, queryAnswers, type AnswerForm } from '../../../../kit/simulator/aws/answers.ts';
import { Failure, formInput, jsonInput } from '../../../../kit/simulator/aws/calls.ts';
import { signatureFault, type Keys } from '../../../../kit/simulator/aws/signature.ts';
import type { SimulatedRequest } from '../../../../kit/simulator/simulated-device.ts';
import type { JsonObject } from '../../../../src/core/model/json.ts';

/** A request of one of the services. */
export interface Call {
  readonly service: 'network-firewall' | 'ec2' | 'logs';
  /** `UpdateRuleGroup` */
  readonly operation: string;
  readonly input: JsonObject;
}

/** As Network Firewall words it: `parameter: [..], context: ..`. */
export function invalidRequest(reason: string, parameter: string, context: string): Failure {
  return new Failure('InvalidRequestException', `${reason}, parameter: [${parameter}], context: ${context}`);
}

export const forms: Readonly<Record<Call['service'], AnswerForm>> = {
  'network-firewall': jsonAnswers('com.amazonaws.networkfirewall'),
  logs: jsonAnswers('com.amazonaws.logs'),
  ec2: queryAnswers('http://ec2.amazonaws.com/doc/2016-11-15/'),
};

const target = 'NetworkFirewall_20201112.';
const logsTarget = 'Logs_20140328.';

/** Which operation a request asks for; empty where it does not say. */
export function operationOf({ headers, body }: SimulatedRequest): Pick<Call, 'service' | 'operation'> {
  const named = headers['x-amz-target'] ?? '';
  if (named.startsWith(logsTarget)) return { service: 'logs', operation: named.slice(logsTarget.length) };
  if (named !== '')
    return { service: 'network-firewall', operation: named.startsWith(target) ? named.slice(target.length) : '' };
  return { service: 'ec2', operation: new URLSearchParams(body).get('Action') ?? '' };
}

/** @throws Failure for a request that is none of this protocol */
export function callOf(request: SimulatedRequest): Call {
  const { service, operation } = operationOf(request);
  if (request.method !== 'POST' || request.path !== '/')
    throw new Failure('UnknownOperationException', 'POST / is asked for', 404);
  if (service === 'ec2') return { service, operation, input: formInput(request.body) };
  const version = service === 'logs' ? '1.1' : '1.0';
  if (!(request.headers['content-type'] ?? '').startsWith(`application/x-amz-json-${version}`)) {
    throw new Failure('UnknownOperationException', `this simulator speaks JSON ${version} and no CBOR`, 404);
  }
  return { service, operation, input: jsonInput(request.body) };
}

/** @throws Failure for one that is not signed with these keys, as each of the services words it */
export function checkSignature(request: SimulatedRequest, service: Call['service'], region: string, keys: Keys): void {
  const fault = signatureFault(request, { service, region, keys });
  if (fault === undefined) return;
  const message =
    fault === 'unknown-key'
      ? 'The security token included in the request is invalid.'
      : 'The request signature we calculated does not match the signature you provided.';
  throw service === 'ec2'
    ? new Failure('AuthFailure', message, 401)
    : new Failure('InvalidSignatureException', message);
}
