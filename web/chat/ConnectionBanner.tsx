import { useConnection, useOutbox } from '../state/client';
import { useLasting } from '../state/useLasting';
import { waitingCount } from '../text/counts';

/** A connection that is back sooner than this was never away, as far as anybody needs to know. */
const PATIENCE_MS = 1_000;

/** Says that there is no connection, and what that means for what is written now. */
export function ConnectionBanner() {
  const isAway = useLasting(useConnection() !== 'online', PATIENCE_MS);
  const waiting = useOutbox().length;
  return (
    <div class="banner-place" role="status">
      {isAway && (
        <p class="banner">
          <span class="spinner" aria-hidden="true" />
          <span>
            <strong>Reconnecting…</strong>{' '}
            {waiting === 0
              ? 'You can go on writing: it is sent when the connection is back.'
              : `${waitingCount(waiting)} and will be sent when the connection is back.`}
          </span>
        </p>
      )}
    </div>
  );
}
