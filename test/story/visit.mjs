// Visits every page that each role can reach by links, in both languages and both
// contrast modes, and reports what axe, the console or the layout complain about.
//
// PLAN: {base, password, roles: [user], start: {user: [path]}, shots: folder or ""}
import path from 'node:path';
import { axe, content, open, say, signIn, visitor } from './browser.mjs';

const plan = JSON.parse(process.env.PLAN);
const seen = new Set(); // kinds of pages some role was shown already

/** kind turns an address into its page: ids and queries do not matter, but for the way a form asks. */
function kind(href) {
  const u = new URL(href, plan.base);
  const words = u.pathname.split('/').map((s) => (/^[a-z]+_[0-9a-v]{26}$/.test(s) || /^\d{4}-\d\d$/.test(s) || /^\d+$/.test(s) ? '*' : s));
  const way = u.searchParams.get('way');
  return (words.join('/') || '/') + (way ? ` by ${way}` : '');
}

/** crawl follows the links of a signed-in role and returns one address per kind of page. */
async function crawl(page, start) {
  const found = new Map();
  const queue = ['/', ...start];
  while (queue.length > 0) {
    const at = queue.shift();
    if (found.has(kind(at))) continue;
    found.set(kind(at), at);
    await page.goto(at);
    const links = await page.$$eval('a[href]', (as) => as.map((a) => a.href));
    for (const href of links) {
      const u = new URL(href);
      if (u.origin !== new URL(plan.base).origin || /\.[a-z]+$/.test(u.pathname) || u.searchParams.has('lang')) continue;
      u.hash = '';
      queue.push(u.pathname + u.search);
    }
  }
  return found;
}

const asked = new Set(); // the content of pages that axe was asked about with every rule

async function inspect(v, at, label) {
  v.complaints.length = 0;
  const answer = await v.page.goto(at);
  await v.page.evaluate(() => document.fonts.ready);
  const errors = [...v.complaints];
  if (answer.status() >= 400) errors.push(`status ${answer.status()}`);
  const text = await v.page.evaluate(() => {
    const shown = document.body.cloneNode(true);
    for (const e of shown.querySelectorAll('code, pre, svg, .nr-code, datalist')) e.remove(); // names of the machine, meant as such
    return shown.textContent;
  });
  const key = text.match(/\b(web|decide|plan|policy|fact|code|inventory|contract|account|report|provision)\.[a-z_.]+/);
  const raw = text.match(/@[a-z]\w*\(.*/);
  if (raw) errors.push(`a template shows through: ${raw[0].slice(0, 60)}`);
  if (key) errors.push(`no words for ${key[0]}`);
  if (await v.page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth + 1)) errors.push('the page is wider than the window');
  const same = await content(v.page);
  errors.push(...(await axe(v.page, { onlyStyle: asked.has(same) }))); // in another contrast the other rules find the same
  asked.add(same);
  say(label, errors.length === 0, errors.join('\n'));
}

async function shoot(v, name) {
  if (plan.shots) await v.page.screenshot({ path: path.join(plan.shots, name.replace(/[^\w-]+/g, '_') + '.png'), fullPage: true });
}

const browser = await open();
try {
  const variants = [];
  for (const lang of ['ko', 'en']) for (const contrast of ['normal', 'high']) variants.push({ lang, contrast });
  for (const user of ['', ...plan.roles]) {
    const first = await visitor(browser, plan.base);
    if (user) await signIn(first.page, user, plan.password);
    const pages = user ? await crawl(first.page, plan.start?.[user] ?? []) : new Map([['/sign-in', '/sign-in'], ['/about', '/about'], ['/nowhere', '/no-such-page?x=1']]);
    await first.context.close();
    for (const variant of variants) {
      const v = await visitor(browser, plan.base, variant);
      if (user) await signIn(v.page, user, plan.password);
      for (const [k, at] of pages) {
        if (seen.has(k) && k !== '/') continue;
        if (k === '/nowhere') {
          await v.page.goto(at);
          const errors = await axe(v.page);
          say(`error page ${variant.lang} ${variant.contrast}`, errors.length === 0, errors.join('\n'));
          continue;
        }
        await inspect(v, at, `${user || 'nobody'} ${k} ${variant.lang} ${variant.contrast}`);
        if (variant.contrast === 'normal' || plan.all) await shoot(v, `${user}${k}-${variant.lang}-${variant.contrast}`);
      }
      await v.context.close();
    }
    const narrow = await visitor(browser, plan.base, { width: 390 });
    if (user) await signIn(narrow.page, user, plan.password);
    for (const [k, at] of pages) {
      if ((seen.has(k) && k !== '/') || k === '/nowhere') continue;
      await inspect(narrow, at, `${user || 'nobody'} ${k} 390px`);
      await shoot(narrow, `${user}${k}-narrow`);
    }
    await narrow.context.close();
    for (const k of pages.keys()) seen.add(k);
    say(`pages of ${user || 'nobody'}`, pages.size > 0, [...pages.keys()].join(' '));
  }
} finally {
  await browser.close();
}
