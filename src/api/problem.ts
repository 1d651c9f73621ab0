import type {
  CompilerCode,
  DeviceCode,
  FieldCode,
  FileCode,
  GuardCode,
  ImportCode,
  LintCode,
  MeshCheckId,
  ReportCode,
} from './problem-codes.ts';

/** A row of docs/reference/problems.md: without one, code that writes it does not compile. */
export type ProblemCode =
  FileCode | FieldCode | CompilerCode | LintCode | MeshCheckId | ImportCode | DeviceCode | GuardCode | ReportCode;

/**
 * Something a person should know about an object. User errors never throw: they become problems, and problems become
 * conditions, lint findings and lines of `postern plan`.
 */
export interface Problem {
  /** `error`: the object, or the named part of it, contributes nothing. `warning`: it works, but look. `info`: so you know. */
  readonly severity: 'error' | 'warning' | 'info';
  /** The object concerned: `EgressPolicy/test-app/app-a`, `ExternalService/github`, `EnforcementPoint/edge`; a file with a line for text that did not parse. */
  readonly subject: string;
  /** Path of the field inside the object, `spec.to[1].externalService`; empty when the object as a whole is meant. */
  readonly field: string;
  /** Stable identifier that scripts may rely on, `unresolved-reference`. */
  readonly code: ProblemCode;
  /** One sentence for the reader: what is wrong, and what to do next. */
  readonly message: string;
}

/** Orders problems for people and for stable output: errors first, then by subject, field and code. */
export function compareProblems(a: Problem, b: Problem): number {
  const rank = { error: 0, warning: 1, info: 2 };
  return (
    rank[a.severity] - rank[b.severity] ||
    compareText(a.subject, b.subject) ||
    compareText(a.field, b.field) ||
    compareText(a.code, b.code) ||
    compareText(a.message, b.message)
  );
}

/** Code-point order: the same on every machine, unlike `localeCompare`. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
