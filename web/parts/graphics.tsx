import type { ComponentChildren } from 'preact';
import { initialsOf, toneOf } from '../text/labels';

/** SVG paths in a 20 × 20 view box. */
const PATHS = {
  plus: 'M10 4v12M4 10h12',
  search: 'M9 15A6 6 0 1 0 9 3a6 6 0 0 0 0 12ZM13.4 13.4 17 17',
  send: 'M10 16V4.5M5 9l5-5 5 5',
  back: 'M12.5 4.5 7 10l5.5 5.5',
  previous: 'M12 5l-5 5 5 5',
  next: 'm8 5 5 5-5 5',
  again: 'M15.5 8.5A6 6 0 1 0 16 11M16 4v4.5h-4.5',
  down: 'M10 4v11.5M5 11l5 5 5-5',
  more: 'M4.5 10h.01M10 10h.01M15.5 10h.01',
  pencil: 'M4 16l.7-3.3L13.5 4a1.6 1.6 0 0 1 2.4 2.4L7.2 15.3 4 16Z',
  copy: 'M7.5 7.5h8v8h-8zM12.5 7.5v-3h-8v8h3',
  stop: 'M6 6h8v8H6z',
  trash: 'M4 6h12M8 6V4h4v2M5.5 6l.7 10h7.6l.7-10M8.5 9v4.5M11.5 9v4.5',
  clock: 'M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM10 6.5V10l2.5 1.5',
  check: 'm4.5 10.5 3.5 3.5 7.5-8',
  checks: 'm2 10.5 3.5 3.5 7-7.5M9.7 13.3l.9.7 7-7.5',
  alert: 'M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM10 6.5v4M10 13.5h.01',
  devices: 'M3 5h10v7H3zM6 15.5h4M8 12v3.5M14.5 8.5h3v7h-3z',
  door: 'M8 4H4v12h4M12.5 6.5 16 10l-3.5 3.5M16 10H8',
  doors: 'M7 4H3.5v12H7M11 4H7.5M11 16H7.5M13.5 6.5 17 10l-3.5 3.5M17 10h-6',
  key: 'M6.5 16.5a3.2 3.2 0 1 0 0-6.4 3.2 3.2 0 0 0 0 6.4ZM8.8 11 16 4M13 6.8l2.2 2.2',
  calendar: 'M4 5h12v11H4zM4 8.5h12M7.5 3v3.5M12.5 3v3.5',
  sliders: 'M3 6h7M14 6h3M3 14h3M10 14h7M12 4v4M8 12v4',
  pin: 'M7.5 3.5h5l-.6 4.6 2.6 2.4v1.5h-9v-1.5l2.6-2.4-.6-4.6ZM10 12v5',
  archive: 'M3.5 4h13v3.5h-13zM5 7.5V16h10V7.5M8 10.5h4',
  download: 'M10 3.5v9M6 9l4 4 4-4M4 16.5h12',
  close: 'm5 5 10 10M15 5 5 15',
  eye: 'M2.5 10S5 5 10 5s7.5 5 7.5 5-2.5 5-7.5 5-7.5-5-7.5-5ZM10 12.2a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4Z',
  person: 'M10 10a3.2 3.2 0 1 0 0-6.4A3.2 3.2 0 0 0 10 10ZM3.8 16.5a6.3 6.3 0 0 1 12.4 0',
  bubble:
    'M5.5 3.5h9a2.5 2.5 0 0 1 2.5 2.5v5.5a2.5 2.5 0 0 1-2.5 2.5H9.5L6 17v-3h-.5A2.5 2.5 0 0 1 3 11.5V6a2.5 2.5 0 0 1 2.5-2.5Z',
} as const;

export type IconName = keyof typeof PATHS;

/** Decorative: the meaning is in the text beside it, or in the label of its button. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg class={`icon icon-${name}`} viewBox="0 0 20 20" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}

/** A message that is stored and answered: a bubble with two checks. */
export function Logo() {
  return (
    <svg class="logo" viewBox="0 0 32 32" aria-hidden="true">
      <path
        class="logo-bubble"
        d="M8 2h16a6 6 0 0 1 6 6v11a6 6 0 0 1-6 6H14.5l-6.3 4.7a.75.75 0 0 1-1.2-.6v-4.2A6 6 0 0 1 2 19V8a6 6 0 0 1 6-6Z"
      />
      <path class="logo-check" d="m7.5 14 3.7 3.7L18 10.2" />
      <path class="logo-second-check" d="m14.7 16 1.7 1.7L24 9.3" />
    </svg>
  );
}

/** The number of `.tone-*` classes in controls.css. */
const AVATAR_TONES = 8;

/** Initials on a color chosen by the id. Decorative: the name stands beside it. */
export function Avatar({ id, name }: { id: string; name: string }) {
  return (
    <span class={`avatar tone-${toneOf(id, AVATAR_TONES)}`} aria-hidden="true">
      {initialsOf(name)}
    </span>
  );
}

export interface EmptyStateProps {
  icon: IconName;
  title: string;
  role?: 'alert';
  children: ComponentChildren;
}

/** Fills an area that has nothing to show, with an explanation. */
export function EmptyState({ icon, title, role, children }: EmptyStateProps) {
  return (
    <div class="empty" role={role}>
      <span class="empty-icon">
        <Icon name={icon} />
      </span>
      <h2>{title}</h2>
      {children}
    </div>
  );
}
