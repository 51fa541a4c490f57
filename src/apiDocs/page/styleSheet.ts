import { CONTENT } from './styles/content';
import { LAYOUT } from './styles/layout';
import { TOKENS } from './styles/tokens';

/** The style sheet of the page. */
export const STYLE_SHEET = `${TOKENS}${LAYOUT}${CONTENT}`;
