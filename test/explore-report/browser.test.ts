import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reportFiles } from '../../src/explore/report/index.ts';
import { smallModel } from '../quantize/models.ts';
import { reportFixture } from './fixture.ts';

const places = ['chromium', 'chromium-browser', 'google-chrome'].map((name) => `/usr/bin/${name}`);
const executablePath = process.env.CHROMIUM ?? places.find((path) => existsSync(path));
if (!executablePath) {
  console.warn(
    'Chromium is absent (also not named by CHROMIUM): the report is not tried in a browser',
  );
}

describe.skipIf(!executablePath)('the page of a report', { timeout: 120_000 }, () => {
  const root = mkdtempSync(join(tmpdir(), 'vitrum-report-'));
  let browser: Browser;
  let page: Page;
  const troubles: string[] = [];
  beforeAll(async () => {
    const input = reportFixture({
      model: { ...smallModel({ depth: 2 }), name: 'small' },
      ...{ board: 'kv260', targetFps: null, weightBits: [8] },
      tiles: [
        [1, 4, 4],
        [2, 8, 8],
      ],
    });
    for (const { path, content } of reportFiles(input)) writeFileSync(join(root, path), content);
    if (!executablePath) throw new Error('the suite is skipped without a browser');
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
    page = await browser.newPage({ viewport: { width: 1000, height: 800 }, colorScheme: 'light' });
    page.on('pageerror', (error) => troubles.push(String(error)));
    page.on('console', (message) => troubles.push(message.text()));
    page.on('request', (request) => {
      if (!/^(file|data):/.test(request.url())) troubles.push(request.url());
    });
    await page.goto(`file://${join(root, 'report.html')}`);
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    rmSync(root, { recursive: true, force: true });
  });

  it('loads without an error and without a request', async () => {
    expect(await page.locator('svg.chart').count()).toBe(5);
    expect(troubles).toEqual([]);
  });

  it('works by keyboard: tab comes to a plot, arrows go from mark to mark and say what they are', async () => {
    const marks = page.locator('#chart-cycles .mark');
    const count = await marks.count();
    expect(count).toBeGreaterThan(10);
    await page.locator('#chart-roofline .mark[tabindex="0"]').focus();
    for (let i = 0; i < 20; i++) {
      await page.keyboard.press('Tab');
      if ((await page.locator('#chart-cycles .mark:focus').count()) > 0) break;
    }
    const said = () => page.locator('#tip > *').allTextContents();
    expect(await said()).toEqual((await marks.first().getAttribute('aria-label'))?.split('\n'));
    await page.keyboard.press('ArrowRight');
    expect(await said()).toEqual((await marks.nth(1).getAttribute('aria-label'))?.split('\n'));
    await page.keyboard.press('End');
    expect(await marks.nth(count - 1).getAttribute('tabindex')).toBe('0');
    expect(await page.locator('#chart-cycles .mark[tabindex="0"]').count()).toBe(1);
    await page.keyboard.press('Escape');
    expect(await page.locator('#tip').isVisible()).toBe(false);
  });

  it('is light or dark, as the system says or the button', async () => {
    const ground = () =>
      page.evaluate<string>('getComputedStyle(document.documentElement).backgroundColor');
    const light = await ground();
    await page.emulateMedia({ colorScheme: 'dark' });
    const dark = await ground();
    expect(dark).not.toBe(light);
    await page.getByRole('button').click();
    expect(await ground()).toBe(light);
    await page.getByRole('button').click();
    expect(await ground()).toBe(dark);
    // On paper it is always light.
    await page.emulateMedia({ media: 'print' });
    expect(await ground()).toBe(light);
    expect(await page.locator('#theme').isVisible()).toBe(false);
    await page.emulateMedia({ media: 'screen', colorScheme: 'light' });
  });

  it('fits a narrow window: nothing but a plot scrolls sideways', async () => {
    await page.setViewportSize({ width: 380, height: 800 });
    const content = await page.evaluate<number>('document.documentElement.scrollWidth');
    const window = await page.evaluate<number>('innerWidth');
    expect(content).toBeLessThanOrEqual(window);
    await page.setViewportSize({ width: 1000, height: 800 });
  });

  it('gives its files from inside: the same as those beside it', async () => {
    const download = page.waitForEvent('download');
    await page.getByLabel('CSV: report-front.csv').click();
    const saved = await (await download).path();
    expect(readFileSync(saved, 'utf8')).toBe(readFileSync(join(root, 'report-front.csv'), 'utf8'));
  });

  it('prints on a few pages', async () => {
    const pdf = (await page.pdf({ format: 'A4' })).toString('latin1');
    const pages = pdf.match(/\/Type\s*\/Page\b/g)?.length ?? 0;
    expect(pages).toBeGreaterThan(1);
    expect(pages).toBeLessThan(7);
  });

  it('has words of enough contrast on its ground, in both themes', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      const colours = await page.evaluate<string[]>(
        `(${JSON.stringify(['ground', 'ink', 'soft', 'accent'])}).map((name) => {
          const probe = document.body.appendChild(document.createElement('i'));
          probe.style.color = 'var(--' + name + ')';
          const colour = getComputedStyle(probe).color;
          probe.remove();
          return colour;
        })`,
      );
      const [ground = 0, ...words] = colours.map(luminance);
      const ratios = words.map(
        (own) => (Math.max(own, ground) + 0.05) / (Math.min(own, ground) + 0.05),
      );
      for (const ratio of ratios) expect(ratio).toBeGreaterThan(4.5);
    }
  });
});

/** Relative luminance of `rgb(r, g, b)` (WCAG 2.2). */
function luminance(colour: string): number {
  const parts = (colour.match(/[\d.]+/g) ?? []).slice(0, 3);
  const linear = parts.map((part) => {
    const c = Number(part) / 255;
    return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  const [r = 0, g = 0, b = 0] = linear;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
