import type { VNode } from 'preact';
import { useState } from 'preact/hooks';

/** In a cluster a viewer sees what the API server would let them list. */
export function SignIn({
  message,
  onToken,
}: {
  readonly message: string;
  readonly onToken: (token: string) => void;
}): VNode {
  const [token, setToken] = useState('');
  return (
    <form
      class="sheet sign-in"
      onSubmit={(event) => {
        event.preventDefault();
        onToken(token.trim());
      }}
    >
      <h1>Who are you?</h1>
      <p>
        Postern asks the API server who shows a token, and then shows what this person may list. The token stays in this
        tab and goes to nobody else.
      </p>
      <p class="dim">{message}</p>
      <pre class="command">kubectl create token NAME --namespace NAMESPACE</pre>
      <label class="field" for="token">
        <span>Token</span>
        <input
          id="token"
          type="password"
          autocomplete="off"
          required
          value={token}
          onInput={(event) => setToken(event.currentTarget.value)}
        />
      </label>
      <button type="submit" class="button">
        Show me
      </button>
    </form>
  );
}
