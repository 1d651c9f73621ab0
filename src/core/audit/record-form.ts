import { isTooDeep } from '../model/json.ts';
import type { AuditPolicy, AuditRecord } from './record.ts';

type Fields = Readonly<Record<string, unknown>>;

const texts = ['type', 'at', 'point', 'adapter', 'reason', 'op', 'kind', 'name', 'id', 'title'];
const textsOfEnd = ['result', 'errorClass', 'message', 'code'];

/** Whether a value has what readers go by in the form of a record; a record of a later version may have more. A line may be anybody's. */
export function isRecord(value: unknown): value is AuditRecord {
  if (!isObject(value) || typeof value['seq'] !== 'number' || !texts.every((field) => isTextOrAbsent(value[field])))
    return false;
  if (isTooDeep(value)) return false;
  switch (value['type']) {
    case undefined:
      return false;
    case 'begun':
      return isBegun(value);
    case 'closed':
      return textsOfEnd.every((field) => isTextOrAbsent(value[field])) && isListOrAbsent(value['requests'], isObject);
    case 'read':
      return areTexts(value['differing']);
    default:
      return true;
  }
}

export function areTexts(value: unknown): value is string[] {
  return isListOf(value, isText);
}

export function areObjects(value: unknown): value is object[] {
  return isListOf(value, isObject);
}

export function arePolicies(value: unknown): value is AuditPolicy[] {
  return isListOf(value, isPolicy);
}

function isBegun({ add, remove, policies, rule }: Fields): boolean {
  const lists = isListOrAbsent(add, isText) && isListOrAbsent(remove, isText) && isListOrAbsent(policies, isPolicy);
  return lists && (rule === undefined || isRule(rule));
}

function isPolicy(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { kind, namespace, name, field, changedBy, approvedBy } = value;
  const people = [changedBy, approvedBy].every((one) => one === undefined || isObject(one));
  return areTexts([kind, namespace, name, field]) && people;
}

function isRule(value: unknown): boolean {
  if (!isObject(value) || !isObject(value['destination'])) return false;
  const { names, networks } = value['destination'];
  return areTexts(value['sources']) && isText(value['ports']) && areTexts(names) && areTexts(networks);
}

function isListOrAbsent(value: unknown, isOne: (one: unknown) => boolean): boolean {
  return value === undefined || isListOf(value, isOne);
}

function isListOf(value: unknown, isOne: (one: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isOne);
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}

function isTextOrAbsent(value: unknown): boolean {
  return value === undefined || isText(value);
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}
