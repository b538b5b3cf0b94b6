// Operations that do not end: a broker that hangs, and a deletion that fails again and
// again until one person gives it up and another confirms; what is left is a finding that
// somebody answers for.
//
// PLAN: {base, password, shots, files: {control, hanging, stuck}}
import { look, open, paper, say, signIn, visitor } from './browser.mjs';

const plan = JSON.parse(process.env.PLAN);
const browser = await open();
const clean = (v, label) => look(v, label, { shots: plan.shots });
const text = (page) => page.locator('main').innerText();

try {
  const officer = await visitor(browser, plan.base);
  await signIn(officer.page, 'officer', plan.password);
  await officer.page.goto('/operations');
  const now = await text(officer.page);
  say('the hanging call is in flight', now.includes(plan.files.hanging) && now.includes('호출 중'), now);
  await clean(officer, 'the operations');
  await officer.page.click(`a[href="/instances/${plan.files.hanging}/history"]`);
  await officer.page.waitForSelector('.nr-timeline');
  await clean(officer, 'the history of a hanging call');
  await officer.page.click('form[action$="/retry"] button');
  await officer.page.waitForSelector('.nr-notice');
  say('a call under way is not tried twice', (await officer.page.locator('.nr-notice.danger').count()) === 1, await officer.page.locator('.nr-notice').innerText());

  const place = `/instances/${plan.files.stuck}`;
  await officer.page.goto(place);
  await officer.page.waitForSelector('#instance .nr-progress strong:has-text("사용 중")');
  await fetch(`${plan.files.control}/500`);
  await officer.page.goto(`${place}/delete`);
  await officer.page.check('#sure');
  await officer.page.click('form[action$="/delete"] button');
  await officer.page.goto(`${place}/history`);
  for (let i = 0; i < 3; i++) {
    await officer.page.waitForFunction((n) => document.querySelectorAll('.nr-timeline svg').length >= n, i + 2);
    await officer.page.click(`form[action="${place}/retry"] button`);
    await officer.page.waitForSelector('.nr-notice');
    await officer.page.goto(`${place}/history`);
  }
  await officer.page.waitForFunction(() => document.querySelectorAll('.nr-timeline svg').length >= 5);
  await officer.page.goto(`${place}/history`);
  await clean(officer, 'the history of a deletion that fails');
  await paper(officer, 'a history');
  await officer.page.click(`form[action="${place}/inspect"] button`);
  await officer.page.waitForSelector('text=물어본 결과');
  await officer.page.click('summary:has-text("해지를 포기하기")');
  await officer.page.fill('#reason', '공급자가 사업을 접어 응답하지 않는다');
  await officer.page.check('#sure');
  await officer.page.click('form[action$="/write-off"] button');
  await officer.page.waitForSelector('.nr-notice');
  say('one person proposes', (await text(officer.page)).includes('다른 사람의 결정을 기다립니다') && (await officer.page.locator('form[action^="/write-offs/"] button[name=confirm]').count()) === 0, await officer.page.locator('.nr-notice').innerText());
  await officer.page.click('form[action$="/withdraw"] button');
  await officer.page.waitForSelector('.nr-notice:has-text("거두었습니다")');
  say('who proposed it withdraws it', (await officer.page.locator('form[action$="/withdraw"]').count()) === 0, await officer.page.locator('.nr-notice').innerText());
  await officer.page.click('summary:has-text("해지를 포기하기")');
  await officer.page.fill('#reason', '공급자가 사업을 접어 응답하지 않는다');
  await officer.page.check('#sure');
  await officer.page.click('form[action$="/write-off"] button');
  await officer.page.waitForSelector('form[action$="/withdraw"]');
  await clean(officer, 'a proposal that its proposer may withdraw');

  const approver = await visitor(browser, plan.base, { lang: 'en', contrast: 'high' });
  await signIn(approver.page, 'approver', plan.password);
  await approver.page.goto('/operations');
  await clean(approver, 'the operations in high contrast');
  await approver.page.click('form[action^="/write-offs/"] button[value=yes]');
  await approver.page.waitForSelector('text=Written off');
  await clean(approver, 'a deletion that was written off');

  const narrow = await visitor(browser, plan.base, { width: 390 });
  await signIn(narrow.page, 'officer', plan.password);
  await narrow.page.goto('/findings');
  say('what is left is a finding', (await text(narrow.page)).includes(plan.files.stuck));
  await clean(narrow, 'the findings at 390 px');
  await narrow.page.goto('/operations');
  await clean(narrow, 'the operations at 390 px');
  await narrow.page.goto(`${place}/history`);
  await clean(narrow, 'the history at 390 px');
  await officer.page.goto('/findings');
  await officer.page.click('summary:has-text("확인하고 조치 적기")');
  await clean(officer, 'a finding to acknowledge');
  await officer.page.fill('textarea[name=words]', '공급자에게 공문으로 정리를 요청함');
  await officer.page.click('form[action^="/findings/"] button:has-text("확인하고")');
  await officer.page.waitForSelector('.nr-notice.success');
  say('somebody answers for it', (await text(officer.page)).includes('공문으로'));
  await clean(officer, 'an acknowledged finding');
  const ministry = await visitor(browser, plan.base, { lang: 'en' });
  await signIn(ministry.page, 'ministry', plan.password);
  await ministry.page.goto('/');
  await ministry.page.click('.nr-menu a[href="/findings"]');
  say('the ministry sees it too', (await text(ministry.page)).includes(plan.files.stuck));
  await clean(ministry, 'the findings of the ministry');
} finally {
  await browser.close();
}
