/** The line below the heading of a table. It may be cut off. */
const TABLE_RULE = /(?:\|\s*:?-{2,}:?\s*)+(?:\||$)/g;

/**
 * A preview without the marks of Markdown, for a line of the list. Previews are cut off, so a mark may have no partner. What only
 * looks like a mark, such as `2 ** 3`, stays.
 */
export function withoutMarks(preview: string): string {
  const text = preview.replace(TABLE_RULE, ' | ');
  return (text === preview ? text : text.replace(/^[\s|]+|[\s|]+$/g, '').replace(/\s*\|[\s|]*/g, ' · '))
    .replace(/!?\[([^\]]*)\]\([^)\s]*(?:\)|$)/g, '$1')
    .replace(/(^|\s)(?:#{1,6}|>|```\w*)\s/g, '$1')
    .replace(/\*\*(?=\S)|(?<=\S)\*\*|`/g, '')
    .replace(/(?<!\S)([*_])([^\s*_](?:[^*_]*[^\s*_])?)\1(?!\w)/g, '$2')
    .trim();
}
