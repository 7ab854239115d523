import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright-core';
import type { EvaluationResult } from '../../trainer/evaluate/evaluation-result.js';
import { renderReport } from '../../trainer/evaluate/report/report.js';
import { findChromium } from '../support/chromium.js';
import { minimalEvaluation, pixelEvaluation, richEvaluation } from '../support/evaluation-example.js';
import { FAINT, OVERFLOWING, OVERLAPPING, SCROLLING, UNSEEN } from '../support/page-checks.js';

const executablePath = findChromium();

const LONG_LABELS = ['b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k'].map((letter) => letter.repeat(60));

const LONG_NAMES = 'long names without a space';

const REPORTS: Readonly<Record<string, readonly [EvaluationResult, EvaluationResult?]>> = {
  'a whole evaluation': [richEvaluation()],
  'clean accuracy alone': [minimalEvaluation()],
  'ε in 1/255': [pixelEvaluation()],
  'two models of other grids': [
    richEvaluation(),
    richEvaluation({
      title: 'mnist-standard 1',
      seed: 2,
      typicalMargin: 0.12,
      maxDistance: 0.315,
      epsilons: [0.05, 0.1, 0.2],
    }),
  ],
  'two models in 1/255': [pixelEvaluation(), pixelEvaluation()],
  [LONG_NAMES]: [
    richEvaluation({ title: 'a'.repeat(80), labels: LONG_LABELS }),
    richEvaluation({ title: 'l'.repeat(80), seed: 2, labels: LONG_LABELS }),
  ],
};

const SCREENS = [
  { screen: 'light', colorScheme: 'light', width: 1280 },
  { screen: 'dark', colorScheme: 'dark', width: 1280 },
  { screen: 'narrow', colorScheme: 'light', width: 400 },
] as const;

describe(`reports in a browser${executablePath === undefined ? ' (skipped: no Chromium; MAXMARGIN_CHROMIUM says where one is)' : ''}`, () => {
  let browser: Browser | undefined;
  let directory = '';

  before(async function () {
    if (executablePath === undefined) return this.skip();
    directory = await mkdtemp(join(tmpdir(), 'maxmargin-'));
    browser = await chromium.launch({ executablePath });
  });

  after(async () => {
    await browser?.close();
    if (directory !== '') await rm(directory, { recursive: true, force: true });
  });

  for (const [name, [result, baseline]] of Object.entries(REPORTS)) {
    it(`${name}: all there and readable, wide and narrow, light and dark; loads and says nothing`, async () => {
      const url = pathToFileURL(join(directory, 'report.html')).href;
      await writeFile(new URL(url), renderReport(result, baseline));
      const page = await browser!.newPage();
      const said = listen(page, url);
      await page.goto(url);
      await page.evaluate(`document.querySelectorAll('details').forEach((details) => { details.open = true; })`);
      for (const { screen, colorScheme, width } of SCREENS) {
        await page.setViewportSize({ width, height: 900 });
        await page.emulateMedia({ colorScheme });
        for (const check of [UNSEEN, OVERFLOWING, OVERLAPPING, FAINT])
          assert.deepEqual(await page.evaluate(check), [], `${name}, ${screen}`);
      }
      assert.deepEqual(said, []);
      // Where names have a usual length, tables are as wide as they are on a desk; on a phone they move in their frames.
      await page.setViewportSize({ width: 1280, height: 900 });
      if (name !== LONG_NAMES) assert.deepEqual(await page.evaluate(SCROLLING), []);
      await page.close();
    });
  }

  it('the checks see what they look for', async () => {
    const page = await browser!.newPage({ viewport: { width: 400, height: 800 } });
    await page.setContent(`<style>body{margin:0;background:#fff}</style><section></section><p style="width:500px;color:#999">faint</p>
<svg class="plot" width="100" height="50"><title>plot</title><text x="10" y="20">one</text><text x="15" y="22">two</text></svg>`);
    assert.equal((await page.evaluate<string[]>(UNSEEN)).length, 2);
    assert.equal((await page.evaluate<string[]>(OVERFLOWING)).length, 2);
    assert.deepEqual(await page.evaluate(OVERLAPPING), ['one over two in plot']);
    assert.equal((await page.evaluate<string[]>(FAINT)).length, 1);
  });
});

/** What a page says or asks for, but for itself and what is inside of it. */
function listen(page: Page, url: string): readonly string[] {
  const said: string[] = [];
  page.on('console', (message) => said.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => said.push(`error: ${error.message}`));
  page.on('request', (request) => {
    if (request.url() !== url && !request.url().startsWith('data:'))
      said.push(`request: ${request.url().slice(0, 100)}`);
  });
  return said;
}
