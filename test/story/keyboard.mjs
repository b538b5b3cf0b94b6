// The officer's road from the sign-in over an import to a verdict, with the keyboard
// alone, once with scripts and once without.
//
// PLAN: {base, password, files: {good, bad}}
import { open, say, visitor } from './browser.mjs';

const plan = JSON.parse(process.env.PLAN);

/** tabTo presses Tab until the wanted element has the focus; far too many times is never. */
async function tabTo(page, selector) {
  for (let i = 0; i < 200; i++) {
    if (await page.evaluate((s) => document.activeElement?.matches(s) ?? false, selector)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`Tab never reaches ${selector} on ${page.url()}`);
}

/** pressed presses a key on an element reached by Tab and waits for the next page. */
async function go(page, selector, key = 'Enter') {
  await tabTo(page, selector);
  const visible = await page.evaluate(() => {
    const style = getComputedStyle(document.activeElement);
    return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
  });
  if (!visible) throw new Error(`the focus on ${selector} cannot be seen`);
  await Promise.all([page.waitForNavigation({ waitUntil: 'load' }), page.keyboard.press(key)]);
}

async function heading(page) {
  return page.locator('h1').innerText();
}

async function walk(browser, script) {
  const label = script ? 'with scripts' : 'without scripts';
  const v = await visitor(browser, plan.base, { script });
  const { page } = v;
  await page.goto('/sign-in?next=/import');
  await page.keyboard.press('Tab');
  const skip = await page.evaluate(() => document.activeElement?.className);
  say(`the skip link comes first ${label}`, skip === 'nr-skip', skip);
  await tabTo(page, '#user');
  await page.keyboard.type('officer');
  await tabTo(page, '#password');
  await page.keyboard.type(plan.password);
  await go(page, '#password');
  say(`sign-in leads on ${label}`, new URL(page.url()).pathname === '/import', page.url());

  await tabTo(page, '#file');
  await page.setInputFiles('#file', plan.files.bad); // the system's own file window, which no page controls
  await go(page, 'form[action="/import"] button');
  await page.waitForSelector('text=오류 목록 내려받기');
  const told = await page.locator('tbody').innerText();
  say(`a fault is told by row and column ${label}`, told.includes('5') && told.includes('등급'), told);

  await go(page, 'form[action$="/drop"] button');
  await page.setInputFiles('#file', plan.files.good);
  await go(page, 'form[action="/import"] button');
  await page.waitForSelector('h2:has-text("반영하기")');
  const counts = await page.locator('.nr-counts').innerText();
  say(`the preview counts ${label}`, /2/.test(counts), counts);
  if (await page.locator('form:not([action$="/drop"])[action^="/import/"] button').count()) {
    await go(page, 'form:not([action$="/drop"])[action^="/import/"] button');
    await page.waitForSelector('.nr-notice.success');
  }
  await page.goto('/systems');
  await tabTo(page, '#query');
  await page.keyboard.type('키보드 시험');
  if (script) {
    await page.waitForFunction(() => document.querySelectorAll('#systems tbody tr').length === 1);
  } else {
    await go(page, '#query');
  }
  await go(page, '#systems tbody a');
  say(`the verdict page shows ${label}`, (await heading(page)).includes('키보드 시험'), await heading(page));
  await tabTo(page, '.nr-venue summary');
  await page.keyboard.press('Enter');
  const reason = page.locator('.nr-venue[open] .nr-reason-cite').first();
  await reason.waitFor();
  const cited = await reason.innerText();
  say(`an article is cited ${label}`, /제\s*\d+조/.test(cited), cited);
  say(`nothing complains ${label}`, v.complaints.length === 0, v.complaints.join('\n'));
  await v.context.close();
}

const browser = await open();
try {
  await walk(browser, true);
  await walk(browser, false);
} finally {
  await browser.close();
}
