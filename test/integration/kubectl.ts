import { execFile } from 'node:child_process';

export interface Ended {
  readonly code: number;
  /** Standard output, then standard error. */
  readonly output: string;
}

/** Runs the real kubectl to its end; a failure is an exit code, never an exception. */
export function kubectl(kubeconfig: string, args: readonly string[], stdin = ''): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile('kubectl', ['--kubeconfig', kubeconfig, ...args], (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), output: stdout + stderr }),
    );
    child.stdin?.end(stdin);
  });
}
