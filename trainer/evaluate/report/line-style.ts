import { markup, type Child } from './markup.js';
import { px } from './plot-frame.js';

/** How a line looks, told apart by more than its colour: each kind has a marker of its own, the baseline is dashed. */
export interface LineStyle {
  readonly kind: 'first' | 'second' | 'third';
  readonly marker?: 'circle' | 'square' | 'none';
  readonly dashed?: boolean;
}

export function styleClass({ kind, dashed }: LineStyle): string {
  return dashed === true ? `line ${kind} dashed` : `line ${kind}`;
}

export function marker({ marker: shape = 'none' }: LineStyle, x: number, y: number): Child {
  if (shape === 'none') return undefined;
  return shape === 'circle'
    ? markup`<circle cx="${px(x)}" cy="${px(y)}" r="3.2"/>`
    : markup`<rect x="${px(x - 3)}" y="${px(y - 3)}" width="6" height="6"/>`;
}
