// Takes the pictures that the README shows, from the pages as they are.
//
// PLAN: {base, password, shots: folder}
import path from 'node:path';
import { open, say, signIn, visitor } from './browser.mjs';

const plan = JSON.parse(process.env.PLAN);
const browser = await open();

async function shoot(page, name, height = 900) {
  await page.evaluate(() => document.fonts.ready);
  await page.setViewportSize({ width: 1280, height });
  await page.screenshot({ path: path.join(plan.shots, name + '.png') });
  say(name, true);
}

try {
  for (const lang of ['ko', 'en']) {
    const suffix = lang === 'en' ? '-en' : '';
    const officer = await visitor(browser, plan.base, { lang, width: 1280 });
    await signIn(officer.page, 'officer', plan.password);
    await officer.page.goto('/systems');
    const system = await officer.page.getAttribute('#systems tbody a', 'href');
    await officer.page.goto(system);
    const first = officer.page.locator('.nr-venue.information, .nr-venue.success').first();
    await first.locator('summary').first().click();
    await shoot(officer.page, 'verdict' + suffix, 1240);
    await officer.page.goto('/verdicts');
    await shoot(officer.page, 'verdicts' + suffix);
    await officer.page.goto(system);
    await officer.page.click('a[href*="/candidates/"]');
    await shoot(officer.page, 'candidates' + suffix);
    await officer.context.close();
    const ministry = await visitor(browser, plan.base, { lang, width: 1280 });
    await signIn(ministry.page, 'ministry', plan.password);
    await ministry.page.goto('/whatif/eras');
    await shoot(ministry.page, 'eras' + suffix, 1240);
    await ministry.context.close();
  }
} finally {
  await browser.close();
}
