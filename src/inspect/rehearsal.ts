import { AdapterError, errorPolicy } from '../adapter/errors.ts';
import type { EnforcementPoint } from '../api/kinds.ts';
import type { Problem } from '../core/model/problem.ts';
import type { Device, PointPlan } from './plan-point.ts';

/** What the device itself says to what would be sent to it, if it can be asked beforehand. Nothing is written. */
export async function rehearse(
  { metadata }: EnforcementPoint,
  { allowed }: PointPlan,
  device: Device,
  signal: AbortSignal,
): Promise<readonly Problem[]> {
  if (device.rehearse === undefined || allowed.length === 0) return [];
  try {
    await device.rehearse(allowed, signal);
    return [];
  } catch (error) {
    if (!(error instanceof AdapterError)) throw error;
    return [objection(`EnforcementPoint/${metadata.name}`, error)];
  }
}

function objection(subject: string, { errorClass, message }: AdapterError): Problem {
  // It was too busy to look at the changes, and so has said nothing about them.
  if (errorPolicy[errorClass].then === 'retry') {
    const told = `the device could not be asked whether it would take these changes, so that it may yet refuse them: ${message}`;
    return { severity: 'warning', subject, field: '', code: 'not-rehearsed', message: told };
  }
  const told = `asked beforehand, the device refuses these changes; correct what it names, or they will be set aside: ${message}`;
  return { severity: 'error', subject, field: '', code: 'refused-beforehand', message: told };
}
