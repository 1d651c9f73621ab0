/** What a simulated API refuses, thrown where it is noticed. */
export class Refusal extends Error {
  readonly status: number;
  /** As the API calls it: `ResourceNotFound`, `resourceNotReady`. */
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}
