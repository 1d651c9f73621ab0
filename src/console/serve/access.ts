import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '../../adapter/adapter.ts';
import { groupName } from '../../api/meta.ts';
import type { ApiClient } from '../../kube/client/transport.ts';
import { Allowance } from './allowance.ts';
import { everything, type Rights } from './rights.ts';

/**
 * Without one of these, nothing is shown.
 *
 * @param source the address that asks
 */
export type Access = (authorization: string | undefined, source: string) => Promise<Rights>;

/** With what a request is answered instead. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly status: 401 | 403 | 429 | 503;

  constructor(status: Refused['status'], message: string) {
    super(message);
    this.status = status;
  }
}

/** For a loopback address outside of a cluster: a client that can reach it is the person who started the process. */
export const openAccess: Access = () => Promise.resolve(everything);

export interface ReviewDeps {
  readonly api: Pick<ApiClient, 'request'>;
  readonly clock: Pick<Clock, 'elapsed'>;
  /** Namespaces of the cluster as they are now. */
  readonly namespaces: () => readonly string[];
}

const keptMs = 60_000;
const mostKept = 200;
/** A viewer without rights in all namespaces is asked about in each of these. */
const mostNamespaces = 500;
const abreast = 8;
/** Of tokens that are not known yet. */
const reviewPace = { each: { burst: 30, perSecond: 3 }, all: { burst: 300, perSecond: 30 } };

const tokenAnswer = z.looseObject({
  status: z.looseObject({
    authenticated: z.boolean().default(false),
    user: z
      .looseObject({
        username: z.string().default(''),
        uid: z.string().exactOptional(),
        groups: z.array(z.string()).default([]),
        extra: z.record(z.string(), z.array(z.string())).exactOptional(),
      })
      .exactOptional(),
  }),
});
const accessAnswer = z.looseObject({ status: z.looseObject({ allowed: z.boolean().default(false) }) });
type User = NonNullable<z.output<typeof tokenAnswer>['status']['user']>;

/** Asks the API server who shows a token, and what they may list. Answers are kept for a minute, by the hash of the token. */
export function reviewedAccess({ api, clock, namespaces }: ReviewDeps): Access {
  const kept = new Map<string, { readonly until: number; readonly rights: Promise<Rights> }>();
  const reviews = new Allowance(reviewPace, () => clock.elapsed());
  const review = async (token: string): Promise<Rights> => {
    const user = await userOf(api, token);
    return rightsOf(api, user, namespaces());
  };
  return async (authorization, source) => {
    const [, token] = /^Bearer ([\w.~+/=-]{1,8192})$/i.exec(authorization ?? '') ?? [];
    if (token === undefined) throw new Refused(401, 'send a token of this cluster: `kubectl create token NAME`');
    const key = createHash('sha256').update(token).digest('base64');
    const now = clock.elapsed();
    const known = kept.get(key);
    if (known !== undefined && known.until > now) return known.rights;
    if (!reviews.take(source)) throw new Refused(429, 'too many tokens at once: try again in ten seconds');
    const rights = review(token);
    kept.delete(key);
    kept.set(key, { until: now + keptMs, rights });
    rights.catch(() => kept.delete(key));
    for (const old of kept.keys()) if (kept.size > mostKept) kept.delete(old);
    return rights;
  };
}

async function userOf(api: ReviewDeps['api'], token: string): Promise<User> {
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token } };
  const path = '/apis/authentication.k8s.io/v1/tokenreviews';
  const { status } = await reviewed(tokenAnswer, api, path, body);
  if (status.authenticated && status.user !== undefined && status.user.username !== '') return status.user;
  throw new Refused(401, 'the API server does not know this token: it may have expired');
}

async function rightsOf(api: ReviewDeps['api'], user: User, namespaces: readonly string[]): Promise<Rights> {
  const may = (resource: string, namespace?: string): Promise<boolean> => mayList(api, user, resource, namespace);
  const [points, services, clusterPolicies, all] = await Promise.all([
    may('enforcementpoints'),
    may('externalservices'),
    may('clusteregresspolicies'),
    may('egresspolicies'),
  ]);
  const base = { name: user.username, points, services, clusterPolicies };
  if (all) return { ...base, namespaces: 'all', notReviewed: 0 };
  const asked = namespaces.slice(0, mostNamespaces);
  const granted = new Set<string>();
  for (let at = 0; at < asked.length; at += abreast)
    await Promise.all(
      asked.slice(at, at + abreast).map(async (namespace) => {
        if (await may('egresspolicies', namespace)) granted.add(namespace);
      }),
    );
  if (granted.size === 0 && !points && !services && !clusterPolicies)
    throw new Refused(403, `${user.username} may list nothing of postern.dev: ask for a role that lets you`);
  return { ...base, namespaces: granted, notReviewed: namespaces.length - asked.length };
}

async function mayList(api: ReviewDeps['api'], user: User, resource: string, namespace?: string): Promise<boolean> {
  const { username, groups, uid, extra } = user;
  const body = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    spec: {
      user: username,
      groups,
      ...(uid !== undefined && { uid }),
      ...(extra !== undefined && { extra }),
      resourceAttributes: { verb: 'list', group: groupName, resource, ...(namespace !== undefined && { namespace }) },
    },
  };
  const { status } = await reviewed(accessAnswer, api, '/apis/authorization.k8s.io/v1/subjectaccessreviews', body);
  return status.allowed;
}

async function reviewed<T>(schema: z.ZodType<T>, api: ReviewDeps['api'], path: string, body: unknown): Promise<T> {
  const answer = await api.request({ method: 'POST', path, body, timeoutMs: 5_000 }).catch(() => undefined);
  const read = schema.safeParse(answer);
  if (read.success) return read.data;
  throw new Refused(
    503,
    'the API server did not say who this is: may this process create tokenreviews and subjectaccessreviews?',
  );
}
