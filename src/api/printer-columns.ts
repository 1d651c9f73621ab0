/** A column of `kubectl get`. */
export interface Column {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'date';
  readonly jsonPath: string;
  readonly description: string;
  /** Shown with `-o wide` only. */
  readonly wide?: true;
}

export const ready: Column = {
  name: 'Ready',
  type: 'string',
  jsonPath: '.status.ready',
  description: 'True when everything it asks for is in force.',
};

export const points: Column = {
  name: 'Points',
  type: 'string',
  jsonPath: '.status.points',
  description: 'Enforcement points where it is in force, of those that it concerns.',
};

/** As text: the date type shows how long ago something was, and `<invalid>` for what is still to come. */
export const expires: Column = {
  name: 'Expires',
  type: 'string',
  jsonPath: '.spec.governance.expiresAt',
  description: 'From when on it contributes nothing.',
};

export const owner: Column = {
  name: 'Owner',
  type: 'string',
  jsonPath: '.spec.governance.owner',
  description: 'Who answers for it.',
  wide: true,
};

export const reason: Column = {
  name: 'Reason',
  type: 'string',
  jsonPath: '.status.conditions[?(@.status!="True")].message',
  description: 'Why it is not ready, and what to do.',
  wide: true,
};

export const age: Column = {
  name: 'Age',
  type: 'date',
  jsonPath: '.metadata.creationTimestamp',
  description: 'Since it was created.',
};
