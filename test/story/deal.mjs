// From a verdict to a running service and its end: the officer orders, the approver
// approves, the officer creates, binds, sees credentials, revokes and deletes.
//
// PLAN: {base, password, files: {plan}}
import { axe, open, say, signIn, visitor } from './browser.mjs';

const plan = JSON.parse(process.env.PLAN);
const browser = await open();

async function clean(v, label) {
  const found = [...v.complaints.filter((c) => !c.includes('status of 422')), ...(await axe(v.page))]; // a refused form is meant
  say(`nothing complains on ${label}`, found.length === 0, found.join('\n'));
}

try {
  const officer = await visitor(browser, plan.base);
  await signIn(officer.page, 'officer', plan.password);
  await officer.page.goto('/systems');
  await officer.page.locator('#systems tbody a').nth(2).click();
  await officer.page.locator('a[href*="/candidates/"]').first().click();
  await officer.page.click(`a[href^="/orders/new"][href*="plan=${plan.files.plan}"]`);
  await officer.page.fill('#purpose', '민원 첨부 자료 보관');
  await officer.page.fill('#hold', '오백만');
  await officer.page.click('form[action="/orders"] button');
  await officer.page.waitForSelector('#hold-fault');
  say('a wrong amount is told beside its field', (await officer.page.inputValue('#purpose')) === '민원 첨부 자료 보관');
  await clean(officer, 'the form with a fault');
  await officer.page.fill('#hold', '5,000,000');
  await officer.page.click('form[action="/orders"] button');
  await officer.page.waitForSelector('text=결재를 올렸습니다');
  const order = new URL(officer.page.url()).pathname;
  say('the officer cannot approve', (await officer.page.locator('form[action$="/approve"]').count()) === 0);

  const approver = await visitor(browser, plan.base);
  await signIn(approver.page, 'approver', plan.password);
  await approver.page.goto('/orders?state=requested');
  await approver.page.click(`a[href="${order}"]`);
  await clean(approver, 'the order to decide');
  await approver.page.click('form[action$="/approve"] button');
  await approver.page.waitForSelector('text=승인하고 예산을 확보했습니다');
  say('the budget holds the amount', (await approver.page.locator('main').innerText()).includes('29,000,000원'));

  await officer.page.goto(order);
  await officer.page.click('form[action="/instances"] button');
  await officer.page.waitForSelector('#instance .nr-progress strong:has-text("사용 중")');
  say('the service runs', true, officer.page.url());
  const instance = officer.page.url();
  await officer.page.click('a[href$="/change"]');
  await officer.page.click('main .nr-hint a');
  say('a change without an order leads to the candidates', (await officer.page.locator('a[href^="/orders/new"]').count()) > 0, officer.page.url());
  await officer.page.goto(instance);
  await officer.page.click('form[action$="/bindings"] button');
  await officer.page.waitForSelector('form[action$="/credentials"] button');
  await clean(officer, 'the running instance');
  await officer.page.click('form[action$="/credentials"] button');
  await officer.page.waitForSelector('.nr-secrets');
  say('credentials are shown once asked for', (await officer.page.locator('.nr-secrets dd').count()) > 0);
  await clean(officer, 'the credentials');
  await officer.page.click('a:has-text("인스턴스로 돌아가기")');
  await officer.page.click('form[action$="/revoke"] button');
  await officer.page.waitForSelector('#bindings ~ * .krds-badge:has-text("해지됨"), section[aria-labelledby="bindings"] .krds-badge:has-text("해지됨")');
  await officer.page.click('a[href$="/delete"]');
  await clean(officer, 'the question before deleting');
  await officer.page.check('#sure');
  await officer.page.click('form[action$="/delete"] button');
  await officer.page.waitForSelector('#instance .nr-progress strong:has-text("해지됨")');
  say('the service is gone', true);
  await clean(officer, 'the deleted instance');
} finally {
  await browser.close();
}
