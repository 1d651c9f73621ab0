import type { Json, JsonObject } from '../../../src/core/model/json.ts';

/*
 * Fields of objects that others may have written: what is not of the wanted type reads as empty.
 */

export function mapOf(value: unknown): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}

/** The map at a path of maps. */
export function mapIn(value: unknown, ...path: readonly string[]): JsonObject {
  return path.reduce((map, key) => mapOf(map[key]), mapOf(value));
}

export function listOf(value: unknown): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}

export function textsOf(value: unknown): readonly string[] {
  return listOf(value).filter((item) => typeof item === 'string');
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

export function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}
