import { Markup, markup, type Child } from './markup.js';
import { STYLES } from './styles.js';

/** A whole page that needs nothing but itself; it may load nothing, and run nothing, whatever is in it. */
export function page(title: string, content: Child): string {
  const { text } =
    markup`<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"><title>${title}</title><style>${new Markup(STYLES)}</style></head><body><main>
${content}
</main></body></html>
`;
  return `<!doctype html>\n${text}`;
}
