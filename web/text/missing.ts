import type { FormProblems } from './errorText';

/** A check that finds the fields that are empty, with what to say of each. */
export function missing(texts: Readonly<Record<string, string>>) {
  return (values: Record<string, string>): FormProblems => {
    const empty = Object.entries(texts).filter(([field]) => (values[field] ?? '').trim() === '');
    return { fields: Object.fromEntries(empty), form: null };
  };
}
