import { notice } from '../state/notices';
import { useObservable } from '../state/observable';

/** Where notices are shown and read out. */
export function Notices() {
  const shown = useObservable(notice);
  return (
    <div class="notices" role="status">
      {shown && (
        <p class="notice" key={shown.id}>
          {shown.text}
        </p>
      )}
    </div>
  );
}
