import { initialsOf, toneOf } from '../text/initials';

/** As many as there are in avatars.css. */
const TONES = 8;

/** Initials on a tone of their own. A decoration: the name stands beside it. */
export function Avatar({ id, name }: { id: string; name: string }) {
  return (
    <span class={`avatar tone-${toneOf(id, TONES)}`} aria-hidden="true">
      {initialsOf(name)}
    </span>
  );
}
