import { Icon } from '../parts/Icon';

/** Stands in the place of messages that could not be read. */
export function LoadingFailed({ problem, onRetry }: { problem: string | null; onRetry(): void }) {
  return (
    <div class="empty" role="alert">
      <span class="empty-icon">
        <Icon name="alert" />
      </span>
      <h2>The messages could not be loaded</h2>
      <p>{problem}</p>
      <button type="button" class="button" onClick={onRetry}>
        Try again
      </button>
    </div>
  );
}
