// The whole example nation on pages: a hybrid verdict with its articles, what flipped
// since 2017 by name, and the rehearsal of the fire of 2025-09-26.
//
// PLAN: {base, password, files: {direct, grades, flipped}}
import { axe, open, say, signIn, visitor } from './browser.mjs';

const plan = JSON.parse(process.env.PLAN);
const browser = await open();

const number = (text) => Number(text.replace(/\D/g, ''));

try {
  const v = await visitor(browser, plan.base);
  const page = v.page;
  const clean = async (label) => {
    const found = [...v.complaints, ...(await axe(page))];
    say(`nothing complains on ${label}`, found.length === 0, found.join('\n'));
  };
  await signIn(page, 'ministry', plan.password);

  await page.goto('/verdicts?hybrid=yes');
  await page.click('tbody a');
  const cites = await page.locator('.nr-reason.wins .nr-reason-cite').allTextContents();
  say('a hybrid verdict is cited by article', cites.length > 0 && cites.every((c) => /제\d+조|등급|발표|전환/.test(c)), cites.join('\n'));
  say('its components are drawn where they may run', (await page.locator('.nr-sketch svg').count()) === 1);
  say('the paper names law and facts by digest', /[0-9a-f]{64}/.test(await page.locator('main').innerText()));
  await clean('a hybrid verdict');

  await page.goto('/whatif?way=dates&against=2017-03-02');
  const flipped = number(await page.locator('.nr-four .nr-count').nth(3).locator('dd').first().innerText());
  say('the what-if counts what the operation counts', flipped === Number(plan.files.flipped), `${flipped}, want ${plan.files.flipped}`);
  say('and names who flips', (await page.locator('a[href^="/systems/sys_"]').count()) > 0);
  await clean('the what-if over the nation');

  await page.goto('/blast');
  await page.click('a[href="/blast/centre?of=daejeon"]');
  const direct = number(await page.locator('.nr-counts .nr-count dd').first().innerText());
  say('the rehearsal hits as many systems as the fire', direct === Number(plan.files.direct), `${direct}, want ${plan.files.direct}`);
  const cells = await page.locator('tr:has(th a[href*="grade="]) td:first-of-type').allInnerTexts();
  const grades = cells.map(number).slice(0, 4).join(' ');
  say('by grade', grades === plan.files.grades, `${grades}, want ${plan.files.grades}`);
  say('what to do first is named', (await page.locator('#first').count()) === 1 && (await page.locator('a[href^="/systems/sys_"]').count()) > 0);
  await clean('the rehearsal of the fire');
} finally {
  await browser.close();
}
