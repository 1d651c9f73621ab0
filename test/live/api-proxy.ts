import { readFileSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, request, type RequestOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { issueTestingCertificate } from '../../kit/simulator/certificate.ts';

const kubeconfigSchema = z.looseObject({
  clusters: z.tuple([
    z.looseObject({ cluster: z.looseObject({ server: z.string(), 'certificate-authority-data': z.string() }) }),
  ]),
});

/** Something in front of the real API server that can make it lie about its pods. */
export interface ApiProxy {
  /** As the real one's, but leading here. */
  readonly kubeconfig: string;
  /** From now on lists of pods are empty, and whoever watches them has to list them anew. */
  loseSightOfPods(): void;
  /** The truth again; watches of pods end, as they do every few minutes. */
  seeAgain(): void;
  close(): Promise<void>;
}

const pods = /^\/api\/v1\/pods(\?|$)/;
const json = { 'content-type': 'application/json' };
/** The position of a list that never was; watches from there are open, and silent. */
const lied = '1';
const emptyList = { apiVersion: 'v1', kind: 'PodList', metadata: { resourceVersion: lied }, items: [] };
const failure = (code: number, reason: string) => ({
  apiVersion: 'v1',
  kind: 'Status',
  status: 'Failure',
  code,
  reason,
});

export async function startApiProxy(kubeconfig: string, folder: string): Promise<ApiProxy> {
  const config = kubeconfigSchema.parse(parse(readFileSync(kubeconfig, 'utf8')));
  const { cluster } = config.clusters[0];
  const upstream = { url: cluster.server, ca: Buffer.from(cluster['certificate-authority-data'], 'base64') };
  const issued = await issueTestingCertificate('API server proxy');
  const watches = new Set<ServerResponse>();
  let blind = false;
  const endWatches = (): void => {
    for (const watch of watches) watch.destroy();
  };
  const server = createServer({ key: issued.key, cert: issued.certificate + issued.ca }, (incoming, outgoing) => {
    const path = incoming.url ?? '/';
    const watching = path.includes('watch=true');
    if (!pods.test(path) || incoming.method !== 'GET') {
      forward(upstream, incoming, outgoing);
      return;
    }
    if (watching) {
      watches.add(outgoing);
      outgoing.once('close', () => watches.delete(outgoing));
    }
    if (!blind) forward(upstream, incoming, outgoing);
    else if (!watching) answer(outgoing, 200, emptyList);
    else if (path.includes('sendInitialEvents')) answer(outgoing, 400, failure(400, 'BadRequest'));
    else if (path.includes(`resourceVersion=${lied}`)) outgoing.writeHead(200, json).flushHeaders();
    else answer(outgoing, 410, failure(410, 'Expired'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cluster.server = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  cluster['certificate-authority-data'] = Buffer.from(issued.ca).toString('base64');
  const file = `${folder}/proxied.kubeconfig`;
  writeFileSync(file, stringify(config), { mode: 0o600 });
  return {
    kubeconfig: file,
    loseSightOfPods: () => {
      blind = true;
      endWatches();
    },
    seeAgain: () => {
      blind = false;
      endWatches();
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function forward(
  { url, ca }: { readonly url: string; readonly ca: Buffer },
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): void {
  const options: RequestOptions = {
    ca,
    headers: incoming.headers,
    ...(incoming.method && { method: incoming.method }),
  };
  const call = request(new URL(incoming.url ?? '/', url), options, (answer) => {
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    outgoing.flushHeaders(); // a watch begins before there is anything to see
    pipeline(answer, outgoing, () => undefined);
  });
  call.once('error', () => outgoing.destroy());
  outgoing.once('close', () => call.destroy());
  incoming.pipe(call);
}

function answer(outgoing: ServerResponse, code: number, body: unknown): void {
  outgoing.writeHead(code, json).end(JSON.stringify(body));
}
