// What every walk through the pages shares: a browser, a page that reports each
// complaint of its console, axe, and one JSON line per finding on standard output.
import { chromium } from 'playwright-core';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const axeSource = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

/** say prints one finding; the Go test fails for each that is not ok. */
export function say(name, ok, detail = '') {
  process.stdout.write(JSON.stringify({ name, ok, detail }) + '\n');
}

export async function open() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
}

/** visitor is somebody with a browser of their own: language, contrast, width. */
export async function visitor(browser, base, { lang = 'ko', contrast = 'normal', width = 1360, script = true } = {}) {
  const context = await browser.newContext({ baseURL: base, viewport: { width, height: 900 }, locale: lang === 'en' ? 'en-GB' : 'ko-KR', javaScriptEnabled: script, acceptDownloads: true });
  await context.addCookies([
    { name: 'naru_lang', value: lang, url: base },
    { name: 'naru_contrast', value: contrast, url: base },
  ]);
  const page = await context.newPage();
  const complaints = [];
  page.on('console', (m) => m.type() === 'error' && complaints.push(m.text()));
  page.on('pageerror', (e) => complaints.push(String(e)));
  return { context, page, complaints };
}

export async function signIn(page, user, password) {
  await page.goto('/sign-in');
  await page.fill('#user', user);
  await page.fill('#password', password);
  await page.press('#password', 'Enter');
  await page.waitForURL((u) => !u.pathname.startsWith('/sign-in'));
}

/** axe returns the violations of the page, each with the first elements it names. */
export async function axe(page) {
  await page.evaluate(axeSource); // through the debugger, which the page's policy does not stop
  return page.evaluate(async () => {
    const result = await window.axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    });
    const why = (n) => [...n.any, ...n.all, ...n.none].map((c) => c.message)[0] ?? '';
    return result.violations.map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => `${n.target.join(' ')} (${why(n)})`).join(' | ')}`);
  });
}

/** look says what a page complains of, what axe finds and whether it is too wide; a refused form is meant. */
export async function look(v, label, { shots = '', script = true } = {}) {
  const found = v.complaints.filter((c) => !/status of (409|422)/.test(c));
  if (script) found.push(...(await axe(v.page))); // axe is a script itself
  if (await v.page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth + 1)) found.push('the page is wider than the window');
  const cut = await v.page.evaluate(() => [...document.querySelectorAll('.nr-stack')].filter((e) => e.scrollWidth > e.clientWidth + 1).map((e) => e.getAttribute('aria-label')));
  if (cut.length) found.push(`cut off: ${cut.join(', ')}`);
  const text = await v.page.evaluate(() => {
    const shown = document.body.cloneNode(true);
    for (const e of shown.querySelectorAll('code, pre, svg, .nr-code')) e.remove(); // names of the machine, meant as such
    return shown.textContent;
  });
  const key = text.match(/\b(web|provision|admission|conformance)\.[a-z_.]+/);
  if (key) found.push(`no words for ${key[0]}`);
  say(`nothing complains on ${label}`, found.length === 0, found.join('\n'));
  v.complaints.length = 0;
  if (shots) await v.page.screenshot({ path: path.join(shots, label.replace(/[^\w-]+/g, '_') + '.png'), fullPage: true });
}

/** paper looks at the page as it is printed on A4: nothing to click on it, and nothing cut off. */
export async function paper(v, label) {
  const { page } = v;
  const size = page.viewportSize();
  await page.setViewportSize({ width: 688, height: 1000 }); // A4 between its margins
  await page.emulateMedia({ media: 'print' });
  const found = await page.evaluate(() => {
    const shown = (e) => e.checkVisibility() && e.getClientRects().length > 0;
    const out = [...document.querySelectorAll('nav, form, button, header, footer')].filter(shown).map((e) => `on paper: ${e.tagName} ${e.className}`);
    for (const e of document.querySelectorAll('main *')) {
      if (shown(e) && !e.closest('.sr-only') && e.getBoundingClientRect().right > window.innerWidth + 1) out.push(`beyond the paper: ${e.tagName} ${e.className} ${e.textContent.slice(0, 40)}`);
    }
    if (!shown(document.querySelector('.nr-printed'))) out.push('nothing says when it was printed');
    return out.slice(0, 5);
  });
  const file = await page.pdf({ preferCSSPageSize: true });
  if (!/\/MediaBox\s*\[0 0 59[45][\d.]* 84[12]/.test(file.toString('latin1'))) found.push('the paper is not A4');
  say(`nothing is lost on the paper of ${label}`, found.length === 0, found.join('\n'));
  await page.emulateMedia({ media: 'screen' });
  await page.setViewportSize(size);
}
