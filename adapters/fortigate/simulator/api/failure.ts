/** Why a request is refused, as the configuration database says it. */
export class Failure extends Error {
  override readonly name = 'Failure';
  /** HTTP status; undefined: what this version answers to a refused write. */
  readonly status: number | undefined;
  /** FortiOS error code, `-651`. */
  readonly code: number | undefined;

  constructor(message: string, code?: number, status?: number) {
    super(message);
    this.code = code;
    this.status = status;
  }

  get cli(): string {
    return this.code === undefined ? this.message : `${this.message}\nCommand fail. Return code ${this.code}\n`;
  }
}

/** What `FortigateSimulator.refuse` asks for. */
export const refused = (): Failure => new Failure("input is invalid\n\nvalue parse error before 'entry'", -651, 500);
export const badRequest = (message: string): Failure => new Failure(message, undefined, 400);
export const notFound = (): Failure => new Failure('entry not found', -3, 404);
export const notAllowed = (): Failure => new Failure('method not allowed', undefined, 405);
export const forbidden = (message: string): Failure => new Failure(message, -37, 403);

export const tooLong = (size: number, limit: number): Failure =>
  new Failure(`string value is too long. the size is ${size}, the limit is ${limit}`, -1);
export const unsafeText = (field: string): Failure =>
  new Failure(`The string contains XSS vulnerability characters\nvalue parse error before '${field}'`, -173);
export const invalid = (value: string, why = 'input is invalid'): Failure =>
  new Failure(`${why}\n\nvalue parse error before '${value}'`, -651);
export const dangling = (name: string): Failure => invalid(name, `node_check_object fail! for name ${name}`);
export const missingInDatasource = (name: string): Failure =>
  new Failure(`entry not found in datasource\n\nvalue parse error before '${name}'`, -3);
export const outOfRange = (value: string): Failure =>
  new Failure(`value out of range\n\nvalue parse error before '${value}'`, -650);
export const unexpected = (what: string): Failure => new Failure(`command parse error before '${what}'`, -61);
export const emptyValue = (field: string): Failure => new Failure(`${field}: empty values are not allowed`, -56);
export const incomplete = (field: string): Failure =>
  new Failure(`incomplete command in the end, ${field} must be set`, -160);
export const duplicate = (name: string, code: -5 | -15 = -5): Failure =>
  new Failure(`A duplicate entry already exists: ${name}`, code);
export const inUse = (count: number): Failure => new Failure(`The entry is used by other ${count} entries`, -23);
/** The code for one row too many in a child table is not documented. */
export const full = (what: string): Failure =>
  new Failure(`maximum number of entries has been reached for ${what}`, -4);
export const nameConflict = (name: string, one: string, other: string, code: number): Failure =>
  new Failure(`Name '${name}' conflict: '${one}' and '${other}' cannot be the same name.`, code);
