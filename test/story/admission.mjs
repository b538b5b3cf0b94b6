// A provider is tested: the ministry sees what would be created, starts the run, and the
// dated score stands in the catalogue; a provider hands in a report of its own, which is
// called so.
//
// PLAN: {base, password, shots, files: {provider, service, own, report}}
import { look, open, paper, say, signIn, visitor } from './browser.mjs';

const plan = JSON.parse(process.env.PLAN);
const browser = await open();
const clean = (v, label) => look(v, label, { shots: plan.shots });
const text = (page) => page.locator('main').innerText();

try {
  const officer = await visitor(browser, plan.base);
  await signIn(officer.page, 'officer', plan.password);
  await officer.page.goto(`/services/${plan.files.service}`);
  say('not tested is said plainly', (await text(officer.page)).includes('시험하지 않음'));

  const ministry = await visitor(browser, plan.base);
  await signIn(ministry.page, 'ministry', plan.password);
  await ministry.page.goto(`/providers/${plan.files.provider}`);
  await clean(ministry, 'a provider that was not tested');
  await ministry.page.click('a[href$="/admission"]');
  say('the preview names a plan', (await ministry.page.locator('tbody tr').count()) > 0);
  await clean(ministry, 'what a test would do');
  await ministry.page.check('#sure');
  await ministry.page.click('form[action$="/admission"] button:has-text("시험 시작")');
  await ministry.page.waitForSelector('#run .nr-score', { timeout: 90000 });
  const run = new URL(ministry.page.url()).pathname;
  say('the report has rules', (await ministry.page.locator('tbody tr').count()) > 50, (await ministry.page.locator('.nr-bars').innerText()).replaceAll('\n', ' '));
  await clean(ministry, 'the whole report');
  await paper(ministry, 'a report');

  for (const variant of [{ lang: 'ko' }, { lang: 'en', contrast: 'high' }, { lang: 'ko', width: 390 }]) {
    const v = await visitor(browser, plan.base, variant);
    const label = Object.values(variant).join(' ');
    await signIn(v.page, 'officer', plan.password);
    await v.page.goto(`/services/${plan.files.service}`);
    say(`the score is in the catalogue ${label}`, /MUST \d+ \/ \d+/.test(await text(v.page)));
    await clean(v, `a tested service ${label}`);
    await v.page.goto(`/providers/${plan.files.provider}`);
    await clean(v, `a tested provider ${label}`);
    await v.page.goto(run);
    say(`an officer sees failed MUSTs only ${label}`, (await v.page.locator('details:has(pre)').count()) === 0);
    await clean(v, `an officer's report ${label}`);
    await v.page.goto('/services');
    await clean(v, `the catalogue with scores ${label}`);
    await v.context.close();
  }

  const seller = await visitor(browser, plan.base);
  await signIn(seller.page, 'provider', plan.password);
  await seller.page.goto(`/providers/${plan.files.own}/admission`);
  await clean(seller, 'the form of a report');
  await seller.page.setInputFiles('#report', plan.files.report);
  await seller.page.click('form[action$="/reports"] button');
  await seller.page.waitForSelector('.nr-notice.success');
  const own = await text(seller.page);
  say('a report of its own is called so', own.includes('공급자 자체 시험') && own.includes('나루가 확인한 것이 아닙니다'), own);
  await clean(seller, 'a report of its own');
  await seller.page.goto(`/providers/${plan.files.own}/admission`);
  await seller.page.setInputFiles('#report', { name: 'x.json', mimeType: 'application/json', buffer: Buffer.from('{"suite":') });
  await seller.page.click('form[action$="/reports"] button');
  await seller.page.waitForSelector('.nr-notice.danger');
  say('a broken report is refused with what to do', (await text(seller.page)).includes('naru conformance -o json'));
} finally {
  await browser.close();
}
