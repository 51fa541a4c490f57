/** How the operator has adapted the page. The server writes these attributes of `index.html`. */
const { title, signUp, guests } = document.documentElement.dataset;

/** The name of the page. */
export const PAGE_TITLE = title ?? 'Smart Chat';

/** Whether visitors may create accounts. */
export const IS_SIGN_UP_OPEN = signUp !== 'off';

/** Whether visitors may chat without an account. */
export const ARE_GUESTS_ALLOWED = guests === 'on';
