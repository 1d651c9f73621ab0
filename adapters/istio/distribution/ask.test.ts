import { createServer, type Http2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startIstiod, type StandInIstiod } from '../testing/istiod.ts';
import { askIstiod } from './ask.ts';
import { proxiesIn, statusRequest } from './messages.ts';

const { signal } = new AbortController();
const request = statusRequest('istio-system');
const serverName = 'istiod.istio-system.svc';
const token = 'token of istio-system/postern-status for istio-ca';

let istiod: StandInIstiod;
beforeAll(async () => {
  istiod = await startIstiod();
});
afterAll(() => istiod.close());

const asked = (more: Partial<Parameters<typeof askIstiod>[0]> = {}): Promise<Buffer> =>
  askIstiod({ url: `https://${istiod.address}`, ca: istiod.ca, serverName, token, ...more }, request, signal);

describe('an istiod', () => {
  it('says what it knows of each proxy, however many there are', async () => {
    istiod.proxies = Array.from({ length: 3_000 }, (_, index) => {
      return { pod: `shop/web-${index}`, types: { Cluster: { status: 'SYNCED', sentAt: 1_000 } } };
    });
    const proxies = proxiesIn(await asked());
    expect([proxies.length, proxies.at(-1)?.pod]).toEqual([3_000, 'shop/web-2999']);
  });

  it('refuses whom it does not know, in its own words', async () => {
    await expect(asked({ token: 'of nobody' })).rejects.toMatchObject({
      errorClass: 'auth',
      message: 'istiod refused to say: authentication failure.',
    });
  });

  it('is not shown a token unless it proves that it is one', async () => {
    const other = await startIstiod('somebody.example.com');
    const before = istiod.tokens.length;
    await expect(asked({ ca: other.ca })).rejects.toMatchObject({ errorClass: 'transient' });
    await expect(asked({ url: `https://${other.address}`, ca: other.ca })).rejects.toThrow(/does not match/);
    expect([istiod.tokens.length - before, other.tokens]).toEqual([0, []]);
    await other.close();
  });

  it('is not asked by what is no certificate or no address, and that is an error of its own', async () => {
    const ca = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
    await expect(asked({ ca })).rejects.toMatchObject({ errorClass: 'transient' });
    await expect(asked({ url: 'https://not an address' })).rejects.toMatchObject({ errorClass: 'transient' });
  });

  it('that is not there is told by its address', async () => {
    const gone = await startIstiod();
    await gone.close();
    await expect(asked({ url: `https://${gone.address}` })).rejects.toThrow(
      `istiod at ${gone.address} could not be asked`,
    );
  });
});

describe('what is no istiod', () => {
  const answers = async (answer: (server: Http2Server) => void): Promise<unknown> => {
    const server = createServer();
    answer(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const error = await asked({ url }).catch((thrown: unknown) => thrown);
    server.close();
    return error;
  };

  it.each([
    [
      'another server',
      'HTTP status 404',
      (server: Http2Server) => server.on('stream', (stream) => stream.respond({ ':status': 404 }, { endStream: true })),
    ],
    [
      'one that hangs up',
      'closed the connection without an answer',
      (server: Http2Server) => server.on('stream', (stream) => stream.respond({ ':status': 200 }, { endStream: true })),
    ],
    [
      'one that says too much',
      'its answer has',
      (server: Http2Server) =>
        server.on('stream', (stream) => {
          stream.respond({ ':status': 200 });
          stream.write(Buffer.from([0, 0xff, 0xff, 0xff, 0xff]));
        }),
    ],
    [
      'one that speaks otherwise',
      'compressed',
      (server: Http2Server) =>
        server.on('stream', (stream) => {
          stream.respond({ ':status': 200 });
          stream.write(Buffer.from([1, 0, 0, 0, 1]));
        }),
    ],
  ])('is told: %s', async (_, words, answer) => {
    const error = await answers((server) => void answer(server));
    expect(String(error)).toContain(words);
  });
});
