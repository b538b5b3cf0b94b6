// A platform is registered, reads its catalogue with the credentials shown once, gets a
// new password while the old one still fits, and is refused after the revocation.
//
// PLAN: {base, password, shots}
import { look, open, say, signIn, visitor } from './browser.mjs';

const plan = JSON.parse(process.env.PLAN);
const browser = await open();

const clean = (v, label, script) => look(v, label, { shots: plan.shots, script });

/** catalogue reads the catalogue as a platform does. */
async function catalogue(url, user, password) {
  const headers = { 'X-Broker-API-Version': '2.17', Authorization: 'Basic ' + Buffer.from(`${user}:${password}`).toString('base64') };
  const answer = await fetch(`${url}/v2/catalog`, { headers });
  return { status: answer.status, body: answer.ok ? await answer.json() : await answer.text() };
}

/** pass reads what the page shows once. */
async function pass(page) {
  const [url, user, password] = await page.locator('#pass dd code').allInnerTexts();
  return { url, user, password };
}

async function walk({ script, contrast, lang, width }) {
  const label = `${script ? 'with' : 'without'} scripts`;
  const v = await visitor(browser, plan.base, { script, contrast, lang, width });
  const { page } = v;
  await signIn(page, 'officer', plan.password);
  await page.goto('/platforms');
  await clean(v, `the platforms ${label}`, script);
  await page.fill('#name', `대민포털 플랫폼 ${label}`);
  await page.click('form[action="/platforms"] button');
  await page.waitForSelector('#pass');
  const first = await pass(page);
  say(`the password is in no address ${label}`, !page.url().includes(first.password) && first.password.length > 40, page.url());
  await clean(v, `the password ${label}`, script);
  const seen = await catalogue(first.url, first.user, first.password);
  say(`the platform reads its catalogue ${label}`, seen.status === 200 && seen.body.services.length > 0, `${seen.status} ${seen.body.services?.length}`);

  await page.goto(`/platforms/${first.user}`);
  say(`the password is not shown again ${label}`, !(await page.content()).includes(first.password));
  await clean(v, `a platform ${label}`, script);
  const stale = await page.getAttribute('input[name=beside]', 'value');
  await page.click('form[action$="/rotate"] button');
  await page.waitForSelector('#pass');
  const second = await pass(page);
  await clean(v, `the new password ${label}`, script);
  const both = [await catalogue(first.url, first.user, first.password), await catalogue(first.url, first.user, second.password)];
  say(`both passwords are valid ${label}`, both.every((a) => a.status === 200) && first.password !== second.password, both.map((a) => a.status).join(' '));
  const again = await page.request.post(`/platforms/${first.user}/rotate`, { form: { beside: stale } });
  say(`the answer loaded again rotates nothing ${label}`, again.status() === 409 && again.headers()['cache-control'] === 'no-store', `${again.status()}`);

  await page.goto(`/platforms/${first.user}`);
  await page.click('tr:has(.bg-light-warning) .nr-row-actions a');
  await clean(v, `the question before revoking ${label}`, script);
  await page.check('#sure');
  await page.click('form[action$="/revoke"] button');
  await page.waitForSelector('.nr-notice.success');
  const after = [await catalogue(first.url, first.user, first.password), await catalogue(first.url, first.user, second.password)];
  say(`the revoked password is refused at once ${label}`, after[0].status === 401 && after[1].status === 200, after.map((a) => a.status).join(' '));
  await page.click('a[href$="credential=all"]');
  await page.check('#sure');
  await page.click('form[action$="/revoke"] button');
  await page.waitForSelector('.nr-notice.success');
  say(`the shut platform is refused at once ${label}`, (await catalogue(first.url, first.user, second.password)).status === 401);
  await clean(v, `a shut platform ${label}`, script);
  await v.context.close();
}

/** choose registers a platform for an institution of which the operator knows part of the name. */
async function choose({ script, lang, width }) {
  const label = `${script ? 'with' : 'without'} scripts`;
  const v = await visitor(browser, plan.base, { script, lang, width });
  const { page } = v;
  await signIn(page, 'operator', plan.password);
  await page.goto('/platforms');
  await page.fill('#name', `행정망 플랫폼 ${label}`);
  await page.locator('#institution').pressSequentially('정보진흥');
  if (script) {
    await page.waitForSelector('#bodies option', { state: 'attached' });
    say('names are proposed while typing', (await page.getAttribute('#bodies option', 'value')) === '가온정보진흥원');
  }
  await page.press('#institution', 'Enter');
  await page.waitForSelector('#chosen');
  say(`part of a name registers nothing ${label}`, (await page.locator('#pass').count()) === 0 && (await page.inputValue('#name')).startsWith('행정망'));
  await clean(v, `the choice of an institution ${label}`, script);
  await page.selectOption('#chosen', { index: 1 });
  await page.press('#name', 'Enter');
  await page.waitForSelector('#pass');
  say(`the platform belongs to the chosen one ${label}`, (await page.locator('.nr-sub').innerText()).includes('가온정보진흥원'));
  await v.context.close();
}

try {
  await choose({ script: true, lang: 'ko' });
  await choose({ script: false, lang: 'en', width: 390 });
  await walk({ script: true, contrast: 'normal', lang: 'ko' });
  await walk({ script: false, contrast: 'high', lang: 'en', width: 390 });
} finally {
  await browser.close();
}
