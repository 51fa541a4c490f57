import { ERROR_CATALOGUE } from '../../domain/errors';
import { problemExample } from '../examples';
import { jsonBlock } from './code';
import { type Html, html } from './html';
import { anchorOfError } from './markdown';

const ANY_CALL = 'any call';
const ANY_CALL_WITH_TOKEN = `${ANY_CALL} with a token`;

/** Every code, and what an error looks like over REST. */
export function errorsView(common: ReadonlySet<string>): Html {
  const rows = Object.entries(ERROR_CATALOGUE).map(
    ([code, { status, title, detail }]) => html`<tr id="${anchorOfError(code)}">
<td><span class="status s${String(status).charAt(0)}">${status}</span></td>
<td><code>${code}</code>${common.has(code) ? html` <span class="note">${status === 401 ? ANY_CALL_WITH_TOKEN : ANY_CALL}</span>` : null}</td>
<td><strong>${title}.</strong> ${detail}</td></tr>`,
  );
  return html`<section class="entry" id="errors">
<div class="text">
<h3><a class="anchor" href="#errors">Errors</a></h3>
<p>REST answers with the status and a problem, sockets with the same code in an ack or an <code>error</code> event.
Codes marked <span class="note">${ANY_CALL}</span> can come from every route, and are not repeated there.</p>
<div class="scroll" tabindex="0" role="region" aria-label="Error codes"><table>
<thead><tr><th>Status</th><th>Code</th><th>Meaning</th></tr></thead><tbody>${rows}</tbody></table></div>
</div>
<div class="samples">${jsonBlock('A problem', problemExample('VALIDATION_FAILED', '/api/sessions/…/messages'))}</div>
</section>`;
}
