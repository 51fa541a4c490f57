import type { ConversationState } from '../state/conversation';

export interface BeginningProps {
  state: ConversationState;
  loadOlder(): void;
}

/** Stands above the oldest message that is here: there are more, they are on their way, or this is where the chat begins. */
export function Beginning({ state, loadOlder }: BeginningProps) {
  return <div class="beginning">{contentOf(state, loadOlder)}</div>;
}

function contentOf({ phase, hasOlder, messages, problem }: ConversationState, loadOlder: () => void) {
  if (phase === 'loading') return <span class="spinner" role="img" aria-label="Loading messages" />;
  if (!hasOlder) return messages.length > 0 ? 'This is where the chat begins' : null;
  if (problem === null) return <span class="spinner" role="img" aria-label="Loading earlier messages" />;
  return (
    <button type="button" class="button button-small" onClick={loadOlder}>
      Load earlier messages
    </button>
  );
}
