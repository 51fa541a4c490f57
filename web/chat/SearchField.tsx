import { Icon } from '../parts/Icon';

export interface SearchFieldProps {
  words: string;
  onChange(words: string): void;
}

/** Narrows the list by name; Escape empties it. */
export function SearchField({ words, onChange }: SearchFieldProps) {
  return (
    <search class="search">
      <Icon name="search" />
      <input
        type="search"
        aria-label="Search chats by name"
        placeholder="Search by name"
        autoComplete="off"
        value={words}
        onInput={(event) => onChange(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape') onChange('');
        }}
      />
    </search>
  );
}
