import type { EvaluationResult } from '../evaluation-result.js';
import { attacksSection } from './attacks-section.js';
import { classSection } from './class-section.js';
import { compare } from './comparison.js';
import { examplesSection } from './examples-section.js';
import { cautionList, keyFigures } from './figures.js';
import { header } from './header.js';
import { marginsSection } from './margins-section.js';
import { markup } from './markup.js';
import { maskingSection } from './masking-section.js';
import { page } from './page.js';
import { repeatSection } from './repeat-section.js';
import { robustnessSection } from './robustness-section.js';
import { trainingSection } from './training-section.js';

/**
 * An evaluation as one HTML page, for people: figures, plots and images inside of it, nothing loaded, nothing run. Parts that were
 * not measured are left out.
 *
 * @param baseline an evaluation of another model, to stand beside it; where norms or data differ the page says so, and compares less
 */
export function renderReport(result: EvaluationResult, baseline?: EvaluationResult): string {
  const comparison = compare(result, baseline);
  const title = [result.subject.title, baseline?.subject.title].filter((name) => name !== undefined).join(' against ');
  return page(
    `${title}: robustness evaluation`,
    markup`${header(comparison)}
<section id="figures"><h2 class="hidden">Key figures</h2>${keyFigures(comparison)}${cautionList(comparison)}</section>
${maskingSection(comparison)}
${robustnessSection(comparison)}
${marginsSection(comparison)}
${classSection(comparison)}
${attacksSection(comparison)}
${trainingSection(comparison)}
${examplesSection(comparison)}
${repeatSection(comparison)}`,
  );
}
