/**
 * Text that is HTML or SVG already, and is put in as it is. A class, because nothing that was read from JSON can be an instance of
 * one: whatever stands where a name should stand is escaped.
 */
export class Markup {
  constructor(readonly text: string) {}
}

/** What may stand between the parts of a template; undefined and false leave nothing. */
export type Child = Markup | string | number | undefined | false | readonly Child[];

/** HTML or SVG of a template, everything in between escaped: fit for text and for attributes in double quotes. */
export function markup(parts: TemplateStringsArray, ...children: readonly Child[]): Markup {
  return new Markup(parts.map((part, i) => part + render(children[i])).join(''));
}

function render(child: Child): string {
  if (child === undefined || child === false) return '';
  if (child instanceof Markup) return child.text;
  if (isList(child)) return child.map(render).join('');
  return escapeText(String(child));
}

// Array.isArray leaves a readonly array among the types of what is none.
function isList(child: string | number | readonly Child[]): child is readonly Child[] {
  return Array.isArray(child);
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Control characters but tab and line ends, halves of surrogate pairs, and marks that turn the direction of what follows. */
const UNFIT =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]|\p{Cs}/gu;

function escapeText(text: string): string {
  return text.replace(UNFIT, '\ufffd').replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}
