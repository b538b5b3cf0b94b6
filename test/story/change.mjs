// A running service gets another plan under another approved order, then other parameters,
// then the version of a maintenance, then other credentials beside the old ones: each is checked first and asked for after.
//
// PLAN: {base, password, shots, files: {first, first_order, second, second_order, newer}}
import { look, open, say, signIn, visitor } from './browser.mjs';

const plan = JSON.parse(process.env.PLAN);
const browser = await open();

/** until loads a page again until it shows what is waited for: without scripts nothing moves. */
async function until(page, place, selector) {
  for (let i = 0; i < 60; i++) {
    await page.goto(place);
    if (await page.locator(selector).count()) return;
    await page.waitForTimeout(500);
  }
  throw new Error(`${place} never shows ${selector}`);
}

async function walk(instance, order, { script, contrast, lang, width }) {
  const label = `${script ? 'with' : 'without'} scripts`;
  const v = await visitor(browser, plan.base, { script, contrast, lang, width });
  const { page } = v;
  const place = `/instances/${instance}`;
  const clean = (what) => look(v, `${what} ${label}`, { shots: plan.shots, script });
  await signIn(page, 'officer', plan.password);
  await until(page, place, `a[href="${place}/change"]`);
  await page.click(`a[href="${place}/change"]`);
  await clean('the form of a change');

  await page.fill('#params', '{"broken"');
  await page.click('main .nr-form button');
  say(`wrong parameters are told and kept ${label}`, (await page.locator('.nr-notice.danger').count()) === 1 && (await page.inputValue('#params')) === '{"broken"');
  await clean('a change that is refused');
  await page.goto(`${place}/change`);
  await page.click('main .nr-form button');
  say(`nothing to change is no change ${label}`, (await page.locator('button[name=confirm]').count()) === 0 && (await page.locator('#check').count()) === 1);
  await until(page, `${place}/change`, '#maintenance');
  say(`the version of a maintenance is named ${label}`, (await page.locator('label[for=maintenance]').innerText()).includes(plan.files.newer));
  await page.check('#maintenance');
  await page.click('main .nr-form button');
  say(`the check names the version and keeps the choice ${label}`, (await page.locator('#check ~ .nr-facts').innerText()).includes(plan.files.newer) && (await page.isChecked('#maintenance')));
  await clean('the check of a maintenance');
  await page.click('button[name=confirm]');
  await until(page, place, `a[href="${place}/change"]`);
  say(`the service runs the newer version ${label}`, (await page.locator('main').innerText()).includes(plan.files.newer));
  await page.goto(`${place}/change`);
  say(`there is nothing newer any more ${label}`, (await page.locator('#maintenance').count()) === 0);
  await page.selectOption('#order', order);
  await page.click('main .nr-form button');
  say(`the check changes nothing ${label}`, (await page.locator('.bg-light-danger').count()) === 0 && (await page.locator('button[name=confirm]').count()) === 1, await page.locator('main').innerText());
  await clean('the check of a change');
  await page.click('button[name=confirm]');
  await until(page, place, `a[href="${place}/change"]`);
  await page.waitForSelector(`a[href="/orders/${order}"]`);
  say(`the service is under the other order ${label}`, true);
  await clean('a service with another plan');

  await page.goto(`${place}/change`);
  await page.fill('#params', '{"folder":"보관"}');
  await page.click('main .nr-form button');
  say(`parameters are in no address ${label}`, !page.url().includes('folder'), page.url());
  await page.click('button[name=confirm]');
  await until(page, place, `a[href="${place}/change"]`);

  await page.click('form[action$="/bindings"] button');
  await until(page, place, 'a[href$="/rotate"]');
  await page.click('a[href$="/rotate"]');
  await clean('the question before rotating');
  await page.click('form[action$="/rotate"] button');
  await until(page, place, 'form[action$="/revoke"] >> nth=1');
  say(`both credentials are valid ${label}`, (await page.locator('form[action$="/revoke"]').count()) === 2);
  await clean('credentials beside their predecessor');
  await v.context.close();
}

try {
  const { first, first_order, second, second_order } = plan.files;
  await walk(first, first_order, { script: true, contrast: 'normal', lang: 'ko' });
  await walk(second, second_order, { script: false, contrast: 'high', lang: 'en', width: 390 });
} finally {
  await browser.close();
}
